//! How a database goes about the statements that requests are made of: by a seek in an index, whatever
//! the size of the table, and in the order of that index.

use crate::{
    sql::Seen,
    support::{FILE, TestServer},
};
use axum::http::Method;
use server::store::{AuditLog, Connections, FindQuery, SiteScope, Store};
use shared::{
    Channel, ConnectionId, SiteId,
    audit::{ActivityQuery, EventKind},
    board::{BoardQuery, Cursor, Filter, Position, Sort},
};
use std::collections::BTreeSet;

mod postgres;
mod sqlite;

const SITE: SiteScope = SiteScope::operator(SiteId(169));

/// A query with each of its parts given or not.
fn with_and_without<Q: Clone>(query: Q, parts: &[&dyn Fn(&mut Q)]) -> Vec<Q> {
    let mut queries = vec![query];
    for part in parts {
        for mut query in queries.clone() {
            part(&mut query);
            queries.push(query);
        }
    }
    queries
}

/// The column by whose index a statement is to find the rows of one connection, or of one person, in a
/// site's log. In the log's order a database may think of going through all of it.
fn one_of_the_log(sql: &str, parameter: &str) -> Option<&'static str> {
    let columns = ["connection_id", "user_id"];
    columns
        .into_iter()
        .filter(|_| sql.contains("FROM audit"))
        .find(|column: &&str| sql.contains(&format!("{column} = {parameter}")))
}

async fn boards(store: &dyn Connections) {
    let cursor = Cursor { id: ConnectionId(646), key: "2026-03-02".into() };
    let positions = [
        Position::First,
        Position::After(cursor.clone()),
        Position::Before(cursor),
        Position::Last,
    ];
    for &sort in Sort::ALL {
        for at in positions.clone() {
            let query = BoardQuery { sort, at, ..BoardQuery::default() };
            let parts: [&dyn Fn(&mut BoardQuery); 3] = [
                &|query| query.channel = Some(Channel::Facebook),
                &|query| query.state = Some(Filter::Attention),
                &|query| query.search = "demo x".into(),
            ];
            for query in with_and_without(query, &parts) {
                store.board(SITE, &query).await.unwrap();
            }
        }
    }
    store.inbound(SITE, 9).await.unwrap();
    store.children(SITE, ConnectionId(612), 200).await.unwrap();
}

async fn find(store: &dyn Connections) {
    let parts: [&dyn Fn(&mut FindQuery); 2] =
        [&|query| query.since_id = Some(ConnectionId(1)), &|query| query.offset = 100_000];
    for query in with_and_without(FindQuery { limit: 20, ..FindQuery::default() }, &parts) {
        store.find(SITE, &query).await.unwrap();
        store.count(SITE, &query).await.unwrap();
    }
}

async fn activity(store: &dyn AuditLog) {
    let parts: [&dyn Fn(&mut ActivityQuery); 7] = [
        &|query| query.person = Some(1),
        &|query| query.connection = Some(ConnectionId(646)),
        &|query| query.channel = Some(Channel::Twitter),
        &|query| query.kind = Some(EventKind::SignedIn),
        &|query| query.since = Some("2026-03-01".into()),
        &|query| query.until = Some("2026-03-02".into()),
        &|query| query.before = Some(100),
    ];
    for query in with_and_without(ActivityQuery::default(), &parts) {
        store.events(SITE, &query, 50).await.unwrap();
    }
    store.changes(SITE, 1, 100).await.unwrap();
    store.numbers(&[SITE.site(), SiteId(170)]).await.unwrap();
    store.previous_secrets(SITE, ConnectionId(646), 1).await.unwrap();
}

#[tokio::test]
async fn no_request_goes_through_a_table_or_sorts_it() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    let store: &dyn Store = &*server.database.store;
    let seen = Seen::new();
    seen.within(async {
        boards(store).await;
        find(store).await;
        activity(store).await;
        let patch = r#"{"Name":"other"}"#;
        for (method, body) in [(Method::GET, ""), (Method::PATCH, patch)] {
            let answer = server.call(Some(&token), method, "/api/connection/646", body).await;
            assert_eq!(answer.status, 200);
        }
        assert_eq!(server.page(&cookie, "/connections/613").await.status, 200);
    })
    .await;
    store.close().await;

    let statements: BTreeSet<_> = seen.statements().into_iter().collect();
    assert!(statements.len() > 200, "{} statements were seen", statements.len());
    match server.database.postgres() {
        Some(url) => postgres::check(url, statements).await,
        None => sqlite::check(&server.database.folder.path().join(FILE), statements).await,
    }
}
