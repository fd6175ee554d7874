//! The board's rows, and what can be done with those that are chosen.

use crate::components::{ChannelIcon, FormId, State, When};
use leptos::prelude::*;
use shared::{board::BoardRow, bulk::BulkAction};

/// The rows of the board that has this address.
#[component]
pub(super) fn Table(rows: Vec<BoardRow>, board: String, may_edit: bool) -> impl IntoView {
    let row = |row: BoardRow| {
        let name = if row.name.is_empty() { "(no name)".to_owned() } else { row.name };
        view! {
            <tr id=format!("connection-{}", row.id)>
                {may_edit
                    .then(|| {
                        view! {
                            <td class="pick">
                                <input
                                    type="checkbox"
                                    name="id"
                                    value=row.id.to_string()
                                    aria-label=format!("Choose {name}")
                                />
                            </td>
                        }
                    })}
                <td class="channel">
                    <ChannelIcon channel=row.channel />
                    <span>{row.channel_label}</span>
                </td>
                <th scope="row">
                    <a href=format!("/connections/{}", row.id)>{name.clone()}</a>
                    " "
                    <span class="muted id">{row.id.to_string()}</span>
                </th>
                <td class="account">{row.account}</td>
                <td class="state">
                    <State state=row.state />
                    {row.problem.map(|problem| view! { <p class="muted">{problem}</p> })}
                </td>
                <td class="changed">{row.changed.map(|moment| view! { <When moment /> })}</td>
            </tr>
        }
    };
    let table = view! {
        <table class="list board">
            <thead>
                <tr>
                    {may_edit.then(|| view! { <ChooseAll /> })}
                    <th scope="col">"Channel"</th>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Account"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Changed"</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    };
    if may_edit {
        view! {
            <form method="post" action="/connections/bulk">
                <FormId />
                <input type="hidden" name="from" value=board />
                {table}
                <p class="bulk">
                    "Do with what you choose: "
                    {BulkAction::ALL
                        .iter()
                        .map(|action| {
                            view! {
                                <button type="submit" name="do" value=action.slug()>
                                    {action.label()}
                                </button>
                            }
                        })
                        .collect_view()}
                </p>
            </form>
        }
        .into_any()
    } else {
        table.into_any()
    }
}

/// The head of the column of boxes, with one for all of them.
#[component]
fn ChooseAll() -> impl IntoView {
    view! {
        <th scope="col">
            <span class="visually-hidden">"Choose"</span>
            <input type="checkbox" id="choose-all" aria-label="Choose all on this page" />
        </th>
    }
}
