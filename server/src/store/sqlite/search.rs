//! The full-text index. It finds parts of words by their threes of characters; what a row belongs to is
//! such a three as well.

use crate::store::{SiteScope, connection::telling};
use app::backend::Filter;
use shared::{Channel, State};
use sqlx::{QueryBuilder, Sqlite};

/// The characters that stand for sites are those beyond the first plane. There are fewer than there
/// may be sites, so two may have the same.
const FIRST: i64 = 0x1_0000;
const SITES: i64 = 0x10_0000;

/// Pushes the numbers of what matches all terms: anywhere, or in one of some places.
pub(super) fn push_ids(sql: &mut QueryBuilder<Sqlite>, places: &[String], terms: &[String]) {
    let phrase = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut parts: Vec<_> =
        terms.iter().map(|term| format!("search : {}", phrase(telling(term, all)))).collect();
    // What is rarer first.
    let places: Vec<_> = places.iter().map(|place| phrase(place)).collect();
    if !places.is_empty() {
        parts.push(format!("scope : ({})", places.join(" OR ")));
    }
    sql.push("SELECT rowid AS id FROM connection_search WHERE connection_search MATCH ");
    sql.push_bind(parts.join(" AND "));
}

/// Pushes the condition that the rows tell: whose they are, and whether they have the whole of what the
/// index was asked for a part of.
pub(super) fn push_match(sql: &mut QueryBuilder<Sqlite>, scope: SiteScope, terms: &[String]) {
    sql.push(" WHERE site_id = ").push_bind(scope.site().0);
    for term in terms.iter().filter(|term| telling(term, all) != **term) {
        sql.push(" AND instr(connection.search, ").push_bind(term.clone()).push(") > 0");
    }
}

const fn all(_: char) -> bool {
    true
}

/// What all rows of a site, a channel and a state have in the column `scope`, for each of the states.
pub(super) fn places(
    scope: SiteScope,
    (channel, filter): (Option<Channel>, Option<Filter>),
) -> Vec<String> {
    let code = u32::try_from(FIRST + (scope.site().0 & (SITES - 1)));
    let site = code.ok().and_then(char::from_u32).unwrap_or_default();
    let Some(filter) = filter else {
        return vec![
            channel
                .map(letter)
                .map_or_else(|| format!("..{site}"), |channel| format!("{site}{channel}.")),
        ];
    };
    let place = |state: &State| match (state.code(), channel.map(letter)) {
        (state, None) => format!(".{state}{site}"),
        (state, Some(channel)) => format!("{state}{site}{channel}"),
    };
    filter.states().iter().map(place).collect()
}

const fn letter(channel: Channel) -> char {
    match channel {
        Channel::EmailInbound => 'i',
        Channel::EmailOutbound => 'o',
        Channel::Facebook => 'f',
        Channel::Instagram => 'g',
        Channel::Twitter => 't',
        Channel::Other => 'x',
    }
}
