//! Databases from before the board was filtered, sorted, searched and counted as it is now.

use crate::{
    cluster::{Cluster, Place},
    support::{Database, FILE},
};
use app::backend::{BoardQuery, Filter, Sort};
use server::store::{Facet, FindQuery, SiteScope};
use shared::{Channel, SiteId};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection, migrate::Migrator};

/// More than are filled at a time.
const ROWS: u64 = 2500;

#[tokio::test]
async fn rows_from_before_are_on_the_board_after_the_first_start() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join(FILE).display());
    let mut old = SqliteConnection::connect(&url).await.unwrap();
    let migrations = sqlx::migrate!("migrations/sqlite");
    let before = Migrator::with_migrations(migrations.iter().take(2).cloned().collect());
    before.run(&mut old).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO site (id, name) VALUES (169, 'one');
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2500)
         INSERT INTO connection (site_id, media_id, provider_id, name, enabled, create_date,
             modify_date, version, password_version, token_version)
         SELECT 169, 'EMAIL', iif(n % 2, 'PVD9', 'PVD7'), 'Zürich ' || n, n % 5 > 0, 'a', 'b', 1,
             1, 1 FROM n",
    )
    .execute(&mut old)
    .await
    .unwrap();
    old.close().await.unwrap();

    let database = Database::file(folder).await;
    let (store, scope) = (&*database.store, SiteScope::operator(SiteId(169)));
    let query = BoardQuery { search: "ZÜRICH 2499".into(), ..BoardQuery::default() };
    let found = store.board(scope, &query).await.unwrap().rows;
    assert_eq!(found.iter().map(|row| row.connection.id.0).collect::<Vec<_>>(), [2499]);
    let channel = found[0].connection.channel();
    let query = BoardQuery {
        channel: Some(channel),
        state: Some(Filter::Disabled),
        sort: Sort::Name,
        ..BoardQuery::default()
    };
    let first: Vec<_> = store
        .board(scope, &query)
        .await
        .unwrap()
        .rows
        .iter()
        .map(|row| row.connection.id.0)
        .collect();
    assert_eq!(first[..3], [1005, 1015, 1025], "by name");
    let mut facets = store.board(scope, &BoardQuery::default()).await.unwrap().counted.facets;
    facets.sort_by_key(|Facet { channel, state, .. }| (*channel, *state));
    let counts: Vec<_> = facets.iter().map(|facet| facet.count).collect();
    assert_eq!(counts, [ROWS / 10, ROWS * 4 / 10, ROWS / 10, ROWS * 4 / 10]);
    assert!(facets.iter().all(|facet| facet.channel != Channel::Other), "{facets:?}");
    let query = FindQuery { limit: 1, ..FindQuery::default() };
    assert_eq!(store.count(scope, &query).await.unwrap(), ROWS);
}

/// A database of an earlier version, with a row of which more was searched than is today.
async fn with_long_row(text: &str) -> Database {
    let insert = format!(
        "INSERT INTO site (id, name) VALUES (169, 'one');
         INSERT INTO connection (id, site_id, media_id, provider_id, name, host, create_date,
             modify_date, version, password_version, token_version, channel, in_use, name_key, search)
         VALUES (700, 169, 'WHATP', 'PVD30', 'long', '{text}', 'a', 'b', 1, 1, 1, 'other', TRUE,
             'long', '\n\nlong\n\n{text}\n\n700')"
    );
    let insert = sqlx::raw_sql(AssertSqlSafe(insert));
    let first = |all: &Migrator, count| {
        Migrator::with_migrations(all.iter().take(count).cloned().collect())
    };
    let Some(cluster) = Cluster::of_the_tests() else {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join(FILE).display());
        let mut old = SqliteConnection::connect(&url).await.unwrap();
        first(&sqlx::migrate!("migrations/sqlite"), 3).run(&mut old).await.unwrap();
        insert.execute(&mut old).await.unwrap();
        old.close().await.unwrap();
        return Database::file(folder).await;
    };
    let Place::Cluster(created) = cluster.create().await else { unreachable!() };
    let mut old = PgConnection::connect(&created.url).await.unwrap();
    first(&sqlx::migrate!("migrations/postgres"), 1).run(&mut old).await.unwrap();
    sqlx::raw_sql("SET patchbay.site = '0'").execute(&mut old).await.unwrap();
    insert.execute(&mut old).await.unwrap();
    old.close().await.unwrap();
    Database::on(Place::Cluster(created)).await
}

#[tokio::test]
async fn what_is_searched_of_rows_from_before_is_made_shorter() {
    // No index can make it smaller.
    let char = |n: u32| char::from_u32(0x2_0000 + n * 7919 % 40_000).unwrap();
    let text: Vec<_> = (0..3000).map(char).collect();
    let database = with_long_row(&text.iter().collect::<String>()).await;
    let scope = SiteScope::operator(SiteId(169));
    for (skipped, count) in [(0, 1), (95, 1), (96, 0), (2000, 0)] {
        let search: String = text[skipped..skipped + 5].iter().collect();
        let query = BoardQuery { search, ..BoardQuery::default() };
        let found = database.store.board(scope, &query).await.unwrap().rows;
        assert_eq!(found.len(), count, "after {skipped}");
    }
    let facets = database.store.board(scope, &BoardQuery::default()).await.unwrap().counted.facets;
    assert_eq!(facets.iter().map(|facet| facet.count).sum::<u64>(), 1);
}
