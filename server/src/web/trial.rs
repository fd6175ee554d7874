//! Tests a connection as a browser posts it: the form's values, with the secrets that it keeps. The page's
//! beginning is sent at once, and each stage when it is over; who leaves the page ends the test.

use super::{WebState, failed, form::Posted, page::page_with};
use crate::{
    probe::{Stage, Step},
    service::{SaveError, TestRequest},
    store::Principal,
};
use app::{
    STAGES,
    backend::{Trial, TrialFailure, TrialStage},
    stage_html, verdict_html,
};
use axum::{
    Extension,
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Path, Request, State},
    http::{StatusCode, header::CONTENT_LENGTH},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use shared::{Channel, ConnectionId, Field, Key};
use std::convert::Infallible;
use tokio::sync::mpsc::Receiver;

/// A page's beginning and end.
const PAGE: usize = 1 << 20;

/// Begins a test.
pub(super) async fn run(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<ConnectionId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let posted = Request::from_parts(parts.clone(), body);
    let posted = match Posted::from_request(posted, &state).await {
        Ok(posted) => posted,
        Err(rejection) => return rejection.into_response(),
    };
    let scope = principal.scope();
    let request = TestRequest { id, patch: posted.patch() };
    let stages = match state.services.test(&principal, request).await {
        Ok(stages) => stages,
        Err(SaveError::Invalid(violations)) => {
            let messages = violations.errors().map(|of| of.message.clone()).collect();
            return page_with(state, parts, Trial::Refused(messages)).await;
        }
        // The page itself says so.
        Err(SaveError::Forbidden | SaveError::NotFound) => {
            return page_with(state, parts, Trial::Asked).await;
        }
        Err(error) => return failed(&error),
    };
    let channel = match state.services.get(scope, id).await {
        Ok(stored) => stored.map_or(Channel::Other, |stored| stored.connection.channel()),
        Err(error) => return failed(&error),
    };
    let (parts, page) = page_with(state, parts, Trial::Running).await.into_parts();
    let page = to_bytes(page, PAGE).await.map(|page| String::from_utf8_lossy(&page).into_owned());
    let Some((head, tail)) = page.ok().and_then(|page| {
        page.split_once(STAGES).map(|(head, tail)| (head.to_owned(), tail.to_owned()))
    }) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let pieces = stream::once(async { head })
        .chain(told(stages, channel))
        .chain(stream::once(async { tail }))
        .map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
    let mut response = Response::from_parts(parts, Body::from_stream(pieces));
    response.headers_mut().remove(CONTENT_LENGTH);
    response
}

/// Each stage, and how it ended.
fn told(stages: Receiver<Stage>, channel: Channel) -> impl futures_util::Stream<Item = String> {
    stream::unfold(Some((stages, false)), move |state| async move {
        let (mut stages, passed) = state?;
        let Some(stage) = stages.recv().await else { return Some((verdict_html(passed), None)) };
        let passed = stage.ends_well();
        Some((stage_html(shown(stage, channel)), Some((stages, passed))))
    })
}

fn shown(stage: Stage, channel: Channel) -> TrialStage {
    let failure = stage.failure.map(|failure| TrialFailure {
        explanation: failure.explanation,
        advice: failure.advice.to_owned(),
        field: failure.field.and_then(Key::field).and_then(|field| label(field, channel)),
        words: failure.words,
    });
    TrialStage {
        title: title(stage.stage),
        milliseconds: stage.ms,
        found: stage.finding.found,
        failure,
    }
}

fn label(field: Field, channel: Channel) -> Option<&'static str> {
    channel.spec(field).map(|spec| spec.label)
}

const fn title(step: Step) -> &'static str {
    match step {
        Step::Resolve => "Look up the host",
        Step::Connect => "Connect",
        Step::Greeting => "Hear who the server is",
        Step::Tls => "Encrypt, and check the certificate",
        Step::SignIn => "Sign in",
        Step::OpenInbox => "Open INBOX",
        Step::Sender => "Name the sender",
        Step::Page => "See the page",
        Step::Account => "See the account",
        Step::User => "See who signed in",
        Step::Permissions => "Ask what the tokens may do, and until when",
    }
}
