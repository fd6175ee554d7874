//! Changes a connection.
//! All that decides a patch is here, in the order in which it is decided.

use super::{
    SaveError, Services,
    group::{ConnectionWrite, Decision, Logged, Request},
    health, is_current,
    undo::Undone,
};
use crate::{
    audit::{Actor, AuditEvent},
    auth::TokenCaller,
    clock,
    store::{
        AuditDetail, Loaded, Membership, PreviousSecretValue, Principal, Stamp, StoreError, Stored,
        UserId,
    },
    wording::violation,
};
use jiff::Timestamp;
use shared::{
    Channel, Connection, ConnectionId, ConnectionPatch, Destination, Field, FieldEdit, Key,
    SaveRefusal, SiteId, Version, Violation, Violations,
    audit::{EventKind, FieldChange, Via},
    validate,
};

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// What a client asks for.
#[derive(Debug)]
pub struct PatchRequest {
    pub id: ConnectionId,
    /// The versions that it may still have; `None` to patch whatever there is.
    pub versions: Option<Vec<Version>>,
    pub patch: ConnectionPatch,
    /// Whether it may become the connection of another account.
    pub allow_account_change: bool,
    /// What the client says of keys that it may not write. A record that was read, changed and
    /// sent back whole carries them all.
    pub read_only: Vec<(Key, Option<String>)>,
    /// The change that it undoes, if it does.
    pub undoes: Option<Undone>,
}

impl PatchRequest {
    /// A patch of whatever there is, which leaves the account as it is.
    #[must_use]
    pub const fn new(id: ConnectionId, patch: ConnectionPatch) -> Self {
        Self {
            id,
            versions: None,
            patch,
            allow_account_change: false,
            read_only: vec![],
            undoes: None,
        }
    }
}

impl Services {
    /// Applies a patch to a connection of the site, once the record that results keeps all rules.
    /// A patch that changes nothing moves neither version nor date.
    ///
    /// # Errors
    /// See [`SaveError`]; whatever it is, nothing was changed.
    pub async fn patch(
        &self,
        caller: &Principal,
        request: PatchRequest,
    ) -> Result<Stored, SaveError> {
        let caller = PatchCaller::Member(caller.clone());
        Ok(self.patch_by(caller, request).await?.1)
    }

    /// The same for a caller whose membership may have to be loaded with the connection; returns the caller as well.
    pub async fn patch_by(
        &self,
        caller: PatchCaller,
        request: PatchRequest,
    ) -> Result<(Principal, Stored), SaveError> {
        let (member, stored) =
            self.submit(Request::Patch(caller.clone(), Box::new(request))).await?;
        // The patch was decided with this membership: it does not fail here.
        Ok((caller.principal(member.as_ref())?, stored))
    }
}

#[derive(Clone, Debug)]
pub enum PatchCaller {
    /// A member who is known already.
    Member(Principal),
    /// Whom a token names: what that member is now is read with the connection.
    Token(TokenCaller),
}

impl PatchCaller {
    pub(super) const fn user(&self) -> UserId {
        match self {
            Self::Member(Principal { user, .. }) | Self::Token(TokenCaller { user, .. }) => *user,
        }
    }

    pub(super) const fn site(&self) -> SiteId {
        match self {
            Self::Member(Principal { site, .. }) | Self::Token(TokenCaller { site, .. }) => *site,
        }
    }

    pub(super) fn principal(
        &self,
        membership: Option<&Membership>,
    ) -> Result<Principal, SaveError> {
        match self {
            Self::Member(principal) => Ok(principal.clone()),
            Self::Token(TokenCaller { user, site, version }) => {
                let current = membership.filter(|membership| membership.version == *version);
                let current = current.ok_or(SaveRefusal::SignedOut)?;
                Ok(Principal::new(*user, *site, current.clone(), Via::Api))
            }
        }
    }
}

/// When a secret that is replaced now is forgotten, in seconds since 1970.
pub(super) fn forgotten_at(now: Timestamp, undo_days: u16) -> i64 {
    now.as_second() + i64::from(undo_days) * SECONDS_OF_A_DAY
}

