//! The audit log.

use super::{Database, Driver, Row, Writer, dialect};
use crate::store::{
    AuditDetail, AuditHead, AuditLog, AuditRow, AuditTx, ChangeNotice, PreviousSecretInfo, PreviousSecretValue,
    Result, SiteScope, StoreError, columns::previous_secret_location,
};
use async_trait::async_trait;
use shared::{
    Channel, ConnectionId, Destination, Field, Key, SiteId,
    audit::{ActivityQuery, EventKind, Person, Via},
};
use sqlx::{AssertSqlSafe, FromRow, QueryBuilder, Row as _, query_builder::Separated};

const COLUMNS: &str = "
    audit.site_id, number, at, audit.user_id, who, via, kind, connection_id, audit.channel,
    detail, mac";

/// The columns of a row as it is written.
const WRITTEN: &str = "
    site_id, number, at, user_id, who, via, kind, connection_id, channel, detail, mac";

/// Rows of one statement.
const INSERT_BATCH_ROWS: usize = 100;

fn push_row(values: &mut Separated<Driver, &str>, row: &AuditRow) {
    values.push_bind(row.site.0).push_bind(row.number).push_bind(row.at.clone());
    values.push_bind(row.user).push_bind(row.who.clone());
    values.push_bind(row.via.slug()).push_bind(row.kind.slug());
    values.push_bind(row.connection.map(|id| id.0)).push_bind(row.channel.map(Channel::slug));
    values.push_bind(row.detail.clone()).push_bind(row.mac.clone());
}

#[async_trait]
impl AuditLog for Database {
    async fn events(
        &self,
        scope: SiteScope,
        query: &ActivityQuery,
        limit: u32,
    ) -> Result<Vec<(AuditRow, Option<String>)>> {
        let mut tx = self.read(scope.site()).await?;
        let mut sql = QueryBuilder::<Driver>::new("SELECT ");
        sql.push(COLUMNS).push(
            ", connection.name FROM audit",
        );
        sql.push(dialect::index_of_events(query));
        sql.push(
            " LEFT JOIN connection
             ON connection.site_id = audit.site_id AND connection.id = connection_id
             WHERE audit.site_id = ",
        );
        sql.push_bind(scope.site().0);
        if let Some(user) = query.person {
            sql.push(" AND audit.user_id = ").push_bind(user);
        }
        if let Some(id) = query.connection {
            sql.push(" AND connection_id = ").push_bind(id.0);
        }
        if let Some(channel) = query.channel {
            sql.push(" AND audit.channel = ").push_bind(channel.slug());
        }
        if let Some(kind) = query.kind {
            sql.push(" AND kind = ").push_bind(kind.slug());
        }
        if let Some(since) = &query.since {
            sql.push(" AND at >= ").push_bind(since.clone());
        }
        if let Some(until) = &query.until {
            // Every time of that day sorts before its date with a tilde.
            sql.push(" AND at < ").push_bind(format!("{until}~"));
        }
        if let Some(before) = query.before {
            sql.push(" AND number < ").push_bind(before);
        }
        sql.push(" ORDER BY number DESC LIMIT ").push_bind(i64::from(limit));
        let rows = sql.build().fetch_all(&mut *tx).await?;
        Ok(rows.iter().map(|row: &Row| Ok((AuditRow::from_row(row)?, row.try_get("name")?))).collect::<sqlx::Result<_>>()?)
    }

    async fn event(&self, scope: SiteScope, number: i64) -> Result<Option<AuditRow>> {
        let mut tx = self.read(scope.site()).await?;
        let sql = format!("SELECT {COLUMNS} FROM audit WHERE site_id = $1 AND number = $2");
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(scope.site().0).bind(number);
        Ok(query.fetch_optional(&mut *tx).await?)
    }

    async fn people(&self, scope: SiteScope) -> Result<Vec<Person>> {
        let mut tx = self.read(scope.site()).await?;
        let sql = "
            SELECT id, email FROM app_user
            WHERE EXISTS (SELECT 1 FROM audit WHERE site_id = $1 AND user_id = app_user.id)
            ORDER BY email";
        let rows: Vec<(i64, String)> =
            sqlx::query_as(sql).bind(scope.site().0).fetch_all(&mut *tx).await?;
        Ok(rows.into_iter().map(|(id, email)| Person { id, email }).collect())
    }

