//! The server's own keys, and the change of the key ring under which everything is sealed.

use crate::{
    audit::{Actor, Auditor, Deed, SERVER},
    auth::Tokens,
    random::random,
    store::{Purpose, Result, SealedCell, Store, StoreError, WriteTx},
    vault::{Cell, KeyId, Vault, in_clear},
};
use app::backend::EventKind;
use jiff::Timestamp;
use shared::Secret;

/// Values that are sealed anew in one transaction, so that others wait for milliseconds.
const BATCH: u32 = 200;

/// Seconds for which a replaced key still tells good tokens, which last a quarter of an hour.
const REPLACED: i64 = 60 * 60;

/// The server's own keys, opened.
pub struct ServerKeys {
    /// What writes the audit log.
    pub auditor: Auditor,
    /// What makes and reads API tokens.
    pub tokens: Tokens,
}

/// Opens the server's own keys, which shows that the key ring is the database's own. A database
/// without any gets them, and what it held in clear is sealed.
///
/// # Errors
/// If the key ring is missing or another database's, or if the database fails.
pub async fn open(store: &dyn Store, vault: &Vault, now: Timestamp) -> Result<ServerKeys> {
    let mut tx = store.begin().await?;
    if !tx.has_server_keys().await? {
        vault.create()?;
        first_start(store, vault, &mut *tx, now).await?;
        tx.commit().await?;
        store.scrub().await?;
    }
    Ok(ServerKeys { auditor: auditor(store).await?, tokens: tokens(store).await? })
}

async fn auditor(store: &dyn Store) -> Result<Auditor> {
    let keys = store.server_keys(Purpose::Audit).await?;
    let key = keys.first().and_then(|key| hex::decode(key.secret.expose()).ok());
    key.map(|key| Auditor::new(&key))
        .ok_or_else(|| StoreError::Malformed("no key of the audit log".to_owned()))
}

/// The keys of API tokens as they are now.
///
/// # Errors
/// If the database fails or has none.
pub async fn tokens(store: &dyn Store) -> Result<Tokens> {
    let keys = store.server_keys(Purpose::Token).await?;
    let read =
        |key: &crate::store::ServerKey| Some((key.id, hex::decode(key.secret.expose()).ok()?));
    let keys: Vec<_> = keys.iter().filter_map(read).collect();
    Tokens::new(&keys).ok_or_else(|| StoreError::Malformed("no key for tokens".to_owned()))
}

async fn first_start(
    store: &dyn Store,
    vault: &Vault,
    tx: &mut dyn WriteTx,
    now: Timestamp,
) -> Result<()> {
    let key = new_key()?;
    tx.insert_server_key(Purpose::Audit, &key, now.as_second()).await?;
    tx.insert_server_key(Purpose::Token, &new_key()?, now.as_second()).await?;
    for cell in [Cell::Password, Cell::Token] {
        let mut after = 0;
        loop {
            let cells = store.sealed(cell, after, None, BATCH).await?;
            let Some(last) = cells.last() else { break };
            after = last.place.row;
            for cell in &cells {
                if let Some(secret) = in_clear(&cell.sealed) {
                    let sealed = vault.seal(cell.place, secret.expose().as_bytes())?;
                    tx.reseal(cell, &sealed).await?;
                }
            }
        }
    }
    let auditor = Auditor::new(&hex::decode(key.expose()).unwrap_or_default());
    let operator = Actor::operator();
    let added = Deed::new(EventKind::KeyAdded, vault.active()?.to_string());
    auditor.record(tx, SERVER, &operator, added, now).await?;
    for site in store.sites().await? {
        let found = Deed::new(EventKind::SiteAdded, "before there was an audit log");
        auditor.record(tx, site, &operator, found, now).await?;
    }
    Ok(())
}

fn new_key() -> Result<Secret> {
    Ok(Secret::new(hex::encode(random::<32>()?)))
}

