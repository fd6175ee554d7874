//! Writers that wait for each other: each has a transaction to itself.

use crate::support::Database;
use server::store::{SERVER, SiteScope, Store, Stored};
use shared::{Channel, Connection, ConnectionId, Field, SiteId, Version};
use std::sync::Arc;

const SITE: SiteId = SiteId(169);

/// A database with connections, all of one site.
async fn database() -> (Database, Arc<dyn Store>) {
    let database = Database::new().await;
    database.vault.create().unwrap();
    let store = database.store.clone();
    let mut tx = store.begin(SERVER).await.unwrap();
    tx.insert_site(SITE, "one", None).await.unwrap();
    let (media, provider) = Channel::EmailInbound.codes().unwrap();
    let mut connection = Connection::new(media, Some(provider));
    connection.create_date = Some("2026-03-02 09:30:00".into());
    connection.modify_date.clone_from(&connection.create_date);
    for _ in 0..64 {
        tx.insert(scope(), &Stored::new(connection.clone())).await.unwrap();
    }
    tx.commit().await.unwrap();
    (database, store)
}

fn scope() -> SiteScope {
    SiteScope::operator(SITE)
}

async fn read(store: &Arc<dyn Store>, id: i64) -> Stored {
    store.connection(scope(), ConnectionId(id)).await.unwrap().unwrap()
}

/// What a writer does in the end.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Commit,
    Drop,
    RollBack,
    Fail,
}

/// Renames a connection; says whether it was told that this is durable.
async fn rename(store: &Arc<dyn Store>, id: i64, end: End) -> bool {
    let mut stored = read(store, id).await;
    stored.connection.set(Field::Name, Some(format!("renamed {id}")));
    stored.version = Version(2);
    let mut tx = store.begin(SITE).await.unwrap();
    assert!(tx.update(scope(), &stored).await.unwrap());
    match end {
        End::Commit => return tx.commit().await.is_ok(),
        End::Drop => drop(tx),
        End::RollBack => tx.rollback().await.unwrap(),
        End::Fail => {
            let mut other = Stored::new(stored.connection);
            other.connection.create_date = None;
            other.connection.id = ConnectionId(id);
            tx.insert(scope(), &other).await.unwrap_err();
        }
    }
    false
}

#[tokio::test]
async fn each_of_many_writers_stands_for_itself() {
    let (_database, store) = database().await;
    let before = store.commits();
    let end = |id: i64| match id % 8 {
        3 => End::Drop,
        5 => End::Fail,
        7 => End::RollBack,
        _ => End::Commit,
    };
    let writers: Vec<_> = (1..=64)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { rename(&store, id, end(id)).await })
        })
        .collect();
    for (id, writer) in (1..).zip(writers) {
        assert_eq!(writer.await.unwrap(), end(id) == End::Commit, "{id}");
    }
    for id in 1..=64 {
        let renamed = read(&store, id).await.connection.name.is_some();
        assert_eq!(renamed, end(id) == End::Commit, "{id}");
    }
    assert_eq!(store.commits() - before, 40);
}
