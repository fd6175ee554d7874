//! Where the data and its keys are.

use crate::{
    clock::{Clock, SystemClock},
    keys::{self, ServerKeys},
    service::{Services, Settings},
    store::{Store, sqlite::Sqlite},
    vault::Vault,
};
use anyhow::{Context, bail};
use clap::Args;
use etcetera::BaseStrategy;
use sqlx::sqlite::SqliteConnectOptions;
use std::{
    fs::OpenOptions, io::ErrorKind, os::unix::fs::OpenOptionsExt, path::PathBuf, str::FromStr,
    sync::Arc,
};

#[derive(Debug, Args)]
pub(super) struct Database {
    /// The database; the file is made if there is none
    #[arg(long, env = "DATABASE_URL", default_value = "sqlite://patchbay.db")]
    pub(super) database_url: String,
    /// The key ring, made at the first start; patchbay/keys in the folder of your settings if not
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
        let file = self.file()?;
        if !file.exists() {
            bail!(
                "there is no database at {}: name it with --database-url, or make one with \
                 patchbay site add",
                file.display()
            );
        }
        self.open_or_create().await
    }

    /// Opens a database, or makes it.
    pub(super) async fn open_or_create(&self) -> anyhow::Result<Opened> {
        let file = self.file()?;
        // Its owner's alone; SQLite gives the files beside it the same rights.
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
        if let Err(error) = made.as_ref()
            && error.kind() != ErrorKind::AlreadyExists
        {
            made.with_context(|| format!("{} could not be made", file.display()))?;
        }
        let vault = Arc::new(Vault::new(self.key_file()?));
        let store = Sqlite::open(&self.database_url, vault.clone()).await;
        let store: Arc<dyn Store> = Arc::new(store.context("the database could not be opened")?);
        let keys = keys::open(&*store, &vault, SystemClock.now()).await?;
        Ok(Opened { store, vault, keys })
    }

    /// The database's file. The address may hold a password, so it is not repeated.
    pub(super) fn file(&self) -> anyhow::Result<PathBuf> {
        if !self.database_url.starts_with("sqlite:") {
            bail!(
                "the database address must begin with sqlite://, for example sqlite://patchbay.db"
            );
        }
        let options = SqliteConnectOptions::from_str(&self.database_url);
        Ok(options.context("the database address is not understood")?.get_filename().to_owned())
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

impl Opened {
    /// The use cases, as the operator's settings do not matter to them.
    pub(super) fn services(self) -> Services {
        Services::new(self.store, Arc::new(SystemClock), self.keys, Settings::default())
    }
}
