//! The board's statement. It does not go through all rows, whatever is asked for.
//!
//! Without a search, each combination of a channel and a state that is asked for is a range of one
//! index, in the order of the page; the page is the first of all of them.
//!
//! A search goes its ways (see [`search`](crate::store::search)) within the statement: what is not
//! needed is limited to no rows, and costs nothing. Matches that are not many are sorted. Of many the
//! page is most likely full after a few rows in its order; if those were not the right ones, it is made
//! of those and of the first that the index found, and says so.

use super::{BY_ID, FACETS, MORE, PARTIAL, Page, SHOWN};
use crate::store::{
    SiteScope,
    search::{BOUND, NEWEST, WALK, search_terms},
};
use app::backend::{BoardQuery, Filter, PAGE_SIZE};
use shared::Channel;
use sqlx::{Database, QueryBuilder};

/// A page's rows, and one that tells whether there are more.
const ROWS: u32 = PAGE_SIZE + 1;

/// A channel and states that are asked for; nothing for any.
pub(in crate::store) type Filters = (Option<Channel>, Option<Filter>);

/// What databases say in different ways.
pub(in crate::store) trait Dialect: Database + Sized {
    /// A list of `[channel, state, count]`, in JSON, of the rows of `facet`.
    const JSON: &str;
    /// A join of `few` with `connection` that looks up each of the few.
    const LOOK_UP: &str;

    fn push_number(sql: &mut QueryBuilder<Self>, number: i64);

    fn push_text(sql: &mut QueryBuilder<Self>, text: String);

    /// Pushes the condition that a row's `search` contains a term.
    fn push_contains(sql: &mut QueryBuilder<Self>, term: &str);

    /// Pushes a selection of `id`, `channel` and `state` of what matches, by the index.
    fn push_look_up(
        sql: &mut QueryBuilder<Self>,
        scope: SiteScope,
        terms: &[String],
        filters: Filters,
    );
}

/// A page, and one row more if there is one, from the end that it was asked from; beside each row the
/// counts by channel and state. There is a row for those also if the page has none.
pub(in crate::store) fn page<DB: Dialect>(
    scope: SiteScope,
    query: &BoardQuery,
) -> QueryBuilder<DB> {
    let page = Page::of(scope, query);
    let terms = search_terms(&query.search);
    let mut sql = QueryBuilder::new("WITH ");
    if terms.is_empty() {
        push_ranges(&mut sql, &page);
    } else {
        Search { page: &page, filters: (query.channel, query.state), terms: &terms }.push(&mut sql);
    }
    sql.push(" SELECT ");
    for key in SHOWN {
        sql.push(format!("connection.\"{}\", ", key.column()));
    }
    sql.push("connection.state");
    sql.push(format!(", (SELECT so FROM partial) AS {PARTIAL}, (SELECT so FROM many) AS {MORE}"));
    sql.push(format!(", (SELECT {} FROM facet) AS {FACETS}", DB::JSON));
    sql.push(" FROM (SELECT 1) AS always LEFT JOIN (SELECT key, id FROM page");
    sql.push(page.order("key", "id")).push(format!(" LIMIT {ROWS}"));
    sql.push(") AS shown ON TRUE LEFT JOIN connection ON connection.id = shown.id");
    sql.push(page.order("shown.key", "shown.id"));
    sql
}

/// The first rows of each range.
fn push_ranges<DB: Dialect>(sql: &mut QueryBuilder<DB>, page: &Page) {
    let all = [None];
    let ranges = page.ranges.iter().copied().map(Some).collect::<Vec<_>>();
    let ranges = if ranges.is_empty() { &all[..] } else { &ranges };
    sql.push("page AS (");
    for (index, range) in ranges.iter().enumerate() {
        sql.push(if index > 0 { " UNION ALL " } else { "" });
        sql.push(format!("SELECT * FROM (SELECT {} AS key, id FROM connection", page.key));
        push_site(sql, page.scope);
        if let Some((channel, state)) = range {
            push_filters(sql, (Some(*channel), None));
            sql.push(format!(" AND state = {}", state.code()));
        }
        push_beyond(sql, page);
        sql.push(page.order(page.key, "id")).push(format!(" LIMIT {ROWS}) AS part"));
    }
    sql.push("), facet AS (SELECT channel, state, count FROM connection_count");
    push_site(sql, page.scope);
    sql.push(" AND count > 0), partial AS (SELECT FALSE AS so), many AS (SELECT FALSE AS so)");
}

