//! How SQLite goes about the statements that requests are made of: by a seek in an index, whatever the
//! size of the table, and in the order of that index.

use crate::{sql::Seen, support::TestServer};
use app::backend::{ActivityQuery, BoardQuery, Cursor, EventKind, Position, Sort};
use axum::http::Method;
use server::store::{AuditLog, Connections, FindQuery, SiteScope, Store};
use shared::{Channel, ConnectionId, SiteId};
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};

const SITE: SiteScope = SiteScope::operator(SiteId(169));

/// The tables that grow with what a site has.
const LARGE: [&str; 2] = ["connection", "audit"];

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

async fn boards(store: &dyn Connections) {
    let cursor = Cursor { id: ConnectionId(646), key: "2026-03-02".into() };
    let positions = [
        Position::First,
        Position::After(cursor.clone()),
        Position::Before(cursor),
        Position::Last,
    ];
    for sort in Sort::ALL {
        for at in positions.clone() {
            let query = BoardQuery { sort, at, ..BoardQuery::default() };
            let parts: [&dyn Fn(&mut BoardQuery); 3] = [
                &|query| query.channel = Some(Channel::Facebook),
                &|query| query.enabled = Some(true),
                &|query| query.search = "demo x".into(),
            ];
            for query in with_and_without(query, &parts) {
                store.board(SITE, &query).await.unwrap();
            }
        }
    }
    for search in ["", "demo"] {
        store.facets(SITE, search).await.unwrap();
    }
    store.inbound(SITE, 9).await.unwrap();
    store.children(SITE, ConnectionId(612)).await.unwrap();
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
    store.kept_secrets(SITE, ConnectionId(646), 1).await.unwrap();
}

/// The steps of a plan, each with those within it.
async fn plan(database: &mut SqliteConnection, sql: &str) -> BTreeMap<i64, Vec<String>> {
    let explain = format!("EXPLAIN QUERY PLAN {sql}");
    let rows = sqlx::query(AssertSqlSafe(explain)).fetch_all(database).await.unwrap();
    let mut within: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in rows {
        within.entry(row.get("parent")).or_default().push(row.get("detail"));
    }
    within
}

/// What is wrong with the steps of one level: a large table is gone through, or what an index of it
/// gives has to be sorted. What comes out of another part of the statement is bounded there.
fn problem(steps: &[String]) -> Option<&String> {
    let reads = |step: &&String, how: &str| {
        let rest = step.strip_prefix(how).unwrap_or_default();
        LARGE.iter().any(|table| rest.split(' ').next() == Some(table))
    };
    let scan = steps.iter().find(|step| reads(step, "SCAN "));
    let sorted = steps.iter().find(|step| step.starts_with("USE TEMP B-TREE FOR ORDER BY"));
    scan.or(sorted.filter(|_| steps.iter().next().is_some_and(|first| reads(&first, "SEARCH "))))
}

#[tokio::test]
async fn no_request_goes_through_a_table_or_sorts_it() {
    let server = TestServer::sqlite().await;
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
    let file = server.database.folder.path().join("test.db");
    let url = format!("sqlite://{}", file.display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    for sql in statements {
        let plan = plan(&mut database, &sql).await;
        let wrong = plan.values().find_map(|steps| problem(steps));
        assert_eq!(wrong, None, "{sql}\n{plan:#?}");
        // A search looks for what is filtered in the full-text index.
        if sql.contains(" AND in_use = ?") && !sql.contains("MATCH") {
            let steps = plan.values().flatten().filter(|step| step.starts_with("SEARCH c"));
            let mut ranges = steps.filter(|step| !step.contains("rowid=?"));
            let all = ranges.all(|step| step.contains("channel=? AND in_use=?"));
            assert!(all, "{sql}\n{plan:#?}");
        }
    }
}
