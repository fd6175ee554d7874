//! A write transaction.

use super::{Database, Driver};
use crate::{
    store::{AuditHead, Result, WriteTx, write_lock::WriteGuard},
    vault::Vault,
};
use async_trait::async_trait;
use shared::SiteId;

/// A transaction that writes to one site, or to all.
pub(super) struct Writer {
    pub(super) tx: WriteGuard<Driver>,
    pub(super) database: Database,
    /// The end of a site's audit chain, once it was read. Nobody else moves it until the end.
    pub(super) head: Option<(SiteId, Option<AuditHead>)>,
}

impl Writer {
    pub(super) fn new(tx: WriteGuard<Driver>, database: &Database) -> Self {
        Self { tx, database: database.clone(), head: None }
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.database.vault
    }
}

#[async_trait]
impl WriteTx for Writer {
    async fn commit(self: Box<Self>) -> Result<()> {
        self.tx.commit().await
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        self.tx.rollback().await
    }
}
