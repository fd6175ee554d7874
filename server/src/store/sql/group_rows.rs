//! Group commit: the rows that a group writes, and the statement that writes them.

use super::dialect::{self, parameter};
use crate::{
    store::{
        AuditHead, AuditRow, Changed, Derived, GroupChanges, MovedHead, PreviousSecret, Result,
        Stamp, Stored,
        columns::{SEALED, previous_secret_location, sealed},
    },
    vault::Vault,
};
use shared::{Field, Key};
use std::{borrow::Cow, fmt::Write, sync::LazyLock};

/// A value that is written.
#[derive(Clone)]
pub(super) enum Value {
    Number(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

impl Value {
    /// Nothing, of the same type.
    const fn nothing(&self) -> Self {
        match self {
            Self::Number(_) => Self::Number(None),
            Self::Text(_) => Self::Text(None),
            Self::Bytes(_) => Self::Bytes(None),
        }
    }

    const fn sql_type(&self) -> &'static str {
        match self {
            Self::Number(_) => "BIGINT",
            Self::Text(_) => "TEXT",
            Self::Bytes(_) => dialect::BYTES,
        }
    }

    fn number(number: impl Into<i64>) -> Self {
        Self::Number(Some(number.into()))
    }

    fn text(text: impl Into<String>) -> Self {
        Self::Text(Some(text.into()))
    }
}

/// A part of what a group writes.
pub(super) struct Part {
    /// What its rows are called.
    pub(super) name: &'static str,
    /// The names of their columns.
    columns: Vec<&'static str>,
    /// The statement that writes them.
    pub(super) statement: String,
    /// Whether it must change as many rows as are given.
    counted: bool,
}

/// The rows of a part. There are as many parameters as for a power of two of them, the last ones nothing, so that there
/// are few texts to prepare.
pub(super) struct Rows {
    part: &'static Part,
    rows: Vec<Vec<Value>>,
}

impl Rows {
    fn size(&self) -> usize {
        self.rows.len().next_power_of_two()
    }

    /// How many there are, if they must all change something.
    pub(super) fn count(&self) -> Option<i64> {
        self.part.counted.then(|| i64::try_from(self.rows.len()).unwrap_or(i64::MAX))
    }

    /// The values of the parameters, in their order.
    pub(super) fn padded(self) -> impl Iterator<Item = Value> {
        let nothing: Vec<_> = self.rows.first().into_iter().flatten().map(Value::nothing).collect();
        let missing = self.size() - self.rows.len();
        let rows = self.rows.into_iter().flatten();
        rows.chain((0..missing).flat_map(move |_| nothing.clone()))
    }

