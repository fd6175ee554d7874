//! The board's pages and counts against what a plain search of all rows gives, for what matches everywhere, rarely,
//! at one end, and not at all.

use crate::support::Database;
use server::store::{Derived, SERVER, SiteScope, Store, Stored, search_words};
use shared::{
    Channel, Connection, ConnectionId, Field, SiteId, State,
    board::{BoardQuery, COUNTED, Cursor, Filter, PAGE_SIZE, Position, Sort},
};

const SITE: SiteId = SiteId(169);
const OTHER_SITE: SiteId = SiteId(170);

const ROWS: i64 = 2000;

const SEARCHES: [&str; 15] = [
    "",
    "all",
    "half all",
    "half",
    "tail",
    "MALMO",
    "malmö 7",
    "mÖ",
    "ö",
    "42",
    "\"%_'",
    "[*?]\\",
    "nothing",
    "strasse",
    "all.half.exa",
];

fn row(n: i64) -> Stored {
    let other = Channel::ALL[usize::try_from(n).unwrap() % Channel::ALL.len()];
    let channel = if n % 2 == 0 { Channel::Facebook } else { other };
    let (media, provider) = channel.codes().unwrap_or(("YOTB", "PVD31"));
    let mut connection = Connection::new(media, Some(provider));
    // Of two that change at a time, and three that are called alike, the number decides.
    let name = match n % 97 {
        0 => format!("Malmö {}", n / 3),
        1 => "Östersund \"%_'".to_owned(),
        2..9 => "[*?]\\".to_owned(),
        9 => "Lange Straße".to_owned(),
        _ if n > ROWS / 2 => format!("tail {}", n / 3),
        _ => format!("Team {}", n / 3),
    };
    let half = if n % 2 == 0 { "half.example" } else { "example" };
    let date = format!("2026-03-{:02} 09:{:02}:00", 1 + n * 7 % 27, n / 2 % 60);
    connection.set(Field::Name, Some(name));
    connection.set(Field::Host, Some(format!("all.{half}")));
    connection.set(Field::Enabled, Some(if n % 13 == 0 { "0" } else { "1" }.into()));
    connection.create_date = Some(date.clone());
    connection.modify_date = Some(date);
    let mut stored = Stored::new(connection);
    stored.health.outcome = match n % 17 {
        0 => State::SignInFailed,
        1 | 2 => State::Failing,
        3..6 => State::Untested,
        _ => State::Working,
    };
    stored
}

async fn filled(store: &dyn Store, site: SiteId, rows: i64) -> Vec<Stored> {
    let scope = SiteScope::operator(site);
    let mut tx = store.begin(SERVER).await.unwrap();
    tx.insert_site(site, "one", None).await.unwrap();
    let rows: Vec<_> = (0..rows).map(row).collect();
    let ids = tx.insert_all(scope, &rows).await.unwrap();
    tx.commit().await.unwrap();
    rows.into_iter()
        .zip(ids)
        .map(|(mut stored, id): (Stored, ConnectionId)| {
            stored.connection.id = id;
            stored
        })
        .collect()
}

fn cursor(row: &Stored, sort: Sort) -> Cursor {
    let key = match sort {
        Sort::Newest | Sort::Oldest => row.connection.modify_date.clone().unwrap(),
        Sort::Name => Derived::of(&row.connection, &row.health).name_key,
        Sort::Id => String::new(),
    };
    Cursor { id: row.connection.id, key }
}

fn matches(row: &Stored, search: &str) -> bool {
    let Derived { search: text, .. } = Derived::of(&row.connection, &row.health);
    search_words(search).iter().all(|word| text.contains(word))
}

/// The numbers of all rows of a query, in its order.
fn expected(rows: &[Stored], query: &BoardQuery) -> Vec<Stored> {
    let mut found: Vec<_> = rows
        .iter()
        .filter(|row: &&Stored| {
            let state = row.health.state(&row.connection);
            matches(row, &query.search)
                && query.channel.is_none_or(|channel| channel == row.connection.channel())
                && query.state.is_none_or(|filter| filter.states().contains(&state))
        })
        .cloned()
        .collect();
    found.sort_by_key(|row| {
        let Cursor { id, key } = cursor(row, query.sort);
        (key, id.0)
    });
    if query.sort == Sort::Newest {
        found.reverse();
    }
    found
}