    async fn previous_secrets(
        &self,
        scope: SiteScope,
        id: ConnectionId,
        now: i64,
    ) -> Result<Vec<PreviousSecretInfo>> {
        let mut tx = self.read(scope.site()).await?;
        let sql = "
            SELECT event, field, destination FROM previous_secret
            WHERE site_id = $1 AND connection_id = $2 AND expires_at > $3";
        let query = sqlx::query_as(sql).bind(scope.site().0).bind(id.0).bind(now);
        let rows: Vec<(i64, String, Option<String>)> = query.fetch_all(&mut *tx).await?;
        Ok(rows.into_iter().filter_map(|(event, field, destination): (i64, String, Option<String>)| {
            let field = Key::parse(&field).and_then(Key::field)?;
            Some(PreviousSecretInfo { event, field, destination: destination.map(Destination::stored) })
        }).collect())
    }

    async fn previous_secret(
        &self,
        scope: SiteScope,
        place: (ConnectionId, i64, Field),
        now: i64,
    ) -> Result<Option<PreviousSecretValue>> {
        let mut tx = self.read(scope.site()).await?;
        let (id, event, field) = place;
        let sql = "
            SELECT secret, destination FROM previous_secret
            WHERE site_id = $1 AND connection_id = $2 AND event = $3 AND field = $4
                AND expires_at > $5";
        let query = sqlx::query_as(sql).bind(scope.site().0).bind(id.0).bind(event);
        let row: Option<(Option<Vec<u8>>, Option<String>)> =
            query.bind(field.name()).bind(now).fetch_optional(&mut *tx).await?;
        let Some((sealed, destination)) = row else { return Ok(None) };
        let destination = Destination::stored(destination.unwrap_or_default());
        let place = previous_secret_location(scope.site(), place, &destination);
        let secret = sealed.map(|sealed| self.vault.open_text(&place, &sealed)).transpose()?;
        Ok(Some(secret.map(|secret| (secret, destination))))
    }

    async fn chain(&self, site: SiteId, after: i64, limit: u32) -> Result<Vec<AuditRow>> {
        let mut tx = self.read(site).await?;
        let sql = format!(
            "SELECT {COLUMNS} FROM audit WHERE site_id = $1 AND number > $2 ORDER BY number LIMIT $3"
        );
        let query =
            sqlx::query_as(AssertSqlSafe(sql)).bind(site.0).bind(after).bind(i64::from(limit));
        Ok(query.fetch_all(&mut *tx).await?)
    }

    async fn heads(&self) -> Result<Vec<AuditHead>> {
        let sql = "SELECT site_id, number, mac, seal FROM audit_head ORDER BY site_id";
        Ok(sqlx::query_as(sql).fetch_all(self.server()).await?)
    }

    async fn numbers(&self, sites: &[SiteId]) -> Result<Vec<(SiteId, i64)>> {
        if sites.is_empty() {
            return Ok(vec![]);
        }
        let mut sql = QueryBuilder::<Driver>::new(
            "SELECT site_id, number FROM audit_head WHERE site_id IN (",
        );
        let mut numbers = sql.separated(", ");
        for site in sites {
            numbers.push_bind(site.0);
        }
        sql.push(")");
        let rows: Vec<(i64, i64)> = sql.build_query_as().fetch_all(self.server()).await?;
        Ok(rows.into_iter().map(|(site, number)| (SiteId(site), number)).collect())
    }

    async fn changes(&self, scope: SiteScope, after: i64, limit: u32) -> Result<Vec<ChangeNotice>> {
        let mut tx = self.read(scope.site()).await?;
        let sql = "
            SELECT number, kind, connection_id, detail FROM audit
            WHERE site_id = $1 AND number > $2 AND connection_id IS NOT NULL
            ORDER BY number LIMIT $3";
        let query = sqlx::query_as(sql).bind(scope.site().0).bind(after).bind(i64::from(limit));
        let rows: Vec<(i64, String, i64, String)> = query.fetch_all(&mut *tx).await?;
        Ok(rows.into_iter().map(|(number, kind, connection, detail): (i64, String, i64, String)| {
            let AuditDetail { version, .. } = serde_json::from_str(&detail).unwrap_or_default();
            let kind = known(&kind, EventKind::from_slug(&kind))?;
            Ok(ChangeNotice { number, kind, connection: ConnectionId(connection), version })
        }).collect::<sqlx::Result<_>>()?)
    }

    async fn audited_sites(&self) -> Result<Vec<SiteId>> {
        let sql = "SELECT DISTINCT site_id FROM audit ORDER BY site_id";
        let rows: Vec<i64> = sqlx::query_scalar(sql).fetch_all(self.server()).await?;
        Ok(rows.into_iter().map(SiteId).collect())
    }
}

