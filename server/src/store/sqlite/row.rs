//! A row of the table `connection`, to and from the record.

use crate::store::{Stamp, Stored};
use shared::{Connection, Key, Version};
use sqlx::{
    FromRow, Row, Sqlite,
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

impl FromRow<'_, SqliteRow> for Stored {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let stamp = |date, version| {
            Ok::<_, sqlx::Error>(Stamp {
                date: row.try_get(date)?,
                version: Version(row.try_get(version)?),
            })
        };
        Ok(Self {
            connection: record(row, &Key::ALL)?,
            version: Version(row.try_get("version")?),
            password: stamp("password_date", "password_version")?,
            token: stamp("token_date", "token_version")?,
        })
    }
}

/// Reads some of the record's columns.
pub(super) fn record(row: &SqliteRow, keys: &[Key]) -> sqlx::Result<Connection> {
    let mut connection = Connection::default();
    for &key in keys {
        let text = match key {
            Key::Id | Key::SiteId => Some(row.try_get::<i64, _>(key.column())?.to_string()),
            _ => row.try_get(key.column())?,
        };
        connection.set_text(key, text);
    }
    Ok(connection)
}

/// Binds the record's texts under the given keys.
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
