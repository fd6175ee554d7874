//! What SQLite says differently from PostgreSQL in the statements of both.

use super::{DriverConnection, Row, Sqlite, Writer, group_rows::Part};
use crate::store::Result;
use shared::{MAX_NUMBER, SiteId, audit::ActivityQuery};
use std::os::unix::fs::MetadataExt;

/// The database's own time, in seconds since 1970.
pub(super) const NOW: &str = "unixepoch()";

/// The type of bytes.
pub(super) const BYTES: &str = "BLOB";

/// Holds a row that is read, until the end: whoever writes holds the whole database.
pub(super) const FOR_UPDATE: &str = "";

/// Before and between two statements that are sent together.
pub(super) const BOTH: [&str; 2] = ["", "; "];

/// Around a selection of a few numbers, one of which a row is to have.
pub(super) const ANY_ID: [&str; 2] = ["id IN (", ")"];

/// What a session says with changes, the first parameter, merged into it (RFC 7396).
pub(super) const CHANGED_DATA: &str = "json_patch(data, $1)";

/// The index of a list of events. Left to itself, SQLite goes through a site's whole log for what is in its order
/// anyway.
pub(super) fn index_of_events(query: &ActivityQuery) -> &'static str {
    match (query.connection, query.person) {
        (Some(_), _) => " INDEXED BY audit_connection",
        (None, Some(_)) => " INDEXED BY audit_user",
        (None, None) => "",
    }
}

/// Sign-ins are counted one at a time: whoever writes is alone.
#[expect(clippy::unused_async, reason = "on PostgreSQL it asks the database")]
pub(super) async fn lock_sign_ins(_: &mut DriverConnection) -> Result<()> {
    Ok(())
}

/// Reserves numbers of new connections, greater than `given`, and returns the one before the first; `None` if there
/// are no more.
pub(super) async fn reserve_numbers(
    tx: &mut Writer,
    given: i64,
    count: i64,
) -> Result<Option<i64>> {
    let sql = "
        UPDATE connection_number SET last = max(last, $1) + $2
        WHERE max(last, $1) + $2 <= $3 RETURNING last - $2";
    let query = sqlx::query_scalar(sql).bind(given).bind(count).bind(MAX_NUMBER);
    Ok(query.fetch_optional(&mut *tx.tx).await?)
}

/// A parameter of a statement that has many, the `number`th. SQLite takes one with a number for a name, and goes
/// through all names for each.
pub(super) fn parameter(_: usize) -> String {
    "?".to_owned()
}

/// Around the JSON list of which each value is a row.
pub(super) const JSON_ROWS: [&str; 2] = ["json_each(", ")"];

/// What begins a group's transaction by itself.
pub(super) const fn begin_group(_: SiteId) -> Option<String> {
    None
}

/// What begins it together with the statement that loads.
pub(super) const BEGIN_WITH: &str = "BEGIN IMMEDIATE; ";

/// What commits a group by itself.
pub(super) const COMMIT_GROUP: Option<&str> = None;

/// All that a group writes, and its commit. A statement that changed fewer rows than it must makes it fail.
pub(super) fn write_group(parts: &[(&Part, String, Option<String>)]) -> String {
    let statements = parts.iter().map(|(Part { name, statement, .. }, rows, counted)| {
        let guard = counted.as_ref().map(|count| {
            format!("; SELECT CASE WHEN changes() = {count} THEN 0 ELSE json('{name}') END")
        });
        format!("WITH {rows} {statement}{}; ", guard.unwrap_or_default())
    });
    statements.collect::<String>() + "COMMIT"
}

/// Whether it changed all that it must.
#[expect(clippy::unnecessary_wraps, reason = "on PostgreSQL it is read")]
pub(super) const fn is_written(_: &[Row]) -> Result<bool> {
    Ok(true)
}

/// Where the database is, and where it was when it was last served.
pub(super) async fn places(database: &Sqlite) -> Result<(String, Option<String>)> {
    let file = std::fs::metadata(&database.file).map_err(sqlx::Error::Io)?;
    let sql = "SELECT place FROM installation";
    let known = sqlx::query_scalar(sql).fetch_one(&database.readers).await?;
    Ok((format!("{}:{}", file.dev(), file.ino()), known))
}