/// The connection that another is to belong to after a patch: it is loaded for the decision.
pub(super) fn parent_of(patch: &ConnectionPatch) -> Option<ConnectionId> {
    let FieldEdit::Set(number) = patch.get(Field::ParentId)? else { return None };
    number.expose().trim().parse().ok()
}

/// Decides what becomes of a patch, from what is loaded and nothing else.
pub(super) fn decide(
    caller: &Principal,
    request: &PatchRequest,
    loaded: &Loaded,
    now: Timestamp,
) -> Result<Decision, SaveError> {
    let undoes = request.undoes.as_ref();
    if !caller.role.may_edit() || !is_current(caller, loaded.member.as_ref()) {
        return Err(SaveRefusal::Forbidden.into());
    }
    let before = loaded.connection.as_ref().ok_or(SaveRefusal::NotFound)?;
    if request.versions.as_ref().is_some_and(|versions| !versions.contains(&before.version)) {
        return Err(SaveRefusal::Stale(Box::new(before.clone())).into());
    }
    ensure_unchanged(&before.connection, &request.read_only)?;
    let patch = effective_patch(before, &request.patch, caller.via);
    if patch.is_empty() {
        return Ok(Decision::Unchanged(Box::new(before.clone())));
    }
    let after = record_after(before, &patch, undoes, now)?;
    let missing = match caller.via {
        Via::Ui if undoes.is_none() => secrets_to_give_again(before, &after, &patch),
        _ => Violations::default(),
    };
    let checked =
        ensure_valid(&patch, Some(&before.connection), &after.connection, loaded.parent_channel);
    checked.map_err(|error| with_more(error, &missing))?;
    if !missing.allow_saving() {
        return Err(SaveRefusal::Invalid(missing).into());
    }
    let account_change = validate::check_account_change(&before.connection, &patch);
    if !request.allow_account_change && !account_change.allow_saving() {
        return Err(SaveRefusal::AccountChanged(account_change).into());
    }
    let event = audit_event(before, &after, &patch, undoes.map(|undone| undone.event));
    let secrets = patch.fields().filter(|field| field.is_secret());
    let replaced = secrets.map(|field| (field, replaced_secret(before, field))).collect();
    let logged = Some(Logged { actor: Actor::from(caller), event, replaced });
    Ok(Decision::Write(Box::new(ConnectionWrite { after, logged })))
}

/// What changed, for the audit log. Of secrets it has the names alone: [`Connection::get`] gives none.
fn audit_event(
    before: &Stored,
    after: &Stored,
    patch: &ConnectionPatch,
    undid: Option<i64>,
) -> AuditEvent {
    let text = |stored: &Stored, field| stored.connection.get(field).map(ToOwned::to_owned);
    let change =
        |field| FieldChange { field, before: text(before, field), after: text(after, field) };
    let detail = AuditDetail {
        changes: patch.fields().map(change).collect(),
        version: Some(after.version),
        undid,
        about: String::new(),
    };
    let subject = (before.connection.id, before.connection.channel());
    AuditEvent::on(EventKind::ConnectionChanged, subject, detail)
}

/// A secret before a change, and what it was given for, which each stored secret says.
fn replaced_secret(before: &Stored, field: Field) -> PreviousSecretValue {
    let destination = before.stamp(field).and_then(|stamp| stamp.destination.clone());
    before.connection.secret(field.key()).cloned().zip(destination)
}

/// A key that clients may not write may be sent if its value is the stored one.
pub(super) fn ensure_unchanged(
    connection: &Connection,
    read_only: &[(Key, Option<String>)],
) -> Result<(), SaveError> {
    read_only
        .iter()
        .find(|(key, value): &&(Key, Option<String>)| {
            connection.text(*key).as_deref() != value.as_deref()
        })
        .map_or(Ok(()), |(key, _)| Err(SaveRefusal::ReadOnly(*key).into()))
}

