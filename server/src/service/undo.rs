//! Undoes a change of a connection: a new change that brings back what was there before.

use super::{PatchRequest, Retry, SaveError, Services};
use crate::store::{
    AuditChange, AuditDetail, AuditRow, Principal, SiteScope, StoreError, Stored, WriteTx,
};
use app::backend::EventKind;
use shared::{ConnectionId, ConnectionPatch, Field, Secret};
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
            return Err(SaveError::Forbidden.into());
        }
        let scope = caller.scope();
        let event = tx.event(scope, number).await?;
        let event =
            event.filter(|event| event.connection == Some(id)).ok_or(UndoError::NotFound)?;
        let detail = change(&event).ok_or(UndoError::NotFound)?;
        let stored = tx.connection(scope, id).await?.ok_or(UndoError::NotFound)?;
        let later = tx.later_events(scope, id, number).await?;
        let back = |change| is_last(&stored, &detail, change) && !is_moved(change, &later);
        if !detail.changes.iter().all(back) {
            return Err(UndoError::Overlaps);
        }
        let patch = self.patch_back(tx, scope, &event, &detail).await?;
        let versions = Some(vec![stored.version]);
        let request = PatchRequest { id, versions, patch, may_move: true, read_only: vec![] };
        Ok(self.patch_within(tx, caller, &request, Some(number)).await?)
    }

    async fn patch_back(
        &self,
        tx: &mut dyn WriteTx,
        scope: SiteScope,
        event: &AuditRow,
        detail: &AuditDetail,
    ) -> Result<ConnectionPatch, UndoError> {
        let id = event.connection.ok_or(UndoError::NotFound)?;
        let now = self.now().as_second();
        let mut patch = vec![];
        for AuditChange { field, before, .. } in &detail.changes {
            let before = if field.is_secret() {
                let kept = tx.kept_secret(scope, id, event.number, *field, now).await?;
                kept.ok_or(UndoError::Expired)?.as_ref().map(Secret::expose).map(Into::into)
            } else {
                before.clone()
            };
            patch.push((*field, before));
        }
        Ok(patch.into_iter().collect())
    }
}

/// What an event says of a change that could be undone.
pub(super) fn change(event: &AuditRow) -> Option<AuditDetail> {
    let detail = serde_json::from_str(&event.detail).ok();
    detail.filter(|_| event.kind == EventKind::ConnectionChanged)
}

/// Whether a field still is what a change made of it.
pub(super) fn is_last(stored: &Stored, detail: &AuditDetail, change: &AuditChange) -> bool {
    match stored.stamp(change.field) {
        Some(stamp) => Some(stamp.version) == detail.version,
        None => stored.connection.get(change.field) == change.after.as_deref(),
    }
}

/// Whether a secret would come back to another account or server than it was for.
pub(super) fn is_moved<'a>(
    change: &AuditChange,
    later: impl IntoIterator<Item = &'a AuditRow>,
) -> bool {
    let place =
        |change: &AuditChange| matches!(change.field, Field::Host | Field::Port | Field::UserId);
    let moves = |event: &AuditRow| {
        self::change(event).is_some_and(|detail| detail.changes.iter().any(place))
    };
    change.field.is_secret() && later.into_iter().any(moves)
}
