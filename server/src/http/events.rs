//! Changes of connections as server-sent events (HTML, "Server-sent events").

use crate::{service::News, store::ChangeNotice};
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use shared::{ConnectionId, EntryId, Version};
use std::{convert::Infallible, time::Duration};

/// How long a client that lost the stream waits before it asks again.
const RECONNECT_DELAY: Duration = Duration::from_secs(2);

/// How long a client waits whose stream ended for another one of the same user: with more pages open than
/// streams, each page is at most so long behind.
const DISPLACED_RETRY: Duration = Duration::from_mins(1);

/// Seconds after which somebody who found no place for a stream may ask again.
pub const RETRY_AFTER: u16 = 60;

/// A line without meaning is sent so often: proxies end what is silent for a minute, and a client
/// that is gone is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The header by which a client says how far it got.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What an event says: no more than it takes to read the connection again.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    id: ConnectionId,
    /// Its version since, if the change gave it one.
    version: Option<Version>,
    /// What was done, as the activity names it.
    kind: &'static str,
}

/// A stream of events named `connection`, each with its number as the id.
pub fn events(news: impl Stream<Item = News> + Send + 'static) -> Response {
    let begin = stream::once(async { Event::default().retry(RECONNECT_DELAY) });
    let news = news.map(|news| match news {
        News::Change(change) => event(change),
        News::Displaced => Event::default().retry(DISPLACED_RETRY),
    });
    let events = begin.chain(news).map(Ok::<_, Infallible>);
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // nginx would keep events until it has a page of them.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    ([unbuffered], stream).into_response()
}

fn event(change: ChangeNotice) -> Event {
    let ChangeNotice { number, kind, connection, version } = change;
    let data = Data { id: connection, version, kind: kind.slug() };
    let event = Event::default().id(number.to_string()).event("connection");
    // Two numbers and a word are always JSON.
    event.json_data(data).unwrap_or_default()
}

/// The event after which a client wants to go on; an error says what the header takes.
///
/// # Errors
/// If it is not the number of an event.
pub fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, String> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let number = EntryId::parse_after(value.to_str().unwrap_or_default().trim());
    number
        .map(|number| Some(number.0))
        .map_err(|expected| format!("Last-Event-ID takes the id of an event, {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event_is_a_number_or_a_mistake() {
        let read = |value: &'static str| {
            last_event_id(&HeaderMap::from_iter([(LAST_EVENT_ID, HeaderValue::from_static(value))]))
        };
        assert_eq!(last_event_id(&HeaderMap::new()), Ok(None));
        assert_eq!(read(" 17"), Ok(Some(17)));
        for wrong in ["", "x", "-1", "1.5", "9007199254740992", "99999999999999999999"] {
            assert!(read(wrong).unwrap_err().starts_with("Last-Event-ID takes"), "{wrong}");
        }
    }
}
