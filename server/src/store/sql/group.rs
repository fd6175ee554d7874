//! Group commit: the two statements of a group. Their rows come as JSON, so that one text does for any number of them.

use super::{
    Database, Driver, Row, audit::joined_head, dialect, people::membership, row::stored,
};
use crate::{
    store::{
        AuditHead, AuditRow, Changed, Derived, GroupChanges, GroupTx, Loaded, MovedHead,
        PreviousSecret, Result, Stamp, StoreError, Stored, Wanted,
        columns::{COLUMNS, SEALED, kept_place, sealed},
        lane::Lease,
    },
    vault::Vault,
};
use async_trait::async_trait;
use serde_json::{Value, json};
use shared::{Channel, Field, Key, SiteId};
use sqlx::{AssertSqlSafe, Row as _};
use std::{fmt::Write, sync::LazyLock};

/// The transaction of a group.
pub(super) struct Group {
    pub(super) connection: Lease<Driver>,
    pub(super) database: Database,
    /// The site whose writers it holds up; on SQLite it holds up all.
    pub(super) site: SiteId,
}

#[async_trait]
impl GroupTx for Group {
    async fn load(&mut self, wanted: &[Wanted]) -> Result<(Vec<Loaded>, Vec<AuditHead>)> {
        if let Some(begin) = dialect::begin_group(self.site) {
            sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut *self.connection).await?;
        }
        let query = sqlx::query(AssertSqlSafe(LOAD.as_str())).bind(wanted_rows(wanted));
        let rows = query.fetch_all(&mut *self.connection).await?;
        let loaded = load(&rows, wanted.len(), &self.database.vault)?;
        let head = |row| joined_head(row, SiteId(row.try_get("member_site")?));
        let heads = rows.iter().filter_map(|row| head(row).transpose());
        let mut heads = heads.collect::<sqlx::Result<Vec<_>>>()?;
        heads.sort_by_key(|head| head.site);
        heads.dedup_by_key(|head| head.site);
        Ok((loaded, heads))
    }

    async fn write(mut self: Box<Self>, changes: &GroupChanges) -> Result<()> {
        let GroupChanges { connections, events, heads, secrets } = changes;
        let vault = &self.database.vault;
        let connections_rows = connections.iter().map(|changed| connection_row(changed, vault));
        let secret_rows = secrets.iter().map(|secret| secret_row(secret, vault));
        let moved = heads.iter().filter(|head| head.before > 0).count();
        let query = sqlx::query(AssertSqlSafe(WRITE.as_str()))
            .bind(list(connections_rows.collect::<Result<Vec<_>>>()?))
            .bind(list(events.iter().map(event_row)))
            .bind(list(heads.iter().map(head_row)))
            .bind(list(secret_rows.collect::<Result<Vec<_>>>()?))
            .bind(i64::try_from(connections.len()).unwrap_or(i64::MAX))
            .bind(i64::try_from(moved).unwrap_or(i64::MAX));
        let rows = query.fetch_all(&mut *self.connection).await?;
        if !dialect::is_written(&rows)? {
            return Err(StoreError::Conflict);
        }
        if let Some(commit) = dialect::COMMIT_GROUP {
            sqlx::raw_sql(commit).execute(&mut *self.connection).await?;
        }
        let Self { connection, .. } = *self;
        connection.done(true);
        Ok(())
    }

    async fn end(mut self: Box<Self>) -> Result<()> {
        sqlx::raw_sql("ROLLBACK").execute(&mut *self.connection).await?;
        let Self { connection, .. } = *self;
        connection.done(false);
        Ok(())
    }
}

/// What was found of each that is wanted, as it is now.
pub(super) async fn load_all(
    database: &Database,
    site: SiteId,
    wanted: &[Wanted],
) -> Result<Vec<Loaded>> {
    let mut reader = database.read(site).await?;
    let query = sqlx::query(AssertSqlSafe(READ.as_str())).bind(wanted_rows(wanted));
    load(&query.fetch_all(&mut *reader).await?, wanted.len(), &database.vault)
}

fn wanted_rows(wanted: &[Wanted]) -> String {
    list((0..).zip(wanted).map(|(turn, wanted): (i64, _)| {
        let Wanted { user, site, connection, parent } = wanted;
        json!([turn, user.0, site.0, connection.0, parent.map(|id| id.0)])
    }))
}

/// Who is no member of a site has no row.
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
    Ok(Loaded {
        member: Some(membership(row)?),
        connection: is_found.then(|| stored(row, vault)).transpose()?,
        parent: parent.and_then(Channel::from_slug),
    })
}

fn list(rows: impl IntoIterator<Item = Value>) -> String {
    Value::Array(rows.into_iter().collect()).to_string()
}