#[async_trait]
impl AuditTx for Writer {
    async fn head(&mut self, site: SiteId) -> Result<Option<AuditHead>> {
        if let Some((_, head)) = self.head.as_ref().filter(|(known, _)| *known == site) {
            return Ok(head.clone());
        }
        // A transaction of the site holds it already, one of the whole server does from here on.
        let sql = format!(
            "SELECT site_id, number, mac, seal FROM audit_head WHERE site_id = $1{}",
            dialect::FOR_UPDATE
        );
        Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(site.0).fetch_optional(&mut *self.tx).await?)
    }

    async fn append(&mut self, rows: &[AuditRow], head: &AuditHead) -> Result<()> {
        let (Some(first), Some((last, others))) = (rows.first(), rows.split_last()) else {
            return Ok(());
        };
        for rows in others.chunks(INSERT_BATCH_ROWS) {
            let sql = format!("INSERT INTO audit ({WRITTEN}) ");
            let mut sql = QueryBuilder::<Driver>::new(sql);
            sql.push_values(rows, |mut values, row| push_row(&mut values, row));
            sql.build().execute(&mut *self.tx).await?;
        }
        // One round trip for the last row and the head, which are one after another on every database.
        let mut sql = QueryBuilder::<Driver>::new(dialect::BOTH[0]);
        sql.push("INSERT INTO audit (").push(WRITTEN).push(") ");
        sql.push_values([last], |mut values, row| push_row(&mut values, row));
        sql.push(dialect::BOTH[1]);
        if first.number == 1 {
            sql.push("INSERT INTO audit_head (site_id, number, mac, seal) ");
            sql.push_values([head], |mut values, head| {
                values.push_bind(head.site.0).push_bind(head.number);
                values.push_bind(head.mac.clone()).push_bind(head.seal.clone());
            });
            // Two that begin a chain meet here.
            sql.push(" ON CONFLICT DO NOTHING");
        } else {
            sql.push("UPDATE audit_head SET number = ").push_bind(head.number);
            sql.push(", mac = ").push_bind(head.mac.clone());
            sql.push(", seal = ").push_bind(head.seal.clone());
            sql.push(" WHERE site_id = ").push_bind(head.site.0);
            sql.push(" AND number = ").push_bind(first.number - 1);
        }
        sql.push(" RETURNING number");
        if sql.build().fetch_optional(&mut *self.tx).await?.is_none() {
            return Err(StoreError::Conflict);
        }
        self.head = Some((head.site, Some(head.clone())));
        Ok(())
    }
}

/// A name that the program does not know was not written by it.
fn known<T>(name: &str, found: Option<T>) -> sqlx::Result<T> {
    found.ok_or_else(|| sqlx::Error::Decode(format!("unknown name {name}").into()))
}

impl FromRow<'_, Row> for AuditRow {
    fn from_row(row: &Row) -> sqlx::Result<Self> {
        let (via, kind): (&str, &str) = (row.try_get("via")?, row.try_get("kind")?);
        let channel: Option<&str> = row.try_get("channel")?;
        Ok(Self {
            site: SiteId(row.try_get("site_id")?),
            number: row.try_get("number")?,
            at: row.try_get("at")?,
            user: row.try_get("user_id")?,
            who: row.try_get("who")?,
            via: known(via, Via::ALL.iter().copied().find(|known| known.slug() == via))?,
            kind: known(kind, EventKind::from_slug(kind))?,
            connection: row.try_get::<Option<_>, _>("connection_id")?.map(ConnectionId),
            channel: channel.map(|slug| known(slug, Channel::from_slug(slug))).transpose()?,
            detail: row.try_get("detail")?,
            mac: row.try_get("mac")?,
        })
    }
}

impl FromRow<'_, Row> for AuditHead {
    fn from_row(row: &Row) -> sqlx::Result<Self> {
        Ok(Self {
            site: SiteId(row.try_get("site_id")?),
            number: row.try_get("number")?,
            mac: row.try_get("mac")?,
            seal: row.try_get("seal")?,
        })
    }
}

/// The end of a site's chain beside another row, if it has one.
pub(super) fn joined_head(row: &Row, site: SiteId) -> sqlx::Result<Option<AuditHead>> {
    let number: Option<i64> = row.try_get("head_number")?;
    number
        .map(|number| {
            let (mac, seal) = (row.try_get("head_mac")?, row.try_get("head_seal")?);
            Ok(AuditHead { site, number, mac, seal })
        })
        .transpose()
}
