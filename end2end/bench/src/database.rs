//! The databases that are measured.

use crate::results::Size;
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

/// A database of demo connections.
#[derive(Clone, Debug)]
pub struct Database {
    /// What it holds, but for the few connections of every demo.
    pub size: Size,
    /// Where it is.
    pub url: String,
    /// Its key ring.
    pub keys: PathBuf,
    /// Where its cluster's superuser finds it, if it is on one.
    superuser: Option<String>,
}

impl Database {
    /// A file in a folder, which may be there from an earlier run.
    pub fn sqlite(folder: &Path, size: Size) -> Self {
        let file = folder.join(format!("{}.db", size.name()));
        Self {
            size,
            url: format!("sqlite://{}", file.display()),
            keys: keys(folder, "sqlite", size),
            superuser: None,
        }
    }

    /// Reads all of it once, so that the system has it in memory, as it has what is in use.
    pub async fn warm(&self) -> anyhow::Result<()> {
        if let Some(file) = self.url.strip_prefix("sqlite://") {
            io::copy(&mut File::open(file)?, &mut io::sink())?;
        }
        if let Some(url) = &self.superuser {
            postgres::read(url).await?;
        }
        Ok(())
    }

    /// A database on a cluster, with an owner of its own, which may be there from an earlier run.
    pub async fn postgres(folder: &Path, cluster: &str, size: Size) -> anyhow::Result<Self> {
        let keys = keys(folder, "postgres", size);
        let name = format!("bench_{}", size.name());
        let is_there = postgres::is_there(cluster, &name).await? && keys.exists();
        if !is_there {
            postgres::create(cluster, &name).await?;
            if keys.exists() {
                std::fs::remove_file(&keys)?;
            }
        }
        let superuser = cluster.rsplit_once('/').map(|(server, _)| format!("{server}/{name}"));
        Ok(Self { size, url: postgres::url(cluster, &name), keys, superuser })
    }
}

/// A key ring's file; never beside the data, and named for it.
fn keys(folder: &Path, kind: &str, size: Size) -> PathBuf {
    folder.join("keys").join(format!("{kind}.{}", size.name()))
}

pub mod postgres {
    //! Databases on a cluster.

    use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

    /// Whether there is one of that name.
    pub async fn is_there(cluster: &str, name: &str) -> anyhow::Result<bool> {
        let mut database = PgConnection::connect(cluster).await?;
        let sql = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
        let there = sqlx::query_scalar(sql).bind(name).fetch_one(&mut database).await?;
        database.close().await?;
        Ok(there)
    }

    /// Makes an empty one, instead of one of that name.
    pub async fn create(cluster: &str, name: &str) -> anyhow::Result<()> {
        let mut database = PgConnection::connect(cluster).await?;
        for sql in [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("DROP ROLE IF EXISTS {name}"),
            format!("CREATE ROLE {name} LOGIN PASSWORD '{name}'"),
            format!("CREATE DATABASE {name} OWNER {name}"),
        ] {
            database.execute(AssertSqlSafe(sql)).await?;
        }
        Ok(database.close().await?)
    }

    /// Reads all tables and indexes of a database.
    pub async fn read(url: &str) -> anyhow::Result<()> {
        let mut database = PgConnection::connect(url).await?;
        database.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm").await?;
        let sql = "
            SELECT pg_prewarm(oid, 'read') FROM pg_class
            WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::REGNAMESPACE";
        database.execute(sql).await?;
        Ok(database.close().await?)
    }

    /// Where it is, for its owner.
    pub fn url(cluster: &str, name: &str) -> String {
        let host = cluster.rsplit_once('@').map_or("localhost/", |(_, host)| host);
        let host = host.split_once('/').map_or(host, |(host, _)| host);
        format!("postgres://{name}:{name}@{host}/{name}")
    }
}
