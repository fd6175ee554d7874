//! Patches that wait together are written together, and each is what it would be alone.

use crate::{
    dump::{Held, everything, number, tamper},
    sql::Seen,
    support::{FILE, TestServer},
};
use futures_util::{StreamExt, future::join_all, stream::FuturesUnordered};
use jiff::Timestamp;
use serde_json::Value;
use server::{
    clock::Clock,
    keys,
    service::{PatchRequest, Services, Settings},
};
use shared::{ConnectionId, ConnectionPatch, Field, SiteId, audit::Via};
use sqlx::{Connection, SqliteConnection};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Who patches what: a user of a site, a connection, a body.
type Step = (&'static str, i64, String);

/// A history with changes, mistakes, secrets, a parent, a viewer and another site's admin, in an order of its own.
fn history(seed: usize) -> Vec<Step> {
    let kinds: [(&str, i64, &str); 13] = [
        ("demo", 612, r#"{"Name":"n$"}"#),
        ("demo", 612, r#"{"Port":"x"}"#),
        ("editor", 612, r#"{"Host":"mail$.example","Password":"p$"}"#),
        ("demo", 613, r#"{"ParentId":"612"}"#),
        ("demo", 613, r#"{"ParentId":"646"}"#),
        ("demo", 613, r#"{"ParentId":null}"#),
        ("editor", 646, r#"{"Enabled":"0"}"#),
        ("demo", 646, r#"{"Enabled":"1"}"#),
        ("demo", 1, r#"{"Name":"n$"}"#),
        ("viewer", 612, r#"{"Name":"n$"}"#),
        ("other", 700, r#"{"Name":"n$"}"#),
        ("other", 612, r#"{"Name":"n$"}"#),
        ("demo", 612, r#"{"Name":"the same"}"#),
    ];
    (0..30)
        .map(|n: usize| {
            let (who, id, body) = kinds[(n * 7 + n * n * seed + seed) % kinds.len()];
            (who, id, body.replace('$', &(n % 5).to_string()))
        })
        .collect()
}

/// Runs a history, some patches at a time; returns all answers.
async fn run(server: &TestServer, history: &[Step], at_a_time: usize) -> Vec<String> {
    let mut tokens = vec![];
    for (who, site) in [("demo", "169"), ("editor", "169"), ("viewer", "169"), ("other", "170")] {
        let (email, password) = (format!("{who}@patchbay.test"), format!("patchbay-{who}"));
        tokens.push((who, server.token_of(&email, &password, site).await));
    }
    let token = |of: &str| &tokens.iter().find(|(who, _)| *who == of).unwrap().1;
    let mut answers = vec![];
    for steps in history.chunks(at_a_time) {
        let patches = steps.iter().map(|(who, id, body)| server.patch(token(who), *id, body));
        answers.extend(join_all(patches).await.iter().map(ToString::to_string));
    }
    answers
}

/// What a history leaves, except for what is sealed and chained differently each time.
async fn left(server: &TestServer) -> Vec<i64> {
    let report = server.auditor.verify(&*server.database.store).await.unwrap();
    assert_eq!(report.problems, [""; 0]);
    let mut left = vec![];
    for sql in [
        "SELECT count(*) FROM audit",
        "SELECT count(*) FROM previous_secret",
        "SELECT sum(version) FROM connection",
        "SELECT sum(number * connection_id) FROM audit WHERE kind = 'connection-changed'",
        "SELECT sum(event * connection_id) FROM previous_secret",
        "SELECT sum(password_version * id) FROM connection",
    ] {
        left.push(number(server, &format!("SELECT CAST(coalesce(({sql}), 0) AS BIGINT)")).await);
    }
    left
}

#[tokio::test]
async fn a_group_does_what_its_patches_do_one_after_the_other() {
    for seed in 0..4 {
        let history = history(seed);
        let alone = TestServer::new().await;
        let expected = (run(&alone, &history, 1).await, left(&alone).await);
        assert!(expected.0.iter().any(|answer| answer.starts_with("200")), "{:?}", expected.0);
        for at_a_time in [2, 5, history.len()] {
            let server = TestServer::new().await;
            let found = (run(&server, &history, at_a_time).await, left(&server).await);
            assert_eq!(found, expected, "{seed}, {at_a_time} at a time");
        }
    }
}

#[tokio::test]
async fn a_group_costs_two_statements_and_a_commit() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let store = &server.database.store;
    let before = store.commits();
    let bodies: Vec<_> = (0..24).map(|n| format!(r#"{{"Name":"name {n}"}}"#)).collect();
    let seen = Seen::new();
    let patches = bodies.iter().map(|body| server.patch(&token, 612, body));
    let answers = seen.within(join_all(patches)).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(store.commits() - before, 1);
    let name: Value = server.get(&token, "/api/connection/612").await.json();
    assert_eq!(name["Name"], "name 23");
    store.close().await;
    let statements = seen.statements();
    assert_eq!(statements.len(), 2, "{statements:#?}");
}

/// Makes a database refuse a change of a table, if `condition` holds for the new row.
fn refuse(server: &TestServer, what: &str, table: &str, condition: &str) -> String {
    if server.database.postgres().is_some() {
        format!(
            "CREATE OR REPLACE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION 'refused'; END $$;
             CREATE TRIGGER refused BEFORE {what} ON {table}
             FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION refused()"
        )
    } else {
        format!(
            "CREATE TRIGGER refused BEFORE {what} ON {table} WHEN {condition}
             BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    }
}

#[tokio::test]
async fn a_patch_that_fails_does_so_alone() {
    let server = TestServer::new().await;
    let token = server.token().await;
    tamper(&server, &refuse(&server, "UPDATE", "connection", "new.name = 'poison'")).await;
    let server_message = ["one", "two", "poison", "four", "five"];
    let bodies = server_message.map(|name| format!(r#"{{"Name":"{name}"}}"#));
    let patches = [612, 613, 646, 576, 583].into_iter().zip(&bodies);
    let patches = patches.map(|(id, body)| server.patch(&token, id, body));
    let statuses: Vec<_> = join_all(patches).await.iter().map(|a| a.status.as_u16()).collect();
    assert_eq!(statuses, [200, 200, 500, 200, 200]);
    let named =
        "SELECT count(*) FROM connection WHERE name IN ('one', 'two', 'poison', 'four', 'five')";
    assert_eq!(number(&server, named).await, 4);
    left(&server).await;
}

#[tokio::test]
async fn wherever_a_group_is_cut_short_nothing_of_it_is_done() {
    for (what, table) in [
        ("UPDATE", "connection"),
        ("INSERT", "audit"),
        ("UPDATE", "audit_head"),
        ("INSERT", "previous_secret"),
    ] {
        let server = TestServer::new().await;
        let token = server.token().await;
        // The chain has begun.
        assert_eq!(server.patch(&token, 646, r#"{"Name":"before"}"#).await.status, 200);
        let before = everything(&server).await;
        tamper(&server, &refuse(&server, what, table, "TRUE")).await;
        let body = r#"{"Name":"after","Password":"another0secret0that0is0long0enough"}"#;
        let patches = [612, 613, 646].map(|id| server.patch(&token, id, body));
        for answer in join_all(patches).await {
            assert_eq!(answer.status, 500, "{table}: {answer}");
        }
        assert_eq!(everything(&server).await, before, "{table}");
        let on = if server.database.postgres().is_some() {
            format!(" ON {table}")
        } else {
            String::new()
        };
        tamper(&server, &format!("DROP TRIGGER refused{on}")).await;
        assert_eq!(
            server.patch(&token, 612, body).await.status,
            200,
            "{table}: and then it goes on"
        );
        left(&server).await;
    }
}

#[tokio::test]
async fn who_was_signed_out_is_so_at_the_next_request_also_among_others() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let editor = server.token_of("editor@patchbay.test", "patchbay-editor", "169").await;
    let bodies = ["one", "two", "three"].map(|name: &str| format!(r#"{{"Name":"{name}"}}"#));
    let callers = [&token, &editor, &token];
    let statuses = async || {
        let patches = callers.into_iter().zip(&bodies);
        let patches = patches.map(|(caller, body)| server.patch(caller, 612, body));
        join_all(patches).await.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>()
    };
    assert_eq!(statuses().await, [200, 200, 200]);
    // Another process does it.
    let editor = "(SELECT id FROM app_user WHERE email = 'editor@patchbay.test')";
    let sql = format!("UPDATE membership SET version = version + 1 WHERE user_id = {editor}");
    tamper(&server, &sql).await;
    assert_eq!(statuses().await, [200, 401, 200]);
    assert_eq!(number(&server, "SELECT version FROM connection WHERE id = 612").await, 6);
}

#[tokio::test]
async fn a_database_that_takes_too_long_is_waited_for_once() {
    let server = TestServer::new().await;
    let token = server.token().await;
    assert_eq!(server.patch(&token, 612, r#"{"Name":"before"}"#).await.status, 200);
    let held = Held::of(&server).await;
    let bodies = ["one", "two", "three"].map(|name| format!(r#"{{"Name":"{name}"}}"#));
    let mut patches: FuturesUnordered<_> =
        bodies.iter().map(|body| server.patch(&token, 612, body)).collect();
    let mut statuses = vec![patches.next().await.unwrap().status.as_u16()];
    // Who tried again would get through from here on.
    drop(held);
    while let Some(answer) = patches.next().await {
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [503, 503, 503]);
    assert_eq!(server.patch(&token, 612, r#"{"Name":"after"}"#).await.status, 200);
}

/// What a page of the log has before it.
const FRAME: u64 = 4096 + 24;

#[tokio::test]
async fn a_patch_alone_writes_few_pages() {
    let server = TestServer::sqlite().await;
    let token = server.token().await;
    assert_eq!(server.patch(&token, 612, r#"{"Host":"one.example"}"#).await.status, 200);
    let file = server.database.folder.path().join(FILE);
    let url = format!("sqlite://{}", file.display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let (busy, _, _): (i64, i64, i64) = sqlx::query_as(sql).fetch_one(&mut database).await.unwrap();
    assert_eq!(busy, 0);
    assert_eq!(server.patch(&token, 612, r#"{"Host":"two.example"}"#).await.status, 200);
    let log = file.with_file_name(format!("{FILE}-wal"));
    let frames = log.metadata().unwrap().len() / FRAME;
    assert!((1..=12).contains(&frames), "{frames} pages");
}

/// A clock that panics once, after a number of looks at it.
#[derive(Debug)]
struct PanickingClock(AtomicI64);

impl Clock for PanickingClock {
    fn now(&self) -> Timestamp {
        assert_ne!(self.0.fetch_sub(1, Ordering::SeqCst), 0, "as a decision might");
        Timestamp::UNIX_EPOCH
    }
}

#[tokio::test]
async fn a_decision_that_panics_costs_no_other_its_answer() {
    let server = TestServer::new().await;
    let keys = keys::open(&*server.database.store, &server.database.vault, server.now()).await;
    let (keys, looks) = (keys.unwrap(), Arc::new(PanickingClock(AtomicI64::new(-1))));
    let store = server.database.store.clone();
    let services = Services::new(store, looks.clone(), keys, Settings::default());
    let user = server.database.store.user("demo@patchbay.test").await.unwrap().unwrap().id;
    let caller = services.principal(user, SiteId(169), Via::Api).await.unwrap().unwrap();
    let patch = async |name: &str| {
        let patch = ConnectionPatch::default().with(Field::Name, Some(name));
        let id = ConnectionId(612);
        services
            .patch(&caller, PatchRequest::new(id, patch))
            .await
            .map(|stored| stored.connection.name.unwrap())
    };
    // In the group the third decision panics; then each is decided alone, and nothing panics any more.
    looks.0.store(2, Ordering::SeqCst);
    let names = ["a", "b", "c", "d"];
    let answers = join_all(names.map(&patch)).await;
    assert_eq!(answers.into_iter().map(Result::unwrap).collect::<Vec<_>>(), names);
    assert_eq!(looks.0.load(Ordering::SeqCst), -5, "three looks of the group, one of each alone");
    // One that panics alone fails, and the next is served.
    looks.0.store(0, Ordering::SeqCst);
    patch("e").await.unwrap_err();
    assert_eq!(patch("f").await.unwrap(), "f");
    assert_eq!(server.auditor.verify(&*server.database.store).await.unwrap().problems, [""; 0]);
}
