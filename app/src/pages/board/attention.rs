//! What somebody has to look after, before all else.

use super::number;
use crate::{backend::Backend, components::State};
use leptos::prelude::*;
use shared::board::{BoardQuery, BoardRow, Counts, Filter};

/// The first of what somebody has to look after, and the link to all if there are more.
pub(super) struct Urgent {
    rows: Vec<BoardRow>,
    see_all: Option<String>,
}

/// Rows that are shown of what somebody has to look after.
const SHOWN: usize = 3;

/// What somebody has to look after comes first, on the page that is the first to be seen.
pub(super) async fn urgent(
    backend: &dyn Backend,
    query: &BoardQuery,
    counts: &Counts,
) -> Option<Urgent> {
    if *query != BoardQuery::default() || !may_be_any(counts) {
        return None;
    }
    let query = BoardQuery { state: Some(Filter::Attention), ..BoardQuery::default() };
    let mut rows = backend.board(&query).await.ok()?.rows;
    let see_all = see_all(counts, rows.len());
    rows.truncate(SHOWN);
    (!rows.is_empty()).then_some(Urgent { rows, see_all })
}

/// Whether anything may need attention: counts of a large site leave out its oldest connections.
fn may_be_any(counts: &Counts) -> bool {
    counts.more || counts.of(Filter::Attention) > 0
}

/// The link to all, if there are more than are shown.
fn see_all(counts: &Counts, found: usize) -> Option<String> {
    let count = counts.of(Filter::Attention).max(found as u64);
    (found > SHOWN).then(|| format!("See all {}", number(count, counts.more)))
}

/// What somebody has to look after: what is wrong, and what to do.
#[component]
pub(super) fn Attention(urgent: Urgent) -> impl IntoView {
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
    view! {
        <section class="notice bad attention" aria-labelledby="attention-title">
            <h2 id="attention-title">"Needs attention"</h2>
            <ul>{urgent.rows.into_iter().map(row).collect_view()}</ul>
            {urgent.see_all.map(|text| view! { <a href=href>{text}</a> })}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(attention: u64, more: bool) -> Counts {
        Counts { states: vec![(Filter::Attention, attention)], more, ..Counts::default() }
    }

    #[test]
    fn what_was_not_counted_may_need_attention_as_well() {
        for (attention, more, expected) in
            [(0, false, false), (1, false, true), (0, true, true), (1, true, true)]
        {
            assert_eq!(may_be_any(&counts(attention, more)), expected, "{attention} {more}");
        }
    }

    #[test]
    fn the_link_to_the_rest_says_how_many_there_are_at_least() {
        for (attention, more, found, expected) in [
            (3, false, 3, None),
            (4, false, 4, Some("See all 4")),
            (726, true, 50, Some("See all 726+")),
            (0, true, 50, Some("See all 50+")),
            (0, true, 2, None),
        ] {
            assert_eq!(see_all(&counts(attention, more), found).as_deref(), expected);
        }
    }
}
