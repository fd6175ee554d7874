//! Undoes a change of a connection: a new change that brings back what was there before.

use super::{MAX_ATTEMPTS, PatchRequest, SaveError, Services};
use crate::store::{AuditDetail, AuditRow, PreviousSecretValue, Principal, StoreError, Stored};
use shared::{
    ConnectionId, Destination, Field, SaveRefusal,
    audit::{EventKind, FieldChange},
};

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
        if !caller.role.may_edit() {
            return Err(SaveError::from(SaveRefusal::Forbidden).into());
        }
        let mut tries = 1;
        loop {
            let request = self.undoing(caller, id, number).await?;
            match self.patch(caller, request).await {
                // Others changed it between the two: what is undone may still be what it was.
                Err(SaveError::Refused(SaveRefusal::Stale(_))) if tries < MAX_ATTEMPTS => {
                    tries += 1;
                }
                done => return Ok(done?),
            }
        }
    }

    /// The patch that undoes a change of the connection as it is now. An event and what it replaced stay as they are:
    /// they need not be read in the transaction that changes the connection, whose version is compared there.
    async fn undoing(
        &self,
        caller: &Principal,
        id: ConnectionId,
        number: i64,
    ) -> Result<PatchRequest, UndoError> {
        let (scope, now) = (caller.scope(), self.now().as_second());
        let event = self.store.event(scope, number).await?;
        let event =
            event.filter(|event| event.connection == Some(id)).ok_or(UndoError::NotFound)?;
        let detail = change(&event).ok_or(UndoError::NotFound)?;
        let stored = self.store.connection(scope, id).await?.ok_or(UndoError::NotFound)?;
        let mut previous = vec![];
        for FieldChange { field, .. } in detail.changes.iter().filter(|of| of.field.is_secret()) {
            let found = self.store.previous_secret(scope, (id, number, *field), now).await?;
            previous.extend(found.map(|secret| (*field, secret)));
        }
        decide(number, &stored, &detail, &previous)
    }
}

/// The patch that undoes a change, if nothing that it changed was changed since. `previous` are those of its secrets
/// that are still kept.
fn decide(
    event: i64,
    stored: &Stored,
    detail: &AuditDetail,
    previous: &[(Field, PreviousSecretValue)],
) -> Result<PatchRequest, UndoError> {
    if !detail.changes.iter().all(|change| is_last(stored, detail, change)) {
        return Err(UndoError::Overlaps);
    }
    let (mut values, mut destinations) = (vec![], vec![]);
    for FieldChange { field, before, .. } in &detail.changes {
        let before = if field.is_secret() {
            let kept = previous.iter().find(|(of, _)| of == field);
            let (_, kept) = kept.ok_or(UndoError::Expired)?;
            kept.as_ref().map(|(secret, destination)| {
                destinations.push((*field, destination.clone()));
                secret.expose().to_owned()
            })
        } else {
            before.clone()
        };
        values.push((*field, before));
    }
    if destinations.iter().any(|(_, given)| *given != destination_after(stored, detail)) {
        return Err(UndoError::Overlaps);
    }
    Ok(PatchRequest {
        versions: Some(vec![stored.version]),
        allow_account_change: true,
        undoes: Some(Undone { event, destinations }),
        ..PatchRequest::new(stored.connection.id, values.into_iter().collect())
    })
}

/// A change that a patch undoes.
#[derive(Debug)]
pub struct Undone {
    /// The number of its event.
    pub event: i64,
    /// What the secrets that come back were given for.
    pub destinations: Vec<(Field, Destination)>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Stamp;
    use shared::{Channel, Connection, Key, Secret, Version};

    const EVENT: i64 = 9;

    /// A mailbox after a change of its host and password, and what that change was.
    fn changed() -> (Stored, AuditDetail) {
        let (media, provider) = Channel::EmailInbound.codes().unwrap();
        let mut connection = Connection::new(media, Some(provider));
        connection.id = ConnectionId(612);
        connection.set(Field::Host, Some("new.example".into()));
        connection.set(Field::Password, Some("new".into()));
        let version = Version(2);
        let destination = Some(Destination::of(&connection));
        let mut stored = Stored::new(connection);
        stored.version = version;
        stored.password = Stamp { date: None, version, destination };
        let change = |field, before: Option<&str>, after: Option<&str>| FieldChange {
            field,
            before: before.map(Into::into),
            after: after.map(Into::into),
        };
        let detail = AuditDetail {
            changes: vec![
                change(Field::Host, Some("old.example"), Some("new.example")),
                change(Field::Password, None, None),
            ],
            version: Some(version),
            ..AuditDetail::default()
        };
        (stored, detail)
    }

    /// The password before the change, given for a host.
    fn previous(host: &str) -> (Field, PreviousSecretValue) {
        let (mut stored, _) = changed();
        stored.connection.set(Field::Host, Some(host.into()));
        let destination = Destination::of(&stored.connection);
        (Field::Password, Some((Secret::new("old".into()), destination)))
    }

    #[test]
    fn what_was_before_comes_back_with_what_it_was_given_for() {
        let (stored, detail) = changed();
        let request = decide(EVENT, &stored, &detail, &[previous("old.example")]).unwrap();
        let mut after = stored.connection.clone();
        request.patch.apply(&mut after);
        assert_eq!(after.get(Field::Host), Some("old.example"));
        assert_eq!(after.secret(Key::Password).map(Secret::expose), Some("old"));
        let undone = request.undoes.unwrap();
        assert_eq!((request.versions, undone.event), (Some(vec![Version(2)]), EVENT));
        assert_eq!(undone.destinations, [(Field::Password, Destination::of(&after))]);
    }

    #[test]
    fn a_password_that_was_not_there_is_taken_away() {
        let (stored, detail) = changed();
        let request = decide(EVENT, &stored, &detail, &[(Field::Password, None)]).unwrap();
        let mut after = stored.connection.clone();
        request.patch.apply(&mut after);
        assert!(!after.has(Field::Password) && request.undoes.unwrap().destinations.is_empty());
    }

    #[test]
    fn what_was_changed_since_or_is_kept_no_longer_stays() {
        let (stored, detail) = changed();
        let kept = [previous("old.example")];
        let mut moved = stored.clone();
        moved.connection.set(Field::Host, Some("newer.example".into()));
        assert!(matches!(decide(EVENT, &moved, &detail, &kept), Err(UndoError::Overlaps)));
        let mut replaced = stored.clone();
        replaced.password.version = Version(3);
        assert!(matches!(decide(EVENT, &replaced, &detail, &kept), Err(UndoError::Overlaps)));
        assert!(matches!(decide(EVENT, &stored, &detail, &[]), Err(UndoError::Expired)));
        let elsewhere = [previous("elsewhere.example")];
        let decided = decide(EVENT, &stored, &detail, &elsewhere);
        assert!(matches!(decided, Err(UndoError::Overlaps)), "it was given for another host");
    }
}
