//! Changes a connection.

use super::{SaveError, Services, health, is_still};
use crate::{
    audit::{Actor, Deed},
    clock,
    store::{
        self, AuditChange, AuditDetail, Principal, SiteScope, Stamp, StoreError, Stored, WriteTx,
    },
};
use app::backend::EventKind;
use jiff::Timestamp;
use shared::{
    Channel, Connection, ConnectionId, ConnectionPatch, Field, Key, Version, Violation, Violations,
    validate,
};
use std::sync::Arc;

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// What a client asks for.
#[derive(Debug)]
pub struct PatchRequest {
    /// The connection.
    pub id: ConnectionId,
    /// The versions that it may still have; `None` to patch whatever there is.
    pub versions: Option<Vec<Version>>,
    /// The fields to change.
    pub patch: ConnectionPatch,
    /// Whether it may become the connection of another account.
    pub may_move: bool,
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
        caller: &Principal,
        request: PatchRequest,
    ) -> Result<Stored, SaveError> {
        let (site, caller, request) = (caller.site, caller.clone(), Arc::new(request));
        self.write(site, move |services, tx| {
            let (caller, request) = (caller.clone(), request.clone());
            Box::pin(async move { services.patch_within(tx, &caller, &request, None).await })
        })
        .await
    }

    /// The same within a transaction; `undid` is the event that the patch undoes.
    pub(super) async fn patch_within(
        &self,
        tx: &mut dyn WriteTx,
        caller: &Principal,
        request: &PatchRequest,
        undid: Option<i64>,
    ) -> Result<Stored, SaveError> {
        let (scope, now) = (caller.scope(), self.now());
        let (member, before) = tx.load(caller.user, scope, request.id).await?;
        if !caller.role.may_edit() || !is_still(member.as_ref(), caller) {
            return Err(SaveError::Forbidden);
        }
        let before = before.ok_or(SaveError::NotFound)?;
        if request.versions.as_ref().is_some_and(|versions| !versions.contains(&before.version)) {
            return Err(SaveError::Stale(Box::new(before)));
        }
        assert_unchanged(&before.connection, &request.read_only)?;
        let channel = before.connection.channel();
        let patch = request.patch.clone().normalised(channel).real_changes(&before.connection);
        let after = changed(&before, &patch, now);
        check(tx, scope, &patch, &after.connection).await?;
        let moves = validate::check_moves(&before.connection, &patch);
        if !request.may_move && !moves.allow_saving() {
            return Err(SaveError::Moves(moves));
        }
        if patch.is_empty() {
            return Ok(before);
        }
        if !tx.update(scope, &after).await? {
            return Err(StoreError::Conflict.into());
        }
        self.record_change(tx, caller, (&before, &after), &patch, undid).await?;
        Ok(after)
    }

    /// Writes down what changed, and keeps the secrets that were replaced.
    async fn record_change(
        &self,
        tx: &mut dyn WriteTx,
        caller: &Principal,
        (before, after): (&Stored, &Stored),
        patch: &ConnectionPatch,
        undid: Option<i64>,
    ) -> store::Result<()> {
        let (scope, now, id) = (caller.scope(), self.now(), before.connection.id);
        let text = |stored: &Stored, field| stored.connection.get(field).map(ToOwned::to_owned);
        let change =
            |field| AuditChange { field, before: text(before, field), after: text(after, field) };
        let detail = AuditDetail {
            changes: patch.fields().map(change).collect(),
            version: Some(after.version),
            undid,
            about: String::new(),
        };
        let connection = (id, before.connection.channel());
        let deed = Deed::on(EventKind::ConnectionChanged, connection, detail);
        let actor = Actor::from(caller);
        let event = self.auditor.record(tx, scope.site(), &actor, deed, now).await?;
        let expires_at = now.as_second() + i64::from(self.settings.undo_days) * SECONDS_OF_A_DAY;
        for field in patch.fields().filter(|field| field.is_secret()) {
            let secret = before.connection.secret(field.key());
            tx.keep_secret(scope, id, event, field, secret, expires_at).await?;
        }
        Ok(())
    }
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
    health::forget(&mut after, patch, now);
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