    /// The rows as a table, with parameters from a number on.
    fn table(&self, first: usize) -> String {
        let Part { name, columns, .. } = self.part;
        let mut sql = format!("{name} (\"{}\") AS MATERIALIZED (VALUES ", columns.join("\", \""));
        let mut number = first;
        for row in 0..self.size() {
            sql.push_str(if row > 0 { ", (" } else { "(" });
            for (column, value) in self.rows.first().into_iter().flatten().enumerate() {
                let comma = if column > 0 { ", " } else { "" };
                // The first row says of which types they are.
                let _ = match value.sql_type() {
                    of if row == 0 => write!(sql, "{comma}CAST({} AS {of})", parameter(number)),
                    _ => write!(sql, "{comma}{}", parameter(number)),
                };
                number += 1;
            }
            sql.push(')');
        }
        sql + ")"
    }
}

/// What writes these parts, and their commit.
pub(super) fn text(parts: &[Rows]) -> String {
    let mut next = 1;
    let written = parts.iter().map(|rows| {
        let table = rows.table(next);
        next += rows.size() * rows.part.columns.len();
        let counted = rows.part.counted.then(|| parameter(next));
        next += usize::from(rows.part.counted);
        (rows.part, table, counted)
    });
    dialect::write_group(&written.collect::<Vec<_>>())
}

/// The parts that have rows.
pub(super) fn parts(changes: &GroupChanges, vault: &Vault) -> Result<Vec<Rows>> {
    let GroupChanges { connections, events, heads, secrets } = changes;
    let (begun, moved): (Vec<_>, Vec<_>) = heads.iter().partition(|head| head.before == 0);
    let all = [
        (&*CHANGED, connections.iter().map(|row| connection_row(row, vault)).collect::<Result<_>>()?),
        (&*EVENT, events.iter().map(event_row).collect()),
        (&*MOVED, moved.into_iter().map(head_row).collect()),
        (&*BEGUN, begun.into_iter().map(head_row).collect()),
        (&*PREVIOUS, secrets.iter().map(|row| secret_row(row, vault)).collect::<Result<_>>()?),
    ];
    let rows = |(part, rows): (&'static Part, Vec<_>)| Rows { part, rows };
    Ok(all.into_iter().map(rows).filter(|rows| !rows.rows.is_empty()).collect())
}

/// The fields that a change can change, and no secret, in the order of a row.
fn plain() -> impl Iterator<Item = Key> {
    let fields = Field::ALL.into_iter().filter(|field| !field.is_secret()).map(Field::key);
    fields.chain([Key::ModifyDate, Key::Error, Key::Remarks])
}

static CHANGED: LazyLock<Part> = LazyLock::new(|| {
    let place = ["id", "site_id", "before"];
    let mut columns: Vec<_> = place.into_iter().chain(plain().map(Key::column)).collect();
    columns.extend(["version", "health", "due_at", "state", "channel", "expires_at", "name_key"]);
    columns.extend(["search", "password_is_new", "password", "password_date", "password_version"]);
    columns.extend(["password_destination", "token_is_new", "token", "token_date"]);
    columns.extend(["token_version", "token_destination"]);
    let written = columns.iter().filter(|name| !place.contains(name) && !name.ends_with("_is_new"));
    let set = written.map(|name| match *name {
        "password" | "token" => format!(
            "{name} = CASE WHEN changed.{name}_is_new = 1 THEN changed.{name} ELSE connection.{name} END"
        ),
        _ => format!("\"{name}\" = changed.\"{name}\""),
    });
    let statement = format!(
        "UPDATE connection SET {} FROM changed
         WHERE connection.site_id = changed.site_id AND connection.id = changed.id
             AND connection.version = changed.before",
        set.collect::<Vec<_>>().join(", ")
    );
    Part { name: "changed", columns, statement, counted: true }
});

fn connection_row(Changed { before, after }: &Changed, vault: &Vault) -> Result<Vec<Value>> {
    let Stored { connection, version, password, token, health } = after;
    let Derived { channel, state, expires_at, name_key, search } = Derived::of(connection, health);
    let place = [connection.id.0, connection.site_id.0, before.0].map(Value::number);
    let mut row: Vec<_> = place.into();
    row.extend(plain().map(|key| Value::Text(connection.text(key).map(Cow::into_owned))));
    row.extend([Value::number(version.0), Value::Text(health.json()), Value::Number(health.due_at)]);
    row.extend([Value::number(state.code()), Value::text(channel), Value::Number(expires_at)]);
    row.extend([Value::text(name_key), Value::text(search)]);
    for ((field, cell), stamp) in SEALED.into_iter().zip([password, token]) {
        let Stamp { date, version, destination } = stamp;
        let is_new = *version > *before;
        let sealed = if is_new { sealed(after, (field, cell), vault)? } else { None };
        row.extend([Value::number(i64::from(is_new)), Value::Bytes(sealed)]);
        row.extend([Value::Text(date.clone()), Value::number(version.0)]);
        row.push(Value::Text(destination.as_ref().map(ToString::to_string)));
    }
    Ok(row)
}

/// A part whose rows are inserted as they are.
fn inserted(name: &'static str, table: &str, columns: &[&'static str]) -> Part {
    let list = columns.join(", ");
    let statement =
        format!("INSERT INTO {table} ({list}) SELECT {list} FROM {name} WHERE site_id IS NOT NULL");
    Part { name, columns: columns.to_vec(), statement, counted: false }
}

static EVENT: LazyLock<Part> = LazyLock::new(|| {
    let columns = [
        "site_id", "number", "at", "user_id", "who", "via", "kind", "connection_id", "channel",
        "detail", "mac",
    ];
    inserted("event", "audit", &columns)
});

fn event_row(row: &AuditRow) -> Vec<Value> {
    let AuditRow { site, number, at, user, who, via, kind, connection, channel, detail, mac } = row;
    vec![
        Value::number(site.0),
        Value::number(*number),
        Value::text(at),
        Value::Number(*user),
        Value::text(who),
        Value::text(via.slug()),
        Value::text(kind.slug()),
        Value::Number(connection.map(|id| id.0)),
        Value::Text(channel.map(|channel| channel.slug().to_owned())),
        Value::text(detail),
        Value::Bytes(Some(mac.clone())),
    ]
}

const HEAD: [&str; 5] = ["site_id", "before", "number", "mac", "seal"];

static MOVED: LazyLock<Part> = LazyLock::new(|| Part {
    name: "moved",
    columns: HEAD.to_vec(),
    statement: "UPDATE audit_head SET number = moved.number, mac = moved.mac, seal = moved.seal FROM moved
         WHERE audit_head.site_id = moved.site_id AND audit_head.number = moved.before"
        .to_owned(),
    counted: true,
});

static BEGUN: LazyLock<Part> = LazyLock::new(|| Part {
    name: "begun",
    columns: HEAD.to_vec(),
    statement: "INSERT INTO audit_head (site_id, number, mac, seal)
         SELECT site_id, number, mac, seal FROM begun WHERE site_id IS NOT NULL"
        .to_owned(),
    counted: false,
});

fn head_row(MovedHead { before, after }: &MovedHead) -> Vec<Value> {
    let AuditHead { site, number, mac, seal } = after;
    let mut row: Vec<_> = [site.0, *before, *number].map(Value::number).into();
    row.extend([mac, seal].map(|code| Value::Bytes(Some(code.clone()))));
    row
}

static PREVIOUS: LazyLock<Part> = LazyLock::new(|| {
    let columns =
        ["site_id", "connection_id", "event", "field", "secret", "destination", "expires_at"];
    inserted("previous", "previous_secret", &columns)
});

fn secret_row(previous: &PreviousSecret, vault: &Vault) -> Result<Vec<Value>> {
    let PreviousSecret { site, connection, event, field, secret, expires_at } = previous;
    let sealed = secret.as_ref().map(|(secret, destination)| {
        let place = previous_secret_location(*site, (*connection, *event, *field), destination);
        vault.seal(&place, secret.expose().as_bytes())
    });
    let destination = secret.as_ref().map(|(_, destination)| destination.to_string());
    let mut row: Vec<_> = [site.0, connection.0, *event].map(Value::number).into();
    row.extend([Value::text(field.name()), Value::Bytes(sealed.transpose()?)]);
    row.extend([Value::Text(destination), Value::number(*expires_at)]);
    Ok(row)
}
