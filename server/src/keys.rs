//! The server's own keys, and the change of the key ring under which everything is sealed.

mod rotation;

pub use rotation::{Rotated, Rotation, rotate};

use crate::{
    audit::{Actor, AuditEvent, Auditor},
    auth::Tokens,
    random::random,
    store::{Purpose, Result, SERVER, SealedCell, ServerInstance, Store, StoreError, WriteTx},
    vault::{KeyId, SecretColumn, Vault},
};
use jiff::Timestamp;
use rotation::{REKEY_BATCH_VALUES, activate, lacking};
use shared::{Secret, audit::EventKind};

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
/// copy from before the active key was added: they are sealed under that. A database without any gets them.
///
/// # Errors
/// If the key ring is missing, old or another database's, or if the database fails.
pub async fn open(store: &dyn Store, vault: &Vault, now: Timestamp) -> Result<ServerKeys> {
    if store.server_keys(Purpose::Audit).await?.is_empty() {
        let mut tx = store.begin(SERVER).await?;
        if !tx.has_server_keys().await? {
            vault.create()?;
            let id = first_start(store, vault, &mut *tx, now).await?;
            // Before the commit: the ring is to know of every database that needs it.
            vault.add_database(id)?;
            tx.commit().await?;
            store.scrub().await?;
        }
    }
    load(store).await
}

/// Opens the server's own keys of a database that has them, and writes nothing.
///
/// # Errors
/// If the key ring is missing or another database's, or if the database fails or has no keys.
pub async fn load(store: &dyn Store) -> Result<ServerKeys> {
    take_up(store).await?;
    Ok(ServerKeys { auditor: auditor(store).await?, tokens: tokens(store).await? })
}

/// Seals under the key from now on that is active in the database.
async fn take_up(store: &dyn Store) -> Result<()> {
    let active = store.active_key().await?;
    let active = active.ok_or_else(|| StoreError::Malformed("no active key".to_owned()))?;
    Ok(store.vault().set_active(active)?)
}

/// Reports to the database which keys this server has, and takes up the one that is active there.
///
/// # Errors
/// If the ring cannot be read or does not have the active key, which is reported nevertheless; or if the
/// database fails.
pub async fn report(store: &dyn Store, place: &str) -> Result<()> {
    let keys = store.vault().keys();
    let taken = take_up(store).await;
    let server = ServerInstance {
        place: place.to_owned(),
        keys: keys.as_ref().map(Clone::clone).unwrap_or_default(),
        active: store.vault().active().ok(),
    };
    store.report(&server).await?;
    keys?;
    taken
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
    let keys: Vec<_> = keys
        .iter()
        .filter_map(|key: &crate::store::ServerKey| {
            Some((key.id, hex::decode(key.secret.expose()).ok()?))
        })
        .collect();
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
    let newest = vault.newest()?;
    tx.insert_ring_key(newest, now.as_second()).await?;
    tx.activate_ring_key(newest).await?;
    let key = new_key()?;
    tx.insert_server_key(Purpose::Audit, &key, now.as_second()).await?;
    tx.insert_server_key(Purpose::Token, &new_key()?, now.as_second()).await?;
    for cell in [SecretColumn::Password, SecretColumn::Token] {
        if let Some(cell) = store.sealed(cell, 0, None, 1).await?.first() {
            return Err(StoreError::Malformed(format!(
                "{}, sealed before there was a key",
                cell.place
            )));
        }
    }
    let auditor = Auditor::new(&hex::decode(key.expose()).unwrap_or_default());
    let operator = Actor::operator();
    let added = AuditEvent::new(EventKind::KeyAdded, vault.active()?.to_string());
    auditor.record(tx, SERVER, &operator, added, now).await?;
    for site in store.sites().await? {
        let found = AuditEvent::new(EventKind::SiteAdded, "before there was an audit log");
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

/// Adds a key to the ring's file. It becomes active at once if no server runs that lacks it, else by
/// [`rotate`].
///
/// # Errors
/// If the key ring or the database fails.
pub async fn add(
    store: &dyn Store,
    vault: &Vault,
    auditor: &Auditor,
    now: Timestamp,
) -> Result<KeyId> {
    let tx = store.begin(SERVER).await?;
    // First in the ring: the database must name no key that nobody has.
    let id = vault.add_key()?;
    if let Err(error) = allow(tx, auditor, id, now).await {
        // Each try would leave one more. If the database does not answer, it may have taken it.
        if matches!(store.has_ring_key(id).await, Ok(false)) {
            vault.take_back(id)?;
        }
        return Err(error);
    }
    if lacking(store, |server| server.keys.contains(&id)).await?.is_empty() {
        activate(store, vault, id, now).await?;
    }
    Ok(id)
}

/// Lets values be sealed under a key.
async fn allow(
    mut tx: Box<dyn WriteTx>,
    auditor: &Auditor,
    id: KeyId,
    now: Timestamp,
) -> Result<()> {
    tx.insert_ring_key(id, now.as_second()).await?;
    let event = AuditEvent::new(EventKind::KeyAdded, id.to_string());
    auditor.record(&mut *tx, SERVER, &Actor::operator(), event, now).await?;
    tx.commit().await
}

/// Forgets the keys for tokens that were replaced long enough ago.
pub async fn drop_replaced(store: &dyn Store, now: Timestamp) -> Result<()> {
    let mut tx = store.begin(SERVER).await?;
    tx.delete_replaced_keys(Purpose::Token, now.as_second() - REPLACED).await?;
    tx.commit().await
}

/// Ends all sessions, tokens and invitations: of a copy of a database they may be somebody's who has not got
/// them any more.
pub async fn end_everything(
    store: &dyn Store,
    auditor: &Auditor,
    event: AuditEvent,
    now: Timestamp,
) -> Result<()> {
    let place = store.places().await?.0;
    let mut tx = store.begin(SERVER).await?;
    tx.end_everything().await?;
    // A token from elsewhere may carry a version that its user will have again.
    tx.insert_server_key(Purpose::Token, &new_key()?, now.as_second()).await?;
    tx.delete_replaced_keys(Purpose::Token, now.as_second() + 1).await?;
    tx.set_place(&place).await?;
    auditor.record(&mut *tx, SERVER, &Actor::operator(), event, now).await?;
    tx.commit().await
}

/// At the start of a server: [ends everything](end_everything) if the database is a copy of the one that was
/// served last, and says whether it is.
pub async fn end_if_copied(store: &dyn Store, auditor: &Auditor, now: Timestamp) -> Result<bool> {
    let (place, known) = store.places().await?;
    if known.as_ref() == Some(&place) {
        return Ok(false);
    }
    if known.is_some() {
        let event =
            AuditEvent::new(EventKind::SignedOutEverywhere, "everybody: the database was copied");
        end_everything(store, auditor, event, now).await?;
        return Ok(true);
    }
    let mut tx = store.begin(SERVER).await?;
    tx.set_place(&place).await?;
    tx.commit().await?;
    Ok(false)
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
    for cell in SecretColumn::ALL {
        let mut after = 0;
        loop {
            let cells = store.sealed(cell, after, None, REKEY_BATCH_VALUES).await?;
            let Some(last) = cells.last() else { break };
            after = last.row;
            cells.iter().for_each(&mut visit);
        }
    }
    Ok(())
}
