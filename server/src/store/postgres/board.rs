//! The board's statement. It does not go through all rows, whatever is asked for.
//!
//! Without a search, each combination of a channel and a state that is asked for is a range of one
//! index, in the order of the page; the page is the first of all of them. A search has two ways to its
//! page, and the statement itself chooses. What the trigrams' index finds is sorted, if it is not much.
//! If it is, the page is most likely full after a few rows in its order; if those were not the right
//! ones, it is made of those and of the first that were found, and says so.

use crate::store::{
    BOUND, SiteScope,
    board::{FACETS, PARTIAL, Page, SHOWN},
    connection::telling,
    search_terms,
};
use app::backend::{BoardQuery, PAGE_SIZE};
use shared::{Channel, State};
use sqlx::{Postgres, QueryBuilder};

/// The rows in the order of the page that are looked through for what much matches.
const WALK: u32 = 3000;

/// A page's rows, and one that tells whether there are more.
const ROWS: u32 = PAGE_SIZE + 1;

type Builder = QueryBuilder<Postgres>;

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
    sql.push(", (SELECT coalesce(json_agg(json_build_array(channel, state, count)), '[]')::TEXT ");
    sql.push("FROM facet) AS ").push(FACETS);
    sql.push(" FROM (SELECT) AS always LEFT JOIN (SELECT key, id FROM page");
    sql.push(page.order("key", "id")).push(" LIMIT ").push(ROWS);
    sql.push(") AS shown ON TRUE LEFT JOIN connection ON connection.id = shown.id");
    sql.push(page.order("shown.key", "shown.id"));
    sql
}

/// The condition of a search, for the index.
fn push_matching(sql: &mut Builder, scope: SiteScope, terms: &[String]) {
    sql.push(" WHERE site_id = ").push_bind(scope.site().0);
    for term in terms {
        // The trigrams are those of words: of "s_1005" there is one of each word that begins with 1.
        let part = telling(term, char::is_alphanumeric);
        sql.push(" AND search LIKE ").push_bind(pattern(part));
        // The row tells whether it has the whole of what the index was asked for a part of.
        if part != term {
            push_term(sql, term);
        }
    }
}

/// The condition of a search, for what was read; LIKE takes longer.
fn push_term(sql: &mut Builder, term: &str) {
    sql.push(" AND strpos(search, ").push_bind(term.to_owned()).push(") > 0");
}

/// What contains a term.
fn pattern(term: &str) -> String {
    format!("%{}%", term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
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
    sql.push(page.order(page.key, "id")).push(" LIMIT ").push(ROWS);
    sql.push(") AS part");
}

/// The first matches of a search, and what is counted and shown of them.
fn push_matches(page: &Page, sql: &mut Builder, query: &BoardQuery, terms: &[String]) {
    sql.push("found AS MATERIALIZED (SELECT id, channel, state FROM connection_search");
    push_matching(sql, page.scope, terms);
    sql.push(" LIMIT ").push(BOUND);
    sql.push("), facet AS (SELECT channel, state, count(*) AS count FROM found GROUP BY 1, 2), ");
    sql.push("few AS MATERIALIZED (SELECT id FROM ");
    if query.channel.is_none() && query.state.is_none() {
        sql.push("found");
    } else {
        sql.push("connection_search");
        push_matching(sql, page.scope, terms);
        push_filters(sql, query);
        sql.push(" LIMIT ").push(BOUND);
    }
    sql.push("), many AS MATERIALIZED (SELECT count(*) >= ").push(BOUND);
    sql.push(" AS so FROM few), passed AS MATERIALIZED (");
    push_window(page, sql);
    // PostgreSQL makes no more of them than who asks for them takes.
    sql.push("), walked AS MATERIALIZED (SELECT key, id FROM passed WHERE TRUE");
    push_filters(sql, query);
    for term in terms {
        push_term(sql, term);
    }
    sql.push(" LIMIT ").push(ROWS);
    sql.push("), partial AS MATERIALIZED (SELECT (SELECT so FROM many) AND count(*) < ");
    // Shorter than the walk is only what it went through to the end.
    sql.push(ROWS).push(" AND (SELECT count(*) FROM passed) = ").push(WALK);
    sql.push(
        " AS so FROM walked), page AS (SELECT key, id FROM walked UNION SELECT * FROM (SELECT ",
    );
    sql.push(page.key).push(" AS key, connection.id FROM few ");
    sql.push("JOIN connection ON connection.id = few.id");
    push_bounds(page, sql, None);
    sql.push(" AND ((SELECT so FROM partial) OR NOT (SELECT so FROM many))");
    sql.push(page.order(page.key, "connection.id")).push(" LIMIT ").push(ROWS);
    sql.push(") AS found)");
}

/// The first rows in their order, if much matches. What is looked at is in the indexes by date and by
/// name.
fn push_window(page: &Page, sql: &mut Builder) {
    sql.push("SELECT ").push(page.key);
    sql.push(" AS key, id, channel, state, search FROM connection");
    push_bounds(page, sql, None);
    sql.push(" AND (SELECT so FROM many)");
    sql.push(page.order(page.key, "id")).push(" LIMIT ").push(WALK);
}

/// Which rows are to be shown, as far as an index knows.
fn push_bounds(page: &Page, sql: &mut Builder, range: Option<(Channel, State)>) {
    sql.push(" WHERE connection.site_id = ").push_bind(page.scope.site().0);
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
