//! The columns of the table `connection`, which every database has.

use super::Result;
use crate::vault::{Cell, Place, Vault};
use shared::{Connection, Field};

/// All columns of the record, quoted, in the documented order, then those beside it.
pub(super) const COLUMNS: &str = r#"
    "id", "last_activity", "activity_date", "position", "site_id", "media_id", "provider_id",
    "code", "name", "user_id", "password", "host", "database", "port", "url", "from", "token",
    "start_date", "end_date", "priority", "enabled", "status_id", "target_id", "type_id",
    "parent_id", "incoming", "outgoing", "create_date", "modify_date", "error", "remarks",
    "agent_id", "version", "password_date", "password_version", "token_date", "token_version",
    "health", "due_at", "state""#;

/// The columns that are sealed.
pub(super) const SEALED: [(Field, Cell); 2] =
    [(Field::Password, Cell::Password), (Field::Token, Cell::Token)];

/// The columns that the board goes by (see [`Derived`](super::Derived)).
pub(super) const DERIVED: &str = "channel, name_key, search";

/// Where a connection's secret is stored.
pub(super) fn place(connection: &Connection, cell: Cell) -> Place {
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

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Key;

    #[test]
    fn the_columns_are_those_of_the_record_in_its_order() {
        let named: Vec<_> = COLUMNS.split(',').map(|name| name.trim().trim_matches('"')).collect();
        let record: Vec<_> = Key::ALL.into_iter().map(Key::column).collect();
        assert_eq!(named[..record.len()], record);
    }
}
