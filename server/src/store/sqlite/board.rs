//! What SQLite says differently in the board's statement. Its full-text index has a token of each part
//! of a text and of each place that a row belongs to (the view `connection_token`), with the site's
//! number before them.

use crate::store::{
    SiteScope,
    board::{Dialect, Filters},
    search::parts,
};
use shared::{Channel, State};
use sqlx::{QueryBuilder, Sqlite};
use std::fmt::Write;

impl Dialect for Sqlite {
    const JSON: &str = "json_group_array(json_array(channel, state, count))";
    // What is on its left is gone through.
    const LOOK_UP: &str = "CROSS JOIN connection";

    fn push_number(sql: &mut QueryBuilder<Self>, number: i64) {
        sql.push_bind(number);
    }

    fn push_text(sql: &mut QueryBuilder<Self>, text: String) {
        sql.push_bind(text);
    }

    fn push_contains(sql: &mut QueryBuilder<Self>, term: &str) {
        // `instr` takes longer; and with a bare parameter the statement would be prepared anew for each
        // value of it.
        sql.push("search GLOB ('*' || ").push_bind(pattern(term)).push(")");
    }

    fn push_look_up(
        sql: &mut QueryBuilder<Self>,
        scope: SiteScope,
        terms: &[String],
        filters: Filters,
    ) {
        let tokens = terms.iter().flat_map(|term| parts(term)).map(|part| token(scope, part));
        let mut asked: Vec<_> = tokens.collect();
        let places = places(scope, filters);
        if !places.is_empty() {
            asked.push(format!("({})", places.join(" OR ")));
        }
        sql.push(
            "SELECT connection.id, channel, state FROM connection_search CROSS JOIN connection",
        );
        sql.push(" ON connection.id = connection_search.rowid WHERE connection_search MATCH ");
        sql.push_bind(asked.join(" AND ")).push(" AND site_id = ").push_bind(scope.site().0);
        for term in terms {
            sql.push(" AND ");
            Self::push_contains(sql, term);
        }
    }
}

/// What begins with a term.
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

/// The token of a part.
fn token(scope: SiteScope, part: &str) -> String {
    part.bytes().fold(format!("{:x}x", scope.site().0), |mut token, byte| {
        write!(token, "{byte:02x}").expect("a text takes all");
        token
    })
}

/// The tokens of a channel and of each of some states; none for any.
fn places(scope: SiteScope, filters: Filters) -> Vec<String> {
    let (channel, filter) = filters;
    let place = |channel: Option<Channel>, state: Option<&State>| {
        let channel = channel.map_or("", letter);
        let state = state.map(|state| state.code().to_string()).unwrap_or_default();
        format!("{:x}p{channel}{state}", scope.site().0)
    };
    match (channel, filter) {
        (None, None) => vec![],
        (channel, None) => vec![place(channel, None)],
        (channel, Some(filter)) => {
            filter.states().iter().map(|state| place(channel, Some(state))).collect()
        }
    }
}

const fn letter(channel: Channel) -> &'static str {
    match channel {
        Channel::EmailInbound => "i",
        Channel::EmailOutbound => "o",
        Channel::Facebook => "f",
        Channel::Instagram => "g",
        Channel::Twitter => "t",
        Channel::Other => "x",
    }
}
