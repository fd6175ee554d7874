//! A write transaction: what it begins with, and its end.

use super::{Database, Driver, audit::joined_head, people::membership, row::stored};
use crate::{
    store::{
        AuditHead, Membership, Result, SiteScope, Stored, UserId, WriteTx, columns::COLUMNS,
        write_lock::WriteGuard,
    },
    vault::Vault,
};
use async_trait::async_trait;
use shared::{ConnectionId, SiteId};
use sqlx::{AssertSqlSafe, Row as _};

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
    async fn load(
        &mut self,
        user: UserId,
        scope: SiteScope,
        id: ConnectionId,
    ) -> Result<(Option<Membership>, Option<Stored>)> {
        let sql = format!(
            "SELECT app_user.email, site.name AS site_name, site.time_zone, membership.role,
                app_user.version + membership.version AS member_version,
                head.number AS head_number, head.mac AS head_mac, head.seal AS head_seal,
                found.id IS NOT NULL AS is_found, found.*
            FROM membership
            JOIN app_user ON app_user.id = membership.user_id
            JOIN site ON site.id = membership.site_id
            LEFT JOIN audit_head AS head ON head.site_id = membership.site_id
            LEFT JOIN (SELECT {COLUMNS} FROM connection WHERE site_id = $1 AND id = $2) AS found ON TRUE
            WHERE membership.site_id = $1 AND membership.user_id = $3
                AND membership.enabled AND app_user.enabled"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(scope.site().0).bind(id.0).bind(user.0);
        let Some(row) = query.fetch_optional(&mut *self.tx).await? else { return Ok((None, None)) };
        self.head = Some((scope.site(), joined_head(&row, scope.site())?));
        let is_found: bool = row.try_get("is_found")?;
        let found = is_found.then(|| stored(&row, self.vault())).transpose()?;
        Ok((Some(membership(&row)?), found))
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        self.tx.commit().await
    }

    async fn rollback(self: Box<Self>) -> Result<()> {
        self.tx.rollback().await
    }
}
