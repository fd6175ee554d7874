//! Writes of users and sites.

use super::{
    Arguments, Driver, Writer,
    people::{INVITE, MEMBER, select_membership},
};
use crate::{
    clock,
    store::{
        InviteRow, MemberRow, Membership, NewInvite, UserStoreTx, Result, SiteScope, User, UserId,
    },
};
use async_trait::async_trait;
use jiff::Timestamp;
use shared::{Role, SiteId};
use sqlx::{AssertSqlSafe, query::Query};

/// Addresses that are remembered for a user.
const KNOWN_ADDRESSES: u32 = 20;

impl Writer {
    /// Runs a statement that changes one row, and says whether there was one.
    async fn one(&mut self, query: Query<'_, Driver, Arguments>) -> Result<bool> {
        Ok(query.execute(&mut *self.tx).await?.rows_affected() == 1)
    }
}

#[async_trait]
impl UserStoreTx for Writer {
    async fn has_sites(&mut self) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM site)";
        Ok(sqlx::query_scalar(sql).fetch_one(&mut *self.tx).await?)
    }

    async fn insert_site(&mut self, site: SiteId, name: &str, zone: Option<&str>) -> Result<bool> {
        let sql =
            "INSERT INTO site (id, name, time_zone) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        self.one(sqlx::query(sql).bind(site.0).bind(name).bind(zone)).await
    }

    async fn insert_user(&mut self, email: &str, password: &str) -> Result<Option<UserId>> {
        let sql = "
            INSERT INTO app_user (email, password) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id";
        let query = sqlx::query_scalar(sql).bind(email).bind(password);
        Ok(query.fetch_optional(&mut *self.tx).await?.map(UserId))
    }

    async fn set_password(&mut self, user: &User, password: &str) -> Result<bool> {
        let sql = "
            UPDATE app_user SET password = $1, version = version + 1 WHERE id = $2 AND password = $3";
        self.one(sqlx::query(sql).bind(password).bind(user.id.0).bind(&user.password)).await
    }

    async fn membership(&mut self, user: UserId, site: SiteId) -> Result<Option<Membership>> {
        select_membership(&mut *self.tx, user, site).await
    }

    async fn end_everything(&mut self) -> Result<()> {
        for sql in [
            "DELETE FROM browser_session",
            "DELETE FROM invite",
            "UPDATE app_user SET version = version + 1",
        ] {
            sqlx::query(sql).execute(&mut *self.tx).await?;
        }
        Ok(())
    }

    async fn set_user_enabled(&mut self, user: UserId, enabled: bool) -> Result<bool> {
        let sql = "UPDATE app_user SET enabled = $1, version = version + 1 WHERE id = $2";
        self.one(sqlx::query(sql).bind(enabled).bind(user.0)).await
    }

    async fn end_sessions(&mut self, user: UserId) -> Result<bool> {
        let sql = "UPDATE app_user SET version = version + 1 WHERE id = $1";
        self.one(sqlx::query(sql).bind(user.0)).await
    }

    async fn put_member(&mut self, user: UserId, site: SiteId, role: Role) -> Result<bool> {
        let sql = "
            INSERT INTO membership (user_id, site_id, role) SELECT $1, id, $2 FROM site WHERE id = $3
            ON CONFLICT (user_id, site_id) DO UPDATE SET role = excluded.role, enabled = TRUE";
        self.one(sqlx::query(sql).bind(user.0).bind(role.slug()).bind(site.0)).await
    }

    async fn member(&mut self, scope: SiteScope, user: UserId) -> Result<Option<MemberRow>> {
        let query = format!("{MEMBER} AND user_id = $2");
        let query = sqlx::query_as(AssertSqlSafe(query)).bind(scope.site().0).bind(user.0);
        Ok(query.fetch_optional(&mut *self.tx).await?)
    }

    async fn set_role(&mut self, scope: SiteScope, user: UserId, role: Role) -> Result<bool> {
        let sql = "UPDATE membership SET role = $1 WHERE site_id = $2 AND user_id = $3";
        self.one(sqlx::query(sql).bind(role.slug()).bind(scope.site().0).bind(user.0)).await
    }

    async fn set_member_enabled(
        &mut self,
        scope: SiteScope,
        user: UserId,
        enabled: bool,
    ) -> Result<bool> {
        let sql = "
            UPDATE membership SET enabled = $1, version = version + 1
            WHERE site_id = $2 AND user_id = $3 AND enabled <> $1";
        self.one(sqlx::query(sql).bind(enabled).bind(scope.site().0).bind(user.0)).await
    }

    async fn end_member_sessions(&mut self, scope: SiteScope, user: UserId) -> Result<bool> {
        let sql = "UPDATE membership SET version = version + 1 WHERE site_id = $1 AND user_id = $2";
        self.one(sqlx::query(sql).bind(scope.site().0).bind(user.0)).await
    }

    async fn count_admins(&mut self, scope: SiteScope) -> Result<u64> {
        let sql = "
            SELECT count(*) FROM membership JOIN app_user ON app_user.id = user_id
            WHERE site_id = $1 AND role = 'admin' AND membership.enabled AND app_user.enabled";
        let query = sqlx::query_scalar::<_, i64>(sql).bind(scope.site().0);
        Ok(query.fetch_one(&mut *self.tx).await?.unsigned_abs())
    }

    async fn count_invites(&mut self, scope: SiteScope, but: &str, now: i64) -> Result<i64> {
        let sql = "DELETE FROM invite WHERE site_id = $1 AND expires_at <= $2";
        sqlx::query(sql).bind(scope.site().0).bind(now).execute(&mut *self.tx).await?;
        let sql = "SELECT count(*) FROM invite WHERE site_id = $1 AND email <> $2";
        let query = sqlx::query_scalar(sql).bind(scope.site().0).bind(but);
        Ok(query.fetch_one(&mut *self.tx).await?)
    }

    async fn put_invite(&mut self, scope: SiteScope, invite: &NewInvite) -> Result<bool> {
        let sql = "
            INSERT INTO invite (site_id, token, email, role, invited_by, expires_at)
            SELECT id, $1, $2, $3, $4, $5 FROM site WHERE id = $6
            ON CONFLICT (site_id, email) DO UPDATE SET token = excluded.token,
                role = excluded.role, invited_by = excluded.invited_by,
                expires_at = excluded.expires_at";
        let NewInvite { token, email, role, invited_by, expires_at } = invite;
        let query = sqlx::query(sql).bind(token).bind(email).bind(role.slug());
        let query = query.bind(invited_by.map(|user| user.0)).bind(expires_at);
        self.one(query.bind(scope.site().0)).await
    }

    async fn delete_invite(&mut self, scope: SiteScope, id: i64) -> Result<Option<String>> {
        let sql = "DELETE FROM invite WHERE site_id = $1 AND id = $2 RETURNING email";
        let query = sqlx::query_scalar(sql).bind(scope.site().0).bind(id);
        Ok(query.fetch_optional(&mut *self.tx).await?)
    }

    async fn delete_invite_of(&mut self, scope: SiteScope, email: &str) -> Result<()> {
        let sql = "DELETE FROM invite WHERE site_id = $1 AND email = $2";
        sqlx::query(sql).bind(scope.site().0).bind(email).execute(&mut *self.tx).await?;
        Ok(())
    }

    async fn take_invite(&mut self, token: &str, now: i64) -> Result<Option<InviteRow>> {
        let query = format!("{INVITE} AND token = $1 AND expires_at > $2");
        let query = sqlx::query_as(AssertSqlSafe(query)).bind(token).bind(now);
        let invite: Option<InviteRow> = query.fetch_optional(&mut *self.tx).await?;
        if let Some(invite) = &invite {
            let sql = "DELETE FROM invite WHERE id = $1";
            sqlx::query(sql).bind(invite.id).execute(&mut *self.tx).await?;
        }
        Ok(invite)
    }

    async fn note_sign_in(
        &mut self,
        scope: SiteScope,
        user: UserId,
        address: &str,
        now: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE membership SET last_sign_in = $1 WHERE site_id = $2 AND user_id = $3";
        self.one(sqlx::query(sql).bind(clock::date(now)).bind(scope.site().0).bind(user.0)).await?;
        let sql = "
            INSERT INTO known_address (user_id, address, at) VALUES ($1, $2, $3)
            ON CONFLICT (user_id, address) DO UPDATE SET at = excluded.at";
        self.one(sqlx::query(sql).bind(user.0).bind(address).bind(now.as_second())).await?;
        let sql = "
            DELETE FROM known_address WHERE user_id = $1 AND address NOT IN (
                SELECT address FROM known_address WHERE user_id = $1 ORDER BY at DESC LIMIT $2)";
        sqlx::query(sql)
            .bind(user.0)
            .bind(i64::from(KNOWN_ADDRESSES))
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}
