//! The server's own keys, and the change of the key ring under which everything is sealed.

use crate::{
    audit::{Actor, Auditor, Deed},
    auth::Tokens,
    random::random,
    store::{Purpose, Result, SERVER, SealedCell, Store, StoreError, WriteTx},
    vault::{Cell, KeyId, Vault, VaultError},
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

/// Opens the server's own keys, which shows that the key ring is the database's own, and not a
/// copy from before a key was added: they are sealed under the newest. A database without any gets them.
///
/// # Errors
/// If the key ring is missing, old or another database's, or if the database fails.
pub async fn open(store: &dyn Store, vault: &Vault, now: Timestamp) -> Result<ServerKeys> {
    let mut tx = store.begin(SERVER).await?;
    if !tx.has_server_keys().await? {
        vault.create()?;
        let id = first_start(store, vault, &mut *tx, now).await?;
        // Before the commit: the ring is to know of every database that needs it.
        vault.add_database(id)?;
        tx.commit().await?;
        store.scrub().await?;
    }
    load(store).await
}

/// Opens the server's own keys of a database that has them, and writes nothing.
///
/// # Errors
/// If the key ring is missing or another database's, or if the database fails or has no keys.
pub async fn load(store: &dyn Store) -> Result<ServerKeys> {
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
) -> Result<KeyId> {
    // Who takes the keys out of the database must not get a fresh log for it.
    if !store.heads().await?.is_empty() || !store.audited_sites().await?.is_empty() {
        return Err(StoreError::Malformed("an audit log without its key".to_owned()));
    }
    let key = new_key()?;
    tx.insert_server_key(Purpose::Audit, &key, now.as_second()).await?;
    tx.insert_server_key(Purpose::Token, &new_key()?, now.as_second()).await?;
    for cell in [Cell::Password, Cell::Token] {
        if let Some(cell) = store.sealed(cell, 0, None, 1).await?.first() {
            return Err(StoreError::Malformed(format!(
                "{}, sealed before there was a key",
                cell.place
            )));
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
    Ok(database_id(&auditor))
}

/// What a database is called in its key ring: a code that only its own key makes.
fn database_id(auditor: &Auditor) -> KeyId {
    let mut id = [0; 8];
    id.copy_from_slice(&auditor.code("database")[..8]);
    KeyId(id)
}

/// A new key for the server itself.
///
/// # Errors
/// If there is no randomness.
pub fn new_key() -> Result<Secret> {
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
    let mut tx = store.begin(SERVER).await?;
    let id = vault.add_key()?;
    // From here on a start needs this key.
    for cell in store.sealed(Cell::ServerKey, 0, Some(id), BATCH).await? {
        let sealed = vault.seal(&cell.place, &vault.open(&cell.place, &cell.sealed)?)?;
        tx.reseal(&cell, &sealed).await?;
    }
    let deed = Deed::new(EventKind::KeyAdded, id.to_string());
    auditor.record(&mut *tx, SERVER, &Actor::operator(), deed, now).await?;
    tx.commit().await?;
    Ok(id)
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The key that everything is sealed under now.
    pub key: KeyId,
    /// The values that were sealed anew.
    pub values: u64,
    /// The keys that were forgotten.
    pub forgotten: usize,
}

/// Seals everything under the ring's active key, in batches, while others go on. Ended halfway, it
/// goes on where it was when it is begun again. Then nothing of what was sealed under other keys is
/// left in the database's files, and if asked for the other keys are forgotten.
///
/// # Errors
/// If a value does not open, if a key is added meanwhile, or if the database fails.
pub async fn rotate(
    store: &dyn Store,
    vault: &Vault,
    auditor: &Auditor,
    now: Timestamp,
    forget_old: bool,
    mut progress: impl FnMut(u64),
) -> Result<Rotated> {
    let key = vault.active()?;
    let mut values = 0;
    for cell in Cell::ALL {
        loop {
            let cells = store.sealed(cell, 0, Some(key), BATCH).await?;
            if cells.is_empty() {
                break;
            }
            values += reseal(store, vault, &cells, key).await?;
            progress(values);
        }
    }
    let mut tx = store.begin(SERVER).await?;
    tx.insert_server_key(Purpose::Token, &new_key()?, now.as_second()).await?;
    // Sealing waits for this transaction, so what is found here holds until its end.
    let forgotten = if forget_old { forget(store, vault, auditor, key).await } else { Ok(0) };
    let count = forgotten.as_ref().map_or(0, |count| *count);
    let about = format!("{values} values under {key}, {count} old keys forgotten");
    let deed = Deed::new(EventKind::KeysRotated, about);
    auditor.record(&mut *tx, SERVER, &Actor::operator(), deed, now).await?;
    tx.commit().await?;
    store.scrub().await?;
    // Whatever kept the old keys, all is sealed under the new one.
    Ok(Rotated { key, values, forgotten: forgotten? })
}

/// Forgets the old keys, once nothing needs them.
async fn forget(store: &dyn Store, vault: &Vault, auditor: &Auditor, key: KeyId) -> Result<usize> {
    for cell in Cell::ALL {
        if !store.sealed(cell, 0, Some(key), 1).await?.is_empty() {
            return Err(VaultError::Changed.into());
        }
    }
    Ok(vault.forget_all_but(key, database_id(auditor))?)
}

async fn reseal(store: &dyn Store, vault: &Vault, cells: &[SealedCell], key: KeyId) -> Result<u64> {
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

/// Forgets the keys for tokens that were replaced long enough ago.
///
/// # Errors
/// If the database fails.
pub async fn drop_replaced(store: &dyn Store, now: Timestamp) -> Result<()> {
    let mut tx = store.begin(SERVER).await?;
    tx.delete_replaced_keys(Purpose::Token, now.as_second() - REPLACED).await?;
    tx.commit().await
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
        problems.extend(vault.open(&cell.place, &cell.sealed).err().map(|error| error.to_string()));
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
            after = last.row;
            cells.iter().for_each(&mut visit);
        }
    }
    Ok(())
}
