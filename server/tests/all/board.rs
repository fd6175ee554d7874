//! The board's pages against what a plain search of all rows gives, for what matches everywhere,
//! rarely, at one end, and not at all: a database has a way of its own for each.

use crate::support::Database;
use app::backend::{BoardQuery, Cursor, Filter, PAGE_SIZE, Position, Sort};
use server::store::{BOUND, Derived, NEWEST, SERVER, SiteScope, Store, Stored, search_terms};
use shared::{Channel, Connection, ConnectionId, Field, SiteId, State};
use std::collections::BTreeSet;

const SITE: SiteId = SiteId(169);
/// One that an index may take for the other.
const LIKE_IT: SiteId = SiteId(169 + (1 << 20));

/// Enough for every way.
const ROWS: i64 = 5000;

const SEARCHES: [&str; 15] = [
    "",
    "all",
    "half all",
    "half",
    "tail",
    "MALMÖ",
    "malmö 7",
    "mÖ",
    "ö",
    "42",
    "\"%_'",
    "[*?]",
    "nothing",
    "aged",
    "all.half.exa",
];

fn row(n: i64) -> Stored {
    let other = Channel::ALL[usize::try_from(n % 6).unwrap()];
    let channel = if n % 2 == 0 { Channel::Facebook } else { other };
    let (media, provider) = channel.codes().unwrap_or(("WHATP", "PVD30"));
    let mut connection = Connection::new(media, Some(provider));
    // Of two that change at a time, and three that are called alike, the number decides.
    let name = match n % 97 {
        0 => format!("Malmö {}", n / 3),
        1 => "Östersund \"%_'".to_owned(),
        2..9 => "[*?]".to_owned(),
        _ if n > ROWS / 2 => format!("tail {}", n / 3),
        _ => format!("Team {}", n / 3),
    };
    let half = if n % 2 == 0 { "half.example" } else { "example" };
    let day = 1 + n * 7 % 27;
    let date = format!("2026-03-{day:02} 09:{:02}:00", n / 2 % 60);
    connection.set(Field::Name, Some(name));
    // Much, and most of it at one end of the order.
    connection.set(Field::UserId, (day < 9 || n % 199 == 0).then(|| "aged".to_owned()));
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
    let with_id = |(mut stored, id): (Stored, ConnectionId)| {
        stored.connection.id = id;
        stored
    };
    rows.into_iter().zip(ids).map(with_id).collect()
}

fn cursor(row: &Stored, sort: Sort) -> Cursor {
    let key = match sort {
        Sort::Newest | Sort::Oldest => row.connection.modify_date.clone().unwrap(),
        Sort::Name => Derived::of(&row.connection, &row.health).name_key,
        Sort::Id => String::new(),
    };
    Cursor { id: row.connection.id, key }
}

/// All rows of a query in its order.
fn expected(rows: &[Stored], query: &BoardQuery) -> Vec<Stored> {
    let terms = search_terms(&query.search);
    let is_in = |row: &&Stored| {
        let derived = Derived::of(&row.connection, &row.health);
        terms.iter().all(|term| derived.search.contains(term))
            && query.channel.is_none_or(|channel| channel == row.connection.channel())
            && query.state.is_none_or(|filter| filter.states().contains(&derived.state))
    };
    let mut found: Vec<_> = rows.iter().filter(is_in).cloned().collect();
    found.sort_by_key(|row| {
        let Cursor { id, key } = cursor(row, query.sort);
        (key, id.0)
    });
    if query.sort == Sort::Newest {
        found.reverse();
    }
    found
}

/// Holds a page against the numbers that belong to it, from the end that it is asked from: `right` are
/// all of them, `back` if they are the last ones. Says whether the page has others than those.
async fn compare(store: &dyn Store, query: &BoardQuery, right: &[i64], back: bool) -> bool {
    let page = store.board(SiteScope::operator(SITE), query).await.unwrap();
    let ids: Vec<_> = page.rows.iter().map(|row| row.connection.id.0).collect();
    let size = (PAGE_SIZE as usize).min(right.len());
    if page.partial {
        // Some of them, in their order.
        let mut rest = right.iter();
        assert!(ids.iter().all(|id| rest.any(|right| right == id)), "{query:?}: {ids:?}");
        assert!(!ids.is_empty(), "{query:?}");
    } else {
        let begin = if back { right.len() - size } else { 0 };
        assert_eq!(ids, right[begin..begin + size], "{query:?}");
        let more = if back { page.earlier } else { page.later };
        assert_eq!(more, right.len() > size, "{query:?}");
    }
    page.partial
}

