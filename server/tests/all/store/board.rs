//! The board: its searches, filters, sorts and pages.

use super::{SITE, full, insert, ready, scope};
use server::store::{BoardLine, BoardRows, Derived, Health, Store, Stored};
use shared::{
    Channel, Connection, ConnectionId, Field, State,
    board::{BoardQuery, Cursor, Filter, PAGE_SIZE, Position, Sort},
};

/// Inserts rows for the board: number, channel, name, host, enabled, and the day of its last change.
pub async fn insert_some(store: &dyn Store) {
    for (id, channel, name, host, enabled, day) in [
        (1, Channel::EmailInbound, "beta", "mail.one.example", "1", 3),
        (2, Channel::EmailOutbound, "Alpha", "mail.two.example", "1", 1),
        (3, Channel::Facebook, "gamma 100%", "", "0", 2),
        (4, Channel::Other, "delta_x", "", "1", 4),
    ] {
        let (media, provider) = channel.codes().unwrap_or(("YOTB", "PVD31"));
        let mut connection = Connection::new(media, Some(provider));
        connection.id = ConnectionId(id);
        connection.site_id = SITE;
        connection.name = Some(name.into());
        connection.host = Some(host.into());
        connection.enabled = Some(enabled.into());
        connection.parent_id = (id == 2).then(|| "1".into());
        connection.create_date = Some(format!("2026-03-0{day} 00:00:00"));
        connection.modify_date.clone_from(&connection.create_date);
        insert(store, connection).await;
    }
}

#[tokio::test]
async fn what_is_searched_may_be_long() {
    // No index can make it smaller.
    let text = |seed: u32| {
        (0..4096)
            .map(|n: u32| char::from_u32(0x2_0000 + (n * 7919 + seed * 104_729) % 40_000).unwrap())
            .collect::<String>()
    };
    let mut row = full(700);
    for (seed, field) in (0..).zip([Field::Name, Field::UserId, Field::From, Field::Host]) {
        row.set(field, Some(text(seed)));
    }
    row.set(Field::TargetId, Some(text(4)));
    let (_database, store) = ready().await;
    let mut tx = store.begin(SITE).await.unwrap();
    tx.insert(scope(), &Stored::new(row.clone())).await.unwrap();
    tx.commit().await.unwrap();
    // 2,000 bytes, of which the number and a line's end have four.
    for (skipped, count) in [(494, 1), (495, 0)] {
        let search: String = text(0).chars().skip(skipped).take(5).collect();
        let query = BoardQuery { search, ..BoardQuery::default() };
        assert_eq!(store.board(scope(), &query).await.unwrap().rows.len(), count);
    }
}

#[tokio::test]
async fn the_board_is_searched_filtered_and_sorted() {
    let (_folder, store) = ready().await;
    insert_some(&*store).await;
    let ids = async |query: BoardQuery| {
        let rows = store.board(scope(), &query).await.unwrap();
        rows.rows.iter().map(|row| row.connection.id.0).collect::<Vec<_>>()
    };
    let all = BoardQuery::default;
    for (sort, expected) in [
        (Sort::Newest, [4, 1, 3, 2]),
        (Sort::Oldest, [2, 3, 1, 4]),
        (Sort::Name, [2, 1, 4, 3]),
        (Sort::Id, [1, 2, 3, 4]),
    ] {
        assert_eq!(ids(BoardQuery { sort, ..all() }).await, expected);
    }
    for (search, expected) in [
        ("ALPHA", vec![2]),
        ("mail example", vec![1, 2]),
        ("one.ex", vec![1]),
        ("100%", vec![3]),
        ("a_x", vec![4]),
        ("aqx", vec![]),
        ("g", vec![3]),
        ("ma", vec![1, 2, 3]),
        ("ai", vec![1, 2]),
        ("4", vec![4]),
        ("nothing", vec![]),
    ] {
        let query = BoardQuery { search: search.into(), sort: Sort::Id, ..all() };
        assert_eq!(ids(query).await, expected, "{search}");
    }
    for (channel, expected) in [
        (Channel::EmailInbound, vec![1]),
        (Channel::Facebook, vec![3]),
        (Channel::Other, vec![4]),
        (Channel::Twitter, vec![]),
    ] {
        assert_eq!(ids(BoardQuery { channel: Some(channel), ..all() }).await, expected);
    }
    let of = |filter| ids(BoardQuery { state: Some(filter), ..all() });
    assert_eq!(of(Filter::Disabled).await, [3]);
    assert_eq!(of(Filter::Untested).await, [4, 1, 2]);
    assert_eq!(of(Filter::Attention).await, [0; 0]);
}

#[tokio::test]
async fn the_boards_pages_follow_on_one_another() {
    let (_folder, store) = ready().await;
    for id in 1..=i64::from(PAGE_SIZE) + 3 {
        insert(&*store, full(id)).await;
    }
    for &sort in Sort::ALL {
        let page = async |at| {
            let query = BoardQuery { sort, at, ..BoardQuery::default() };
            store.board(scope(), &query).await.unwrap()
        };
        let cursor = |BoardLine { connection: row, .. }: &BoardLine| {
            let key = match sort {
                Sort::Newest | Sort::Oldest => row.modify_date.clone().unwrap(),
                Sort::Name => Derived::of(row, &Health::default()).name_key,
                Sort::Id => String::new(),
            };
            Cursor { id: row.id, key }
        };
        let first = page(Position::First).await;
        let shape = |page: &BoardRows| (page.rows.len(), page.earlier, page.later);
        assert_eq!(shape(&first), (50, false, true));
        let second = page(Position::After(cursor(&first.rows[49]))).await;
        assert_eq!(shape(&second), (3, true, false));
        let mut ids: Vec<_> =
            first.rows.iter().chain(&second.rows).map(|row| row.connection.id.0).collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=53).collect::<Vec<_>>(), "each row once");
        let back = page(Position::Before(cursor(&second.rows[0]))).await;
        assert_eq!((&back.rows, back.earlier, back.later), (&first.rows, false, true));
        let last = page(Position::Last).await;
        assert_eq!(shape(&last), (50, true, false));
        assert_eq!(last.rows[47..], second.rows);
    }
}

#[tokio::test]
async fn a_boards_row_has_no_secret() {
    let (_folder, store) = ready().await;
    insert(&*store, full(646)).await;
    let rows = store.board(scope(), &BoardQuery::default()).await.unwrap();
    let rows: Vec<_> = rows.rows.into_iter().map(|row| row.connection).collect();
    assert_eq!((&rows[0].password, &rows[0].token), (&None, &None));
    assert_eq!(rows[0].name.as_deref(), Some("Name of 646"));
}

#[tokio::test]
async fn facets_count_by_channel_and_state() {
    let (_folder, store) = ready().await;
    insert_some(&*store).await;
    let page = async |search: &str| {
        let query = BoardQuery { search: search.into(), ..BoardQuery::default() };
        store.board(scope(), &query).await.unwrap()
    };
    let facets = page("").await.counted.facets;
    let mut counted: Vec<_> =
        facets.iter().map(|facet| (facet.channel, facet.state, facet.count)).collect();
    counted.sort_unstable();
    assert_eq!(
        counted,
        [
            (Channel::EmailInbound, State::Untested, 1),
            (Channel::EmailOutbound, State::Untested, 1),
            (Channel::Facebook, State::Disabled, 1),
            (Channel::Other, State::Untested, 1),
        ]
    );
    assert_eq!(page("mail.two").await.counted.facets.len(), 1);
    let nothing = page("nothing").await;
    assert_eq!((nothing.rows, nothing.counted.facets), (vec![], vec![]));
}
