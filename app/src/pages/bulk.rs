//! What is done to several connections at once: a preview, which leads back to the board. Of tests the page's
//! beginning is sent at once, and each result when it is there.

use super::{ForbiddenPage, NotFound, request::query_map};
use crate::{
    backend::{Account, backend},
    components::{FormId, Layout, Section, State, Streamed},
    wording::VIEWER,
};
use leptos::prelude::*;
use leptos_meta::Title;
use shared::{
    board::BoardQuery,
    bulk::{BulkAction, BulkRow},
};

/// How far a bulk action is.
#[derive(Clone, Default)]
pub enum Bulk {
    /// No connection was chosen.
    #[default]
    Nothing,
    /// What would be done.
    Preview(BulkAction, Vec<BulkRow>),
    /// How many are tested, and their results.
    Running(usize, Streamed<BulkRow>),
}

/// Tests, enables or disables several connections.
#[component]
pub fn BulkPage() -> impl IntoView {
    let bulk = use_context::<Bulk>().unwrap_or_default();
    let Some(account) = backend().map(|backend| backend.account()) else {
        return view! { <NotFound /> }.into_any();
    };
    if account.role.may_edit() {
        view! { <Page account bulk /> }.into_any()
    } else {
        let title = "Only editors change connections";
        view! { <ForbiddenPage account section=Section::Connection title text=VIEWER /> }.into_any()
    }
}

#[component]
fn Page(account: Account, bulk: Bulk) -> impl IntoView {
    let board = board();
    let (title, body) = match bulk {
        Bulk::Nothing => {
            let text = "Go back, and choose connections in the first column.";
            ("No connection was chosen".to_owned(), view! { <p>{text}</p> }.into_any())
        }
        Bulk::Preview(action, rows) => {
            let count = rows.iter().filter(|row| row.good).count();
            let title = format!("{} {}?", action.label(), connections(count));
            (title, view! { <Preview action rows count board=board.clone() /> }.into_any())
        }
        Bulk::Running(count, results) => {
            let list = view! {
                <p class="muted">"What is stored is tested. Leaving this page ends it."</p>
                <div class="stages" aria-live="polite">
                    {results.show(Progress { working: 0, tested: 0, count }, result, end)}
                </div>
            };
            (format!("Test of {}", connections(count)), list.into_any())
        }
    };
    view! {
        <Title text=title.clone() />
        <Layout account section=Section::Connection>
            <main>
                <nav aria-label="Breadcrumb" class="back">
                    <a href=board>"‹ Connections"</a>
                </nav>
                <h1>{title}</h1>
                {body}
            </main>
        </Layout>
    }
}

#[component]
fn Preview(action: BulkAction, rows: Vec<BulkRow>, count: usize, board: String) -> impl IntoView {
    let id = |row: &BulkRow| view! { <input type="hidden" name="id" value=row.id.to_string() /> };
    let ids = rows.iter().filter(|row| row.good).map(id).collect_view();
    view! {
        <Rows rows />
        <form method="post" action="/connections/bulk" class="confirm">
            <FormId />
            <input type="hidden" name="from" value=board.clone() />
            {ids}
            <input type="hidden" name="confirmed" value="1" />
            <button
                type="submit"
                name="do"
                value=action.slug()
                class="primary"
                disabled=count == 0
            >
                {action.label()}
                " "
                {connections(count)}
            </button>
            <a class="button" href=board>
                "Cancel"
            </a>
        </form>
    }
}

#[component]
fn Rows(rows: Vec<BulkRow>) -> impl IntoView {
    let row = |BulkRow { id, name, channel_label, state, text, .. }: BulkRow| {
        view! {
            <tr>
                <th scope="row">
                    <a href=format!("/connections/{id}")>{name}</a>
                    " "
                    <span class="muted id">{id.to_string()}</span>
                </th>
                <td>{channel_label}</td>
                <td class="state">
                    <State state />
                </td>
                <td>{text}</td>
            </tr>
        }
    };
    view! {
        <table class="list">
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Channel"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"What is done"</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

/// The board that the connections were chosen on.
fn board() -> String {
    BoardQuery::from_href(&query_map().remove("from").unwrap_or_default()).href()
}

fn connections(count: usize) -> String {
    if count == 1 { "1 connection".to_owned() } else { format!("{count} connections") }
}

/// Of tests of several connections.
struct Progress {
    working: usize,
    tested: usize,
    count: usize,
}

fn result(row: BulkRow, progress: &mut Progress) -> AnyView {
    progress.tested += 1;
    progress.working += usize::from(row.good);
    let class = match row.state {
        _ if row.good => "good",
        shared::State::Untested => "skipped",
        _ => "bad",
    };
    view! {
        <div class=class>
            <p>
                <State state=row.state />
                " · "
                <a href=format!("/connections/{}", row.id)>{row.name}</a>
                " "
                <span class="muted">{row.channel_label}</span>
            </p>
            {(!row.text.is_empty()).then(|| view! { <p>{row.text}</p> })}
        </div>
    }
    .into_any()
}

fn end(Progress { working, tested, count }: Progress) -> AnyView {
    let text = if tested == count {
        format!("{working} of {} work.", connections(count))
    } else {
        format!("You are signed out. {} were not tested.", connections(count - tested))
    };
    view! {
        <p id="notice" class="notice" role="status">
            {text}
        </p>
    }
    .into_any()
}
