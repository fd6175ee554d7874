//! What others change, followed by a page while it is seen: a browser has few connections to a
//! server, and all tabs share them.

use futures_util::{
    StreamExt,
    future::{Either, select},
};
use gloo_net::{eventsource::futures::EventSource, http::Request};
use js_sys::{Function, Promise};
use std::pin::pin;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, DomParser, SupportedType, Window};

/// How long to wait, in milliseconds, before a server that refused is asked again: at first, and
/// at most.
const WAIT: (i32, i32) = (2_000, 60_000);

/// Tells of each change of the site's connections after an event, as long as the page is there. What
/// it tells is the event's data.
pub async fn follow(mut after: String, tell: impl Fn(String)) {
    let mut wait = WAIT.0;
    loop {
        if document().is_some_and(|document| document.hidden()) {
            visibility_changes().await;
            continue;
        }
        let before = after.clone();
        if listen(&mut after, &tell).await.is_some() {
            continue;
        }
        if after != before {
            wait = WAIT.0;
        }
        sleep(wait).await;
        wait = (wait * 2).min(WAIT.1);
    }
}

/// Listens until the page is hidden; `None` if the server ends it or refuses. A browser goes on by
/// itself after a break.
async fn listen(after: &mut String, tell: &impl Fn(String)) -> Option<()> {
    let mut source = EventSource::new(&format!("/rpc/events?after={after}")).ok()?;
    let mut events = source.subscribe("connection").ok()?;
    let mut hidden = pin!(visibility_changes());
    loop {
        match select(events.next(), hidden.as_mut()).await {
            Either::Left((event, _)) => {
                let (_, event) = event?.ok()?;
                *after = event.last_event_id();
                tell(event.data().as_string().unwrap_or_default());
            }
            Either::Right(_) => return Some(()),
        }
    }
}

/// This page as the server has it now; `None` if that cannot be had. Nobody asked for it, so the
/// session does not last longer for it.
pub async fn fetch() -> Option<Document> {
    let request = Request::get(&window()?.location().href().ok()?).header("x-unattended", "1");
    let text = request.send().await.ok()?.text().await.ok()?;
    DomParser::new().ok()?.parse_from_string(&text, SupportedType::TextHtml).ok()
}

/// Waits for some milliseconds.
pub async fn sleep(milliseconds: i32) {
    await_callback(&|window, done| {
        window.set_timeout_with_callback_and_timeout_and_arguments_0(done, milliseconds).map(drop)
    })
    .await;
}

async fn visibility_changes() {
    await_callback(&|window, done| {
        let document = window.document().ok_or(JsValue::NULL)?;
        document.add_event_listener_with_callback("visibilitychange", done)
    })
    .await;
}

/// Waits until the browser calls a function.
async fn await_callback(ask: &dyn Fn(Window, &Function) -> Result<(), JsValue>) {
    let called = Promise::new(&mut |done, _| {
        if let Some(window) = window() {
            // A browser that cannot be asked never calls.
            let _ = ask(window, &done);
        }
    });
    let _ = JsFuture::from(called).await;
}

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}
