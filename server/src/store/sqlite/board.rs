//! The board's two statements. Neither goes through all rows, whatever is asked for.
//!
//! Without a search, each combination of a channel and a state that is asked for is a range of one
//! index, in the order of the page; the page is the first of all of them. A search has two ways to its
//! page, and the statement itself chooses. What the full-text index finds is sorted, if it is not much.
//! If it is, the page is most likely full after a few rows in its order; if those were not the right
//! ones, it is made of those and of the first that were found, and says so.

use super::search::push_found;
use crate::store::{
    BOUND, SiteScope,
    board::{PARTIAL, Page, SHOWN},
    search_terms,
};
use app::backend::{BoardQuery, PAGE_SIZE};
use shared::Channel;
use sqlx::{QueryBuilder, Sqlite};

/// The rows in the order of the page that are looked through for what much matches: about as much work
/// as to sort what is not much.
const WALK: u32 = 3000;

type Builder = QueryBuilder<Sqlite>;

/// A page, and one row more if there is one, from the end that it was asked from.
pub(super) fn page(scope: SiteScope, query: &BoardQuery) -> Builder {
    let page = Page::of(scope, query);
    let mut sql = Builder::new("WITH ");
    let terms = search_terms(&query.search);
    if terms.is_empty() {
        sql.push("page AS (");
        push_ranges(&page, &mut sql);
    } else {
        push_matches(&page, &mut sql, query, &terms);
    }
    sql.push(") SELECT ");
    let mut columns = sql.separated(", ");
    for key in SHOWN {
        columns.push(format!("connection.\"{}\"", key.column()));
    }
    sql.push(if terms.is_empty() { ", FALSE AS " } else { ", (SELECT so FROM partial) AS " });
    sql.push(PARTIAL).push(" FROM (SELECT key, id FROM page");
    sql.push(page.order("key", "id"));
    sql.push(" LIMIT ").push_bind(PAGE_SIZE + 1);
    sql.push(") AS shown CROSS JOIN connection ON connection.id = shown.id");
    sql.push(page.order("shown.key", "shown.id"));
    sql
}

/// The counts of a search's first matches, or of all rows, by channel and state.
pub(super) fn counts(scope: SiteScope, search: &str) -> Builder {
    let terms = search_terms(search);
    if terms.is_empty() {
        let mut sql = Builder::new(
            "SELECT channel, in_use, count FROM connection_count WHERE count > 0 AND site_id = ",
        );
        sql.push_bind(scope.site().0);
        return sql;
    }
    let mut sql = Builder::new("SELECT channel, in_use, count(*) FROM (");
    push_found(&mut sql, "channel, in_use", scope, (None, None), &terms);
    sql.push(" LIMIT ").push_bind(BOUND).push(") GROUP BY 1, 2");
    sql
}

/// The first rows of each range.
fn push_ranges(page: &Page, sql: &mut Builder) {
    if page.ranges.is_empty() {
        push_range(page, sql, None);
    }
    for (index, range) in page.ranges.iter().enumerate() {
        sql.push(if index > 0 { " UNION ALL " } else { "" });
        push_range(page, sql, Some(*range));
    }
}

fn push_range(page: &Page, sql: &mut Builder, range: Option<(Channel, bool)>) {
    sql.push("SELECT * FROM (SELECT ").push(page.key).push(" AS key, id FROM connection");
    push_bounds(page, sql, range);
    sql.push(page.order(page.key, "id"));
    sql.push(" LIMIT ").push_bind(PAGE_SIZE + 1).push(")");
}

/// The first matches of a search.
fn push_matches(page: &Page, sql: &mut Builder, query: &BoardQuery, terms: &[String]) {
    sql.push("few AS MATERIALIZED (");
    push_found(sql, "found.id", page.scope, (query.channel, query.enabled), terms);
    sql.push(" LIMIT ").push_bind(BOUND);
    sql.push("), many AS MATERIALIZED (SELECT count(*) >= ").push_bind(BOUND);
    sql.push(" AS so FROM few), walked AS MATERIALIZED (");
    push_walk(page, sql, query, terms);
    sql.push("), partial AS MATERIALIZED (SELECT (SELECT so FROM many) AND count(*) <= ")
        .push_bind(PAGE_SIZE);
    // Shorter than the walk is only what it went through to the end.
    sql.push(" AND (SELECT count(*) FROM (");
    push_window(page, sql, "1");
    sql.push(")) = ").push_bind(WALK);
    sql.push(
        " AS so FROM walked), page AS (SELECT key, id FROM walked UNION SELECT * FROM (SELECT ",
    );
    sql.push(page.key).push(" AS key, connection.id ");
    // A limit of none keeps the database from looking; a condition that never holds would not.
    sql.push("FROM (SELECT id FROM few LIMIT (SELECT iif(many.so AND NOT partial.so, 0, -1) ");
    sql.push("FROM many, partial)) AS found CROSS JOIN connection ON connection.id = found.id");
    push_bounds(page, sql, None);
    sql.push(page.order(page.key, "connection.id"));
    sql.push(" LIMIT ").push_bind(PAGE_SIZE + 1).push(")");
}

/// If much matches: of the first rows in their order those that do, as they come.
fn push_walk(page: &Page, sql: &mut Builder, query: &BoardQuery, terms: &[String]) {
    sql.push("SELECT key, id FROM (");
    push_window(page, sql, &format!("{} AS key, id, channel, in_use, search", page.key));
    sql.push(") WHERE TRUE");
    if let Some(channel) = query.channel {
        sql.push(" AND channel = ").push_bind(channel.slug());
    }
    if let Some(enabled) = query.enabled {
        sql.push(" AND in_use = ").push_bind(enabled);
    }
    for term in terms {
        sql.push(" AND instr(search, ").push_bind(term.clone()).push(") > 0");
    }
    sql.push(" LIMIT ").push_bind(PAGE_SIZE + 1);
}

/// The first rows in their order, if much matches. What is looked at is in the indexes by date and by
/// name.
fn push_window(page: &Page, sql: &mut Builder, columns: &str) {
    sql.push("SELECT ").push(columns).push(" FROM connection");
    push_bounds(page, sql, None);
    sql.push(page.order(page.key, "id"));
    sql.push(" LIMIT (SELECT so * ").push_bind(WALK).push(" FROM many)");
}

/// Which rows are to be shown, as far as an index knows.
fn push_bounds(page: &Page, sql: &mut Builder, range: Option<(Channel, bool)>) {
    sql.push(" WHERE site_id = ").push_bind(page.scope.site().0);
    if let Some((channel, state)) = range {
        sql.push(" AND channel = ").push_bind(channel.slug());
        sql.push(" AND in_use = ").push_bind(state);
    }
    page.push_cursor(sql);
}
