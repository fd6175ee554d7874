//! The board's statement. It does not go through all rows, whatever is asked for.
//!
//! Without a search, each combination of a channel and a state that is asked for is a range of one
//! index, in the order of the page; the page is the first of all of them. A search has two ways to its
//! page, and the statement itself chooses. What the full-text index finds is sorted, if it is not much.
//! If it is, the page is most likely full after a few rows in its order; if those were not the right
//! ones, it is made of those and of the first that were found, and says so.

use super::search::{places, push_ids, push_match};
use crate::store::{
    BOUND, SiteScope,
    board::{FACETS, PARTIAL, Page, SHOWN},
    search_terms,
};
use app::backend::{BoardQuery, PAGE_SIZE};
use shared::{Channel, State};
use sqlx::{QueryBuilder, Sqlite};

/// The rows in the order of the page that are looked through for what much matches: about as much work
/// as to sort what is not much.
const WALK: u32 = 3000;

/// What is looked at of what matches on any site: enough if most of it is the site's.
const FIRST: u32 = BOUND + BOUND / 5;

type Builder = QueryBuilder<Sqlite>;

/// A page, and one row more if there is one, from the end that it was asked from; beside each row the
/// counts by channel and state, of all rows or of a search's first matches. There is a row for those
/// also if the page has none.
pub(super) fn page(scope: SiteScope, query: &BoardQuery) -> Builder {
    let page = Page::of(scope, query);
    let mut sql = Builder::new("WITH ");
    let terms = search_terms(&query.search);
    if terms.is_empty() {
        sql.push("page AS (");
        push_ranges(&page, &mut sql);
        sql.push("), facet AS (SELECT channel, state, count FROM connection_count WHERE count > 0");
        sql.push(" AND site_id = ").push_bind(scope.site().0);
        sql.push("), partial AS (SELECT FALSE AS so)");
    } else {
        push_matches(&page, &mut sql, query, &terms);
    }
    sql.push(" SELECT ");
    for key in SHOWN {
        sql.push(format!("connection.\"{}\", ", key.column()));
    }
    sql.push("connection.state, (SELECT so FROM partial) AS ").push(PARTIAL);
    sql.push(", (SELECT json_group_array(json_array(channel, state, count)) FROM facet) AS ");
    sql.push(FACETS).push(" FROM (SELECT 1) LEFT JOIN (SELECT key, id FROM page");
    sql.push(page.order("key", "id"));
    sql.push(" LIMIT ").push(PAGE_SIZE + 1);
    sql.push(") AS shown LEFT JOIN connection ON connection.id = shown.id");
    sql.push(page.order("shown.key", "shown.id"));
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

fn push_range(page: &Page, sql: &mut Builder, range: Option<(Channel, State)>) {
    sql.push("SELECT * FROM (SELECT ").push(page.key).push(" AS key, id FROM connection");
    push_bounds(page, sql, range);
    sql.push(page.order(page.key, "id"));
    sql.push(" LIMIT ").push(PAGE_SIZE + 1).push(")");
}

/// The first matches of a search, and what is counted and shown of them.
fn push_matches(page: &Page, sql: &mut Builder, query: &BoardQuery, terms: &[String]) {
    let columns = format!("{} AS key, connection.id, channel, state", page.key);
    // The index knows what belongs to a site, but takes longer to find it if that is almost all. So
    // what is found first on any site is all that there is, or it is enough, or the site's is asked for.
    sql.push("first AS MATERIALIZED (");
    push_ids(sql, &[], terms);
    sql.push(" LIMIT ").push(FIRST).push("), near AS MATERIALIZED (SELECT ").push(&columns);
    sql.push(" FROM first CROSS JOIN connection ON connection.id = first.id");
    push_match(sql, page.scope, terms);
    sql.push(" LIMIT ")
        .push(BOUND)
        .push("), enough AS MATERIALIZED (SELECT (SELECT count(*) FROM first) < ");
    sql.push(FIRST).push(" OR (SELECT count(*) FROM near) = ").push(BOUND).push(" AS so), ");
    let push_all = |sql: &mut Builder, filter, unless: &str| {
        sql.push("SELECT * FROM (SELECT ").push(&columns).push(" FROM (");
        push_ids(sql, &places(page.scope, filter), terms);
        sql.push(") AS found CROSS JOIN connection ON connection.id = found.id");
        push_match(sql, page.scope, terms);
        // A limit of none keeps the database from looking; a condition that never holds would not.
        sql.push(format!(" LIMIT (SELECT iif({unless}, 0, {BOUND})))"));
    };
    sql.push("found AS MATERIALIZED (SELECT * FROM near WHERE (SELECT so FROM enough) UNION ALL ");
    push_all(sql, (None, None), "(SELECT so FROM enough)");
    sql.push("), facet AS (SELECT channel, state, count(*) AS count FROM found GROUP BY 1, 2), ");
    let filter = (query.channel, query.state);
    if filter == (None, None) {
        sql.push("few AS MATERIALIZED (SELECT * FROM found");
    } else {
        sql.push("whole AS MATERIALIZED (SELECT count(*) < ")
            .push(BOUND)
            .push(" AS so FROM found), ");
        sql.push("few AS MATERIALIZED (SELECT * FROM found WHERE (SELECT so FROM whole)");
        push_filters(sql, query);
        sql.push(" UNION ALL ");
        push_all(sql, filter, "(SELECT so FROM whole)");
    }
    sql.push("), many AS MATERIALIZED (SELECT count(*) >= ").push(BOUND);
    sql.push(" AS so FROM few), walked AS MATERIALIZED (");
    push_walk(page, sql, query, terms);
    sql.push("), partial AS MATERIALIZED (SELECT (SELECT so FROM many) AND count(*) <= ")
        .push(PAGE_SIZE);
    // Shorter than the walk is only what it went through to the end.
    sql.push(" AND (SELECT count(*) FROM (");
    push_window(page, sql, "1");
    sql.push(")) = ").push(WALK);
    sql.push(" AS so FROM walked), page AS (SELECT key, id FROM walked UNION SELECT * FROM (");
    sql.push(
        "SELECT key, id FROM few WHERE ((SELECT so FROM partial) OR NOT (SELECT so FROM many))",
    );
    page.push_cursor(sql, "key", "id");
    sql.push(page.order("key", "id")).push(" LIMIT ").push(PAGE_SIZE + 1).push("))");
}

/// If much matches: of the first rows in their order those that do, as they come.
fn push_walk(page: &Page, sql: &mut Builder, query: &BoardQuery, terms: &[String]) {
    sql.push("SELECT key, id FROM (");
    // What is not asked for is not read.
    let filtered = query.channel.is_some() || query.state.is_some();
    let columns = if filtered { "id, search, channel, state" } else { "id, search" };
    push_window(page, sql, &format!("{} AS key, {columns}", page.key));
    sql.push(") WHERE TRUE");
    push_filters(sql, query);
    for term in terms {
        // With a bare parameter the statement would be prepared anew for each value of it.
        sql.push(" AND search GLOB ('*' || ").push_bind(pattern(term)).push(")");
    }
    sql.push(" LIMIT ").push(PAGE_SIZE + 1);
}

/// What begins with a term; `instr` takes longer.
fn pattern(term: &str) -> String {
    let mut pattern = String::new();
    for char in term.chars() {
        match char {
            '*' | '?' | '[' => pattern.extend(['[', char, ']']),
            _ => pattern.push(char),
        }
    }
    pattern + "*"
}

/// The first rows in their order, if much matches. What is looked at is in the indexes by date and by
/// name.
fn push_window(page: &Page, sql: &mut Builder, columns: &str) {
    sql.push("SELECT ").push(columns).push(" FROM connection");
    push_bounds(page, sql, None);
    sql.push(page.order(page.key, "id"));
    sql.push(" LIMIT (SELECT so * ").push(WALK).push(" FROM many)");
}

/// Which rows are to be shown, as far as an index knows.
fn push_bounds(page: &Page, sql: &mut Builder, range: Option<(Channel, State)>) {
    sql.push(" WHERE site_id = ").push_bind(page.scope.site().0);
    if let Some((channel, state)) = range {
        sql.push(" AND channel = ").push_bind(channel.slug());
        sql.push(" AND state = ").push_bind(state.code());
    }
    page.push_cursor(sql, page.key, "connection.id");
}

/// The channel and the state that are asked for.
fn push_filters(sql: &mut Builder, query: &BoardQuery) {
    if let Some(channel) = query.channel {
        sql.push(" AND channel = ").push_bind(channel.slug());
    }
    if let Some(filter) = query.state {
        sql.push(" AND state IN (");
        let mut states = sql.separated(", ");
        for state in filter.states() {
            states.push_bind(state.code());
        }
        sql.push(")");
    }
}
