//! What somebody has to look after, before all else.

use super::number;
use crate::{backend::Backend, components::State};
use leptos::prelude::*;
use shared::board::{BoardPage, BoardQuery, BoardRow, Filter};

/// What somebody has to look after comes first, on the page that is the first to be seen.
pub(super) async fn attention(
    backend: &dyn Backend,
    query: &BoardQuery,
    data: &BoardPage,
) -> Vec<BoardRow> {
    let count = data.counts.of(Filter::Attention);
    if *query != BoardQuery::default() || count == 0 {
        return vec![];
    }
    let query = BoardQuery { state: Some(Filter::Attention), ..BoardQuery::default() };
    let page = backend.board(&query).await;
    page.map(|page| page.rows.into_iter().take(URGENT).collect()).unwrap_or_default()
}

/// Rows that are shown of what somebody has to look after.
const URGENT: usize = 3;

/// What somebody has to look after: what is wrong, and what to do.
#[component]
pub(super) fn Attention(rows: Vec<BoardRow>, count: u64) -> impl IntoView {
    let shown = rows.len() as u64;
    let href = BoardQuery { state: Some(Filter::Attention), ..BoardQuery::default() }.href();
    let row = |row: BoardRow| {
        view! {
            <li>
                <State state=row.state />
                " · "
                <a href=format!("/connections/{}", row.id)>{row.name}</a>
                " "
                <span class="muted">{row.channel_label} " · " {row.account}</span>
                {row.problem.map(|problem| view! { <p>{problem}</p> })}
            </li>
        }
    };
    (shown > 0).then(|| {
        view! {
            <section class="notice bad attention" aria-labelledby="attention-title">
                <h2 id="attention-title">"Needs attention"</h2>
                <ul>{rows.into_iter().map(row).collect_view()}</ul>
                {(count > shown)
                    .then(|| view! { <a href=href>{format!("See all {}", number(count, false))}</a> })}
            </section>
        }
    })
}
