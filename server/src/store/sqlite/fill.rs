//! Fills what the board goes by in rows from before there was such a thing.

use super::row::record;
use crate::store::{Derived, Health, Result};
use shared::Key;
use sqlx::{AssertSqlSafe, SqlitePool};

/// Rows of one transaction.
const BATCH: u32 = 1000;

/// More is searched of no row: six fields of 100 characters, each behind two.
const LONGEST: usize = 612;

/// What the derived columns come from.
const NEEDED: [Key; 9] = [
    Key::Id,
    Key::MediaId,
    Key::ProviderId,
    Key::Name,
    Key::UserId,
    Key::Host,
    Key::From,
    Key::Enabled,
    Key::TargetId,
];

/// Goes through the rows that have nothing yet, or more than there is now: in a database of this version
/// none.
pub(super) async fn fill(writer: &SqlitePool) -> Result<()> {
    let columns = NEEDED.map(|key| format!("\"{}\"", key.column())).join(", ");
    // Without being told, SQLite goes through all rows instead of these two small indexes.
    let sql = format!(
        "SELECT {columns} FROM connection WHERE id IN (
            SELECT id FROM connection INDEXED BY connection_unfilled WHERE channel IS NULL
            UNION ALL SELECT id FROM connection INDEXED BY connection_overfilled
            WHERE length(search) > {LONGEST} LIMIT {BATCH})"
    );
    loop {
        let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
        let rows = sqlx::query(AssertSqlSafe(sql.as_str())).fetch_all(&mut *tx).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let connection = record(&row, &NEEDED)?;
            let derived = Derived::of(&connection, &Health::default());
            let Derived { channel, state, name_key, search } = derived;
            let sql = "
                UPDATE connection SET channel = ?1, state = ?2, name_key = ?3, search = ?4, due_at = iif(
                    ?2 = 1 AND ?1 <> 'other', unixepoch() + abs(random() % 3600), NULL)
                WHERE id = ?5";
            let query =
                sqlx::query(sql).bind(channel).bind(state.code()).bind(name_key).bind(search);
            query.bind(connection.id.0).execute(&mut *tx).await?;
        }
        tx.commit().await?;
    }
}