/// The parts of a search.
struct Search<'a> {
    page: &'a Page<'a>,
    filters: Filters,
    terms: &'a [String],
}

impl Search<'_> {
    fn push<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        self.push_newest(sql);
        self.push_found(sql);
        self.push_walked(sql);
        self.push_page(sql);
    }

    /// What matches of the newest rows, how many rows there are, and whether the newest will do.
    fn push_newest<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        sql.push("newest AS MATERIALIZED (SELECT id, channel, state FROM (");
        sql.push("SELECT id, channel, state, search FROM connection");
        push_site(sql, self.page.scope);
        sql.push(format!(
            " ORDER BY modify_date DESC, id DESC LIMIT {NEWEST}) AS newest WHERE TRUE"
        ));
        self.push_contains(sql);
        sql.push("), size AS MATERIALIZED (SELECT coalesce(sum(count), 0) AS total");
        sql.push(" FROM connection_count");
        push_site(sql, self.page.scope);
        sql.push(format!("), enough AS MATERIALIZED (SELECT (SELECT total <= {NEWEST} FROM size)"));
        sql.push(format!(" OR count(*) >= {ROWS} AS so FROM newest), "));
    }

    /// Those, or what the index finds; and whether there are more.
    fn push_found<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        sql.push("found AS MATERIALIZED (SELECT * FROM newest WHERE (SELECT so FROM enough)");
        sql.push(" UNION ALL SELECT * FROM (");
        DB::push_look_up(sql, self.page.scope, self.terms, (None, None));
        push_limit(sql, "NOT so", BOUND + 1, "enough");
        sql.push(") AS looked_up), many AS MATERIALIZED (SELECT CASE WHEN (SELECT so FROM enough)");
        sql.push(format!(" THEN (SELECT total > {NEWEST} FROM size)"));
        sql.push(format!(" ELSE count(*) > {BOUND} END AS so"));
        sql.push(" FROM found), facet AS (SELECT channel, state, count(*) AS count FROM (");
        sql.push("SELECT channel, state FROM found LIMIT (SELECT CASE WHEN so THEN ");
        sql.push(format!("{NEWEST} ELSE {BOUND} END FROM enough)) AS counted GROUP BY 1, 2), "));
    }

    /// Of the first rows in their order those that match, as they come, if there are many; and whether
    /// those are too few for a page, though it goes on. Where that order is the newest's, those tell
    /// already whether so many would fill one.
    fn push_walked<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        sql.push("reach AS MATERIALIZED (SELECT CASE WHEN so");
        if self.page.is_newest() {
            sql.push(format!(" AND (SELECT count(*) * {WALK} >= {ROWS} * {NEWEST} FROM newest)"));
        }
        sql.push(format!(" THEN {WALK} ELSE 0 END AS most FROM many), "));
        sql.push("walked AS MATERIALIZED (SELECT key, id FROM (");
        // What is not asked for is not read.
        let filtered = self.filters != (None, None);
        let columns = if filtered { "id, search, channel, state" } else { "id, search" };
        self.push_window(sql, &format!("{} AS key, {columns}", self.page.key));
        sql.push(") AS passed WHERE TRUE");
        push_filters(sql, self.filters);
        self.push_contains(sql);
        sql.push(format!(" LIMIT {ROWS}), short AS MATERIALIZED (SELECT (SELECT so FROM many)"));
        sql.push(format!(" AND count(*) < {ROWS} AND "));
        if self.page.beyond.is_none() {
            sql.push("(SELECT total FROM size) > (SELECT most FROM reach)");
        } else {
            sql.push("(SELECT count(*) FROM (");
            self.push_window(sql, "1");
            sql.push(") AS passed) = (SELECT most FROM reach)");
        }
        sql.push(" AS so FROM walked), ");
    }

    fn push_window<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>, columns: &str) {
        let Self { page, .. } = self;
        sql.push(format!("SELECT {columns} FROM connection"));
        push_site(sql, page.scope);
        push_beyond(sql, page);
        sql.push(page.order(page.key, "id"));
        sql.push(" LIMIT (SELECT most FROM reach)");
    }

    /// The rows of the page: those, or all that was found, sorted, or some of both and of the newest.
    fn push_page<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        let Self { page, filters, terms } = self;
        sql.push("few AS MATERIALIZED (SELECT id FROM found WHERE TRUE");
        push_filters(sql, *filters);
        sql.push(" UNION SELECT id FROM newest WHERE TRUE");
        push_filters(sql, *filters);
        sql.push(" UNION SELECT id FROM (");
        DB::push_look_up(sql, page.scope, terms, *filters);
        // Without a filter, it may have been asked already.
        let again = if *filters == (None, None) { "so AND (SELECT so FROM enough)" } else { "so" };
        push_limit(sql, again, BOUND + 1, "short");
        sql.push(") AS looked_up), partial AS MATERIALIZED (SELECT (SELECT so FROM short)");
        sql.push(format!(" AND count(*) > {BOUND} AS so FROM few), page AS ("));
        sql.push("SELECT key, id FROM walked UNION SELECT * FROM (");
        let key = if page.key == BY_ID { BY_ID.into() } else { format!("connection.{}", page.key) };
        sql.push(format!("SELECT {key} AS key, connection.id FROM few {}", DB::LOOK_UP));
        sql.push(" ON connection.id = few.id");
        push_site(sql, page.scope);
        sql.push(" AND ((SELECT so FROM short) OR NOT (SELECT so FROM many))");
        push_beyond(sql, page);
        sql.push(page.order(&key, "connection.id")).push(format!(" LIMIT {ROWS}) AS sorted)"));
    }

    fn push_contains<DB: Dialect>(&self, sql: &mut QueryBuilder<DB>) {
        for term in self.terms {
            sql.push(" AND ");
            DB::push_contains(sql, term);
        }
    }
}

