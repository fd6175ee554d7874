//! More connections, plausible and varied, for a board that looks like a busy helpdesk's.

use super::{connection, facebook_token, invented};
use shared::{Channel, Connection, Field, SiteId};

const TEAMS: [&str; 12] = [
    "Sales",
    "Support",
    "Billing",
    "Returns",
    "Press",
    "Jobs",
    "Orders",
    "Service",
    "Events",
    "Partners",
    "Complaints",
    "Info",
];
const PLACES: [&str; 15] = [
    "Berlin", "Jakarta", "Lyon", "Porto", "Leeds", "Osaka", "Bergen", "Quito", "Tartu", "Cork",
    "Ghent", "Malmö", "Basel", "Nagoya", "Split",
];

/// Ids from here on belong to these rows.
const FIRST: i64 = 1001;

/// A connection and how long ago it changed.
pub(super) struct Row {
    pub(super) connection: Connection,
    pub(super) minutes: i64,
}

/// As many connections of a site as asked for, spread over the channels; `nth` is the site's turn.
pub(super) fn plausible(site: SiteId, nth: u32, count: u32) -> impl Iterator<Item = Row> {
    let first = FIRST + i64::from(nth) * i64::from(count);
    (0..i64::from(count)).map(move |n| {
        let mut connection = row(n, site.0, first + n);
        if n % 13 == 7 {
            connection.set(Field::Enabled, Some("0".into()));
        }
        // A prime stride spreads the changes over a year and a half.
        Row { connection, minutes: 11 + n * 7919 % 788_400 }
    })
}

fn row(n: i64, site: i64, id: i64) -> Connection {
    use Field::{From, Host, Name, ParentId, Password, Port, TargetId, Token, UserId};
    let account = usize::try_from(n / 5).unwrap_or_default();
    let (team, place) =
        (TEAMS[account % TEAMS.len()], PLACES[account / TEAMS.len() % PLACES.len()]);
    let round = account / (TEAMS.len() * PLACES.len());
    let number = if round == 0 { String::new() } else { format!(" {}", round + 1) };
    let name = format!("{team} {place}{number}");
    let word = name.to_lowercase().replace(' ', ".").replace('ö', "oe");
    let (address, host) =
        (format!("{word}@mail.patchbay.test"), format!("mail{}.patchbay.test", round + 1));
    let (page, user) =
        ((104_000_000_000_000 + id).to_string(), (700_000_000_000_000_000 + id).to_string());
    let instagram = (17_841_400_000_000_000 + id).to_string();
    let handle: String = format!("{}_{id}", team.to_lowercase()).chars().take(15).collect();
    let seed = id.to_string();
    let secret = |part: &str, head: &str, length| invented(&format!("{seed} {part}"), head, length);
    let page_token = facebook_token(&format!("{seed} page"), "EAAB");
    let user_token = facebook_token(&format!("{seed} user"), "EAAB");
    match n % 5 {
        0 => connection(
            id,
            site,
            Channel::EmailInbound,
            &[
                (Name, &format!("{name} in")),
                (UserId, &address),
                (Password, &secret("in", "pw-", 14)),
                (Host, &host),
                (Port, "993"),
                (From, &address),
            ],
        ),
        1 => connection(
            id,
            site,
            Channel::EmailOutbound,
            &[
                (Name, &format!("{name} out")),
                (UserId, &address),
                (Password, &secret("out", "pw-", 14)),
                (Host, &host),
                (Port, if account % 2 == 0 { "587" } else { "465" }),
                (From, &address),
                (ParentId, &(id - 1).to_string()),
            ],
        ),
        2 => connection(
            id,
            site,
            Channel::Facebook,
            &[
                (Name, &name),
                (UserId, &page),
                (Password, &page_token),
                (From, &page),
                (Token, &user_token),
                (TargetId, &page),
            ],
        ),
        3 => connection(
            id,
            site,
            Channel::Instagram,
            &[
                (Name, &name),
                (UserId, &page),
                (Password, &user_token),
                (From, &word.chars().take(30).collect::<String>()),
                (Token, &page_token),
                (TargetId, &instagram),
            ],
        ),
        _ => connection(
            id,
            site,
            Channel::Twitter,
            &[
                (Name, &name),
                (UserId, &handle),
                (Password, &secret("secret", "", 45)),
                (From, &handle),
                (Token, &secret("token", &format!("{user}-"), 50)),
                (TargetId, &user),
            ],
        ),
    }
}
