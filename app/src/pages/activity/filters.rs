//! What narrows the activity down.

use leptos::prelude::*;
use shared::{
    Channel,
    audit::{ActivityQuery, EventKind, Person},
};

/// The filters, as a plain form whose result is an address.
#[component]
pub fn Filters(query: ActivityQuery, mut people: Vec<Person>) -> impl IntoView {
    // A person of whom nothing is known is still what is asked for: the list must say so.
    let unknown = query.person.filter(|id| people.iter().all(|person| person.id != *id));
    people.extend(unknown.map(|id| Person { id, email: format!("Person {id}") }));
    let people = people
        .into_iter()
        .map(|person| option(person.id.to_string(), person.email, query.person == Some(person.id)))
        .collect_view();
    let channels = Channel::ALL.map(|channel| {
        option(channel.slug().into(), channel.label().into(), query.channel == Some(channel))
    });
    let kinds = EventKind::ALL
        .iter()
        .map(|&kind| option(kind.slug().into(), kind.label().into(), query.kind == Some(kind)))
        .collect_view();
    let clear = query.is_filtered().then(|| view! { <a href="/activity">"Clear filters"</a> });
    view! {
        <form method="get" action="/activity" class="filters labelled" role="search">
            <label>
                <span>"Person"</span>
                <select name="person">
                    <option value="">"Everybody"</option>
                    {people}
                </select>
            </label>
            <label>
                <span>"Kind"</span>
                <select name="kind">
                    <option value="">"All kinds"</option>
                    {kinds}
                </select>
            </label>
            <label>
                <span>"Channel"</span>
                <select name="channel">
                    <option value="">"All channels"</option>
                    {channels}
                </select>
            </label>
            <label>
                <span>"Connection number"</span>
                <input
                    type="text"
                    name="connection"
                    inputmode="numeric"
                    pattern="[0-9]*"
                    title="The number of a connection, for example 646"
                    autocomplete="off"
                    value=query.connection.map(|id| id.to_string())
                />
            </label>
            <label>
                <span>"From (UTC)"</span>
                <input type="date" name="since" value=query.since />
            </label>
            <label>
                <span>"To (UTC)"</span>
                <input type="date" name="until" value=query.until />
            </label>
            <button type="submit">"Show"</button>
            {clear}
        </form>
    }
}

fn option(value: String, label: String, selected: bool) -> impl IntoView {
    view! {
        <option value=value selected=selected>
            {label}
        </option>
    }
}
