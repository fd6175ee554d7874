//! A page of the board and the counts beside it: a way through the site's own rows, and no others'. It goes along
//! one index, which has all that rows are found, filtered and counted by; in its own order it ends with the page.

use super::{Driver, DriverConnection, Row, dialect, row::record};
use crate::store::{
    BoardLine, BoardRows, Counted, Facet, Result, SiteScope, search::search_words,
};
use shared::{
    Channel, Key, State,
    board::{BoardQuery, COUNTED, Cursor, PAGE_SIZE, Position, Sort},
};
use sqlx::{QueryBuilder, Row as _};
use std::fmt;

/// What a row of the board shows, and no secret.
const SHOWN: [Key; 12] = [
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
    Key::Remarks,
];

/// A page, and how many there are behind each filter.
pub(super) async fn rows(
    reader: &mut DriverConnection,
    scope: SiteScope,
    query: &BoardQuery,
) -> Result<BoardRows> {
    let search = Search { scope, words: search_words(&query.search) };
    let lines = search.page(query).build().fetch_all(&mut *reader).await?;
    let lines = lines.iter().map(line).collect::<sqlx::Result<Vec<_>>>()?;
    let is_full = lines.len() > PAGE_SIZE as usize;
    let counted = if !is_full && query.at == Position::First && !query.has_filter() {
        // All that matches is on the page.
        count(&lines)
    } else {
        search.counted(reader, is_full.then_some(i64::from(COUNTED))).await?
    };
    Ok(BoardRows { counted, ..BoardRows::of(lines, &query.at) })
}

/// What a row must be and contain.
struct Search {
    scope: SiteScope,
    words: Vec<String>,
}

impl Search {
    /// A page's rows, and one that tells whether there are more, from the end that it was asked from.
    fn page(&self, query: &BoardQuery) -> QueryBuilder<Driver> {
        let order = Order::of(query);
        let mut sql = QueryBuilder::new("SELECT state");
        for key in SHOWN {
            sql.push(format!(", \"{}\"", key.column()));
        }
        // Only what is shown is read from the table, by its number.
        sql.push(" FROM connection WHERE ").push(dialect::ANY_ID[0]).push("SELECT id FROM connection");
        self.push_matches(&mut sql);
        push_filters(&mut sql, query);
        order.push_beyond(&mut sql);
        sql.push(format!("{order} LIMIT {}", PAGE_SIZE + 1));
        sql.push(dialect::ANY_ID[1]).push(order.to_string());
        sql
    }

    /// Counts what matches by channel and state, whichever are shown, among a number of the newest rows.
    async fn counted(&self, reader: &mut DriverConnection, most: Option<i64>) -> Result<Counted> {
        let mut sql = QueryBuilder::<Driver>::new("SELECT channel, state, count(*)");
        let mut before = " FILTER (WHERE ";
        for word in &self.words {
            sql.push(before);
            push_contains(&mut sql, word);
            before = " AND ";
        }
        sql.push(if self.words.is_empty() { "" } else { ")" });
        sql.push(", count(*) FROM (SELECT channel, state, search FROM connection WHERE site_id = ");
        sql.push_bind(self.scope.site().0);
        if let Some(most) = most {
            sql.push(" ORDER BY modify_date DESC, id DESC LIMIT ").push_bind(most);
        }
        sql.push(") AS gone_through GROUP BY channel, state");
        let rows: Vec<(String, i16, i64, i64)> = sql.build_query_as().fetch_all(reader).await?;
        let gone_through: i64 = rows.iter().map(|(.., rows)| rows).sum();
        Ok(Counted {
            facets: rows.into_iter().map(|(channel, state, count, _): (String, i16, i64, i64)| Facet {
            channel: Channel::from_slug(&channel).unwrap_or(Channel::Other),
            state: State::from_code(state).unwrap_or_default(),
            count: count.unsigned_abs(),
        }).collect(),
            more: most == Some(gone_through),
        })
    }

    fn push_matches(&self, sql: &mut QueryBuilder<Driver>) {
        sql.push(" WHERE site_id = ").push_bind(self.scope.site().0);
        for word in &self.words {
            sql.push(" AND ");
            push_contains(sql, word);
        }
    }
}

/// The condition that a row contains a word. `LIKE` says it to both databases.
fn push_contains(sql: &mut QueryBuilder<Driver>, word: &str) {
    // With a bare parameter SQLite would prepare the statement for each value of it.
    sql.push("search LIKE '%' || ").push_bind(escaped(word)).push(r" || '%' ESCAPE '\'");
}

/// A word in which nothing stands for anything else.
fn escaped(word: &str) -> String {
    let mut escaped = String::new();
    for char in word.chars() {
        if matches!(char, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

/// The channel and the states that are asked for.
fn push_filters(sql: &mut QueryBuilder<Driver>, query: &BoardQuery) {
    if let Some(channel) = query.channel {
        sql.push(" AND channel = ").push_bind(channel.slug());
    }
    if let Some(filter) = query.state {
        let codes: Vec<_> = filter.states().iter().map(|state| state.code().to_string()).collect();
        sql.push(format!(" AND state IN ({})", codes.join(", ")));
    }
}

/// The order of a page, from the end that it is asked from, and the row beyond which it begins.
struct Order<'a> {
    key: Option<&'static str>,
    descending: bool,
    beyond: Option<&'a Cursor>,
}

impl<'a> Order<'a> {
    fn of(query: &'a BoardQuery) -> Self {
        let backwards = matches!(query.at, Position::Before(_) | Position::Last);
        Self {
            key: match query.sort {
                Sort::Newest | Sort::Oldest => Some("modify_date"),
                Sort::Name => Some("name_key"),
                Sort::Id => None,
            },
            descending: (query.sort == Sort::Newest) != backwards,
            beyond: match &query.at {
                Position::After(row) | Position::Before(row) => Some(row),
                Position::First | Position::Last => None,
            },
        }
    }

    fn push_beyond(&self, sql: &mut QueryBuilder<Driver>) {
        let Some(Cursor { id, key }) = self.beyond else { return };
        let beyond = if self.descending { "<" } else { ">" };
        if let Some(column) = self.key {
            sql.push(format!(" AND ({column}, id) {beyond} (")).push_bind(key.clone());
            sql.push(", ").push_bind(id.0).push(")");
        } else {
            sql.push(format!(" AND id {beyond} ")).push_bind(id.0);
        }
    }
}

impl fmt::Display for Order<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { " DESC" } else { "" };
        let key = self.key.map(|key| format!("{key}{direction}, ")).unwrap_or_default();
        write!(f, " ORDER BY {key}id{direction}")
    }
}

fn line(row: &Row) -> sqlx::Result<BoardLine> {
    let state = State::from_code(row.try_get("state")?).unwrap_or_default();
    Ok(BoardLine { connection: record(row, &SHOWN)?, state })
}

/// The counts of these rows and no others.
fn count(lines: &[BoardLine]) -> Counted {
    Counted { facets: lines.iter().map(|line: &BoardLine| Facet { channel: line.connection.channel(), state: line.state, count: 1 }).collect(), more: false }
}
