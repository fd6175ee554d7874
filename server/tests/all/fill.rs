//! A database from before the board was filtered, sorted, searched and counted by columns of its own.

use crate::support::{Database, FILE};
use app::backend::{BoardQuery, Sort};
use server::store::{Facet, FindQuery, SiteScope};
use shared::{Channel, SiteId};
use sqlx::{Connection, SqliteConnection, migrate::Migrator};

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
    assert_eq!(found.iter().map(|row| row.id.0).collect::<Vec<_>>(), [2499]);
    let channel = found[0].channel();
    let query = BoardQuery {
        channel: Some(channel),
        enabled: Some(false),
        sort: Sort::Name,
        ..BoardQuery::default()
    };
    let first: Vec<_> =
        store.board(scope, &query).await.unwrap().rows.iter().map(|row| row.id.0).collect();
    assert_eq!(first[..3], [1005, 1015, 1025], "by name");
    let mut facets = store.facets(scope, "").await.unwrap();
    facets.sort_by_key(|Facet { channel, enabled, .. }| (*channel, *enabled));
    let counts: Vec<_> = facets.iter().map(|facet| facet.count).collect();
    assert_eq!(counts, [ROWS / 10, ROWS * 4 / 10, ROWS / 10, ROWS * 4 / 10]);
    assert!(facets.iter().all(|facet| facet.channel != Channel::Other), "{facets:?}");
    let query = FindQuery { limit: 1, ..FindQuery::default() };
    assert_eq!(store.count(scope, &query).await.unwrap(), ROWS);
}
