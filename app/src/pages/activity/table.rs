//! The events of a page, one a row.

use crate::{
    components::{Changes, ChannelIcon, When},
    wording,
};
use leptos::prelude::*;
use shared::audit::{Event, EventConnection};

/// The table of events.
#[component]
pub fn Table(events: Vec<Event>) -> impl IntoView {
    view! {
        <table class="list activity">
            <caption class="visually-hidden">"Activity, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"When"</th>
                    <th scope="col">"Who"</th>
                    <th scope="col">"Via"</th>
                    <th scope="col">"What"</th>
                    <th scope="col">"Connection"</th>
                    <th scope="col">"Details"</th>
                </tr>
            </thead>
            <tbody>{events.into_iter().map(|event| view! { <Row event /> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Row(event: Event) -> impl IntoView {
    let Event { at, who, via, connection, about, .. } = event.clone();
    let what = wording::what(&event);
    view! {
        <tr>
            <td class="when">
                <When moment=at />
            </td>
            <td class="person">{who}</td>
            <td class="via">{via.label()}</td>
            <th scope="row">{what}</th>
            <td class="about">
                {connection.map(|connection| view! { <Connection connection /> })}
            </td>
            <td class="details">{about} <Changes event /></td>
        </tr>
    }
}

#[component]
fn Connection(connection: EventConnection) -> impl IntoView {
    let EventConnection { id, name, channel } = connection;
    let name = if name.is_empty() { "(no name)".to_owned() } else { name };
    view! {
        <ChannelIcon channel />
        <span class="visually-hidden">{channel.label()} " "</span>
        <a href=format!("/connections/{id}")>{name}</a>
        " "
        <span class="muted id">{id.to_string()}</span>
    }
}