/// Holds a page against the numbers that belong to it, from the end that it is asked from: `right` are all of them,
/// `back` if they are the last ones; and what it counts, whichever rows are shown.
async fn compare(store: &dyn Store, query: &BoardQuery, right: &[i64], back: bool, count: u64) {
    let page = store.board(SiteScope::operator(SITE), query).await.unwrap();
    let ids: Vec<_> = page.rows.iter().map(|row| row.connection.id.0).collect();
    let size = (PAGE_SIZE as usize).min(right.len());
    let begin = if back { right.len() - size } else { 0 };
    assert_eq!(ids, right[begin..begin + size], "{query:?}");
    let more = if back { page.earlier } else { page.later };
    assert_eq!(more, right.len() > size, "{query:?}");
    let counted: u64 = page.counted.facets.iter().map(|facet| facet.count).sum();
    assert_eq!((counted, page.counted.more), (count, false), "{query:?}");
}

#[tokio::test]
async fn every_page_of_every_search_is_the_right_one() {
    let database = Database::new().await;
    database.vault.create().unwrap();
    let store = &*database.store;
    filled(store, OTHER_SITE, 200).await;
    let rows = filled(store, SITE, ROWS).await;
    let mut compared = 0;
    for (turn, search) in SEARCHES.into_iter().enumerate() {
        let count = rows.iter().filter(|row| matches(row, search)).count() as u64;
        let filters = [
            (None, None),
            (Some(Channel::Facebook), None),
            (None, Some(Filter::Working)),
            (None, Some(Filter::Disabled)),
            (Some(Channel::Facebook), Some(Filter::Working)),
            (None, Some(Filter::Attention)),
            (Some(Channel::Facebook), Some(Filter::Attention)),
            (Some(Channel::Facebook), Some(Filter::Untested)),
            (Some(Channel::Other), Some(Filter::Disabled)),
        ];
        for (other_turn, (channel, state)) in filters.into_iter().enumerate() {
            let sort = Sort::ALL[(turn + other_turn) % 4];
            let query =
                BoardQuery { search: search.into(), channel, state, sort, ..BoardQuery::default() };
            let all = expected(&rows, &query);
            let ids: Vec<_> = all.iter().map(|row| row.connection.id.0).collect();
            let mut pages = vec![(Position::First, &*ids, false), (Position::Last, &*ids, true)];
            for middle in [3, all.len() / 2] {
                let Some(row) = all.get(middle) else { continue };
                pages.push((Position::After(cursor(row, sort)), &ids[middle + 1..], false));
                pages.push((Position::Before(cursor(row, sort)), &ids[..middle], true));
            }
            for (at, right, back) in pages {
                let query = BoardQuery { at, ..query.clone() };
                compare(store, &query, right, back, count).await;
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "{compared} pages");
}

#[tokio::test]
async fn a_large_site_is_counted_to_a_bound_unless_the_page_is_not_full() {
    let database = Database::new().await;
    database.vault.create().unwrap();
    let store = &*database.store;
    let rows = filled(store, SITE, i64::from(COUNTED) + 100).await;
    let all = |search: &str| rows.iter().filter(|row| matches(row, search)).count() as u64;
    for (search, state, is_bounded) in [
        ("", None, true),
        ("all.half", Some(Filter::Working), true),
        // Of these the page has all.
        ("all.half malmö 19", None, false),
        ("malmö 19", Some(Filter::Working), false),
    ] {
        let query = BoardQuery { search: search.into(), state, ..BoardQuery::default() };
        let page = store.board(SiteScope::operator(SITE), &query).await.unwrap();
        let counted: u64 = page.counted.facets.iter().map(|facet| facet.count).sum();
        assert_eq!(page.counted.more, is_bounded, "{search}");
        if is_bounded {
            assert!(counted < all(search) && counted <= COUNTED.into(), "{search}: {counted}");
        } else {
            assert_eq!(counted, all(search), "{search}");
        }
    }
}
