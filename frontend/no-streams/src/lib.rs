//! Takes the place of wasm-streams, which Leptos depends on for streams to and from server functions. Ours
//! have none, but that crate exports classes to JavaScript, and what is exported is never dead code: it would
//! be in the WebAssembly of every visitor. This one has the same functions for the compiler alone.

use futures_util::{Stream, stream};
use wasm_bindgen::JsValue;
use web_sys::ReadableStream as Raw;

/// A stream of the browser.
#[derive(Debug)]
pub struct ReadableStream(Raw);

impl ReadableStream {
    /// The stream of a response.
    #[must_use]
    pub const fn from_raw(raw: Raw) -> Self {
        Self(raw)
    }

    /// A stream for a request.
    ///
    /// # Panics
    /// Always: no request of ours is a stream.
    #[must_use]
    pub fn from_stream(_: impl Stream<Item = Result<JsValue, JsValue>> + 'static) -> Self {
        unreachable!("no server function takes a stream")
    }

    /// The browser's own stream.
    #[must_use]
    pub fn into_raw(self) -> Raw {
        self.0
    }

    /// What a response streams: nothing.
    pub fn into_stream(self) -> impl Stream<Item = Result<JsValue, JsValue>> {
        stream::empty()
    }
}