/// How a value of a row is read from its JSON.
#[derive(Clone, Copy)]
enum Type {
    Number,
    Text,
    /// In hexadecimal.
    Bytes,
}

type Column = (&'static str, Type);

/// A table of rows that come as JSON: each a list of values in the order of the columns.
fn rows(name: &str, parameter: usize, columns: &[Column]) -> String {
    let [begin, end] = dialect::JSON_ROWS;
    let [unhex, unhex_end] = dialect::UNHEX;
    let mut sql = format!("{name} AS MATERIALIZED (SELECT ");
    for (index, (column, kind)) in columns.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        let value = format!("value ->> {index}");
        let value = match kind {
            Type::Number => format!("CAST({value} AS BIGINT)"),
            Type::Text => value,
            Type::Bytes => format!("{unhex}{value}{unhex_end}"),
        };
        let _ = write!(sql, "{comma}{value} AS \"{column}\"");
    }
    sql + &format!(" FROM {begin}${parameter}{end})")
}

/// The columns' names, quoted, as a list.
fn names(columns: &[Column]) -> String {
    columns.iter().map(|(column, _)| format!("\"{column}\"")).collect::<Vec<_>>().join(", ")
}

static LOAD: LazyLock<String> =
    LazyLock::new(|| format!("{}{}", dialect::BEGIN_WITH, READ.as_str()));

static READ: LazyLock<String> = LazyLock::new(|| {
    use Type::Number;
    let wanted = [
        ("turn", Number),
        ("user_id", Number),
        ("site_id", Number),
        ("id", Number),
        ("parent_id", Number),
    ];
    let found: Vec<_> = COLUMNS.split(',').map(|name| format!("found.{}", name.trim())).collect();
    format!(
        "WITH {rows}
        SELECT wanted.turn, wanted.site_id AS member_site, app_user.email, site.name AS site_name,
            site.time_zone, membership.role, app_user.version + membership.version AS member_version,
            head.number AS head_number, head.mac AS head_mac, head.seal AS head_seal,
            parent.channel AS parent_channel, found.id IS NOT NULL AS is_found, {found}
        FROM wanted
        {join} membership ON membership.user_id = wanted.user_id AND membership.site_id = wanted.site_id
        {join} app_user ON app_user.id = wanted.user_id
        {join} site ON site.id = wanted.site_id
        LEFT JOIN audit_head AS head ON head.site_id = wanted.site_id
        LEFT JOIN connection AS parent ON parent.site_id = wanted.site_id AND parent.id = wanted.parent_id
        LEFT JOIN connection AS found ON found.site_id = wanted.site_id AND found.id = wanted.id
        WHERE membership.enabled AND app_user.enabled",
        rows = rows("wanted", 1, &wanted),
        found = found.join(", "),
        join = dialect::JOIN_IN_ORDER,
    )
});

/// A part of what a group writes: its rows, the statement that writes them, and the parameter that says how many it
/// must change, if that could be others than are there.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) rows: String,
    pub(super) statement: String,
    pub(super) counted: Option<usize>,
}

static WRITE: LazyLock<String> = LazyLock::new(|| {
    let connection = connection_columns();
    let set: Vec<_> = connection
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !["id", "site_id", "before"].contains(name) && !name.ends_with("_is_new"))
        .map(|name| match name {
            "password" | "token" => format!(
                "{name} = CASE WHEN changed.{name}_is_new = 1 THEN changed.{name} ELSE connection.{name} END"
            ),
            _ => format!("\"{name}\" = changed.\"{name}\""),
        })
        .collect();
    let (events, secrets) = (names(&EVENT), names(&SECRET));
    let parts = [
        Part {
            name: "changed",
            rows: rows("changed", 1, &connection),
            statement: format!(
                "UPDATE connection SET {} FROM changed
                 WHERE connection.site_id = changed.site_id AND connection.id = changed.id
                     AND connection.version = changed.before",
                set.join(", ")
            ),
            counted: Some(5),
        },
        Part {
            name: "event",
            rows: rows("event", 2, &EVENT),
            statement: format!("INSERT INTO audit ({events}) SELECT {events} FROM event"),
            counted: None,
        },
        Part {
            name: "moved",
            rows: rows("moved", 3, &HEAD),
            statement: "UPDATE audit_head SET number = moved.number, mac = moved.mac, seal = moved.seal FROM moved
                 WHERE audit_head.site_id = moved.site_id AND audit_head.number = moved.before"
                .to_owned(),
            counted: Some(6),
        },
        Part {
            name: "begun",
            rows: rows("begun", 3, &HEAD),
            statement: "INSERT INTO audit_head (site_id, number, mac, seal)
                 SELECT site_id, number, mac, seal FROM begun WHERE before = 0"
                .to_owned(),
            counted: None,
        },
        Part {
            name: "previous",
            rows: rows("previous", 4, &SECRET),
            statement: format!("INSERT INTO kept_secret ({secrets}) SELECT {secrets} FROM previous"),
            counted: None,
        },
    ];
    dialect::write_group(&parts)
});

