//! Where the data and its keys are.
//! A third of it is tests of the messages, word for word.

use super::files::{is_being_written, with_suffix};
use crate::{
    clock::{Clock, SystemClock},
    demo,
    keys::{self, ServerKeys},
    service::{Services, Settings},
    store::{
        self, Store, StoreError,
        postgres::{Patience, Postgres},
        sqlite::Sqlite,
    },
    vault::Vault,
};
use anyhow::{Context, anyhow, bail};
use clap::Args;
use etcetera::BaseStrategy;
use sqlx::{postgres::PgConnectOptions, sqlite::SqliteConnectOptions};
use std::{
    fs::OpenOptions,
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

/// What is put behind a database's name while a backup is restored to it.
pub(super) const RESTORING: &str = ".restoring";

#[derive(Debug, Args)]
pub(super) struct Database {
    /// The database; the file is created if there is none. Set an address with a password in the
    /// environment, or keep the password in ~/.pgpass
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite://patchbay.db"
    )]
    pub(super) database_url: String,
    /// The key ring, created at the first start; patchbay/keys in the folder of your settings if not
    /// given
    #[arg(long, env = "PATCHBAY_KEY_FILE")]
    key_file: Option<PathBuf>,
}

/// A database that is open, and what opens its secrets.
pub(super) struct Opened {
    pub(super) store: Arc<dyn Store>,
    pub(super) vault: Arc<Vault>,
    pub(super) keys: ServerKeys,
}

impl Database {
    /// Opens a database that is there.
    pub(super) async fn open(&self) -> anyhow::Result<Opened> {
        self.assert_present().await?;
        self.open_or_create().await
    }

    /// Opens a database that is there to look at it: nothing is created or migrated.
    pub(super) async fn open_as_is(&self) -> anyhow::Result<Opened> {
        self.assert_present().await?;
        let (url, vault) = (&*self.database_url, self.vault()?);
        let store = match self.file()? {
            Some(_) => shared(Sqlite::open_as_is(url, vault.clone()).await),
            None => shared(Postgres::open_as_is(url, vault.clone()).await),
        };
        let store = store.map_err(|error| self.explain(error))?;
        let keys = keys::load(&*store).await?;
        Ok(Opened { store, vault, keys })
    }

    /// Opens a database, or creates it.
    pub(super) async fn open_or_create(&self) -> anyhow::Result<Opened> {
        self.open_with(Patience::OPERATOR).await
    }

    /// The same for a server, whose requests are over in seconds. A demo's database that another version
    /// made is made again.
    pub(super) async fn open_to_serve(&self, demo: bool) -> anyhow::Result<Opened> {
        let opened = self.open_with(Patience::SERVER).await;
        let Err(error) = &opened else { return opened };
        let is_other = matches!(error.downcast_ref(), Some(StoreError::OtherVersion));
        if demo && is_other && remove_demo(&self.database_url, self.file()?).await? {
            tracing::warn!("the demo's database was of another version, and is made again");
            return self.open_with(Patience::SERVER).await;
        }
        opened
    }

    async fn open_with(&self, patience: Patience) -> anyhow::Result<Opened> {
        let (url, vault) = (&*self.database_url, self.vault()?);
        let store = match self.file()? {
            Some(file) => {
                if is_being_written(&file, RESTORING) {
                    bail!("a backup is being restored to {}: wait for it", file.display());
                }
                assert_writable(&file)?;
                shared(Sqlite::open(url, vault.clone()).await)
            }
            None => shared(Postgres::open_with(url, vault.clone(), patience).await),
        };
        Opened::new(store.map_err(|error| self.explain(error))?, vault).await
    }

    /// Opens the copy of a database in another file.
    pub(super) async fn open_file(&self, file: &Path) -> anyhow::Result<Opened> {
        let vault = self.vault()?;
        let store = shared(Sqlite::open_file(file, vault.clone()).await);
        Opened::new(store.with_context(|| file.display().to_string())?, vault).await
    }

    /// The database's file, if it is one. The address may hold a password, so it is not repeated.
    pub(super) fn file(&self) -> anyhow::Result<Option<PathBuf>> {
        let url = &*self.database_url;
        if is_postgres(url) {
            return postgres(url).map(|_| None);
        }
        if !url.starts_with("sqlite:") {
            bail!(
                "the database address must begin with sqlite:// or postgres://, without quotes or blanks \
                 around it, for example sqlite://patchbay.db"
            );
        }
        let options = SqliteConnectOptions::from_str(url);
        let file = options.context("the database address is not understood")?;
        let file = file.get_filename().to_owned();
        if [":memory:", "mode=memory"].iter().any(|mode| url.contains(mode))
            || file.to_string_lossy().starts_with("file:")
        {
            bail!(
                "a database in memory would be lost at the end: name a file, sqlite://patchbay.db"
            );
        }
        Ok(Some(file))
    }

    async fn assert_present(&self) -> anyhow::Result<()> {
        let is_missing = if let Some(file) = self.file()? {
            !file.exists()
        } else {
            let is_made = Postgres::is_made(&self.database_url).await;
            !is_made.map_err(|error| self.explain(error))?
        };
        if is_missing {
            bail!(
                "there is no database at {}: name it with --database-url, or make one with patchbay \
                 site add",
                self.place()
            );
        }
        Ok(())
    }

