//! Where the data and its keys are.

use crate::{
    clock::{Clock, SystemClock},
    keys::{self, ServerKeys},
    service::{Services, Settings},
    store::{self, Store, postgres::Postgres, sqlite::Sqlite},
    vault::Vault,
};
use anyhow::{Context, bail};
use clap::Args;
use etcetera::BaseStrategy;
use sqlx::{postgres::PgConnectOptions, sqlite::SqliteConnectOptions};
use std::{
    fs::OpenOptions, io::ErrorKind, os::unix::fs::OpenOptionsExt, path::Path, path::PathBuf,
    str::FromStr, sync::Arc,
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
        let missing = match self.file()? {
            Some(file) => (!file.exists()).then(|| file.display().to_string()),
            None => {
                (!Postgres::is_made(&self.database_url).await?).then(|| "that address".to_owned())
            }
        };
        if let Some(place) = missing {
            bail!(
                "there is no database at {place}: name it with --database-url, or make one with \
                 patchbay site add"
            );
        }
        self.open_or_create().await
    }

    /// Opens a database, or makes it.
    pub(super) async fn open_or_create(&self) -> anyhow::Result<Opened> {
        let file = self.file()?;
        let vault = Arc::new(Vault::new(self.key_file()?));
        let store = match file {
            Some(file) => {
                make(&file)?;
                shared(Sqlite::open(&self.database_url, vault.clone()).await)
            }
            None => shared(Postgres::open(&self.database_url, vault.clone()).await),
        };
        let store = store.context("the database could not be opened")?;
        let keys = keys::open(&*store, &vault, SystemClock.now()).await?;
        Ok(Opened { store, vault, keys })
    }

    /// The database's file, if it is one. The address may hold a password, so it is not repeated.
    pub(super) fn file(&self) -> anyhow::Result<Option<PathBuf>> {
        let url = &*self.database_url;
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url);
            return options.map(|_| None).context(NOT_UNDERSTOOD);
        }
        if !url.starts_with("sqlite:") {
            bail!(
                "the database address must begin with sqlite:// or postgres://, for example \
                 sqlite://patchbay.db"
            );
        }
        let options = SqliteConnectOptions::from_str(url).context(NOT_UNDERSTOOD)?;
        Ok(Some(options.get_filename().to_owned()))
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

fn shared<S: Store + 'static>(opened: store::Result<S>) -> store::Result<Arc<dyn Store>> {
    opened.map(|store| Arc::new(store) as Arc<dyn Store>)
}

const NOT_UNDERSTOOD: &str = "the database address is not understood";

/// Makes the file if there is none: its owner's alone, and SQLite gives those beside it the same
/// rights.
fn make(file: &Path) -> anyhow::Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(error).with_context(|| format!("{} could not be made", file.display()))
        }
        _ => Ok(()),
    }
}

impl Opened {
    /// The use cases, as the operator's settings do not matter to them.
    pub(super) fn services(self) -> Services {
        Services::new(self.store, Arc::new(SystemClock), self.keys, Settings::default())
    }
}