/// Adds a key to the ring; whatever is sealed from now on is sealed under it.
///
/// # Errors
/// If the key ring or the database fails.
pub async fn add(
    store: &dyn Store,
    vault: &Vault,
    auditor: &Auditor,
    now: Timestamp,
) -> Result<KeyId> {
    let mut tx = store.begin().await?;
    let id = vault.add_key()?;
    let deed = Deed::new(EventKind::KeyAdded, id.to_string());
    auditor.record(&mut *tx, SERVER, &Actor::operator(), deed, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Seals everything under the ring's active key, in batches, while others go on. Ended halfway, it
/// goes on where it was when it is begun again. Then nothing of what was sealed under other keys is
/// left in the database's files. Returns the number of values that were sealed anew.
///
/// # Errors
/// If a value does not open, or if the database fails.
pub async fn rotate(
    store: &dyn Store,
    vault: &Vault,
    auditor: &Auditor,
    now: Timestamp,
    mut progress: impl FnMut(u64),
) -> Result<u64> {
    let active = vault.active()?;
    let mut done = 0;
    for cell in Cell::ALL {
        loop {
            let cells = store.sealed(cell, 0, Some(active), BATCH).await?;
            if cells.is_empty() {
                break;
            }
            done += reseal(store, vault, &cells).await?;
            progress(done);
        }
    }
    let mut tx = store.begin().await?;
    let seconds = now.as_second();
    tx.insert_server_key(Purpose::Token, &new_key()?, seconds).await?;
    tx.delete_replaced_keys(Purpose::Token, seconds - REPLACED).await?;
    let deed = Deed::new(EventKind::KeysRotated, format!("{done} values under {active}"));
    auditor.record(&mut *tx, SERVER, &Actor::operator(), deed, now).await?;
    tx.commit().await?;
    store.scrub().await?;
    Ok(done)
}

async fn reseal(store: &dyn Store, vault: &Vault, cells: &[SealedCell]) -> Result<u64> {
    let mut tx = store.begin().await?;
    let mut done = 0;
    for cell in cells {
        let sealed = vault.seal(cell.place, &vault.open(cell.place, &cell.sealed)?)?;
        // One that was written in between is under the active key already.
        done += u64::from(tx.reseal(cell, &sealed).await?);
    }
    tx.commit().await?;
    Ok(done)
}

/// How many values are sealed under each key, the ring's own keys first.
///
/// # Errors
/// If the key ring or the database fails.
pub async fn status(store: &dyn Store, vault: &Vault) -> Result<Vec<(KeyId, u64)>> {
    let mut counts: Vec<_> = vault.keys()?.into_iter().map(|id| (id, 0)).collect();
    each_sealed(store, |cell| {
        let Some(id) = crate::vault::key_of(&cell.sealed) else { return };
        match counts.iter_mut().find(|(known, _)| *known == id) {
            Some((_, count)) => *count += 1,
            None => counts.push((id, 1)),
        }
    })
    .await?;
    Ok(counts)
}

/// The number of sealed values, and what is wrong with those that do not open.
///
/// # Errors
/// If the database fails.
pub async fn check(store: &dyn Store, vault: &Vault) -> Result<(u64, Vec<String>)> {
    let (mut count, mut problems) = (0, vec![]);
    each_sealed(store, |cell| {
        count += 1;
        problems.extend(vault.open(cell.place, &cell.sealed).err().map(|error| error.to_string()));
    })
    .await?;
    Ok((count, problems))
}

async fn each_sealed(store: &dyn Store, mut visit: impl FnMut(&SealedCell)) -> Result<()> {
    for cell in Cell::ALL {
        let mut after = 0;
        loop {
            let cells = store.sealed(cell, after, None, BATCH).await?;
            let Some(last) = cells.last() else { break };
            after = last.place.row;
            cells.iter().for_each(&mut visit);
        }
    }
    Ok(())
}
