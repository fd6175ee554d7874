//! The check of a whole record, and the rules between its fields.

use crate::{
    Channel, Code, Connection, ConnectionId, ConnectionPatch, Field, Secret, Violation, Violations,
    rules::check_value,
    wording::{self, Problem},
};

/// What a field of a draft holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// Nothing.
    Empty,
    /// A text.
    Text(&'a str),
    /// A secret that is set but that cannot be seen from here: the browser's case.
    Hidden,
}

/// Anything that can be checked as a record: the record itself, or a form over a view of it.
pub trait Checkable {
    /// What a field holds.
    fn content(&self, field: Field) -> Content<'_>;
}

impl Checkable for Connection {
    fn content(&self, field: Field) -> Content<'_> {
        let secret = self.secret(field.key()).map(Secret::expose);
        self.get(field).or(secret).map_or(Content::Empty, Content::Text)
    }
}

/// Checks a whole record of a channel, as it would be after the patch.
#[must_use]
pub fn check(channel: Channel, draft: &impl Checkable) -> Violations {
    let mut violations = Violations::default();
    for spec in channel.fields() {
        match draft.content(spec.field) {
            Content::Text(text) => violations.extend(check_value(spec, text)),
            Content::Empty if spec.required => violations.extend([Problem::Missing.at(spec)]),
            Content::Empty | Content::Hidden => {}
        }
    }
    channel.check(draft, &mut violations);
    violations
}

/// Checks what a patch makes of a record that is there already. A record may break a rule of today, as an
/// imported one does: what the patch neither names nor brings about stays as it is, so that such a
/// connection can still be disabled and renamed. Clearing a required field judges the whole.
#[must_use]
pub fn check_patch(
    channel: Channel,
    before: &impl Checkable,
    patch: &ConnectionPatch,
    after: &impl Checkable,
) -> Violations {
    let mut violations = check(channel, after);
    let is_required = |field| channel.spec(field).is_some_and(|spec| spec.required);
    if patch.iter().any(|(field, value)| value.is_none() && is_required(field)) {
        return violations;
    }
    let known = check(channel, before);
    violations.0.retain(|found| {
        let is_named = found.field.field().is_some_and(|field| patch.get(field).is_some());
        is_named || !known.0.iter().any(|old| (old.field, old.code) == (found.field, found.code))
    });
    violations
}

/// Refuses values for fields that the channel does not have: most likely the patch was meant for
/// another connection.
#[must_use]
pub fn check_unused(channel: Channel, patch: &ConnectionPatch) -> Violations {
    patch
        .iter()
        .filter_map(|(field, value): (Field, Option<&str>)| {
            let unused = channel.spec(field).is_none()
                && value.is_some()
                && value != crate::normalise::empty_value(channel, field);
            unused.then(|| wording::not_used(channel, field))
        })
        .collect()
}

/// Finds out whether a patch makes a connection that of another account. What differs in case alone is
/// the same one.
#[must_use]
pub fn check_account_change(before: &Connection, patch: &ConnectionPatch) -> Violations {
    let moved = |field: Field| {
        let (old, spec) = (before.get(field)?, before.channel().spec(field)?);
        let (_, new) = patch.iter().find(|(changed, _)| *changed == field)?;
        let new = new.filter(|new| !new.eq_ignore_ascii_case(old))?;
        Some(wording::account_changed(spec, old, new))
    };
    Field::ALL.into_iter().filter(|field| field.identifies_account()).filter_map(moved).collect()
}

/// Checks what an outbound e-mail connection's `ParentId` names: `parent` is the channel of the
/// connection with that number on the same site.
#[must_use]
pub fn check_parent(
    own: Option<ConnectionId>,
    parent_id: &str,
    parent: Option<Channel>,
) -> Option<Violation> {
    let code = match parent {
        _ if own.is_some_and(|own| own.to_string() == parent_id) => Code::Itself,
        None => Code::NoSuchConnection,
        Some(Channel::PARENT) => return None,
        Some(_) => Code::NotInbound,
    };
    Some(wording::no_parent(code))
}

#[cfg(test)]
mod tests;
