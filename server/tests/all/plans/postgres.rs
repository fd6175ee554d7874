//! PostgreSQL's plans, as it makes them for any values and for tables that are large, as it believes.

use super::one_of_the_log;
use crate::cluster::Cluster;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, raw_sql};
use std::collections::BTreeSet;

/// The tables that grow with what a site has.
const LARGE: [&str; 2] = ["connection", "audit"];

/// What it takes them for: half of the rows are a site's, whatever it saw in the few that there are. It
/// takes the number of rows a page from here, and looks up the pages.
const LARGE_TABLE: &str = "
    ALTER TABLE $TABLE ALTER COLUMN site_id SET (n_distinct = 2);
    ANALYZE $TABLE;
    UPDATE pg_class SET reltuples = 1000000, relpages = 1
    WHERE oid = '$TABLE'::REGCLASS
        OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = '$TABLE'::REGCLASS)";

/// And that there are as many channels and states as there are.
const FEW_GROUPS: &str = "
    ALTER TABLE connection ALTER COLUMN channel SET (n_distinct = 6), ALTER COLUMN state SET (n_distinct = 5)";

const SETTINGS: &str = "SET plan_cache_mode = force_generic_plan; SET patchbay.site = '169'";

pub async fn check(url: &str, statements: BTreeSet<String>) {
    let name = url.rsplit('/').next().unwrap();
    let cluster = Cluster::of_the_tests().unwrap();
    let mut superuser = PgConnection::connect(&cluster.url_of(name)).await.unwrap();
    raw_sql(FEW_GROUPS).execute(&mut superuser).await.unwrap();
    let mut changed = 0;
    for table in LARGE {
        let sql = AssertSqlSafe(LARGE_TABLE.replace("$TABLE", table));
        changed += raw_sql(sql).execute(&mut superuser).await.unwrap().rows_affected();
    }
    assert!(changed > 10, "{changed} tables and indexes seem large");
    let mut database = PgConnection::connect(url).await.unwrap();
    raw_sql(SETTINGS).execute(&mut database).await.unwrap();
    for sql in statements {
        let plan = plan(&mut database, &sql).await;
        let wrong = problem(&sql, &plan, false);
        assert_eq!(wrong, None, "{sql}\n{plan:#}");
        assert!(!bounds_a_join_unseen(&sql), "{sql}");
        if let Some(column) = one_of_the_log(&sql, "$") {
            let found = by_index(&plan, "audit", column);
            assert!(found, "{sql}\n{plan:#}");
        }
    }
}

async fn plan(database: &mut PgConnection, sql: &str) -> Value {
    let prepare = format!("PREPARE seen AS {sql}");
    let prepared = raw_sql(AssertSqlSafe(prepare)).execute(&mut *database).await;
    prepared.unwrap_or_else(|error| panic!("{error}: {sql}"));
    let values = vec!["NULL"; parameters(sql)].join(", ");
    let values = if values.is_empty() { values } else { format!("({values})") };
    let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE seen{values}");
    let explained = raw_sql(AssertSqlSafe(explain)).fetch_one(&mut *database).await.unwrap();
    // It has the type `json`, which the simple protocol sends as text.
    let json: String = explained.get_unchecked(0);
    let mut plan: Value = serde_json::from_str(&json).unwrap();
    raw_sql("DEALLOCATE seen").execute(database).await.unwrap();
    plan[0]["Plan"].take()
}

/// The highest number of a parameter.
fn parameters(sql: &str) -> usize {
    let numbers = sql.split('$').skip(1).map(|rest| {
        let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().unwrap_or(0)
    });
    numbers.max().unwrap_or(0)
}

/// What is wrong with a step or one within it: a large table is scanned, or what an index of it
/// gives has to be sorted, unless the board was asked for another order than its own.
fn problem(sql: &str, step: &Value, is_sorted: bool) -> Option<String> {
    let kind = step["Node Type"].as_str().unwrap_or_default();
    let table = step["Relation Name"].as_str().filter(|table| LARGE.contains(table));
    if let Some(table) = table.filter(|_| kind.ends_with("Scan")) {
        let by_index = step["Index Cond"].is_string() || kind == "Bitmap Heap Scan";
        if !by_index {
            return Some(format!("{kind} of {table}"));
        }
        // A few that were found before are looked up by their numbers, and in another order than its own the
        // board's index is scanned and sorted.
        let is_few = step["Index Cond"].as_str().unwrap_or_default().contains("id = ANY");
        let is_board = kind == "Index Only Scan" && step["Index Name"] == "connection_board";
        let is_other_order = is_board && !sql.contains("ORDER BY modify_date");
        if is_sorted && !is_few && !is_other_order {
            return Some(format!("{table} is sorted"));
        }
    }
    let parts = step["Plans"].as_array().into_iter().flatten();
    parts.into_iter().find_map(|part| {
        // What is sorted is bounded where a limit ends it, where it is made once before, or where it
        // is looked up for each row of what comes first.
        let how = part["Parent Relationship"].as_str().unwrap_or_default();
        let bounded = kind == "Limit" || how == "InitPlan" || how == "SubPlan" || how == "Inner";
        problem(sql, part, (is_sorted || kind == "Sort") && !bounded)
    })
}

/// Whether rows within a limit that is not known beforehand are joined without being looked up one by
/// one. Such a limit is taken for a tenth of the table, so that all of a table that really is large may
/// be scanned for it; these are too small for their plans to show it.
fn bounds_a_join_unseen(sql: &str) -> bool {
    let Some((_, rest)) = sql.split_once("LIMIT $") else { return false };
    let is_within = rest.matches(')').count() > rest.matches('(').count();
    let is_joined = sql.contains("JOIN") || sql.contains("IN (SELECT");
    is_within && is_joined
}

/// Whether a step reads a table by an index of a column.
fn by_index(step: &Value, table: &str, column: &str) -> bool {
    let condition = step["Index Cond"].as_str().unwrap_or_default();
    let parts = step["Plans"].as_array().into_iter().flatten();
    let mut parts = parts.map(|part| by_index(part, table, column));
    step["Relation Name"] == table && condition.contains(&format!("({column} = "))
        || parts.any(|is| is)
}
