//! The change of the key under which everything is sealed, while servers go on.

use super::{database_id, new_key};
use crate::{
    audit::{Actor, AuditEvent, Auditor},
    store::{Purpose, Result, SERVER, SealedCell, ServerInstance, Store, StoreError},
    vault::{KeyId, SecretColumn, Vault, VaultError},
};
use jiff::Timestamp;
use shared::audit::EventKind;
use std::time::Duration;

/// Values that are sealed again in one transaction, so that others wait for milliseconds.
pub(super) const REKEY_BATCH_VALUES: u32 = 200;

/// Where those servers run for which something does not hold.
pub(super) async fn lacking(
    store: &dyn Store,
    holds: impl Fn(&ServerInstance) -> bool,
) -> Result<Vec<String>> {
    let servers = store.servers().await?;
    Ok(servers.into_iter().filter(|server| !holds(server)).map(|server| server.place).collect())
}

/// Between two looks at what the servers report.
const LOOK_PAUSE: Duration = Duration::from_millis(500);

/// Waits until something holds for every server that runs. One that has ended is no longer taken for
/// running after a while.
async fn await_servers(
    store: &dyn Store,
    key: KeyId,
    patience: Duration,
    holds: impl Fn(&ServerInstance) -> bool,
) -> Result<()> {
    let end = tokio::time::Instant::now() + patience;
    loop {
        let servers = lacking(store, &holds).await?;
        if servers.is_empty() {
            return Ok(());
        }
        if tokio::time::Instant::now() >= end {
            return Err(VaultError::NotEverywhere { key, servers }.into());
        }
        tokio::time::sleep(LOOK_PAUSE).await;
    }
}

/// Has everything sealed under a key from now on. The server's own keys are sealed under it at once: a start
/// needs it then.
pub(super) async fn activate(
    store: &dyn Store,
    vault: &Vault,
    key: KeyId,
    now: Timestamp,
) -> Result<()> {
    if store.active_key().await? == Some(key) {
        return Ok(vault.set_active(key)?);
    }
    let mut tx = store.begin(SERVER).await?;
    // A ring may have a key that the database does not know, if `add` was ended in between.
    tx.insert_ring_key(key, now.as_second()).await?;
    tx.activate_ring_key(key).await?;
    vault.set_active(key)?;
    for cell in store.sealed(SecretColumn::ServerKey, 0, Some(key), REKEY_BATCH_VALUES).await? {
        let sealed = vault.seal(&cell.place, &vault.open(&cell.place, &cell.sealed)?)?;
        tx.reseal(&cell, &sealed).await?;
    }
    tx.commit().await
}

/// What a rotation is to do.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// Whether the other keys are forgotten.
    pub forget_old: bool,
    /// How long servers are waited for that do not have the key.
    pub patience: Duration,
}

impl Rotation {
    /// Longer than a server is taken for running that has ended.
    pub const PATIENCE: Duration = Duration::from_secs(30);
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The key that everything is sealed under now.
    pub key: KeyId,
    /// The values that were sealed again.
    pub values: u64,
    /// The keys that were forgotten.
    pub forgotten: usize,
}

/// Has every server use the ring's newest key, and seals everything under it, in batches, while others go on.
/// Ended halfway, it goes on where it was when it is begun again. Then nothing of what was sealed under other
/// keys is left in the database's files, and if asked for the other keys are forgotten.
///
/// # Errors
/// If a server does not have the key, if a value does not open, if a key is added meanwhile, or if the
/// database fails.
pub async fn rotate(
    store: &dyn Store,
    vault: &Vault,
    auditor: &Auditor,
    now: Timestamp,
    rotation: Rotation,
    mut progress: impl FnMut(u64),
) -> Result<Rotated> {
    let key = vault.newest()?;
    let Rotation { forget_old, patience } = rotation;
    await_servers(store, key, patience, |server| server.keys.contains(&key)).await?;
    activate(store, vault, key, now).await?;
    await_servers(store, key, patience, |server| server.active == Some(key)).await?;
    let mut values = 0;
    for cell in SecretColumn::ALL {
        // A batch goes on from the last row, so that no row is read once per batch. Passes end with one that finds
        // nothing.
        let mut after = 0;
        loop {
            let cells = store.sealed(cell, after, Some(key), REKEY_BATCH_VALUES).await?;
            match cells.last() {
                Some(last) => after = last.row,
                None if after == 0 => break,
                None => {
                    after = 0;
                    continue;
                }
            }
            values += reseal(store, vault, &cells, key).await?;
            progress(values);
        }
    }
    let forgotten = if forget_old { forget(store, vault, auditor, key).await } else { Ok(0) };
    let mut tx = store.begin(SERVER).await?;
    tx.insert_server_key(Purpose::Token, &new_key()?, now.as_second()).await?;
    let count = forgotten.as_ref().map_or(0, |count| *count);
    let about = format!("{values} values under {key}, {count} old keys forgotten");
    let event = AuditEvent::new(EventKind::KeysRotated, about);
    auditor.record(&mut *tx, SERVER, &Actor::operator(), event, now).await?;
    tx.commit().await?;
    store.scrub().await?;
    // Whatever kept the old keys, all is sealed under the new one.
    Ok(Rotated { key, values, forgotten: forgotten? })
}

/// Forgets the old keys: first in the database, which refuses it while any value is sealed under one of them
/// and takes none from then on, and then in the ring.
async fn forget(store: &dyn Store, vault: &Vault, auditor: &Auditor, key: KeyId) -> Result<usize> {
    vault.assert_own(key, database_id(auditor))?;
    let mut tx = store.begin(SERVER).await?;
    match tx.forget_ring_keys_but(key).await {
        Err(StoreError::Vault(VaultError::Forgotten)) => return Err(VaultError::StillNeeded.into()),
        forgotten => forgotten?,
    }
    tx.commit().await?;
    Ok(vault.forget_all_but(key, database_id(auditor))?)
}

/// How often a batch is tried while others write the same rows.
const RESEAL_TRIES: u32 = 5;

async fn reseal(store: &dyn Store, vault: &Vault, cells: &[SealedCell], key: KeyId) -> Result<u64> {
    let mut tries = 1;
    loop {
        match reseal_once(store, vault, cells, key).await {
            Err(StoreError::Conflict) if tries < RESEAL_TRIES => tries += 1,
            done => return done,
        }
    }
}

async fn reseal_once(
    store: &dyn Store,
    vault: &Vault,
    cells: &[SealedCell],
    key: KeyId,
) -> Result<u64> {
    let mut tx = store.begin(SERVER).await?;
    if vault.active()? != key {
        return Err(VaultError::Changed.into());
    }
    let mut done = 0;
    for cell in cells {
        let sealed = vault.seal(&cell.place, &vault.open(&cell.place, &cell.sealed)?)?;
        // One that was written in between is under the active key already.
        done += u64::from(tx.reseal(cell, &sealed).await?);
    }
    tx.commit().await?;
    Ok(done)
}
