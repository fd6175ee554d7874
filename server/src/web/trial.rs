//! Tests a connection as a browser posts it: the form's values, with the secrets that it keeps. The page's
//! beginning is sent at once, and each stage when it is over; who leaves the page ends the test.

use super::{
    WebState, failed,
    fill::NewQuery,
    form::posted_with_parts,
    render::{page_with, streamed},
};
use crate::{
    http::{Place, Refusal},
    probe::Stage,
    service::{SaveError, TestRequest, Tested, failure, title},
    store::Principal,
};
use app::{stage_html, verdict_html};
use axum::{
    Extension,
    extract::{Path, Query, Request, State},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, stream};
use shared::{
    Channel, SaveRefusal,
    trial::{Trial, TrialStage, TrialVerdict},
};
use tokio::sync::mpsc::Receiver;

/// Begins a test.
pub(super) async fn run(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    Query(NewQuery { channel }): Query<NewQuery>,
    place: Place,
    request: Request,
) -> Response {
    let (parts, posted) = match posted_with_parts(request).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    let scope = principal.scope();
    let new = channel.as_deref().and_then(Channel::from_slug).filter(|_| id == "new");
    let of = match (id.parse(), new) {
        (Ok(id), _) => Tested::Stored(id),
        (Err(_), Some(channel)) => Tested::New(channel),
        (Err(_), None) => return page_with(state, parts, Trial::Asked).await,
    };
    let stages = match state.services.redeem(&principal, of, posted.patch()).await {
        Ok(patch) => {
            let request = TestRequest { of, patch };
            state.services.test(&principal, request, || place.leave()).await
        }
        Err(error) => Err(error),
    };
    let stages = match stages {
        Ok(stages) => stages,
        Err(SaveError::Refused(SaveRefusal::Invalid(violations))) => {
            let messages = violations.errors().map(|of| of.message.clone()).collect();
            return page_with(state, parts, Trial::Refused(messages)).await;
        }
        Err(SaveError::Refused(SaveRefusal::TooMany(seconds))) => {
            return Refusal::TooMany(seconds).into_response();
        }
        // The page itself says so.
        Err(SaveError::Refused(SaveRefusal::Forbidden | SaveRefusal::NotFound)) => {
            return page_with(state, parts, Trial::Asked).await;
        }
        Err(error) => return failed(&error),
    };
    let channel = match of {
        Tested::New(channel) => channel,
        Tested::Stored(id) => match state.services.get(scope, id).await {
            Ok(stored) => stored.map_or(Channel::Other, |stored| stored.connection.channel()),
            Err(error) => return failed(&error),
        },
    };
    streamed(state, parts, Trial::Running, stages_html(stages, channel)).await
}

/// Each stage, and how it ended.
fn stages_html(stages: Receiver<Stage>, channel: Channel) -> impl Stream<Item = String> {
    stream::unfold(Some((stages, TrialVerdict::Failed)), move |state| async move {
        let (mut stages, verdict) = state?;
        let Some(stage) = stages.recv().await else { return Some((verdict_html(verdict), None)) };
        let at_end = stage.ends_well();
        let stage = shown(stage, channel);
        let verdict = stage.verdict(at_end);
        Some((stage_html(stage), Some((stages, verdict))))
    })
}

fn shown(stage: Stage, channel: Channel) -> TrialStage {
    TrialStage {
        title: title(stage.stage),
        milliseconds: stage.ms,
        found: stage.finding.found,
        failure: stage.failure.map(|why| failure(why, channel)),
    }
}
