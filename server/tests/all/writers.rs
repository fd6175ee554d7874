//! Writers that wait for each other: each has a transaction to itself.

use crate::support::Database;
use server::store::{SERVER, SiteScope, Store, Stored};
use shared::{Channel, Connection, ConnectionId, SiteId};
use std::sync::Arc;

const SITE: SiteId = SiteId(169);

/// A database with a site.
async fn database() -> (Database, Arc<dyn Store>) {
    let database = Database::new().await;
    database.vault.create().unwrap();
    let store = database.store.clone();
    let mut tx = store.begin(SERVER).await.unwrap();
    tx.insert_site(SITE, "one", None).await.unwrap();
    tx.commit().await.unwrap();
    (database, store)
}

fn scope() -> SiteScope {
    SiteScope::operator(SITE)
}

/// What a writer does in the end.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Commit,
    Drop,
    RollBack,
    Fail,
}

/// Adds a connection; returns whether that was reported as durable.
async fn add(store: &Arc<dyn Store>, id: i64, end: End) -> bool {
    let (media, provider) = Channel::EmailInbound.codes().unwrap();
    let mut connection = Connection::new(media, Some(provider));
    connection.id = ConnectionId(id);
    connection.create_date = Some("2026-03-02 09:30:00".into());
    connection.modify_date.clone_from(&connection.create_date);
    let stored = Stored::new(connection);
    let mut tx = store.begin(SITE).await.unwrap();
    tx.insert(scope(), &stored).await.unwrap();
    match end {
        End::Commit => return tx.commit().await.is_ok(),
        End::Drop => drop(tx),
        End::RollBack => tx.rollback().await.unwrap(),
        End::Fail => drop(tx.insert(scope(), &stored).await.unwrap_err()),
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
            tokio::spawn(async move { add(&store, id, end(id)).await })
        })
        .collect();
    for (id, writer) in (1..).zip(writers) {
        assert_eq!(writer.await.unwrap(), end(id) == End::Commit, "{id}");
    }
    for id in 1..=64 {
        let added = store.connection(scope(), ConnectionId(id)).await.unwrap().is_some();
        assert_eq!(added, end(id) == End::Commit, "{id}");
    }
    assert_eq!(store.commits() - before, 40);
}
