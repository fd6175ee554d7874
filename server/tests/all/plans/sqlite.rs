//! SQLite's plans.

use super::one_of_the_log;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use std::{collections::BTreeMap, collections::BTreeSet, path::Path};

/// The tables that grow with what a site has.
const LARGE: [&str; 2] = ["connection", "audit"];

/// The index of the board, if no row is read for it.
const BOARD: &str = "USING COVERING INDEX connection_board (site_id=?";

/// The index of a site's numbers.
const BY_NUMBER: &str = "USING INDEX sqlite_autoindex_connection_1 (site_id=?";

pub async fn check(file: &Path, statements: BTreeSet<String>) {
    let url = format!("sqlite://{}", file.display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    let parts = statements.iter().flat_map(|sql| sql.split("; "));
    let statements = parts.filter(|sql| !sql.starts_with("BEGIN") && *sql != "COMMIT");
    for sql in statements {
        let sql = sql.to_owned();
        let plan = plan(&mut database, &sql).await;
        let wrong = plan.values().find_map(|steps| problem(&sql, steps));
        assert_eq!(wrong, None, "{sql}\n{plan:#?}");
        // The board goes along its index alone, and reads the rows of its page; by number, along the numbers.
        if sql.contains("search") && sql.starts_with("SELECT") {
            let mut steps =
                plan.values().flatten().filter(|step| step.starts_with("SEARCH connection "));
            let by_number = |step: &str| step.contains(BY_NUMBER) && sql.contains("ORDER BY id");
            let all = steps
                .all(|step| step.contains(BOARD) || step.contains("rowid=?") || by_number(step));
            assert!(all, "{sql}\n{plan:#?}");
        }
        if let Some(column) = one_of_the_log(&sql, "?") {
            let mut steps =
                plan.values().flatten().filter(|step| step.starts_with("SEARCH audit "));
            let all = steps.all(|step| step.contains(&format!("(site_id=? AND {column}=?")));
            assert!(all, "{sql}\n{plan:#?}");
        }
    }
}

/// The steps of a plan, each with those within it.
async fn plan(database: &mut SqliteConnection, sql: &str) -> BTreeMap<i64, Vec<String>> {
    let explain = format!("EXPLAIN QUERY PLAN {sql}");
    let rows = sqlx::query(AssertSqlSafe(explain)).fetch_all(database).await.unwrap();
    let mut within: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in rows {
        within.entry(row.get("parent")).or_default().push(row.get("detail"));
    }
    within
}

/// What is wrong with the steps of one level: a large table is scanned, or what an index of it
/// gives has to be sorted, unless the board was asked for another order than its own. What comes out of another part of the statement is bounded there.
fn problem<'a>(sql: &str, steps: &'a [String]) -> Option<&'a String> {
    let reads = |step: &&String, how: &str| {
        let rest = step.strip_prefix(how).unwrap_or_default();
        LARGE.iter().any(|table| rest.split(' ').next() == Some(table))
    };
    let scan = steps.iter().find(|step| reads(step, "SCAN "));
    let sorted = steps.iter().find(|step| step.starts_with("USE TEMP B-TREE FOR ORDER BY"));
    let is_large = |first: &&String| {
        let is_one_of_few = ["rowid=?", "AND id=?"].iter().any(|key| first.contains(key));
        let is_other_order = first.contains(BOARD) && !sql.contains("ORDER BY modify_date");
        reads(first, "SEARCH ") && !is_one_of_few && !is_other_order
    };
    scan.or(sorted.filter(|_| steps.iter().next().is_some_and(|first| is_large(&first))))
}
