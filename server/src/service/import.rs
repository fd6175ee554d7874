//! Takes over connections from elsewhere, as they are.

use super::{Retry, Services, create::created};
use crate::{
    audit::Actor,
    store::{SiteScope, StoreError, Stored},
};
use shared::{ConnectionId, Field};
use sqlx::error::DatabaseError;
use std::{collections::BTreeMap, sync::Arc};

/// What became of connections that were imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Those that were added.
    pub added: u64,
    /// Those that were there already, just so.
    pub same: u64,
}

/// Why connections were not imported. None of them was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The site has another connection of that number.
    #[error("connection {0} is there already, and is different")]
    Different(ConnectionId),
    /// Another site has a connection of this number, or of one of them if it was gone at a second look.
    #[error("{} belongs to another site's connection", number(*.0))]
    Taken(Option<ConnectionId>),
    #[error(transparent)]
    Store(StoreError),
}

fn number(id: Option<ConnectionId>) -> String {
    id.map_or_else(|| "one of the numbers".to_owned(), |id| format!("the number {id}"))
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Sql(cause)
                if cause.as_database_error().is_some_and(DatabaseError::is_unique_violation) =>
            {
                Self::Taken(None)
            }
            _ => Self::Store(error),
        }
    }
}

impl Retry for ImportError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(StoreError::Conflict))
    }
}

impl Services {
    /// Adds connections with the numbers, dates and versions that they have, all of them or none.
    /// One that is there already is left as it is; what comes without secrets is compared without.
    /// For the operator.
    pub async fn import(
        &self,
        scope: SiteScope,
        mut rows: Vec<Stored>,
    ) -> Result<Imported, ImportError> {
        for row in &mut rows {
            row.connection.site_id = scope.site();
            row.health.due_at = self.first_due(row)?;
        }
        let rows = Arc::new(rows);
        let ids: Vec<_> = rows.iter().map(|row| row.connection.id).collect();
        let done = self.insert_new(scope, rows).await;
        match done {
            Err(ImportError::Taken(None)) => {
                Err(ImportError::Taken(self.find_elsewhere(scope, &ids).await?))
            }
            done => done,
        }
    }

    /// The first of these numbers that is another site's. The database does not say which one it was.
    async fn find_elsewhere(
        &self,
        scope: SiteScope,
        ids: &[ConnectionId],
    ) -> Result<Option<ConnectionId>, StoreError> {
        let others = self.store.sites().await?.into_iter().filter(|site| *site != scope.site());
        for site in others {
            let mut tx = self.store.begin(site).await?;
            let found = tx.connections(SiteScope::operator(site), ids).await;
            tx.rollback().await?;
            if let Some(row) = found?.first() {
                return Ok(Some(row.connection.id));
            }
        }
        Ok(None)
    }

    async fn insert_new(
        &self,
        scope: SiteScope,
        rows: Arc<Vec<Stored>>,
    ) -> Result<Imported, ImportError> {
        self.write(scope.site(), move |services, tx| {
            let rows = rows.clone();
            Box::pin(async move {
                let ids: Vec<_> = rows.iter().map(|row| row.connection.id).collect();
                let stored = tx.connections(scope, &ids).await?;
                let new = those_that_are_new(&stored, &rows)?;
                let events = new.iter().map(created).collect();
                tx.insert_all(scope, &new).await?;
                let (operator, now) = (Actor::operator(), services.now());
                services.auditor.record_all(tx, scope.site(), &operator, events, now).await?;
                let added = new.len() as u64;
                Ok(Imported { added, same: rows.len() as u64 - added })
            })
        })
        .await
    }
}

/// What an export leaves out unless secrets are asked for.
const SECRETS: [Field; 2] = [Field::Password, Field::Token];

/// Those that are not stored; one that comes twice is new once.
fn those_that_are_new(stored: &[Stored], rows: &[Stored]) -> Result<Vec<Stored>, ImportError> {
    let stored: BTreeMap<_, _> = stored.iter().map(|row| (row.connection.id.0, row)).collect();
    let mut new: BTreeMap<i64, &Stored> = BTreeMap::new();
    for row in rows {
        let id = row.connection.id;
        match new.get(&id.0).or(stored.get(&id.0)).copied() {
            Some(before) if is_same(before, row) => {}
            Some(_) => return Err(ImportError::Different(id)),
            None => {
                new.insert(id.0, row);
            }
        }
    }
    Ok(new.into_values().cloned().collect())
}

fn is_same(before: &Stored, row: &Stored) -> bool {
    let mut before = before.clone();
    if !SECRETS.into_iter().any(|field| row.connection.has(field)) {
        for field in SECRETS {
            before.connection.set(field, None);
        }
    }
    // How it fares here, which the server tests by itself, and where its secrets may go, is not part of
    // the record.
    before.health = row.health.clone();
    before.connection.error.clone_from(&row.connection.error);
    before.connection.remarks.clone_from(&row.connection.remarks);
    before.password.destination.clone_from(&row.password.destination);
    before.token.destination.clone_from(&row.token.destination);
    before == *row
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{Channel, Connection};

    fn row(id: i64, name: &str) -> Stored {
        let (media, provider) = Channel::EmailInbound.codes().unwrap();
        let mut connection = Connection::new(media, Some(provider));
        connection.id = ConnectionId(id);
        connection.set(Field::Name, Some(name.into()));
        connection.set(Field::Password, Some("secret".into()));
        Stored::new(connection)
    }

    #[test]
    fn what_is_stored_or_comes_twice_is_new_no_more_than_once() {
        let stored = [row(1, "one")];
        let mut without_secret = row(1, "one");
        without_secret.connection.set(Field::Password, None);
        without_secret.connection.error = Some("as it fared elsewhere".into());
        let rows = [row(2, "two"), without_secret, row(2, "two"), row(3, "three")];
        let new = those_that_are_new(&stored, &rows).unwrap();
        assert_eq!(new, [row(2, "two"), row(3, "three")]);
    }

    #[test]
    fn what_differs_under_the_same_number_is_named() {
        let mut other_secret = row(1, "one");
        other_secret.connection.set(Field::Password, Some("other".into()));
        for rows in [vec![row(1, "eins")], vec![other_secret]] {
            let refused = those_that_are_new(&[row(1, "one")], &rows);
            assert!(matches!(refused, Err(ImportError::Different(ConnectionId(1)))), "{rows:?}");
        }
        let refused = those_that_are_new(&[], &[row(2, "two"), row(2, "zwei")]);
        assert!(matches!(refused, Err(ImportError::Different(ConnectionId(2)))));
    }
}
