//! An event in words. Fields are named as the form of the connection's channel names them; of a
//! secret there is only that it changed.

use shared::{
    Channel, Field,
    audit::{Event, EventKind, FieldChange, Via},
};

/// Who did what, and how: `ann@helpdesk.test changed Name through the API`.
#[must_use]
pub fn sentence(event: &Event) -> String {
    format!("{} {}{}", event.who, predicate(event), by(event.via))
}

/// What was done, without the values: `changed Name and Port`.
#[must_use]
pub fn predicate(event: &Event) -> String {
    match event.kind {
        EventKind::ConnectionCreated => "created this connection".to_owned(),
        EventKind::ConnectionChanged => changed(event),
        EventKind::ConnectionTested => format!("tested it: {}", event.about.to_lowercase()),
        EventKind::TestMessageSent => format!("sent a test message to {}", event.about),
        other => other.label().to_lowercase(),
    }
}

/// What happened, in the words of the activity's table.
#[must_use]
pub const fn what(event: &Event) -> &'static str {
    match event.undid {
        Some(_) => "Change undone",
        None => event.kind.label(),
    }
}

/// How it was done, unless that was in the browser.
const fn by(via: Via) -> &'static str {
    match via {
        Via::Ui | Via::Schedule => "",
        Via::Api => " through the API",
        Via::Cli => " at the command line",
    }
}

/// The name of a field on the connection that an event is about.
#[must_use]
pub fn label(channel: Option<Channel>, field: Field) -> &'static str {
    let spec = channel.and_then(|channel| channel.spec(field));
    spec.map_or(field.name(), |spec| spec.label)
}

/// The value before and the value after; `None` if there is nothing to tell.
#[must_use]
pub fn value_texts(change: &FieldChange) -> Option<(String, String)> {
    let FieldChange { field, before, after } = change;
    let text = |value: &Option<String>| match value.as_deref().unwrap_or_default() {
        "1" if *field == Field::Enabled => "yes".to_owned(),
        "0" if *field == Field::Enabled => "no".to_owned(),
        "" => "(empty)".to_owned(),
        value => format!("“{value}”"),
    };
    (!field.is_secret() && before != after).then(|| (text(before), text(after)))
}

fn changed(event: &Event) -> String {
    let channel = event.connection.as_ref().map(|connection| connection.channel);
    let labels: Vec<_> = event.changes.iter().map(|change| label(channel, change.field)).collect();
    match (event.undid, event.changes.as_slice()) {
        (Some(_), []) => "undid a change".to_owned(),
        (Some(_), _) => format!("undid a change of {}", list(&labels)),
        (None, []) => "changed it".to_owned(),
        (None, [FieldChange { field: Field::Enabled, after, .. }]) => {
            if after.as_deref() == Some("1") { "enabled it" } else { "disabled it" }.to_owned()
        }
        (None, _) => format!("changed {}", list(&labels)),
    }
}

/// `a`, `a and b`, `a, b and c`
fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [many @ .., last] => format!("{} and {last}", many.join(", ")),
    }
}

#[cfg(test)]
mod tests;