#[tokio::test]
async fn every_page_of_every_search_is_the_right_one_or_says_so() {
    let database = Database::new().await;
    database.vault.create().unwrap();
    let store = &*database.store;
    filled(store, LIKE_IT, 2 * i64::from(BOUND)).await;
    let rows = filled(store, SITE, ROWS).await;
    let (mut compared, mut partial) = (0, BTreeSet::new());
    for (turn, search) in SEARCHES.into_iter().enumerate() {
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
                if compare(store, &query, right, back).await {
                    assert!(all.len() > BOUND as usize, "{query:?}");
                    partial.insert(search);
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "{compared} pages");
    // What matches everywhere is soon found in any order; these only at its other end.
    assert_eq!(partial.into_iter().collect::<Vec<_>>(), ["aged", "tail"]);
}

#[tokio::test]
async fn a_page_that_shows_some_begins_with_the_newest() {
    let database = Database::new().await;
    database.vault.create().unwrap();
    let store = &*database.store;
    let rows = filled(store, SITE, ROWS).await;
    let ids = |rows: Vec<Stored>| rows.iter().map(|row| row.connection.id.0).collect::<Vec<_>>();
    let query = BoardQuery { search: "aged".into(), ..BoardQuery::default() };
    let right = ids(expected(&rows, &query));
    assert!(compare(store, &query, &right, false).await, "too little matches");
    // A search goes through all of these.
    let newest = &ids(expected(&rows, &BoardQuery::default()))[..NEWEST as usize];
    let first: Vec<_> = right.into_iter().take_while(|id| newest.contains(id)).collect();
    assert!((1..PAGE_SIZE as usize / 2).contains(&first.len()), "{first:?}");
    let page = store.board(SiteScope::operator(SITE), &query).await.unwrap();
    let shown: Vec<_> = page.rows.iter().map(|row| row.connection.id.0).collect();
    assert!(shown.starts_with(&first), "{first:?}: {shown:?}");
}

/// What a search counts, of all channels and states, whichever are shown, and whether there is a row to
/// show; and whether there is more.
async fn counted(store: &dyn Store, search: &str) -> (u64, bool) {
    let query = BoardQuery { search: search.into(), ..BoardQuery::default() };
    let nowhere = Cursor { id: ConnectionId(0), key: String::new() };
    let mut found = BTreeSet::new();
    for query in [
        BoardQuery { state: Some(Filter::Disabled), ..query.clone() },
        BoardQuery { sort: Sort::Name, at: Position::Last, ..query.clone() },
        BoardQuery { at: Position::After(nowhere), ..query.clone() },
        query,
    ] {
        let page = store.board(SiteScope::operator(SITE), &query).await.unwrap();
        found
            .insert((page.counted.facets.iter().map(|facet| facet.count).sum(), page.counted.more));
    }
    assert_eq!(found.len(), 1, "{search}: {found:?}");
    found.pop_first().unwrap()
}

#[tokio::test]
async fn a_search_counts_all_or_says_that_there_are_more() {
    let database = Database::new().await;
    database.vault.create().unwrap();
    let store = &*database.store;
    filled(store, LIKE_IT, 20).await;
    let rows = filled(store, SITE, ROWS).await;
    let mut exact = 0;
    for search in SEARCHES {
        let query = BoardQuery { search: search.into(), ..BoardQuery::default() };
        let all = expected(&rows, &query).len() as u64;
        let (counted, more) = counted(store, search).await;
        if more {
            assert!(counted > PAGE_SIZE.into() && counted < all, "{search}: {counted} of {all}");
        } else {
            assert_eq!(counted, all, "{search}");
            exact += 1;
        }
    }
    assert!((3..SEARCHES.len()).contains(&exact), "{exact}");
}

#[tokio::test]
async fn a_search_counts_all_that_matches_on_a_small_site() {
    let database = Database::new().await;
    database.vault.create().unwrap();
    let store = &*database.store;
    let rows = filled(store, SITE, NEWEST.into()).await;
    for search in SEARCHES {
        let query = BoardQuery { search: search.into(), ..BoardQuery::default() };
        let all = expected(&rows, &query).len() as u64;
        assert_eq!(counted(store, search).await, (all, false), "{search}");
    }
}
