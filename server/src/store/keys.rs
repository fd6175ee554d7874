//! Sealed values as such: the server's own keys, and what a change of the key ring goes through.

use super::Result;
use crate::vault::{KeyId, SecretColumn, SecretLocation};
use async_trait::async_trait;
use shared::Secret;

/// What a key of the server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Chains the audit log.
    Audit,
    Token,
}

impl Purpose {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Token => "token",
        }
    }
}

/// One of the server's own keys.
#[derive(Clone, Debug)]
pub struct ServerKey {
    /// Its number, which tokens carry.
    pub id: i64,
    /// The key in hexadecimal.
    pub secret: Secret,
}

/// A sealed value as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCell {
    pub place: SecretLocation,
    /// The number of its row.
    pub row: i64,
    pub sealed: Vec<u8>,
}

/// A server that runs on the database, as it reported itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerInstance {
    /// Host, process and start, which tell servers apart.
    pub place: String,
    /// The keys that its ring has.
    pub keys: Vec<KeyId>,
    /// The key that it seals under, if it can.
    pub active: Option<KeyId>,
}

impl ServerInstance {
    /// The keys as they are stored.
    pub(super) fn key_list(&self) -> String {
        self.keys.iter().map(KeyId::to_string).collect::<Vec<_>>().join(" ")
    }

    /// From what is stored.
    pub(super) fn stored((place, keys, active): (String, String, String)) -> Self {
        let keys = keys.split(' ').filter_map(KeyId::parse).collect();
        Self { place, keys, active: KeyId::parse(&active) }
    }
}

/// Seconds after its last report for which a server is taken for running.
pub(super) const LIVE_SECONDS: i64 = 20;

/// Reads of sealed values.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The key under which new values are sealed; `None` before the first start.
    async fn active_key(&self) -> Result<Option<KeyId>>;

    /// Whether values may be sealed under a key.
    async fn has_ring_key(&self, key: KeyId) -> Result<bool>;

    /// The servers that reported themselves lately, by the database's clock.
    async fn servers(&self) -> Result<Vec<ServerInstance>>;

    /// Stores a server's report: a write, which also shows that the database takes any.
    async fn report(&self, server: &ServerInstance) -> Result<()>;

    /// Removes the report of a server that stops.
    async fn leave(&self, place: &str) -> Result<()>;

    /// What tells this database from a copy of it, and what that was when the database was last served.
    async fn places(&self) -> Result<(String, Option<String>)>;

    /// The server's keys for a purpose, the oldest first.
    async fn server_keys(&self, purpose: Purpose) -> Result<Vec<ServerKey>>;

    /// Sealed values of a column in rows after `after`, in their order; only those that are not
    /// sealed under `except`, if it is given.
    async fn sealed(
        &self,
        cell: SecretColumn,
        after: i64,
        except: Option<KeyId>,
        limit: u32,
    ) -> Result<Vec<SealedCell>>;
}

/// Writes of sealed values.
#[async_trait]
pub trait KeysTx: Send {
    /// Whether there is any key of the server; a database in use has some.
    async fn has_server_keys(&mut self) -> Result<bool>;

    /// Stores a key of the server.
    async fn insert_server_key(
        &mut self,
        purpose: Purpose,
        secret: &Secret,
        now: i64,
    ) -> Result<()>;

    /// Lets values be sealed under a key, unless it is known already.
    async fn insert_ring_key(&mut self, key: KeyId, now: i64) -> Result<()>;

    /// Has new values sealed under a known key.
    async fn activate_ring_key(&mut self, key: KeyId) -> Result<()>;

    /// Lets values be sealed under this key alone; the database refuses it while any value is sealed under
    /// another, whoever can see that value.
    async fn forget_ring_keys_but(&mut self, key: KeyId) -> Result<()>;

    /// Stores what tells this database from a copy.
    async fn set_place(&mut self, place: &str) -> Result<()>;

    /// Forgets the server's keys for a purpose that are older than the newest, if that was made
    /// before `time` (seconds since 1970).
    async fn delete_replaced_keys(&mut self, purpose: Purpose, time: i64) -> Result<()>;

    /// Stores a value sealed again, if it is still what it was; `false` if not.
    async fn reseal(&mut self, before: &SealedCell, sealed: &[u8]) -> Result<bool>;
}