    /// The file, or the host and port: no more of an address is ever shown.
    fn place(&self) -> String {
        if let Ok(Some(file)) = self.file() {
            return file.display().to_string();
        }
        let options = postgres(&self.database_url);
        options.map_or_else(
            |_| "that address".to_owned(),
            |options| format!("{}:{}", options.get_host(), options.get_port()),
        )
    }

    /// Says of a failure which database it was, and what may help.
    fn explain(&self, error: StoreError) -> anyhow::Error {
        let is_file = !is_postgres(&self.database_url);
        let advice = match &error {
            StoreError::Sql(cause) if is_file && is_io(cause) => {
                ": is the disk full, or are the file or its folder not writable?"
            }
            StoreError::Sql(_) if !is_file => {
                ": is it running, and may this machine connect to it?"
            }
            _ => "",
        };
        let place = self.place();
        anyhow::Error::from(error)
            .context(format!("the database at {place} could not be opened{advice}"))
    }

    fn vault(&self) -> anyhow::Result<Arc<Vault>> {
        Ok(Arc::new(Vault::new(self.key_file()?)))
    }

    fn key_file(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = &self.key_file {
            return Ok(path.clone());
        }
        let folders = etcetera::choose_base_strategy()
            .context("name the key ring with --key-file or PATCHBAY_KEY_FILE")?;
        Ok(folders.config_dir().join("patchbay/keys"))
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// Reads an address of PostgreSQL. One whose password ends the host's part too early is refused, also if
/// the rest happens to be an address: its errors would show the password's beginning as a port.
fn postgres(url: &str) -> anyhow::Result<PgConnectOptions> {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let is_cut = authority.contains(':') && !authority.contains('@') && behind.contains('@');
    let options = if is_cut { None } else { PgConnectOptions::from_str(url).ok() };
    options.ok_or_else(|| {
        anyhow!(
            "the database address is not understood: write it as \
             postgres://user:password@host:port/database, and in the password # as %23, / as %2F, : as \
             %3A, ? as %3F, @ as %40 and % as %25"
        )
    })
}

/// What SQLite answers if the disk is full, cannot be written or fails (the lower byte of its code).
fn is_io(error: &sqlx::Error) -> bool {
    const READONLY: u32 = 8;
    const IOERR: u32 = 10;
    const FULL: u32 = 13;
    const CANTOPEN: u32 = 14;
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| [READONLY, IOERR, FULL, CANTOPEN].contains(&(code & 0xff)))
}

fn shared<S: Store + 'static>(opened: store::Result<S>) -> store::Result<Arc<dyn Store>> {
    opened.map(|store| Arc::new(store) as Arc<dyn Store>)
}

/// Creates the file if there is none: its owner's alone, and SQLite gives those beside it the same rights.
/// SQLite would also open a file that it may only read, and each change would fail.
fn assert_writable(file: &Path) -> anyhow::Result<()> {
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let opened = match new {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(file)
        }
        new => new,
    };
    let (file, done) = (file.display(), opened.map(|_| ()));
    done.with_context(|| format!("{file} could not be opened for writing"))
}

/// Removes a database in which there is nothing but a demo, and says whether it was one.
async fn remove_demo(url: &str, file: Option<PathBuf>) -> anyhow::Result<bool> {
    let Some(file) = file else {
        return Ok(Postgres::remove_if(url, demo::IS_ALONE).await?);
    };
    if !Sqlite::holds(url, demo::IS_ALONE).await? {
        return Ok(false);
    }
    for suffix in ["", "-wal", "-shm"] {
        let removed = std::fs::remove_file(with_suffix(&file, suffix));
        removed
            .or_else(|error| (error.kind() == ErrorKind::NotFound).then_some(()).ok_or(error))?;
    }
    Ok(true)
}

impl Opened {
    async fn new(store: Arc<dyn Store>, vault: Arc<Vault>) -> anyhow::Result<Self> {
        let keys = keys::open(&*store, &vault, SystemClock.now()).await?;
        Ok(Self { store, vault, keys })
    }

    /// The use cases, as the operator's settings do not matter to them.
    pub(super) fn services(self) -> Services {
        Services::new(self.store, Arc::new(SystemClock), self.keys, Settings::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Database {
        Database { database_url: url.to_owned(), key_file: None }
    }

    #[test]
    fn an_address_that_is_not_understood_says_what_to_write() {
        for url in [
            "postgres://ann:canary#1@db.example/patchbay",
            "postgres://ann:canary?1@db.example/patchbay",
            "postgres://ann:canary/1@db.example/patchbay",
            "postgres://ann:5432#canary@db.example/patchbay",
        ] {
            let error = format!("{:?}", at(url).file().unwrap_err());
            assert!(error.contains("# as %23") && !error.contains("canary"), "{error}");
        }
        for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite://x.db?mode=memory"] {
            let error = at(url).file().unwrap_err().to_string();
            assert!(error.contains("in memory"), "{error}");
        }
        let quoted = at("'sqlite://patchbay.db'").file().unwrap_err().to_string();
        assert!(quoted.contains("without quotes"), "{quoted}");
    }

    #[test]
    fn a_place_is_a_file_or_a_host_and_never_a_password() {
        for (url, place) in [
            ("postgres://ann:canary@db.example/patchbay", "db.example:5432"),
            ("postgres://ann:c%23n@[::1]:5433/patchbay?sslmode=require", "[::1]:5433"),
            ("sqlite://folder/patchbay.db", "folder/patchbay.db"),
        ] {
            assert_eq!(at(url).place(), place);
        }
    }
}