/// A limit of none keeps a database from looking; a condition that never holds would not.
fn push_limit<DB: Dialect>(sql: &mut QueryBuilder<DB>, when: &str, rows: u32, table: &str) {
    sql.push(format!(" LIMIT (SELECT CASE WHEN {when} THEN {rows} ELSE 0 END FROM {table})"));
}

/// Whose rows.
fn push_site<DB: Dialect>(sql: &mut QueryBuilder<DB>, scope: SiteScope) {
    sql.push(" WHERE site_id = ");
    DB::push_number(sql, scope.site().0);
}

/// The rows beyond the one that the page follows.
fn push_beyond<DB: Dialect>(sql: &mut QueryBuilder<DB>, page: &Page) {
    let Some((last, beyond)) = page.beyond() else { return };
    if page.key == BY_ID {
        sql.push(format!(" AND connection.id {beyond} "));
        DB::push_number(sql, last.id.0);
        return;
    }
    sql.push(format!(" AND ({}, connection.id) {beyond} (", page.key));
    DB::push_text(sql, last.key.clone());
    sql.push(", ");
    DB::push_number(sql, last.id.0);
    sql.push(")");
}

/// The channel and the states that are asked for.
pub(in crate::store) fn push_filters<DB: Dialect>(
    sql: &mut QueryBuilder<DB>,
    (channel, filter): Filters,
) {
    if let Some(channel) = channel {
        sql.push(" AND channel = ");
        DB::push_text(sql, channel.slug().to_owned());
    }
    if let Some(filter) = filter {
        let codes: Vec<_> = filter.states().iter().map(|state| state.code().to_string()).collect();
        sql.push(format!(" AND state IN ({})", codes.join(", ")));
    }
}
