//! Panics: a bug costs its own request an answer, and no one else anything.

use super::Refusal;
use axum::response::{IntoResponse, Response};
use std::{any::Any, panic};
use tower_http::catch_panic::CatchPanicLayer;

/// Makes a constant answer of a handler's panic.
pub(super) fn layer() -> CatchPanicLayer<fn(Box<dyn Any + Send>) -> Response> {
    CatchPanicLayer::custom(|_| Refusal::Panicked.into_response())
}

/// Logs panics by their place in the code. Their messages are dropped: an `expect` may quote what
/// it could not read. A panic in this hook would abort the server, so the log must swallow its own
/// failures, as `cli::log` has it.
pub fn log_without_messages() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a bug: the program panicked");
    }));
}
