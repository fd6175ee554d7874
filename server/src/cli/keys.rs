//! `patchbay keys`

use super::{Database, output::print};
use crate::{
    clock::{Clock, SystemClock},
    keys::{self, Rotation},
};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Add a key to the ring: it is used once each server that runs has it
    Add {
        #[command(flatten)]
        database: Database,
    },
    /// Seal everything again under the newest key, also while the database is served; can be ended
    /// and begun again at any time
    Rotate {
        /// Then forget the other keys. Backups from before need them: keep the key ring's copy
        #[arg(long)]
        forget_old: bool,
        #[command(flatten)]
        database: Database,
    },
    /// Tell how many values are sealed under each key
    Status {
        #[command(flatten)]
        database: Database,
    },
}

impl Keys {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let now = SystemClock.now();
        match self {
            Self::Add { database } => {
                let opened = database.open().await?;
                let auditor = &opened.keys.auditor;
                let id = keys::add(&*opened.store, &opened.vault, auditor, now).await?;
                print(format_args!("added the key {id} to {}", opened.vault.path().display()));
                if opened.vault.active()? != id {
                    print("it is used once each server that runs has it: copy the key ring to all");
                }
                print("back the key ring up, then seal everything under it: patchbay keys rotate");
            }
            Self::Rotate { forget_old, database } => {
                let opened = database.open().await?;
                let auditor = &opened.keys.auditor;
                let rotation = Rotation { forget_old, patience: Rotation::PATIENCE };
                let (store, vault) = (&*opened.store, &*opened.vault);
                let keys::Rotated { key, values, forgotten } =
                    keys::rotate(store, vault, auditor, now, rotation, |done| {
                        print(format_args!("sealed {done} values"));
                    })
                    .await?;
                print(format_args!("{values} values were sealed again under the key {key}"));
                if forget_old {
                    print(format_args!("{forgotten} old keys are forgotten"));
                }
            }
            Self::Status { database } => {
                let opened = database.open().await?;
                let (active, newest) = (opened.vault.active()?, opened.vault.newest()?);
                print(format_args!("key ring: {}", opened.vault.path().display()));
                for (id, count) in keys::status(&*opened.store, &opened.vault).await? {
                    let state = match id {
                        _ if id == active => "active",
                        _ if id == newest => "added",
                        _ => "old",
                    };
                    print(format_args!("{id}  {state:<6}  {count} values"));
                }
            }
        }
        Ok(())
    }
}
