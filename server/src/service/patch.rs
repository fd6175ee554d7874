//! Changes a connection.

use super::{SaveError, Services, detached};
use crate::{
    clock,
    store::{self, SiteScope, Stamp, Store, Stored, WriteTx},
};
use jiff::Timestamp;
use shared::{
    Channel, Connection, ConnectionId, ConnectionPatch, Field, Key, Version, Violation, Violations,
    validate,
};

/// What a client asks for.
#[derive(Debug)]
pub struct PatchRequest {
    /// The connection.
    pub id: ConnectionId,
    /// The versions that it may still have; `None` to patch whatever there is.
    pub versions: Option<Vec<Version>>,
    /// The fields to change.
    pub patch: ConnectionPatch,
    /// What the client says of keys that it may not write. A record that was read, changed and
    /// sent back whole carries them all.
    pub read_only: Vec<(Key, Option<String>)>,
}

impl Services {
    /// Applies a patch to a connection of the site, once the record that results keeps all rules.
    /// A patch that changes nothing moves neither version nor date.
    ///
    /// # Errors
    /// See [`SaveError`]; whatever it is, nothing was changed.
    pub async fn patch(
        &self,
        scope: SiteScope,
        request: PatchRequest,
    ) -> Result<Stored, SaveError> {
        let (store, now) = (self.store.clone(), self.clock.now());
        detached(async move { patch(&*store, now, scope, request).await }).await
    }
}

async fn patch(
    store: &dyn Store,
    now: Timestamp,
    scope: SiteScope,
    request: PatchRequest,
) -> Result<Stored, SaveError> {
    let mut tx = store.begin().await?;
    let before = tx.connection(scope, request.id).await?.ok_or(SaveError::NotFound)?;
    if request.versions.is_some_and(|versions| !versions.contains(&before.version)) {
        return Err(SaveError::Stale(Box::new(before)));
    }
    assert_unchanged(&before.connection, &request.read_only)?;
    let channel = before.connection.channel();
    let patch = request.patch.normalised(channel).real_changes(&before.connection);
    let after = changed(&before, &patch, now);
    check(&mut *tx, scope, &patch, &after.connection).await?;
    if patch.is_empty() {
        return Ok(before);
    }
    if !tx.update(scope, &after).await? {
        return Err(SaveError::Stale(Box::new(before)));
    }
    tx.commit().await?;
    Ok(after)
}

/// Keys that clients may not write are fine as long as they say what is so.
pub(super) fn assert_unchanged(
    connection: &Connection,
    read_only: &[(Key, Option<String>)],
) -> Result<(), SaveError> {
    let differs = |(key, value): &&(Key, Option<String>)| {
        connection.text(*key).as_deref() != value.as_deref()
    };
    read_only.iter().find(differs).map_or(Ok(()), |(key, _)| Err(SaveError::ReadOnly(*key)))
}

/// The record after the patch, with its version, date and stamps moved on.
fn changed(before: &Stored, patch: &ConnectionPatch, now: Timestamp) -> Stored {
    let mut after = before.clone();
    after.version = Version(before.version.0 + 1);
    patch.apply(&mut after.connection);
    let now = clock::date(now);
    // A clock that was set back must not date this change before the last one.
    if after.connection.modify_date.as_ref().is_none_or(|last| *last < now) {
        after.connection.modify_date = Some(now.clone());
    }
    let stamp = Stamp { date: Some(now), version: after.version };
    for field in patch.fields() {
        match field {
            Field::Password => after.password = stamp.clone(),
            Field::Token => after.token = stamp.clone(),
            _ => {}
        }
    }
    after
}

/// Checks what a patch leads to: the record's own rules, and those that need the site's others.
pub(super) async fn check(
    tx: &mut dyn WriteTx,
    scope: SiteScope,
    patch: &ConnectionPatch,
    after: &Connection,
) -> Result<(), SaveError> {
    let channel = after.channel();
    let mut violations = validate::check(channel, after);
    violations.extend(validate::check_unused(channel, patch).0);
    if channel == Channel::EmailOutbound && patch.get(Field::ParentId).is_some() {
        violations.extend(check_parent(tx, scope, after, &violations).await?);
    }
    if violations.allow_saving() { Ok(()) } else { Err(SaveError::Invalid(violations)) }
}

async fn check_parent(
    tx: &mut dyn WriteTx,
    scope: SiteScope,
    after: &Connection,
    found: &Violations,
) -> store::Result<Option<Violation>> {
    let number = after.parent_id.as_deref().filter(|_| found.at(Key::ParentId).is_none());
    let Some((text, id)) = number.and_then(|text| Some((text, text.parse().ok()?))) else {
        return Ok(None);
    };
    let parent = tx.connection(scope, id).await?.map(|parent| parent.connection.channel());
    Ok(validate::check_parent(Some(after.id), text, parent))
}
