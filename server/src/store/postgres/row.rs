//! A row of the table `connection`, to and from the record.

use crate::{
    store::{Derived, Result, Stamp, Stored},
    vault::{Cell, Place, Vault},
};
use shared::{Connection, Field, Key, Version};
use sqlx::{Postgres, Row, postgres::PgRow, query_builder::Separated};
use std::borrow::Cow;

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

/// The columns that the board goes by (see [`Derived`](crate::store::Derived)).
pub(super) const DERIVED: &str = "channel, in_use, name_key, search";

/// Reads a whole row.
pub(super) fn stored(row: &PgRow, vault: &Vault) -> Result<Stored> {
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
pub(super) fn record(row: &PgRow, keys: &[Key]) -> sqlx::Result<Connection> {
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

/// Pushes a whole row, its secrets sealed, in the order of [`COLUMNS`] and [`DERIVED`].
pub(super) fn push_row(
    values: &mut Separated<Postgres, &str>,
    stored: &Stored,
    [sealed_password, sealed_token]: [Option<Vec<u8>>; 2],
) {
    let Stored { connection, version, password, token } = stored;
    let Derived { channel, in_use, name_key, search } = Derived::of(connection);
    for key in Key::ALL {
        match key {
            Key::Id => values.push_bind(connection.id.0),
            Key::SiteId => values.push_bind(connection.site_id.0),
            Key::Password => values.push_bind(sealed_password.clone()),
            Key::Token => values.push_bind(sealed_token.clone()),
            _ => values.push_bind(connection.text(key).map(Cow::into_owned)),
        };
    }
    values.push_bind(version.0);
    values.push_bind(password.date.clone()).push_bind(password.version.0);
    values.push_bind(token.date.clone()).push_bind(token.version.0);
    values.push_bind(channel).push_bind(in_use).push_bind(name_key).push_bind(search);
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
