//! Undoes a change of a connection: a new change that brings back what was there before.

use super::{PatchRequest, Retry, SaveError, Services};
use crate::store::{AuditDetail, AuditRow, Principal, SiteScope, StoreError, Stored, WriteTx};
use shared::{
    ConnectionId, ConnectionPatch, Destination, Field, SaveRefusal,
    audit::{EventKind, FieldChange},
};
use std::sync::Arc;

/// Why a change was not undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// There is no such change of that connection.
    #[error("no such change")]
    NotFound,
    /// Some of its fields were changed again since.
    #[error("the fields were changed again")]
    Overlaps,
    /// A secret that it replaced is kept no longer.
    #[error("a replaced secret is kept no longer")]
    Expired,
    /// The change back was not saved.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl From<StoreError> for UndoError {
    fn from(error: StoreError) -> Self {
        Self::Save(error.into())
    }
}

impl From<super::Ended> for UndoError {
    fn from(ended: super::Ended) -> Self {
        Self::Save(ended.into())
    }
}

impl Retry for UndoError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Save(error) if error.is_conflict())
    }
}

impl Services {
    /// Undoes the change that an event of the audit log tells of.
    ///
    /// # Errors
    /// See [`UndoError`]; whatever it is, nothing was changed.
    pub async fn undo(
        &self,
        caller: &Principal,
        id: ConnectionId,
        number: i64,
    ) -> Result<Stored, UndoError> {
        let (site, caller) = (caller.site, Arc::new(caller.clone()));
        self.write(site, move |services, tx| {
            let caller = caller.clone();
            Box::pin(async move { services.undo_within(tx, &caller, id, number).await })
        })
        .await
    }

    async fn undo_within(
        &self,
        tx: &mut dyn WriteTx,
        caller: &Principal,
        id: ConnectionId,
        number: i64,
    ) -> Result<Stored, UndoError> {
        if !caller.role.may_edit() {
            return Err(SaveError::from(SaveRefusal::Forbidden).into());
        }
        let scope = caller.scope();
        let event = tx.event(scope, number).await?;
        let event =
            event.filter(|event| event.connection == Some(id)).ok_or(UndoError::NotFound)?;
        let detail = change(&event).ok_or(UndoError::NotFound)?;
        let stored = tx.connection(scope, id).await?.ok_or(UndoError::NotFound)?;
        if !detail.changes.iter().all(|change| is_last(&stored, &detail, change)) {
            return Err(UndoError::Overlaps);
        }
        let (patch, destinations) = self.patch_back(tx, scope, &event, &detail).await?;
        if destinations.iter().any(|(_, given)| *given != destination_after(&stored, &detail)) {
            return Err(UndoError::Overlaps);
        }
        let versions = Some(vec![stored.version]);
        let request = PatchRequest { id, versions, patch, may_move: true, read_only: vec![] };
        let undone = Undone { event: number, destinations };
        Ok(self.patch_within(tx, caller, &request, Some(&undone)).await?)
    }

    /// The patch back, and what each secret in it was given for.
    async fn patch_back(
        &self,
        tx: &mut dyn WriteTx,
        scope: SiteScope,
        event: &AuditRow,
        detail: &AuditDetail,
    ) -> Result<(ConnectionPatch, Vec<(Field, Destination)>), UndoError> {
        let id = event.connection.ok_or(UndoError::NotFound)?;
        let now = self.now().as_second();
        let (mut patch, mut destinations) = (vec![], vec![]);
        for FieldChange { field, before, .. } in &detail.changes {
            let before = if field.is_secret() {
                let kept = tx.kept_secret(scope, (id, event.number, *field), now).await?;
                kept.ok_or(UndoError::Expired)?.map(|(secret, destination)| {
                    destinations.push((*field, destination));
                    secret.expose().to_owned()
                })
            } else {
                before.clone()
            };
            patch.push((*field, before));
        }
        Ok((patch.into_iter().collect(), destinations))
    }
}

/// A change that is undone by a patch.
pub(super) struct Undone {
    /// The number of its event.
    pub(super) event: i64,
    /// What the secrets that come back were given for.
    pub(super) destinations: Vec<(Field, Destination)>,
}

/// What an event says of a change that could be undone.
pub(super) fn change(event: &AuditRow) -> Option<AuditDetail> {
    let detail = serde_json::from_str(&event.detail).ok();
    detail.filter(|_| event.kind == EventKind::ConnectionChanged)
}

/// Whether a field still is what a change made of it.
pub(super) fn is_last(stored: &Stored, detail: &AuditDetail, change: &FieldChange) -> bool {
    match stored.stamp(change.field) {
        Some(stamp) => Some(stamp.version) == detail.version,
        None => stored.connection.get(change.field) == change.after.as_deref(),
    }
}

/// Where the connection would point once a change is undone. A secret only comes back to the destination
/// that it was given for.
pub(super) fn destination_after(stored: &Stored, detail: &AuditDetail) -> Destination {
    let mut connection = stored.connection.clone();
    for FieldChange { field, before, .. } in &detail.changes {
        if !field.is_secret() {
            connection.set(*field, before.clone());
        }
    }
    Destination::of(&connection)
}
