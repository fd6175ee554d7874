//! The board: all connections, searched, filtered and sorted by the address alone.

mod attention;
mod table;

use super::{or_unavailable, request::query};
use crate::{
    backend::{Account, backend},
    components::{KeepUp, Layout, Prerender, Section},
    wording::VIEWER,
};
use attention::{Attention, Urgent, urgent};
use leptos::prelude::*;
use leptos_meta::Title;
use shared::{
    Channel,
    board::{BoardPage as Data, BoardQuery, Cursor, Filter, Position, Sort},
};
use table::Table;

/// The home page.
#[component]
pub fn BoardPage() -> impl IntoView {
    let query = BoardQuery::from_query(&query());
    let page = async move {
        let backend = backend()?;
        let loaded = backend.board(&query).await;
        let urgent = match &loaded {
            Ok(data) => urgent(&*backend, &query, &data.counts).await,
            Err(_) => None,
        };
        Some(or_unavailable(backend.account(), loaded, |account, data| {
            view! { <Board account query data urgent /> }.into_any()
        }))
    };
    view! { <Suspense>{Suspend::new(page)}</Suspense> }
}

#[component]
fn Board(account: Account, query: BoardQuery, data: Data, urgent: Option<Urgent>) -> impl IntoView {
    let empty = data.rows.is_empty();
    let last_event = account.last_event;
    let may_edit = account.role.may_edit();
    let new = may_edit.then(|| {
        view! {
            <a class="button primary" href="/connections/new">
                "New connection"
            </a>
        }
    });
    view! {
        <Title text="Connections" />
        <Layout account section=Section::Board>
            <main>
                <header class="page-head">
                    <h1>"Connections"</h1>
                    {new}
                </header>
                <div id="attention">
                    {urgent.map(|urgent| view! { <Attention urgent /> })}
                </div>
                <Tabs query=query.clone() data=data.clone() />
                <Filters query=query.clone() data=data.clone() />
                <div id="rows">
                    {if empty {
                        view! { <Empty query=query.clone() may_edit /> }.into_any()
                    } else {
                        view! { <Table rows=data.rows board=query.href() may_edit /> }.into_any()
                    }}
                </div>
                <div id="pages">
                    <Pages query earlier=data.earlier later=data.later />
                </div>
            </main>
        </Layout>
        <KeepUp after=last_event />
        <Prerender />
    }
}

/// All, and those of each state, each with its count.
#[component]
fn Tabs(query: BoardQuery, data: Data) -> impl IntoView {
    let counts = data.counts;
    let more = counts.more;
    let tabs = [(None, "All", counts.all)];
    let states =
        Filter::ALL.iter().map(|&filter| (Some(filter), filter.label(), counts.of(filter)));
    let tab = |(state, label, count): (Option<Filter>, &'static str, u64)| {
        let current = (state == query.state).then_some("page");
        let href = BoardQuery { state, at: Position::First, ..query.clone() }.href();
        view! {
            <li>
                <a href=href aria-current=current>
                    {label}
                    " "
                    <span class="count">{number(count, more)}</span>
                </a>
            </li>
        }
    };
    view! {
        <nav aria-label="State" id="tabs">
            <ul class="tabs">{tabs.into_iter().chain(states).map(tab).collect_view()}</ul>
        </nav>
    }
}

#[component]
fn Filters(query: BoardQuery, data: Data) -> impl IntoView {
    let more = data.counts.more;
    let channel = |(channel, count): (Channel, u64)| {
        let selected = query.channel == Some(channel);
        let count = number(count, more);
        view! {
            <option value=channel.slug() selected=selected>
                {format!("{} ({count})", channel.label())}
            </option>
        }
    };
    let sort = |sort: Sort| {
        view! {
            <option value=sort.slug() selected=sort == query.sort>
                {sort.label()}
            </option>
        }
    };
    let clear = query.is_filtered().then(|| {
        let href = BoardQuery { sort: query.sort, ..BoardQuery::default() }.href();
        view! { <a href=href>"Clear filters"</a> }
    });
    view! {
        <form method="get" action="/" class="filters" role="search">
            <input type="hidden" name="state" value=query.state_slug() />
            <label class="grow">
                <span class="visually-hidden">"Search name, account, server or number"</span>
                <input
                    type="search"
                    name="q"
                    placeholder="Search name, account, server or number"
                    value=query.search.clone()
                />
            </label>
            <label>
                <span class="visually-hidden">"Channel"</span>
                <select name="channel">
                    <option value="">"All channels"</option>
                    {data.counts.channels.into_iter().map(channel).collect_view()}
                </select>
            </label>
            <label>
                <span class="visually-hidden">"Order"</span>
                <select name="sort">{Sort::ALL.iter().copied().map(sort).collect_view()}</select>
            </label>
            <button type="submit">"Show"</button>
            {clear}
        </form>
    }
}

#[component]
fn Empty(query: BoardQuery, may_edit: bool) -> impl IntoView {
    if query.at != Position::First {
        let href = BoardQuery { at: Position::First, ..query }.href();
        view! {
            <div class="empty">
                <p>"Nothing is left on this page. " <a href=href>"Go to the first page"</a> "."</p>
            </div>
        }
        .into_any()
    } else if query.is_filtered() {
        view! {
            <div class="empty">
                <h2>"No connection matches"</h2>
                <p>
                    "Try a part of the name, the account, the server or the number, or "
                    <a href="/">"see all connections"</a> "."
                </p>
            </div>
        }
        .into_any()
    } else if !may_edit {
        view! {
            <div class="empty">
                <h2>"No connections yet"</h2>
                <p>{VIEWER}</p>
            </div>
        }
        .into_any()
    } else {
        view! {
            <div class="empty">
                <h2>"No connections yet"</h2>
                <p>
                    "Connect the first mailbox, page or account through which customers write. "
                    <a href="/connections/new">"New connection"</a>
                </p>
            </div>
        }
        .into_any()
    }
}

#[component]
fn Pages(query: BoardQuery, earlier: Option<Cursor>, later: Option<Cursor>) -> impl IntoView {
    let link = |at: Position, label: &'static str, rel: Option<&'static str>| {
        let href = BoardQuery { at, ..query.clone() }.href();
        view! { <a rel=rel href=href>{label}</a> }
    };
    (earlier.is_some() || later.is_some()).then(|| {
        view! {
            <nav class="pages" aria-label="Pages">
                {earlier.map(|row| {
                    (
                        link(Position::First, "« First", None),
                        link(Position::Before(row), "‹ Previous", Some("prev")),
                    )
                })}
                {later.map(|row| {
                    (
                        link(Position::After(row), "Next ›", Some("next")),
                        link(Position::Last, "Last »", None),
                    )
                })}
            </nav>
        }
    })
}

/// A count, in groups of three digits; "+" if there are more.
fn number(count: u64, more: bool) -> String {
    let digits = count.to_string();
    let grouped: String = digits
        .chars()
        .enumerate()
        .flat_map(|(index, digit): (usize, char)| {
            let ends = index > 0 && (digits.len() - index).is_multiple_of(3);
            ends.then_some(',').into_iter().chain([digit])
        })
        .collect();
    if more { grouped + "+" } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn counts_are_grouped() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(count, false), text);
        }
        assert_eq!(number(5000, true), "5,000+");
    }
}
