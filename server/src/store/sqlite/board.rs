//! The board's two statements. Neither goes through more rows than it shows, or than [`BOUND`].
//!
//! Without a search, each combination of a channel and a state that is asked for is a range of one
//! index, in the order of the page; the page is the first of all of them. A search is answered in one
//! of two ways, which the statement itself decides: if it has few matches, by taking and sorting
//! those; if many, by going through the same ranges until the page is full, which is soon.

use crate::store::{BOUND, SiteScope, search_terms};
use app::backend::{BoardQuery, Cursor, PAGE_SIZE, Position, Sort};
use shared::{Channel, Key};
use sqlx::{QueryBuilder, Sqlite};

/// What a row of the board shows, and no secret.
pub(super) const SHOWN: [Key; 11] = [
    Key::Id,
    Key::SiteId,
    Key::MediaId,
    Key::ProviderId,
    Key::Name,
    Key::UserId,
    Key::Host,
    Key::Port,
    Key::From,
    Key::Enabled,
    Key::ModifyDate,
];

/// Fewer matches than this are sorted; with more, the page is full after a share of all rows that
/// costs as much. Both are some 10 ms at 1,000,000 rows, and much less on either side.
const FEW: u32 = 2000;

type Builder = QueryBuilder<Sqlite>;

/// A page, and one row more if there is one, from the end that it was asked from.
pub(super) fn page(scope: SiteScope, query: &BoardQuery) -> Builder {
    let page = Page::of(scope, query);
    let mut sql = Builder::new("WITH ");
    let terms = search_terms(&query.search);
    if terms.is_empty() {
        sql.push("page AS (");
        page.push_ranges(&mut sql, &[], "");
    } else {
        sql.push("few AS MATERIALIZED (SELECT rowid AS id FROM connection_search WHERE ");
        sql.push("connection_search MATCH ");
        sql.push_bind(matching(&scope_term(scope, query.channel, query.enabled), &terms));
        sql.push(" LIMIT ").push_bind(FEW);
        sql.push("), many AS MATERIALIZED (SELECT count(*) >= ").push_bind(FEW);
        sql.push(" AS so FROM few), page AS (SELECT * FROM (SELECT ").push(page.key);
        sql.push(" AS key, connection.id FROM few CROSS JOIN connection ");
        sql.push("WHERE NOT (SELECT so FROM many) AND connection.id = few.id");
        page.push_cursor(&mut sql);
        sql.push(") UNION ALL ");
        page.push_ranges(&mut sql, &terms, " AND (SELECT so FROM many)");
    }
    sql.push(") SELECT ");
    let mut columns = sql.separated(", ");
    for key in SHOWN {
        columns.push(format!("connection.\"{}\"", key.column()));
    }
    sql.push(" FROM (SELECT key, id FROM page");
    page.push_order(&mut sql, "key", "id");
    sql.push(") AS shown CROSS JOIN connection ON connection.id = shown.id");
    page.push_order(&mut sql, "shown.key", "shown.id");
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
        "SELECT channel, in_use, count(*) FROM (
            SELECT rowid AS id FROM connection_search WHERE connection_search MATCH ",
    );
    sql.push_bind(matching(&scope_term(scope, None, None), &terms));
    sql.push(" LIMIT ").push_bind(BOUND);
    sql.push(") AS found CROSS JOIN connection ON connection.id = found.id GROUP BY 1, 2");
    sql
}

/// What the full-text index is asked for.
fn matching(scope: &str, terms: &[String]) -> String {
    let phrase = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let terms: Vec<_> = terms.iter().map(|term| format!("search : {}", phrase(term))).collect();
    // What is rarer first.
    format!("{} AND scope : {}", terms.join(" AND "), phrase(scope))
}

/// The part of `s169.facebook.1.s169.` that all rows of a site, a channel and a state have.
fn scope_term(scope: SiteScope, channel: Option<Channel>, enabled: Option<bool>) -> String {
    let site = scope.site();
    match (channel, enabled.map(u8::from)) {
        (None, None) => format!("s{site}."),
        (None, Some(state)) => format!(".{state}.s{site}."),
        (Some(channel), None) => format!("s{site}.{}.", channel.slug()),
        (Some(channel), Some(state)) => format!("s{site}.{}.{state}.", channel.slug()),
    }
}

/// The order and the beginning of a page.
struct Page<'a> {
    scope: SiteScope,
    /// Channels and states; nothing for all.
    ranges: Vec<(Channel, bool)>,
    /// What is sorted by before the number.
    key: &'static str,
    descending: bool,
    beyond: Option<&'a Cursor>,
}

impl<'a> Page<'a> {
    fn of(scope: SiteScope, query: &'a BoardQuery) -> Self {
        let backwards = matches!(query.at, Position::Before(_) | Position::Last);
        let channels = query.channel.map_or(Channel::ALL.to_vec(), |channel| vec![channel]);
        let states = query.enabled.map_or(vec![true, false], |enabled| vec![enabled]);
        let all = query.channel.is_none() && query.enabled.is_none();
        let range = |channel| states.iter().map(move |state| (channel, *state));
        Self {
            scope,
            ranges: if all { vec![] } else { channels.into_iter().flat_map(range).collect() },
            key: match query.sort {
                Sort::Newest | Sort::Oldest => "modify_date",
                Sort::Name => "name_key",
                Sort::Id => "''",
            },
            descending: (query.sort == Sort::Newest) != backwards,
            beyond: match &query.at {
                Position::After(row) | Position::Before(row) => Some(row),
                Position::First | Position::Last => None,
            },
        }
    }

    /// The first rows of each range.
    fn push_ranges(&self, sql: &mut Builder, terms: &[String], condition: &str) {
        if self.ranges.is_empty() {
            self.push_range(sql, None, terms, condition);
        }
        for (index, range) in self.ranges.iter().enumerate() {
            sql.push(if index > 0 { " UNION ALL " } else { "" });
            self.push_range(sql, Some(*range), terms, condition);
        }
    }

    fn push_range(
        &self,
        sql: &mut Builder,
        range: Option<(Channel, bool)>,
        terms: &[String],
        condition: &str,
    ) {
        sql.push("SELECT * FROM (SELECT ").push(self.key).push(" AS key, id FROM connection");
        sql.push(" WHERE site_id = ").push_bind(self.scope.site().0);
        if let Some((channel, state)) = range {
            sql.push(" AND channel = ").push_bind(channel.slug());
            sql.push(" AND in_use = ").push_bind(state);
        }
        self.push_cursor(sql);
        sql.push(condition);
        for term in terms {
            sql.push(" AND instr(search, ").push_bind(term.clone()).push(") > 0");
        }
        self.push_order(sql, self.key, "id");
        sql.push(")");
    }

    fn push_cursor(&self, sql: &mut Builder) {
        let Some(Cursor { id, key }) = self.beyond else { return };
        let beyond = if self.descending { "<" } else { ">" };
        if self.key == "''" {
            sql.push(format!(" AND connection.id {beyond} ")).push_bind(id.0);
            return;
        }
        sql.push(format!(" AND ({}, connection.id) {beyond} (", self.key));
        sql.push_bind(key.clone()).push(", ").push_bind(id.0).push(")");
    }

    fn push_order(&self, sql: &mut Builder, key: &str, id: &str) {
        let direction = if self.descending { " DESC" } else { "" };
        sql.push(" ORDER BY ");
        if self.key != "''" {
            sql.push(key).push(direction).push(", ");
        }
        sql.push(id).push(direction).push(" LIMIT ").push_bind(PAGE_SIZE + 1);
    }
}
