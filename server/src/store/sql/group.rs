//! Group commit: the transaction of a group, and what it loads.

use super::{
    Database, Driver, Row,
    audit::joined_head,
    dialect,
    group_rows::{Value, parts, text},
    people::membership,
    row::stored,
};
use crate::{
    store::{
        AuditHead, GroupChanges, GroupTx, Loaded, Result, StoreError, Wanted, columns::COLUMNS,
        write_lock::WriteGuard,
    },
    vault::Vault,
};
use async_trait::async_trait;
use serde_json::json;
use shared::{Channel, SiteId};
use sqlx::{AssertSqlSafe, Row as _};
use std::sync::LazyLock;

/// The transaction of a group.
pub(super) struct Group {
    pub(super) writer: WriteGuard<Driver>,
    pub(super) database: Database,
    pub(super) partition: SiteId,
}

#[async_trait]
impl GroupTx for Group {
    async fn load(&mut self, wanted: &[Wanted]) -> Result<(Vec<Loaded>, Vec<AuditHead>)> {
        if let Some(begin) = dialect::begin_group(self.partition) {
            sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut *self.writer).await?;
        }
        let query = sqlx::query(AssertSqlSafe(LOAD.as_str())).bind(wanted_rows(wanted));
        let rows = query.fetch_all(&mut *self.writer).await?;
        let loaded = load(&rows, wanted.len(), &self.database.vault)?;
        let head = |row| joined_head(row, SiteId(row.try_get("member_site")?));
        let heads = rows.iter().filter_map(|row| head(row).transpose());
        let mut heads = heads.collect::<sqlx::Result<Vec<_>>>()?;
        heads.sort_by_key(|head| head.site);
        heads.dedup_by_key(|head| head.site);
        Ok((loaded, heads))
    }

    async fn write(mut self: Box<Self>, changes: &GroupChanges) -> Result<()> {
        let parts = parts(changes, &self.database.vault)?;
        let mut query = sqlx::query(AssertSqlSafe(text(&parts)));
        for rows in parts {
            let count = rows.count();
            for value in rows.padded() {
                query = match value {
                    Value::Number(number) => query.bind(number),
                    Value::Text(text) => query.bind(text),
                    Value::Bytes(bytes) => query.bind(bytes),
                };
            }
            if let Some(count) = count {
                query = query.bind(count);
            }
        }
        let rows = query.fetch_all(&mut *self.writer).await?;
        if !dialect::is_written(&rows)? {
            return Err(StoreError::Conflict);
        }
        if let Some(commit) = dialect::COMMIT_GROUP {
            let done = sqlx::raw_sql(commit).execute(&mut *self.writer).await;
            done.map_err(StoreError::of_commit)?;
        }
        let Self { writer, .. } = *self;
        writer.give_back(true);
        Ok(())
    }

    async fn end(mut self: Box<Self>) -> Result<()> {
        sqlx::raw_sql("ROLLBACK").execute(&mut *self.writer).await?;
        let Self { writer, .. } = *self;
        writer.give_back(false);
        Ok(())
    }
}

/// What was found of each that is wanted, as it is now.
pub(super) async fn load_all(
    database: &Database,
    site: SiteId,
    wanted: &[Wanted],
) -> Result<Vec<Loaded>> {
    let mut reader = database.read_together(site).await?;
    let query = sqlx::query(AssertSqlSafe(READ.as_str())).bind(wanted_rows(wanted));
    load(&query.fetch_all(&mut *reader).await?, wanted.len(), &database.vault)
}

fn wanted_rows(wanted: &[Wanted]) -> String {
    json!((0..).zip(wanted).map(|(turn, wanted): (i64, &Wanted)| {
        let Wanted { user, site, connection_id, parent_id } = *wanted;
        json!([turn, user.map(|user| user.0), site.0, connection_id.0, parent_id.map(|id| id.0)])
    }).collect::<Vec<_>>()).to_string()
}

/// For a user who is no member of the site there is no row.
fn load(rows: &[Row], wanted: usize, vault: &Vault) -> Result<Vec<Loaded>> {
    let mut loaded = vec![Loaded::default(); wanted];
    for row in rows {
        let turn: i64 = row.try_get("turn")?;
        if let Some(of) = usize::try_from(turn).ok().and_then(|turn| loaded.get_mut(turn)) {
            *of = load_one(row, vault)?;
        }
    }
    Ok(loaded)
}

fn load_one(row: &Row, vault: &Vault) -> Result<Loaded> {
    let is_found: bool = row.try_get("is_found")?;
    let parent: Option<&str> = row.try_get("parent_channel")?;
    let email: Option<&str> = row.try_get("email")?;
    Ok(Loaded {
        member: email.map(|_| membership(row)).transpose()?,
        connection: is_found.then(|| stored(row, vault)).transpose()?,
        parent_channel: parent.and_then(Channel::from_slug),
    })
}

static LOAD: LazyLock<String> =
    LazyLock::new(|| format!("{}{}", dialect::BEGIN_WITH, READ.as_str()));

static READ: LazyLock<String> = LazyLock::new(|| {
    let wanted = ["turn", "user_id", "site_id", "id", "parent_id"];
    let wanted: Vec<_> = (0..).zip(wanted).map(|(index, name): (usize, _)| {
        format!("CAST(value ->> {index} AS BIGINT) AS {name}")
    }).collect();
    let [begin, end] = dialect::JSON_ROWS;
    let found: Vec<_> = COLUMNS.split(',').map(|name| format!("found.{}", name.trim())).collect();
    format!(
        "WITH wanted AS MATERIALIZED (SELECT {wanted} FROM {begin}$1{end})
        SELECT wanted.turn, wanted.site_id AS member_site, app_user.email, site.name AS site_name,
            site.time_zone, membership.role, app_user.version + membership.version AS member_version,
            head.number AS head_number, head.mac AS head_mac, head.seal AS head_seal,
            parent.channel AS parent_channel, found.id IS NOT NULL AS is_found, {found}
        FROM wanted
        LEFT JOIN membership ON membership.user_id = wanted.user_id AND membership.site_id = wanted.site_id
        LEFT JOIN app_user ON app_user.id = wanted.user_id
        LEFT JOIN site ON site.id = wanted.site_id
        LEFT JOIN audit_head AS head ON head.site_id = wanted.site_id
        LEFT JOIN connection AS parent ON parent.site_id = wanted.site_id AND parent.id = wanted.parent_id
        LEFT JOIN connection AS found ON found.site_id = wanted.site_id AND found.id = wanted.id
        WHERE wanted.user_id IS NULL OR membership.enabled AND app_user.enabled",
        wanted = wanted.join(", "),
        found = found.join(", "),
    )
});
