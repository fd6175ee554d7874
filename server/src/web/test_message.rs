//! Sends a test message through an outbound connection, as a browser asks for it. Who leaves the page before it is sent
//! ends it.

use super::{
    WebState, connection_test::report, failed, form::posted_with_parts, render::page_with,
    render::streamed,
};
use crate::{
    http::{Place, Refusal},
    service::{MessageError, MessageRequest},
    store::Principal,
    wording::notice,
};
use app::{Streamed, TestMessage};
use axum::{
    Extension,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use shared::{ConnectionId, channel::Channel};

pub(super) async fn send(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<ConnectionId>,
    place: Place,
    request: Request,
) -> Response {
    let (parts, posted) = match posted_with_parts(request).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    let to = posted.get("to").unwrap_or_default().to_owned();
    let may_be_others = posted.get("others") == Some(to.trim());
    let request = MessageRequest { through: id, to: to.clone(), may_be_others };
    let sent = state.services.send_test_message(&principal, request, || place.leave()).await;
    let outcome = match sent {
        Ok((name, mut stages)) => {
            let stages = stream::poll_fn(move |context| stages.poll_recv(context))
                .map(|stage| report(stage, Channel::EmailOutbound));
            let sending = TestMessage::Sending { name, to, stages: Streamed::new(stages) };
            return streamed(state, parts, sending).await;
        }
        Err(MessageError::Others(to)) => TestMessage::Confirm { to },
        Err(MessageError::Busy(seconds)) => return Refusal::TooMany(seconds).into_response(),
        // The page itself says so.
        Err(MessageError::Forbidden | MessageError::NotFound) => TestMessage::NotStarted,
        Err(MessageError::Store(error)) => return failed(&error),
        Err(error) => TestMessage::Refused { to, problem: notice::no_message(&error) },
    };
    let is_refused = matches!(outcome, TestMessage::Refused { .. });
    let mut response = page_with(state, parts, outcome).await;
    if is_refused {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}
