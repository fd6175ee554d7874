//! A row of the table `connection`, to and from the record.

use super::{Driver, Row};
use crate::{
    store::{
        Derived, Health, Result, Stamp, Stored,
        columns::{SEALED, place},
    },
    vault::Vault,
};
use shared::{Connection, Destination, Key, Version};
use sqlx::{Row as _, query_builder::Separated};
use std::borrow::Cow;

/// Reads a whole row.
pub(super) fn stored(row: &Row, vault: &Vault) -> Result<Stored> {
    let stamp = |date, version, destination| {
        Ok::<_, sqlx::Error>(Stamp {
            date: row.try_get(date)?,
            version: Version(row.try_get(version)?),
            destination: row.try_get::<Option<_>, _>(destination)?.map(Destination::stored),
        })
    };
    let mut stored = Stored {
        connection: record(row, &Key::ALL)?,
        version: Version(row.try_get("version")?),
        password: stamp("password_date", "password_version", "password_destination")?,
        token: stamp("token_date", "token_version", "token_destination")?,
        health: health(row)?,
    };
    for (field, cell) in SEALED {
        if let Some(sealed) = row.try_get::<Option<&[u8]>, _>(field.key().column())? {
            let destination = stored.stamp(field).and_then(|stamp| stamp.destination.clone());
            let place = place(&stored.connection, cell, &destination.unwrap_or_default());
            let value = vault.open_text(&place, sealed)?;
            stored.connection.set(field, Some(value.expose().to_owned()));
        }
    }
    Ok(stored)
}

/// Reads how the connection fares.
fn health(row: &Row) -> Result<Health> {
    let (json, due_at): (Option<&str>, _) = (row.try_get("health")?, row.try_get("due_at")?);
    Health::of(row.try_get("state")?, json, due_at)
}

/// Reads some of the record's columns, but no secret.
pub(super) fn record(row: &Row, keys: &[Key]) -> sqlx::Result<Connection> {
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

/// Pushes a whole row, its secrets sealed, in the order of `COLUMNS` and `DERIVED`.
pub(super) fn push_row(
    values: &mut Separated<Driver, &str>,
    stored: &Stored,
    [sealed_password, sealed_token]: [Option<Vec<u8>>; 2],
) {
    let Stored { connection, version, password, token, health } = stored;
    let Derived { channel, state, expires_at, name_key, search } = Derived::of(connection, health);
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
    for Stamp { date, version, destination } in [password, token] {
        values.push_bind(date.clone()).push_bind(version.0);
        values.push_bind(destination.as_ref().map(ToString::to_string));
    }
    values.push_bind(health.json()).push_bind(health.due_at).push_bind(state.code());
    values.push_bind(channel).push_bind(expires_at).push_bind(name_key).push_bind(search);
}
