//! The least that could do the same: what the machine, the framework and the database give.
//!
//! A floor that writes must write: `SQLite` writes nothing where an update leaves a row as it is. So every
//! update has a text of its own, and [`assert_writes`] counts the frames of a write-ahead log.

use crate::load::Sample;
use anyhow::{Context, ensure};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::{get, patch},
};
use serde_json::Value;
use sqlx::{
    Connection, Executor, PgPool, SqliteConnection,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    io::Write,
    path::Path as File,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

/// Rows of the table.
pub const ROWS: i64 = 1000;

/// The answer: a record's size.
const LENGTH: usize = 1200;

/// Updates of one commit at most.
const MAX_GROUP_SIZE: usize = 128;

/// A page of `SQLite`'s, and of most disks.
const PAGE: usize = 4096;

/// What `PRAGMA synchronous` answers for FULL.
const FULL: i64 = 2;

type Job = (i64, Value, oneshot::Sender<()>);

/// Serves the bare routes, and prints where: `GET /route`, `PATCH /batch/{id}`, and with a PostgreSQL
/// database `PATCH /update/{id}`.
pub async fn serve(file: &File, postgres: Option<&str>) -> anyhow::Result<()> {
    let (jobs, waiting) = mpsc::channel(1024);
    tokio::spawn(write(open(file).await?, waiting));
    let mut router = Router::new()
        .route(
            "/route",
            get(record).with_state(Bytes::from(format!("\"{:x>1$}\"", "", LENGTH - 2))),
        )
        .route("/batch/{id}", patch(batch).with_state(jobs));
    if let Some(url) = postgres {
        let pool = PgPoolOptions::new().max_connections(16).connect(url).await?;
        assert_durable(&pool).await?;
        let sql = format!(
            "DROP TABLE IF EXISTS floor;
             CREATE TABLE floor (id BIGINT PRIMARY KEY, text TEXT NOT NULL);
             INSERT INTO floor SELECT id, repeat('x', {LENGTH}) FROM generate_series(1, {ROWS}) AS id"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&pool).await?;
        router = router.route("/update/{id}", patch(update).with_state(pool));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

async fn record(State(record): State<Bytes>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], record)
}

async fn batch(
    State(jobs): State<mpsc::Sender<Job>>,
    Path(id): Path<i64>,
    Json(body): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let (done, is_done) = oneshot::channel();
    jobs.send((id, body.clone(), done)).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    is_done.await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Json(body))
}

/// Takes all updates that wait, commits once, and answers all.
async fn write(mut database: SqliteConnection, mut waiting: mpsc::Receiver<Job>) {
    let mut jobs = vec![];
    while waiting.recv_many(&mut jobs, MAX_GROUP_SIZE).await > 0 {
        if write_all(&mut database, &jobs).await.is_err() {
            return;
        }
        for (_, _, done) in jobs.drain(..) {
            // Whoever asked may have gone away.
            let _ = done.send(());
        }
    }
}

async fn write_all(database: &mut SqliteConnection, jobs: &[Job]) -> sqlx::Result<()> {
    let mut tx = database.begin_with("BEGIN IMMEDIATE").await?;
    for (id, body, _) in jobs {
        set(&mut tx, *id, &body.to_string()).await?;
    }
    tx.commit().await
}

async fn set(database: &mut SqliteConnection, id: i64, text: &str) -> sqlx::Result<()> {
    let query = sqlx::query("UPDATE floor SET text = ? WHERE id = ?").bind(text).bind(id);
    query.execute(database).await.map(drop)
}

async fn update(
    State(pool): State<PgPool>,
    Path(id): Path<i64>,
    Json(body): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let sql = "UPDATE floor SET text = $1 WHERE id = $2";
    let query = sqlx::query(sql).bind(body.to_string()).bind(id);
    query.execute(&pool).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Json(body))
}

/// A database as durable as the program's, with rows as large.
async fn open(file: &File) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut database = SqliteConnection::connect_with(&options).await?;
    let sql = format!(
        "DROP TABLE IF EXISTS floor;
         CREATE TABLE floor (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
         WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < {ROWS})
         INSERT INTO floor SELECT id, hex(zeroblob({LENGTH} / 2)) FROM n"
    );
    database.execute(sqlx::AssertSqlSafe(sql)).await.context("the floor's table")?;
    Ok(database)
}

/// Updates rows one after another, a commit each: what a database of one client gives.
pub async fn commits(file: &File, length: Duration) -> anyhow::Result<Sample> {
    let mut database = open(file).await?;
    let mut sample = Sample::new()?;
    let begin = Instant::now();
    for nth in 0.. {
        if begin.elapsed() >= length {
            break;
        }
        let asked = Instant::now();
        commit(&mut database, nth).await?;
        sample.record(asked.elapsed())?;
    }
    sample.end(begin.elapsed());
    database.close().await?;
    Ok(sample)
}

/// The nth update of one row, and its commit.
async fn commit(database: &mut SqliteConnection, nth: i64) -> sqlx::Result<()> {
    set(database, nth % ROWS + 1, &format!("{nth:x>LENGTH$}")).await
}

/// Appends a page to a file again and again, and waits each time until the disk has it: the most that
/// anything durable could do one after another.
pub fn syncs(file: &File, length: Duration) -> anyhow::Result<Sample> {
    let mut file = std::fs::File::create(file)?;
    let mut sample = Sample::new()?;
    let begin = Instant::now();
    while begin.elapsed() < length {
        let asked = Instant::now();
        file.write_all(&[b'x'; PAGE])?;
        file.sync_data()?;
        sample.record(asked.elapsed())?;
    }
    sample.end(begin.elapsed());
    Ok(sample)
}

/// Fails unless every commit of a floor writes to a log that is synced, also when rows come by again.
pub async fn assert_writes(folder: &File) -> anyhow::Result<()> {
    let file = folder.join("frames");
    let mut database = open(&file).await?;
    let synchronous: i64 =
        sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut database).await?;
    ensure!(synchronous == FULL, "the floor does not sync: {synchronous}");
    database.execute("PRAGMA wal_autocheckpoint = 0").await?;
    let log = folder.join("frames-wal");
    let mut length = std::fs::metadata(&log)?.len();
    for nth in 0..3 * ROWS {
        commit(&mut database, nth).await?;
        let longer = std::fs::metadata(&log)?.len();
        ensure!(longer > length, "the floor's commit {nth} wrote nothing");
        length = longer;
    }
    Ok(database.close().await?)
}

/// Fails unless a cluster's commits wait for the disk.
async fn assert_durable(pool: &PgPool) -> anyhow::Result<()> {
    for setting in ["fsync", "synchronous_commit"] {
        let sql = "SELECT current_setting($1)";
        let is: String = sqlx::query_scalar(sql).bind(setting).fetch_one(pool).await?;
        ensure!(is == "on", "{setting} is {is}");
    }
    Ok(())
}
