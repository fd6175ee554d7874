//! The columns of the table `connection`, which every database has. Some are denormalised, for the board and search.

use super::{Result, SealedCell, Stored};
use crate::vault::{SecretColumn, SecretLocation, Vault};
use serde::Serialize;
use shared::{Connection, ConnectionId, Destination, Field, SiteId};

/// All columns of the record, quoted, in the documented order, then those beside it.
pub(super) const COLUMNS: &str = r#"
    "id", "last_activity", "activity_date", "position", "site_id", "media_id", "provider_id",
    "code", "name", "user_id", "password", "host", "database", "port", "url", "from", "token",
    "start_date", "end_date", "priority", "enabled", "status_id", "target_id", "type_id",
    "parent_id", "incoming", "outgoing", "create_date", "modify_date", "error", "remarks",
    "agent_id", "version", "password_date", "password_version", "password_destination", "token_date",
    "token_version", "token_destination", "health", "due_at", "state""#;

/// The columns that are sealed.
pub(super) const SEALED: [(Field, SecretColumn); 2] =
    [(Field::Password, SecretColumn::Password), (Field::Token, SecretColumn::Token)];

/// The columns that the board goes by (see [`Derived`](super::Derived)).
pub(super) const DERIVED: &str = "channel, expires_at, name_key, search";

/// Where a connection's secret is stored, and what it was given for. The codes of the channel are bound
/// as well: a row that is turned into another channel opens nothing for it.
pub(super) fn place(
    connection: &Connection,
    cell: SecretColumn,
    destination: &Destination,
) -> SecretLocation {
    let (media, provider) = (connection.media_id.as_deref(), connection.provider_id.as_deref());
    let bound = purpose(&(media, provider, destination.as_ref()));
    SecretLocation { cell, site: connection.site_id, row: connection.id.0, bound }
}

/// Where a previous secret is stored, and what it was given for.
pub(super) fn previous_secret_location(
    site: SiteId,
    (id, event, field): (ConnectionId, i64, Field),
    destination: &Destination,
) -> SecretLocation {
    let bound = purpose(&(event, field.name(), destination.as_ref()));
    SecretLocation { cell: SecretColumn::PreviousSecret, site, row: id.0, bound }
}

fn purpose(parts: &impl Serialize) -> String {
    serde_json::to_string(parts).unwrap_or_default()
}

/// A sealed value with its row, its site, and the [columns](bound_columns) that it is bound to.
pub(super) type BoundRow =
    (i64, i64, Vec<u8>, Option<String>, Option<String>, Option<i64>, Option<i64>, Option<String>);

/// The columns that a cell's associated data is made from: codes of the channel, or of the change.
pub(super) fn bound_columns(cell: SecretColumn) -> &'static str {
    match cell {
        SecretColumn::Password => "media_id, provider_id, NULL, NULL, password_destination",
        SecretColumn::Token => "media_id, provider_id, NULL, NULL, token_destination",
        SecretColumn::PreviousSecret => "field, NULL, connection_id, event, destination",
        SecretColumn::ProviderSession | SecretColumn::ServerKey => "NULL, NULL, NULL, NULL, NULL",
    }
}

/// A sealed value with the place that it opens at.
pub(super) fn sealed_cell(
    cell: SecretColumn,
    (row, site, sealed, code, provider, id, event, destination): BoundRow,
) -> SealedCell {
    let destination = destination.unwrap_or_default();
    let (bound, number) = match cell {
        SecretColumn::Password | SecretColumn::Token => {
            (purpose(&(code, provider, destination)), row)
        }
        SecretColumn::PreviousSecret => {
            (purpose(&(event, code, destination)), id.unwrap_or_default())
        }
        SecretColumn::ProviderSession | SecretColumn::ServerKey => (String::new(), row),
    };
    SealedCell {
        place: SecretLocation { cell, site: SiteId(site), row: number, bound },
        row,
        sealed,
    }
}

/// A connection's secret, sealed for its place.
pub(super) fn sealed(
    stored: &Stored,
    (field, cell): (Field, SecretColumn),
    vault: &Vault,
) -> Result<Option<Vec<u8>>> {
    let Some(secret) = stored.connection.secret(field.key()) else { return Ok(None) };
    let destination = stored.stamp(field).and_then(|stamp| stamp.destination.clone());
    let place = place(&stored.connection, cell, &destination.unwrap_or_default());
    Ok(Some(vault.seal(&place, secret.expose().as_bytes())?))
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
