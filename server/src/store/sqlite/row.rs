//! A row of the table `connection`, to and from the record.

use crate::{
    store::{Result, Stamp, Stored},
    vault::{Cell, Place, Vault},
};
use shared::{Connection, Field, Key, Version};
use sqlx::{
    Row, Sqlite,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

/// All columns of the record, quoted, in the documented order, then those beside it.
pub(super) const COLUMNS: &str = r#"
    "id", "last_activity", "activity_date", "position", "site_id", "media_id", "provider_id",
    "code", "name", "user_id", "password", "host", "database", "port", "url", "from", "token",
    "start_date", "end_date", "priority", "enabled", "status_id", "target_id", "type_id",
    "parent_id", "incoming", "outgoing", "create_date", "modify_date", "error", "remarks",
    "agent_id", "version", "password_date", "password_version", "token_date", "token_version""#;

/// The columns that are sealed.
pub(super) const SEALED: [(Field, Cell); 2] =
    [(Field::Password, Cell::Password), (Field::Token, Cell::Token)];

/// Reads a whole row.
pub(super) fn stored(row: &SqliteRow, vault: &Vault) -> Result<Stored> {
    let stamp = |date, version| {
        Ok::<_, sqlx::Error>(Stamp {
            date: row.try_get(date)?,
            version: Version(row.try_get(version)?),
        })
    };
    let mut connection = record(row, &Key::ALL)?;
    for (field, cell) in SEALED {
        if let Some(sealed) = row.try_get::<Option<&[u8]>, _>(field.key().column())? {
            let value = vault.open_text(place(&connection, cell), sealed)?;
            connection.set(field, Some(value.expose().to_owned()));
        }
    }
    Ok(Stored {
        connection,
        version: Version(row.try_get("version")?),
        password: stamp("password_date", "password_version")?,
        token: stamp("token_date", "token_version")?,
    })
}

/// Where a connection's secret is stored.
fn place(connection: &Connection, cell: Cell) -> Place {
    Place { cell, site: connection.site_id, row: connection.id.0 }
}

/// A connection's secret, sealed for its place.
pub(super) fn sealed(
    connection: &Connection,
    (field, cell): (Field, Cell),
    vault: &Vault,
) -> Result<Option<Vec<u8>>> {
    let secret = connection.secret(field.key());
    let seal = |value: &str| vault.seal(place(connection, cell), value.as_bytes());
    Ok(secret.map(|secret| seal(secret.expose())).transpose()?)
}

/// Reads some of the record's columns, but no secret.
pub(super) fn record(row: &SqliteRow, keys: &[Key]) -> sqlx::Result<Connection> {
    let mut connection = Connection::default();
    for &key in keys {
        let text = match key {
            Key::Id | Key::SiteId => Some(row.try_get::<i64, _>(key.column())?.to_string()),
            Key::Password | Key::Token => continue,
            _ => row.try_get(key.column())?,
        };
        connection.set_text(key, text);
    }
    Ok(connection)
}

/// Binds the record's texts under the given keys; null for a secret.
pub(super) fn bind_texts<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    connection: &Connection,
    keys: impl IntoIterator<Item = Key>,
) -> Query<'q, Sqlite, SqliteArguments> {
    keys.into_iter().fold(query, |query, key| {
        query.bind(connection.text(key).map(std::borrow::Cow::into_owned))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_those_of_the_record_in_its_order() {
        let named: Vec<_> = COLUMNS.split(',').map(|name| name.trim().trim_matches('"')).collect();
        let record: Vec<_> = Key::ALL.into_iter().map(Key::column).collect();
        assert_eq!(named[..record.len()], record);
    }
}
