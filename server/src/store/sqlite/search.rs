//! The full-text index. It finds parts of words by their threes of characters; what a row belongs to is
//! such a three as well.

use crate::store::{SiteScope, connection::telling};
use shared::Channel;
use sqlx::{QueryBuilder, Sqlite};

/// The characters that stand for sites are those beyond the first plane. There are fewer than there
/// may be sites, so two may have the same.
const FIRST: i64 = 0x1_0000;
const SITES: i64 = 0x10_0000;

/// Pushes the query for what matches all terms, in a site, and there in a channel and a state.
pub(super) fn push_found(
    sql: &mut QueryBuilder<Sqlite>,
    columns: &str,
    scope: SiteScope,
    filter: (Option<Channel>, Option<bool>),
    terms: &[String],
) {
    sql.push("SELECT ").push(columns);
    sql.push(" FROM (SELECT rowid AS id FROM connection_search WHERE connection_search MATCH ");
    sql.push_bind(matching(scope, filter, terms));
    // The rows tell whose they are, and whether they have the whole of what was asked for in part.
    sql.push(") AS found CROSS JOIN connection ON connection.id = found.id WHERE site_id = ");
    sql.push_bind(scope.site().0);
    for term in terms.iter().filter(|term| telling(term) != **term) {
        sql.push(" AND instr(connection.search, ").push_bind(term.clone()).push(") > 0");
    }
}

/// What the index is asked for.
fn matching(
    scope: SiteScope,
    (channel, enabled): (Option<Channel>, Option<bool>),
    terms: &[String],
) -> String {
    let phrase = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let parts = terms.iter().map(|term| telling(term));
    let parts: Vec<_> = parts.map(|part| format!("search : {}", phrase(part))).collect();
    let place = phrase(&place(scope, channel, enabled));
    // What is rarer first.
    format!("{} AND scope : {place}", parts.join(" AND "))
}

/// What all rows of a site, a channel and a state have in the column `scope`.
fn place(scope: SiteScope, channel: Option<Channel>, enabled: Option<bool>) -> String {
    let code = u32::try_from(FIRST + (scope.site().0 & (SITES - 1)));
    let site = code.ok().and_then(char::from_u32).unwrap_or_default();
    match (channel.map(letter), enabled.map(u8::from)) {
        (None, None) => format!("..{site}"),
        (None, Some(state)) => format!(".{state}{site}"),
        (Some(channel), None) => format!("{site}{channel}."),
        (Some(channel), Some(state)) => format!("{state}{site}{channel}"),
    }
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
