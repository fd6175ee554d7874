//! SQLite's plans.

use super::one_of_the_log;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use std::{collections::BTreeMap, collections::BTreeSet, path::Path};

/// The tables that grow with what a site has.
const LARGE: [&str; 2] = ["connection", "audit"];

pub async fn check(file: &Path, statements: BTreeSet<String>) {
    let url = format!("sqlite://{}", file.display());
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    for sql in statements {
        let plan = plan(&mut database, &sql).await;
        let wrong = plan.values().find_map(|steps| problem(steps));
        assert_eq!(wrong, None, "{sql}\n{plan:#?}");
        // A search looks for what is filtered in the full-text index.
        if sql.contains(" AND state = ?") && !sql.contains("MATCH") {
            let steps =
                plan.values().flatten().filter(|step| step.starts_with("SEARCH connection "));
            let mut ranges = steps.filter(|step| !step.contains("rowid=?"));
            let all = ranges.all(|step| step.contains("channel=? AND state=?"));
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

/// What is wrong with the steps of one level: a large table is gone through, or what an index of it
/// gives has to be sorted. What comes out of another part of the statement is bounded there.
fn problem(steps: &[String]) -> Option<&String> {
    let reads = |step: &&String, how: &str| {
        let rest = step.strip_prefix(how).unwrap_or_default();
        LARGE.iter().any(|table| rest.split(' ').next() == Some(table))
    };
    let scan = steps.iter().find(|step| reads(step, "SCAN "));
    let sorted = steps.iter().find(|step| step.starts_with("USE TEMP B-TREE FOR ORDER BY"));
    scan.or(sorted.filter(|_| steps.iter().next().is_some_and(|first| reads(&first, "SEARCH "))))
}
