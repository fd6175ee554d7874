//! What PostgreSQL says differently from SQLite in the statements of both.

use super::{DriverConnection, Postgres, Row, Writer, begin, group_rows::Part};
use crate::store::Result;
use shared::{MAX_NUMBER, SiteId, audit::ActivityQuery};
use sqlx::Row as _;

/// The database's own time, in seconds since 1970.
pub(super) const NOW: &str = "extract(epoch FROM now())::BIGINT";

/// The type of bytes.
pub(super) const BYTES: &str = "BYTEA";

/// Holds a row that is read, until the end. A transaction of a site holds its audit head already, one of the whole
/// server does from here on.
pub(super) const FOR_UPDATE: &str = " FOR UPDATE";

/// Before and between two statements that are sent together.
pub(super) const BOTH: [&str; 2] = ["WITH first AS (", ") "];

/// Around a selection of a few numbers, one of which a row is to have. PostgreSQL takes a limit that it does not
/// know for a tenth of the table, and would go through that; of an array it expects little.
pub(super) const ANY_ID: [&str; 2] = ["id = ANY (ARRAY(", "))"];

/// What a session says with changes, the first parameter, merged into it (RFC 7396).
pub(super) const CHANGED_DATA: &str = "(
    SELECT COALESCE(jsonb_object_agg(key, value) FILTER (WHERE value <> 'null'), '{}')
    FROM jsonb_each(data::JSONB || $1::JSONB))::TEXT";

/// The index of a list of events: PostgreSQL chooses well.
pub(super) const fn index_of_events(_: &ActivityQuery) -> &'static str {
    ""
}

/// Sign-ins are counted one at a time, on all servers.
pub(super) async fn lock_sign_ins(connection: &mut DriverConnection) -> Result<()> {
    sqlx::query("SELECT FROM sign_in_lock FOR UPDATE").execute(connection).await?;
    Ok(())
}

/// Reserves numbers of new connections, greater than `given`, and returns the one before the first; `None` if there
/// are no more. It is a transaction of its own, since creations of all sites meet here; what is reserved and not
/// used is a gap. It need not be durable before whatever uses the numbers is, and that is written after it.
pub(super) async fn reserve_numbers(
    tx: &mut Writer,
    given: i64,
    count: i64,
) -> Result<Option<i64>> {
    let sql = "
        UPDATE connection_number SET last = greatest(last, $1) + $2
        FROM (SELECT set_config('synchronous_commit', 'off', TRUE)) AS setting
        WHERE greatest(last, $1) + $2 <= $3 RETURNING last - $2";
    let query = sqlx::query_scalar(sql).bind(given).bind(count).bind(MAX_NUMBER);
    Ok(query.fetch_optional(&tx.database.server).await?)
}

/// A parameter of a statement that has many, the `number`th.
pub(super) fn parameter(number: usize) -> String {
    format!("${number}")
}

/// Around the JSON list of which each value is a row.
pub(super) const JSON_ROWS: [&str; 2] = ["jsonb_array_elements(CAST(", " AS JSONB))"];

/// What begins a group's transaction by itself.
#[expect(clippy::unnecessary_wraps, reason = "on SQLite there is none")]
pub(super) fn begin_group(site: SiteId) -> Option<String> {
    Some(begin(site))
}

/// What begins it together with the statement that loads.
pub(super) const BEGIN_WITH: &str = "";

/// What commits a group by itself.
pub(super) const COMMIT_GROUP: Option<&str> = Some("COMMIT");

/// All that a group writes, in one statement, which says whether it changed all that it must.
pub(super) fn write_group(parts: &[(&Part, String, Option<String>)]) -> String {
    let rows = parts.iter().map(|(_, rows, _)| rows.clone());
    let statements = parts.iter().map(|(Part { name, statement, .. }, ..)| {
        format!("done_{name} AS ({statement} RETURNING 1)")
    });
    let counted = parts.iter().filter_map(|(Part { name, .. }, _, counted)| {
        counted.as_ref().map(|count| format!("(SELECT count(*) FROM done_{name}) = {count}"))
    });
    let with: Vec<_> = rows.chain(statements).collect();
    format!("WITH {} SELECT {}", with.join(", "), counted.collect::<Vec<_>>().join(" AND "))
}

/// Whether it changed all that it must.
pub(super) fn is_written(rows: &[Row]) -> Result<bool> {
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(false))
}

/// Where the database is, and where it was when it was last served.
pub(super) async fn places(database: &Postgres) -> Result<(String, Option<String>)> {
    // Some providers keep it from ordinary roles; a dump that is read back has other oids anyway.
    let sql = "SELECT system_identifier FROM pg_control_system()";
    let system: sqlx::Result<i64> = sqlx::query_scalar(sql).fetch_one(&database.server).await;
    let sql = "
        SELECT pg_database.oid::BIGINT, 'installation'::REGCLASS::OID::BIGINT, installation.place
        FROM pg_database, installation WHERE datname = current_database()";
    let (database, table, known): (i64, i64, _) =
        sqlx::query_as(sql).fetch_one(&database.server).await?;
    let system = match system {
        Ok(system) => system.to_string(),
        Err(sqlx::Error::Database(error)) if error.code().as_deref().is_some_and(is_withheld) => {
            String::new()
        }
        // A copy is not to be seen in a query that timed out.
        Err(error) => return Err(error.into()),
    };
    Ok((format!("{system}:{database}:{table}"), known))
}

/// Whether a function is not to be used by this role, or there is none of that name.
fn is_withheld(code: &str) -> bool {
    ["42501", "42883"].contains(&code)
}
