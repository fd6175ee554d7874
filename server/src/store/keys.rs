//! Sealed values as such: the server's own keys, and what a change of the key ring goes through.

use super::Result;
use crate::vault::{Cell, KeyId, Place};
use async_trait::async_trait;
use shared::Secret;

/// What a key of the server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Chains the audit log.
    Audit,
    /// Signs API tokens.
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
    /// Where.
    pub place: Place,
    /// The number of its row.
    pub row: i64,
    /// The value.
    pub sealed: Vec<u8>,
}

/// Reads of sealed values.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The server's keys for a purpose, the oldest first.
    async fn server_keys(&self, purpose: Purpose) -> Result<Vec<ServerKey>>;

    /// Sealed values of a column in rows after `after`, in their order; only those that are not
    /// sealed under `except`, if it is given.
    async fn sealed(
        &self,
        cell: Cell,
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

    /// Forgets the server's keys for a purpose that are older than the newest, if that was made
    /// before `time` (seconds since 1970).
    async fn delete_replaced_keys(&mut self, purpose: Purpose, time: i64) -> Result<()>;

    /// Stores a value sealed anew, if it is still what it was; `false` if not.
    async fn reseal(&mut self, before: &SealedCell, sealed: &[u8]) -> Result<bool>;
}
