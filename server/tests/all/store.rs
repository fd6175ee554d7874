//! The contract of every store. It is run once for each database (see [`Database`]).
//! A contract is read in one piece.

use crate::support::Database;
use serde_json::{Value, json};
use server::store::{
    BoardRows, Changed, Due, FindQuery, GroupChanges, Health, MAX_KEPT_SIGN_INS, ProviderSession,
    QuotaUse, SERVER, SiteScope, Stamp, Store, Stored, UserId, sqlite::Sqlite,
};
use shared::{
    Connection, ConnectionId, Destination, Field, Key, Provider, Secret, SiteId, State, Version,
    board::{BoardQuery, Filter},
};
use std::sync::Arc;

mod board;

const SITE: SiteId = SiteId(169);
const OTHER: SiteId = SiteId(170);

/// An empty store with two sites.
async fn ready() -> (Database, Arc<dyn Store>) {
    let database = Database::new().await;
    database.vault.create().unwrap();
    let store = database.store.clone();
    let mut tx = store.begin(SERVER).await.unwrap();
    assert!(!tx.has_sites().await.unwrap());
    assert!(tx.insert_site(SITE, "one", None).await.unwrap());
    assert!(tx.insert_site(OTHER, "two", Some("Asia/Jakarta")).await.unwrap());
    assert!(!tx.insert_site(OTHER, "again", None).await.unwrap());
    assert!(tx.has_sites().await.unwrap());
    let key = database.vault.newest().unwrap();
    tx.insert_ring_key(key, 0).await.unwrap();
    tx.activate_ring_key(key).await.unwrap();
    tx.commit().await.unwrap();
    (database, store)
}

fn scope() -> SiteScope {
    SiteScope::operator(SITE)
}

/// A record with a text under every key, so that no column is mixed up with another.
fn full(id: i64) -> Connection {
    let mut connection = Connection::new("FCBK", Some("PVD12"));
    for key in Key::ALL {
        connection.set_text(key, Some(format!("{key} of {id}")));
    }
    connection.media_id = Some("FCBK".into());
    connection.provider_id = Some("PVD12".into());
    connection.id = ConnectionId(id);
    connection.site_id = SITE;
    connection
}

