//! Reads of users and sites.

use super::{Database, Driver, Row};
use crate::store::{InviteRow, MemberRow, Membership, Result, SiteScope, User, UserId, UserStore};
use async_trait::async_trait;
use shared::{Role, SiteId};
use sqlx::{AssertSqlSafe, Executor, FromRow, Row as _};

/// An invitation with its site's name; none of somebody who may not invite any more.
pub(super) const INVITE: &str = "
    SELECT invite.id, invite.site_id, site.name AS site_name, invite.email, invite.role, expires_at
    FROM invite JOIN site ON site.id = invite.site_id
    WHERE (invited_by IS NULL OR EXISTS (
        SELECT 1 FROM membership JOIN app_user ON app_user.id = user_id
        WHERE user_id = invited_by AND membership.site_id = invite.site_id
            AND membership.role = 'admin' AND membership.enabled AND app_user.enabled))";

pub(super) const MEMBER: &str = "
    SELECT user_id, email, role, membership.enabled AND app_user.enabled AS enabled, last_sign_in
    FROM membership JOIN app_user ON app_user.id = user_id
    WHERE site_id = $1";

#[async_trait]
impl UserStore for Database {
    async fn user(&self, email: &str) -> Result<Option<User>> {
        let sql = "SELECT id, email, password FROM app_user WHERE email = $1";
        let row: Option<(i64, String, String)> =
            sqlx::query_as(sql).bind(email).fetch_optional(self.server()).await?;
        Ok(row.map(|(id, email, password)| User { id: UserId(id), email, password }))
    }

    async fn membership(&self, user: UserId, site: SiteId) -> Result<Option<Membership>> {
        select_membership(self.server(), user, site).await
    }

    async fn sites_of(&self, user: UserId) -> Result<Vec<(SiteId, String)>> {
        let sql = "
            SELECT site.id, site.name
            FROM membership JOIN site ON site.id = site_id
            WHERE user_id = $1 AND enabled ORDER BY site.id";
        let rows: Vec<(i64, String)> =
            sqlx::query_as(sql).bind(user.0).fetch_all(self.server()).await?;
        Ok(rows.into_iter().map(|(site, name)| (SiteId(site), name)).collect())
    }

    async fn sites(&self) -> Result<Vec<SiteId>> {
        let rows: Vec<i64> =
            sqlx::query_scalar("SELECT id FROM site ORDER BY id").fetch_all(self.server()).await?;
        Ok(rows.into_iter().map(SiteId).collect())
    }

    async fn members(&self, scope: SiteScope) -> Result<Vec<MemberRow>> {
        let mut tx = self.read(scope.site()).await?;
        let query = format!("{MEMBER} ORDER BY email");
        let query = sqlx::query_as(AssertSqlSafe(query)).bind(scope.site().0);
        Ok(query.fetch_all(&mut *tx).await?)
    }

    async fn versions(&self, scope: SiteScope) -> Result<Vec<(UserId, i64)>> {
        let sql = "
            SELECT user_id, app_user.version + membership.version
            FROM membership JOIN app_user ON app_user.id = user_id
            WHERE site_id = $1 AND membership.enabled AND app_user.enabled";
        let query = sqlx::query_as(sql).bind(scope.site().0);
        let rows: Vec<(i64, i64)> = query.fetch_all(self.server()).await?;
        Ok(rows.into_iter().map(|(user, version)| (UserId(user), version)).collect())
    }

    async fn invites(&self, scope: SiteScope, now: i64) -> Result<Vec<InviteRow>> {
        let mut tx = self.read(scope.site()).await?;
        let query =
            format!("{INVITE} AND invite.site_id = $1 AND expires_at > $2 ORDER BY invite.email");
        let query = sqlx::query_as(AssertSqlSafe(query)).bind(scope.site().0).bind(now);
        Ok(query.fetch_all(&mut *tx).await?)
    }

    async fn invite(&self, token: &str, now: i64) -> Result<Option<InviteRow>> {
        let query = format!("{INVITE} AND token = $1 AND expires_at > $2");
        let query = sqlx::query_as(AssertSqlSafe(query)).bind(token).bind(now);
        Ok(query.fetch_optional(self.server()).await?)
    }

    async fn knows_address(&self, user: UserId, address: &str) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM known_address WHERE user_id = $1 AND address = $2)";
        let query = sqlx::query_scalar(sql).bind(user.0).bind(address);
        Ok(query.fetch_one(self.server()).await?)
    }
}

/// What a user is on a site.
pub(super) async fn select_membership(
    executor: impl Executor<'_, Database = Driver>,
    user: UserId,
    site: SiteId,
) -> Result<Option<Membership>> {
    let sql = "
        SELECT app_user.email, site.name AS site_name, site.time_zone, membership.role,
            app_user.version + membership.version AS member_version
        FROM membership
        JOIN app_user ON app_user.id = membership.user_id
        JOIN site ON site.id = membership.site_id
        WHERE membership.user_id = $1 AND membership.site_id = $2
            AND membership.enabled AND app_user.enabled";
    let row = sqlx::query(sql).bind(user.0).bind(site.0).fetch_optional(executor).await?;
    row.as_ref().map(membership).transpose()
}

pub(super) fn membership(row: &Row) -> Result<Membership> {
    Ok(Membership {
        email: row.try_get("email")?,
        site_name: row.try_get("site_name")?,
        time_zone: row.try_get("time_zone")?,
        role: role(row)?,
        version: row.try_get("member_version")?,
    })
}

fn role(row: &Row) -> sqlx::Result<Role> {
    let name: &str = row.try_get("role")?;
    name.parse().map_err(|error| sqlx::Error::Decode(Box::new(error) as Box<_>))
}

impl FromRow<'_, Row> for MemberRow {
    fn from_row(row: &Row) -> sqlx::Result<Self> {
        Ok(Self {
            user: UserId(row.try_get("user_id")?),
            email: row.try_get("email")?,
            role: role(row)?,
            enabled: row.try_get("enabled")?,
            last_sign_in: row.try_get("last_sign_in")?,
        })
    }
}

impl FromRow<'_, Row> for InviteRow {
    fn from_row(row: &Row) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            site: SiteId(row.try_get("site_id")?),
            site_name: row.try_get("site_name")?,
            email: row.try_get("email")?,
            role: role(row)?,
            expires_at: row.try_get("expires_at")?,
        })
    }
}