/// The changes that make a difference. A secret that is given makes one even if it is the same, if its
/// destination is another; and always for a browser, whose user could learn from the answer whether a
/// guess was right.
fn effective_patch(before: &Stored, patch: &ConnectionPatch, via: Via) -> ConnectionPatch {
    let patch = patch.normalised(before.connection.channel());
    let mut real = patch.real_changes(&before.connection);
    let mut after = before.connection.clone();
    real.apply(&mut after);
    let destination = Some(Destination::of(&after));
    for (field, value) in patch.iter().filter(|(field, _)| field.is_secret()) {
        let given = before.stamp(field).and_then(|stamp| stamp.destination.clone());
        if value.is_some() && (via == Via::Ui || given != destination) {
            real.set(field, value.map(Into::into));
        }
    }
    real
}

/// The secrets that a browser must give again, because the patch changes where they would be sent: whoever may not
/// read a secret could have it sent to a server of their own. The API's callers can read it: their change passes, and
/// the secret stays bound to the destination that it was given for.
fn secrets_to_give_again(before: &Stored, after: &Stored, patch: &ConnectionPatch) -> Violations {
    let now = Destination::of(&after.connection);
    if now == Destination::of(&before.connection) {
        return Violations::default();
    }
    let missing = Field::secrets().filter(|field| {
        let given = after.stamp(*field).and_then(|stamp| stamp.destination.as_ref());
        after.connection.has(*field) && patch.get(*field).is_none() && given != Some(&now)
    });
    missing.map(violation::give_again).collect()
}

/// All that is wrong at once, so that nobody has to save again and again to learn it.
fn with_more(error: SaveError, more: &Violations) -> SaveError {
    let SaveError::Refused(SaveRefusal::Invalid(mut violations)) = error else { return error };
    violations.extend(more.0.clone());
    SaveRefusal::Invalid(violations).into()
}

/// The record after the patch, with its version, date and stamps moved on.
fn record_after(
    before: &Stored,
    patch: &ConnectionPatch,
    undoes: Option<&Undone>,
    now: Timestamp,
) -> Result<Stored, StoreError> {
    let mut after = before.clone();
    after.version = before.version.next().ok_or(StoreError::NumbersUsedUp("version"))?;
    patch.apply(&mut after.connection);
    let date = clock::date(now);
    for (field, value) in patch.iter().filter(|(field, _)| field.is_secret()) {
        let restored = undoes.and_then(|undone| {
            undone.destinations.iter().find(|(of, _)| *of == field).map(|(_, given)| given.clone())
        });
        let given = restored.unwrap_or_else(|| Destination::of(&after.connection));
        let stamp = Stamp {
            date: Some(date.clone()),
            version: after.version,
            destination: value.map(|_| given),
        };
        match field {
            Field::Password => after.password = stamp,
            _ => after.token = stamp,
        }
    }
    health::forget(&mut after, patch, now);
    // A clock that was set back must not date this change before the last one.
    if after.connection.modify_date.as_ref().is_none_or(|last| *last < date) {
        after.connection.modify_date = Some(date);
    }
    Ok(after)
}

/// Checks what a patch leads to: the record's own rules, and those that need its parent. Of a record that is there
/// already, what the patch does not touch may be as wrong as it was.
pub(super) fn ensure_valid(
    patch: &ConnectionPatch,
    before: Option<&Connection>,
    after: &Connection,
    parent: Option<Channel>,
) -> Result<(), SaveError> {
    let channel = after.channel();
    let mut violations = match before {
        Some(before) => validate::check_patch(channel, before, patch, after),
        None => validate::check(channel, after),
    };
    violations.extend(validate::check_unused(channel, patch).0);
    if channel.has_parent() && patch.get(Field::ParentId).is_some() {
        violations.extend(check_parent(after, &violations, parent));
    }
    if violations.allow_saving() { Ok(()) } else { Err(SaveRefusal::Invalid(violations).into()) }
}

fn check_parent(
    after: &Connection,
    found: &Violations,
    parent: Option<Channel>,
) -> Option<Violation> {
    let number = after.parent_id.as_deref().filter(|_| found.at(Key::ParentId).is_none())?;
    validate::check_parent(Some(after.id), number, parent)
}

#[cfg(test)]
mod tests;
