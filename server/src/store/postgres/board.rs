//! The board's two statements. Neither goes through more rows than it shows, or than [`BOUND`].
//!
//! Without a search, each combination of a channel and a state that is asked for is a range of one
//! index, in the order of the page; the page is the first of all of them. A search is answered in one
//! of two ways, which the statement itself decides: if it has few matches, by taking and sorting
//! those; if many, by going through the same ranges until the page is full, which is soon.

use crate::store::{
    BOUND, SiteScope,
    board::{Page, SHOWN},
    search_terms,
};
use app::backend::{BoardQuery, PAGE_SIZE};
use shared::Channel;
use sqlx::{Postgres, QueryBuilder};

/// Fewer matches than this are sorted; with more, the page is full after a small share of all rows.
const FEW: i64 = 2000;

/// A page's rows, and one that tells whether there are more.
const ROWS: i64 = PAGE_SIZE as i64 + 1;

type Builder = QueryBuilder<Postgres>;

/// A page, and one row more if there is one, from the end that it was asked from.
pub(super) fn page(scope: SiteScope, query: &BoardQuery) -> Builder {
    let page = Page::of(scope, query);
    let mut sql = Builder::new("WITH ");
    let terms = search_terms(&query.search);
    if terms.is_empty() {
        sql.push("page AS (");
        push_ranges(&page, &mut sql, &[], "");
    } else {
        sql.push("few AS MATERIALIZED (SELECT id FROM connection_search");
        push_matching(&mut sql, scope, &terms);
        if let Some(channel) = query.channel {
            sql.push(" AND channel = ").push_bind(channel.slug());
        }
        if let Some(state) = query.enabled {
            sql.push(" AND in_use = ").push_bind(state);
        }
        sql.push(" LIMIT ").push_bind(FEW);
        sql.push("), many AS MATERIALIZED (SELECT count(*) >= ").push_bind(FEW);
        sql.push(" AS so FROM few), page AS (SELECT * FROM (SELECT ").push(page.key);
        sql.push(" AS key, connection.id FROM few JOIN connection ON connection.id = few.id ");
        sql.push("WHERE NOT (SELECT so FROM many) AND connection.site_id = ");
        sql.push_bind(scope.site().0);
        page.push_cursor(&mut sql);
        sql.push(") AS found UNION ALL ");
        push_ranges(&page, &mut sql, &terms, " AND (SELECT so FROM many)");
    }
    sql.push(") SELECT ");
    let mut columns = sql.separated(", ");
    for key in SHOWN {
        columns.push(format!("connection.\"{}\"", key.column()));
    }
    sql.push(" FROM (SELECT key, id FROM page");
    sql.push(page.order("key", "id")).push(" LIMIT ").push_bind(ROWS);
    sql.push(") AS shown JOIN connection ON connection.id = shown.id");
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
    let mut sql = Builder::new(
        "SELECT channel, in_use, count(*) FROM (SELECT channel, in_use FROM connection_search",
    );
    push_matching(&mut sql, scope, &terms);
    sql.push(" LIMIT ").push_bind(i64::from(BOUND)).push(") AS found GROUP BY 1, 2");
    sql
}

/// The condition of a search.
fn push_matching(sql: &mut Builder, scope: SiteScope, terms: &[String]) {
    sql.push(" WHERE site_id = ").push_bind(scope.site().0);
    for term in terms {
        sql.push(" AND search LIKE ").push_bind(pattern(term));
    }
}

/// What contains a term.
fn pattern(term: &str) -> String {
    format!("%{}%", term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// The first rows of each range.
fn push_ranges(page: &Page, sql: &mut Builder, terms: &[String], condition: &str) {
    if page.ranges.is_empty() {
        push_range(page, sql, None, terms, condition);
    }
    for (index, range) in page.ranges.iter().enumerate() {
        sql.push(if index > 0 { " UNION ALL " } else { "" });
        push_range(page, sql, Some(*range), terms, condition);
    }
}

fn push_range(
    page: &Page,
    sql: &mut Builder,
    range: Option<(Channel, bool)>,
    terms: &[String],
    condition: &str,
) {
    sql.push("SELECT * FROM (SELECT ").push(page.key).push(" AS key, id FROM connection");
    sql.push(" WHERE site_id = ").push_bind(page.scope.site().0);
    if let Some((channel, state)) = range {
        sql.push(" AND channel = ").push_bind(channel.slug());
        sql.push(" AND in_use = ").push_bind(state);
    }
    page.push_cursor(sql);
    sql.push(condition);
    for term in terms {
        sql.push(" AND search LIKE ").push_bind(pattern(term));
    }
    sql.push(page.order(page.key, "id")).push(" LIMIT ").push_bind(ROWS);
    sql.push(") AS part");
}