async fn insert(store: &dyn Store, connection: Connection) -> ConnectionId {
    let mut tx = store.begin(SERVER).await.unwrap();
    let scope = SiteScope::operator(connection.site_id);
    let id = tx.insert(scope, &Stored::new(connection)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn what_is_inserted_is_read_back_to_the_last_key() {
    let (_folder, store) = ready().await;
    let stored = Stored::new(full(646));
    assert_eq!(insert(&*store, full(646)).await, ConnectionId(646));
    assert_eq!(store.connection(scope(), ConnectionId(646)).await.unwrap(), Some(stored));
    let mut bare = Connection::new("YOTB", None);
    bare.site_id = SITE;
    bare.create_date = Some("2026-03-02 09:30:00".into());
    bare.modify_date.clone_from(&bare.create_date);
    let id = insert(&*store, bare.clone()).await;
    assert_eq!(id, ConnectionId(647), "numbers go on after the largest");
    let read = store.connection(scope(), id).await.unwrap().unwrap();
    assert_eq!(read.connection, Connection { id, ..bare });
    assert_eq!(read.password, Stamp { date: None, version: Version(1), destination: None });
}

/// Writes a connection as it is to be, if it still has a version.
async fn write(store: &dyn Store, before: Version, after: &Stored) -> bool {
    let mut tx = store.lock_group(after.connection.site_id).await.unwrap();
    tx.load(&[]).await.unwrap();
    let connections = vec![Changed { before, after: after.clone() }];
    tx.write(&GroupChanges { connections, ..GroupChanges::default() }).await.is_ok()
}

#[tokio::test]
async fn an_update_writes_every_field_and_only_at_the_version_before() {
    let (_folder, store) = ready().await;
    insert(&*store, full(646)).await;
    let mut stored = store.connection(scope(), ConnectionId(646)).await.unwrap().unwrap();
    for field in Field::ALL {
        stored.connection.set(field, Some(format!("new {}", field.name())));
    }
    stored.connection.modify_date = Some("2027-01-01 00:00:00".into());
    let stamp = |name: &str| Stamp {
        date: Some(name.into()),
        version: Version(2),
        destination: Some(Destination::stored(format!("where {name} may go"))),
    };
    (stored.password, stored.token) = (stamp("p"), stamp("t"));
    stored.version = Version(2);
    for (before, done) in [(0, false), (2, false), (1, true), (1, false)] {
        assert_eq!(write(&*store, Version(before), &stored).await, done, "{before}");
    }
    let read = store.connection(scope(), ConnectionId(646)).await.unwrap();
    assert_eq!(read, Some(stored.clone()));
    stored.connection.site_id = OTHER;
    assert!(!write(&*store, Version(2), &stored).await);
}

#[tokio::test]
async fn a_transaction_that_is_dropped_changes_nothing() {
    let (_folder, store) = ready().await;
    let mut tx = store.begin(SERVER).await.unwrap();
    let id = tx.insert(scope(), &Stored::new(full(646))).await.unwrap();
    assert!(tx.connection(scope(), id).await.unwrap().is_some());
    drop(tx);
    assert_eq!(store.connection(scope(), id).await.unwrap(), None);
    store.begin(SERVER).await.expect("the next one can begin");
}

#[tokio::test]
async fn another_sites_rows_are_not_there() {
    let (_folder, store) = ready().await;
    let id = insert(&*store, full(646)).await;
    let theirs = SiteScope::operator(OTHER);
    assert_eq!(store.connection(theirs, id).await.unwrap(), None);
    assert_eq!(store.begin(SERVER).await.unwrap().connection(theirs, id).await.unwrap(), None);
    let query = FindQuery { limit: 9, ..FindQuery::default() };
    assert_eq!(store.count(theirs, &query).await.unwrap(), 0);
    let board = store.board(theirs, &BoardQuery::default()).await.unwrap();
    assert_eq!(board, BoardRows::default());
    assert_eq!(store.inbound(theirs, 9).await.unwrap(), []);
    assert_eq!(store.children(theirs, id, 9).await.unwrap(), []);
}

/// How many follow a number is added up from spans of numbers and counted within one.
#[tokio::test]
async fn those_that_follow_a_number_are_all_counted() {
    let numbers = [1, 2, 1023, 1024, 1025, 2047, 2048, 5000, 1 << 40];
    let (_folder, store) = ready().await;
    for id in numbers {
        insert(&*store, full(id)).await;
    }
    let around = numbers.iter().flat_map(|id| [id - 1, *id, id + 1]);
    for since in around.chain([i64::MIN, -1, i64::MAX]) {
        let since_id = Some(ConnectionId(since));
        let query = FindQuery { since_id, limit: 99, ..FindQuery::default() };
        let counted = store.count(scope(), &query).await.unwrap();
        let follow = numbers.iter().filter(|id| **id > since).count();
        assert_eq!(counted, u64::try_from(follow).unwrap(), "after {since}");
        assert_eq!(store.find(scope(), &query).await.unwrap().len(), follow, "after {since}");
    }
    assert_eq!(store.count(scope(), &FindQuery::default()).await.unwrap(), 9);
}

#[tokio::test]
async fn a_read_that_is_dropped_leaves_nothing_behind() {
    let (_database, store) = ready().await;
    // Wherever it had come to, and on whatever connection.
    for turns in 0..300 {
        let turn = async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        };
        let id = ConnectionId(700);
        tokio::select! {
            biased;
            read = store.connection(scope(), id) => drop(read.unwrap()),
            () = turn => {}
        }
        let mut tx = store.begin(SITE).await.unwrap();
        tx.connection(scope(), id).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn health_is_kept_beside_the_version_that_was_tested() {
    let (_folder, store) = ready().await;
    insert(&*store, Connection { enabled: Some("1".into()), ..full(646) }).await;
    let read = async || store.connection(scope(), ConnectionId(646)).await.unwrap().unwrap();
    let mut tested = read().await;
    assert_eq!(tested.health, Health::default());
    tested.health = Health {
        outcome: State::SignInFailed,
        due_at: Some(500),
        tested: Some("2026-03-01 12:00:00".into()),
        ..Health::default()
    };
    tested.connection.error = Some("3".into());
    tested.connection.remarks = Some("refused".into());
    assert!(write(&*store, tested.version, &tested).await);
    assert_eq!(read().await, tested, "and nothing else, not even the version");
    let query = BoardQuery { state: Some(Filter::Attention), ..BoardQuery::default() };
    let page = store.board(scope(), &query).await.unwrap();
    assert_eq!(page.rows[0].state, State::SignInFailed);
    assert_eq!(page.rows[0].connection.remarks.as_deref(), Some("refused"));
    assert!(!write(&*store, Version(tested.version.0 + 1), &tested).await);
    assert_eq!(read().await, tested);
}

#[tokio::test]
async fn calls_are_counted_up_to_the_most_of_a_day() {
    let (_database, store) = ready().await;
    let consume = async |site, day: &str, most, calls| {
        let quota_use = QuotaUse { site, day: day.to_owned(), most, calls };
        store.consume_calls(&[quota_use]).await.unwrap()[0]
    };
    assert_eq!(consume(SITE, "2026-03-01", 0, 3).await, 0);
    assert_eq!(consume(SITE, "2026-03-01", 10, 3).await, 3);
    assert_eq!(consume(SITE, "2026-03-01", 10, 5).await, 5);
    assert_eq!(consume(OTHER, "2026-03-01", 10, 12).await, 10, "more than there are");
    assert_eq!(consume(SITE, "2026-03-01", 10, 5).await, 2, "what is left");
    assert_eq!(consume(SITE, "2026-03-01", 10, 1).await, 0);
    assert_eq!(consume(SITE, "2026-03-01", 12, 9).await, 2, "the operator gives more");
    assert_eq!(consume(SITE, "2026-03-01", 5, 1).await, 0, "or less");
    assert_eq!(consume(SITE, "2026-03-02", 5, 9).await, 5, "another day");
}

#[tokio::test]
async fn what_is_due_comes_of_each_site_in_turn() {
    let (_folder, store) = ready().await;
    for (site, id, due_at) in [(SITE, 1, 10), (SITE, 2, 20), (SITE, 3, 30), (OTHER, 4, 40)] {
        let mut stored = Stored::new(full(id));
        stored.connection.site_id = site;
        stored.health.due_at = Some(due_at);
        let mut tx = store.begin(site).await.unwrap();
        tx.insert(SiteScope::operator(site), &stored).await.unwrap();
        tx.commit().await.unwrap();
    }
    let due = store.due(99, 3).await.unwrap();
    assert_eq!(due.iter().map(|due| due.id.0).collect::<Vec<_>>(), [1, 4, 2]);
}

#[tokio::test]
async fn what_is_due_is_taken_once() {
    let (_folder, store) = ready().await;
    for (id, due_at) in [(1, Some(300)), (2, Some(100)), (3, None), (4, Some(200))] {
        let mut stored = Stored::new(full(id));
        stored.health.due_at = due_at;
        let mut tx = store.begin(SITE).await.unwrap();
        tx.insert(scope(), &stored).await.unwrap();
        tx.commit().await.unwrap();
    }
    let due = async |now| {
        let due = store.due(now, 2).await.unwrap();
        due.iter().map(|due| due.id.0).collect::<Vec<_>>()
    };
    assert_eq!(due(99).await, [0; 0]);
    assert_eq!(due(200).await, [2, 4]);
    assert_eq!(due(999).await, [2, 4], "those that wait the longest");
    let first = Due { site: SITE, id: ConnectionId(2), due_at: 100 };
    let claim = async || {
        let mut tx = store.begin(SITE).await.unwrap();
        let taken = tx.claim(&first, 900).await.unwrap();
        tx.commit().await.unwrap();
        taken
    };
    assert_eq!((claim().await, claim().await), (true, false));
    assert_eq!(due(300).await, [4, 1]);
}

#[tokio::test]
async fn the_result_of_a_sign_in_is_its_sites_and_ends() {
    let (_folder, store) = ready().await;
    let result = Secret::new("{}".to_owned());
    let mut tx = store.begin(SITE).await.unwrap();
    let user = tx.insert_user("ann@patchbay.test", "hash").await.unwrap().unwrap();
    let session = ProviderSession { user, result: result.clone() };
    let insert = tx.insert_provider_session(scope(), Provider::Facebook, "a", &session, 100);
    insert.await.unwrap();
    tx.commit().await.unwrap();
    let other = SiteScope::operator(SiteId(SITE.0 + 1));
    for (scope, provider, hash, now, found) in [
        (scope(), Provider::Facebook, "a", 99, true),
        (scope(), Provider::Facebook, "a", 100, false),
        (scope(), Provider::Facebook, "b", 99, false),
        (scope(), Provider::Instagram, "a", 99, false),
        (other, Provider::Facebook, "a", 99, false),
    ] {
        let kept = store.provider_session(scope, provider, hash, now).await.unwrap();
        let kept = kept.map(|kept| (kept.user, kept.result));
        assert_eq!(kept, found.then(|| (user, result.clone())), "{provider:?} {hash} {now}");
    }
    for (now, dropped) in [(99, 0), (100, 1)] {
        let mut tx = store.begin(SERVER).await.unwrap();
        assert_eq!(tx.drop_provider_sessions(now).await.unwrap(), dropped);
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_user_has_the_last_sign_ins_of_a_site_alone() {
    let (_folder, store) = ready().await;
    let mut tx = store.begin(SITE).await.unwrap();
    let mut users = vec![];
    for email in ["ann@patchbay.test", "bob@patchbay.test"] {
        users.push(tx.insert_user(email, "hash").await.unwrap().unwrap());
    }
    for n in 0..=MAX_KEPT_SIGN_INS {
        for user in &users {
            // Bob has one alone.
            if n == 0 || *user == users[0] {
                let session = ProviderSession { user: *user, result: Secret::new("{}".to_owned()) };
                let hash = format!("{} {n}", user.0);
                let insert =
                    tx.insert_provider_session(scope(), Provider::Facebook, &hash, &session, 100);
                insert.await.unwrap();
            }
        }
    }
    tx.commit().await.unwrap();
    let is_kept = async |user: UserId, n: i64| {
        let hash = format!("{} {n}", user.0);
        let kept = store.provider_session(scope(), Provider::Facebook, &hash, 99).await.unwrap();
        kept.is_some()
    };
    assert!(!is_kept(users[0], 0).await, "the oldest makes room");
    assert!(is_kept(users[0], 1).await && is_kept(users[0], MAX_KEPT_SIGN_INS).await);
    assert!(is_kept(users[1], 0).await, "for the user's own alone");
}

#[tokio::test]
async fn the_halves_of_an_email_account_find_each_other() {
    let (_folder, store) = ready().await;
    board::insert_some(&*store).await;
    let names = |related: Vec<shared::view::Related>| {
        related.into_iter().map(|related| related.name).collect::<Vec<_>>()
    };
    assert_eq!(names(store.inbound(scope(), 9).await.unwrap()), ["beta"]);
    assert_eq!(names(store.inbound(scope(), 0).await.unwrap()), [""; 0]);
    assert_eq!(names(store.children(scope(), ConnectionId(1), 9).await.unwrap()), ["Alpha"]);
    assert_eq!(names(store.children(scope(), ConnectionId(1), 0).await.unwrap()), [""; 0]);
}

#[tokio::test]
async fn sessions_last_until_they_expire_or_end() {
    let (_folder, store) = ready().await;
    let data = json!({"site": {"id": 1}, "shown": "x", "kept": 1});
    store.insert_session("a", None, &data.to_string(), 100, 200).await.unwrap();
    let changes = json!({"site": {"id": 2}, "shown": null, "left": "y"});
    store.update_session("a", &changes.to_string(), 300).await.unwrap();
    store.insert_session("b", None, "{}", 100, 200).await.unwrap();
    let session = store.session("a", 299).await.unwrap().unwrap();
    let data: Value = serde_json::from_str(&session.data).unwrap();
    assert_eq!(data, json!({"site": {"id": 2}, "left": "y", "kept": 1}));
    assert_eq!(session.expires_at, 300);
    assert_eq!(store.session("a", 300).await.unwrap(), None);
    store.delete_session("b").await.unwrap();
    store.update_session("b", r#"{"left":"y"}"#, 300).await.unwrap();
    assert_eq!(store.session("b", 100).await.unwrap(), None);
}

/// Older builds of SQLite can lose committed writes of the WAL.
#[tokio::test]
async fn sqlite_is_new_enough_and_durable() {
    let database = Database::sqlite().await;
    let url = format!("sqlite://{}", database.folder.path().join("other.db").display());
    let sqlite = Sqlite::open(&url, database.vault.clone()).await.unwrap();
    let settings = sqlite.settings().await.unwrap();
    let version: Vec<u32> = settings.version.split('.').map(|n| n.parse().unwrap()).collect();
    assert!(version >= vec![3, 51, 3], "{version:?}");
    assert_eq!((settings.journal_mode.as_str(), settings.synchronous), ("wal", 2));
}
