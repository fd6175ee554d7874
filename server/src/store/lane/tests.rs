use super::*;
use sqlx::{
    Sqlite, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use std::sync::atomic::AtomicBool;

/// Whether commits are refused, as by a full disk.
type Refused = Arc<AtomicBool>;

/// A lane over a table of numbers.
async fn lane() -> (tempfile::TempDir, SqlitePool, Lane<Sqlite>, Refused) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("test.db"))
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
    let refused = Refused::default();
    let told = refused.clone();
    let pool = SqlitePoolOptions::new().max_connections(1).after_connect(move |connection, _| {
        let refused = told.clone();
        Box::pin(async move {
            let mut handle = connection.lock_handle().await?;
            handle.set_commit_hook(move || !refused.load(Ordering::Relaxed));
            Ok(())
        })
    });
    let writer = pool.connect_with(options.clone()).await.unwrap();
    let tables = "
        CREATE TABLE number (n INTEGER UNIQUE);
        CREATE TABLE late (n INTEGER REFERENCES number (n) DEFERRABLE INITIALLY DEFERRED)";
    sqlx::raw_sql(tables).execute(&writer).await.unwrap();
    let reader = SqlitePool::connect_with(options).await.unwrap();
    (folder, reader, Lane::new(writer, "BEGIN IMMEDIATE".to_owned(), true), refused)
}

async fn write(lane: &Lane<Sqlite>, number: i64) -> Result<()> {
    let mut lease = lane.lease(false).await?;
    sqlx::query("INSERT INTO number VALUES (?)").bind(number).execute(&mut *lease).await?;
    lease.commit().await
}

async fn numbers(reader: &SqlitePool) -> Vec<i64> {
    sqlx::query_scalar("SELECT n FROM number ORDER BY n").fetch_all(reader).await.unwrap()
}

/// Starts writers that wait until the lane is free.
async fn waiting(
    lane: &Lane<Sqlite>,
    numbers: [i64; 3],
) -> Vec<tokio::task::JoinHandle<Result<()>>> {
    let start = |number| {
        let lane = lane.clone();
        tokio::spawn(async move { write(&lane, number).await })
    };
    let writers = numbers.map(start).into();
    tokio::task::yield_now().await;
    writers
}

#[tokio::test]
async fn a_commit_that_is_refused_fails_all_of_its_group_and_no_other() {
    let (_folder, reader, lane, refused) = lane().await;
    write(&lane, 1).await.unwrap();
    let first = lane.lease(false).await.unwrap();
    let writers = waiting(&lane, [2, 3, 4]).await;
    refused.store(true, Ordering::Relaxed);
    first.commit().await.unwrap_err();
    for writer in writers {
        writer.await.unwrap().unwrap_err();
    }
    write(&lane, 5).await.unwrap_err();
    refused.store(false, Ordering::Relaxed);
    assert_eq!(numbers(&reader).await, [1]);
    for number in [2, 6] {
        write(&lane, number).await.unwrap();
    }
    assert_eq!((numbers(&reader).await, lane.commits()), (vec![1, 2, 6], 3));
}

/// Some failures of a commit leave the transaction open.
#[tokio::test]
async fn a_commit_that_fails_halfway_leaves_nothing_behind() {
    let (_folder, reader, lane, _) = lane().await;
    let mut lease = lane.lease(false).await.unwrap();
    sqlx::query("INSERT INTO late VALUES (7)").execute(&mut *lease).await.unwrap();
    lease.commit().await.unwrap_err();
    write(&lane, 1).await.unwrap();
    assert_eq!(numbers(&reader).await, [1]);
}

#[tokio::test]
async fn who_takes_back_waits_until_what_it_saw_is_durable() {
    let (_folder, reader, lane, refused) = lane().await;
    let mut first = lane.lease(false).await.unwrap();
    sqlx::query("INSERT INTO number VALUES (1)").execute(&mut *first).await.unwrap();
    let saw = |end_of_it: bool| {
        let lane = lane.clone();
        tokio::spawn(async move {
            let mut lease = lane.lease(false).await?;
            let seen: i64 =
                sqlx::query_scalar("SELECT count(*) FROM number").fetch_one(&mut *lease).await?;
            if end_of_it { lease.rollback().await.map(|()| seen) } else { Ok(seen) }
        })
    };
    let (told, dropped) = (saw(true), saw(false));
    tokio::task::yield_now().await;
    refused.store(true, Ordering::Relaxed);
    first.commit().await.unwrap_err();
    told.await.unwrap().unwrap_err();
    assert_eq!(dropped.await.unwrap().unwrap(), 1, "a lease that is dropped answers nobody");
    refused.store(false, Ordering::Relaxed);
    assert_eq!(numbers(&reader).await, [0; 0]);
}

#[tokio::test]
async fn who_is_alone_shares_no_commit() {
    let (_folder, reader, lane, _) = lane().await;
    let first = lane.lease(false).await.unwrap();
    let alone = tokio::spawn({
        let lane = lane.clone();
        async move {
            let mut lease = lane.lease(true).await?;
            sqlx::query("INSERT INTO number VALUES (9)").execute(&mut *lease).await?;
            lease.commit().await
        }
    });
    let others = waiting(&lane, [1, 2, 3]).await;
    first.commit().await.unwrap();
    alone.await.unwrap().unwrap();
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!((numbers(&reader).await, lane.commits()), (vec![1, 2, 3, 9], 3));
}

#[tokio::test]
async fn a_writer_that_panics_holds_up_nobody() {
    let (_folder, reader, lane, _) = lane().await;
    let panics = tokio::spawn({
        let lane = lane.clone();
        async move {
            let mut lease = lane.lease(false).await.unwrap();
            sqlx::query("INSERT INTO number VALUES (1)").execute(&mut *lease).await.unwrap();
            panic!("in the middle of it");
        }
    });
    panics.await.unwrap_err();
    write(&lane, 2).await.unwrap();
    assert_eq!(numbers(&reader).await, [2]);
}