/// The fields that a change can change, and no secret, in the order of a row.
fn plain() -> impl Iterator<Item = Key> {
    let fields = Field::ALL.into_iter().filter(|field| !field.is_secret()).map(Field::key);
    fields.chain([Key::ModifyDate, Key::Error, Key::Remarks])
}

/// The columns of [`connection_row`].
fn connection_columns() -> Vec<Column> {
    use Type::{Bytes, Number, Text};
    let mut columns = vec![("id", Number), ("site_id", Number), ("before", Number)];
    columns.extend(plain().map(|key| (key.column(), Text)));
    columns.extend([
        ("version", Number),
        ("health", Text),
        ("due_at", Number),
        ("state", Number),
        ("channel", Text),
        ("expires_at", Number),
        ("name_key", Text),
        ("search", Text),
        ("password_is_new", Number),
        ("password", Bytes),
        ("password_date", Text),
        ("password_version", Number),
        ("password_destination", Text),
        ("token_is_new", Number),
        ("token", Bytes),
        ("token_date", Text),
        ("token_version", Number),
        ("token_destination", Text),
    ]);
    columns
}

fn connection_row(Changed { before, after }: &Changed, vault: &Vault) -> Result<Value> {
    let Stored { connection, version, password, token, health } = after;
    let Derived { channel, state, expires_at, name_key, search } = Derived::of(connection, health);
    let mut row = vec![json!(connection.id.0), json!(connection.site_id.0), json!(before.0)];
    row.extend(plain().map(|key| json!(connection.text(key))));
    row.extend([json!(version.0), json!(health.json()), json!(health.due_at), json!(state.code())]);
    row.extend([json!(channel), json!(expires_at), json!(name_key), json!(search)]);
    for ((field, cell), stamp) in SEALED.into_iter().zip([password, token]) {
        let Stamp { date, version, destination } = stamp;
        let is_new = *version > *before;
        let sealed = if is_new { sealed(after, (field, cell), vault)? } else { None };
        row.extend([json!(u8::from(is_new)), json!(sealed.map(hex::encode)), json!(date)]);
        row.extend([json!(version.0), json!(destination.as_ref().map(ToString::to_string))]);
    }
    Ok(Value::Array(row))
}

const EVENT: [Column; 11] = [
    ("site_id", Type::Number),
    ("number", Type::Number),
    ("at", Type::Text),
    ("user_id", Type::Number),
    ("who", Type::Text),
    ("via", Type::Text),
    ("kind", Type::Text),
    ("connection_id", Type::Number),
    ("channel", Type::Text),
    ("detail", Type::Text),
    ("mac", Type::Bytes),
];

fn event_row(row: &AuditRow) -> Value {
    let AuditRow { site, number, at, user, who, via, kind, connection, channel, detail, mac } = row;
    let (connection, channel) = (connection.map(|id| id.0), channel.map(Channel::slug));
    let place = [json!(site.0), json!(number), json!(at), json!(user), json!(who)];
    let deed = [json!(via.slug()), json!(kind.slug()), json!(connection), json!(channel)];
    let rest = [json!(detail), json!(hex::encode(mac))];
    Value::Array(place.into_iter().chain(deed).chain(rest).collect())
}

const HEAD: [Column; 5] = [
    ("site_id", Type::Number),
    ("before", Type::Number),
    ("number", Type::Number),
    ("mac", Type::Bytes),
    ("seal", Type::Bytes),
];

fn head_row(MovedHead { before, after }: &MovedHead) -> Value {
    let AuditHead { site, number, mac, seal } = after;
    json!([site.0, before, number, hex::encode(mac), hex::encode(seal)])
}

const SECRET: [Column; 7] = [
    ("site_id", Type::Number),
    ("connection_id", Type::Number),
    ("event", Type::Number),
    ("field", Type::Text),
    ("secret", Type::Bytes),
    ("destination", Type::Text),
    ("expires_at", Type::Number),
];

fn secret_row(previous: &PreviousSecret, vault: &Vault) -> Result<Value> {
    let PreviousSecret { site, connection, event, field, secret, expires_at } = previous;
    let sealed = secret.as_ref().map(|(secret, destination)| {
        let place = kept_place(*site, (*connection, *event, *field), destination);
        vault.seal(&place, secret.expose().as_bytes())
    });
    let sealed = sealed.transpose()?.map(hex::encode);
    let destination = secret.as_ref().map(|(_, destination)| destination.to_string());
    Ok(json!([site.0, connection.0, event, field.name(), sealed, destination, expires_at]))
}
