//! Tests a connection as a browser posts it: the form's values, with the secrets that it keeps. Who leaves the
//! page ends the test.

use super::{
    WebState, failed,
    fill::NewQuery,
    form::posted_with_parts,
    render::{page_with, streamed},
};
use crate::{
    http::{Place, Refusal},
    probe::Stage,
    service::{SaveError, Subject, TestRequest, failure},
    store::Principal,
    wording::connection_test::title,
};
use app::{ConnectionTest, Streamed};
use axum::{
    Extension,
    extract::{Path, Query, Request, State},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use shared::{Channel, SaveRefusal, connection_test::StageReport};

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
        (Ok(id), _) => Subject::Stored(id),
        (Err(_), Some(channel)) => Subject::New(channel),
        (Err(_), None) => return page_with(state, parts, ConnectionTest::NotStarted).await,
    };
    let stages = match state.services.redeem(&principal, of, posted.patch()).await {
        Ok(patch) => {
            let request = TestRequest { of, patch };
            state.services.test(&principal, request, || place.leave()).await
        }
        Err(error) => Err(error),
    };
    let mut stages = match stages {
        Ok(stages) => stages,
        Err(SaveError::Refused(SaveRefusal::Invalid(violations))) => {
            let messages = violations.errors().map(|of| of.message.clone()).collect();
            return page_with(state, parts, ConnectionTest::Refused(messages)).await;
        }
        Err(SaveError::Refused(SaveRefusal::TooMany(seconds))) => {
            return Refusal::TooMany(seconds).into_response();
        }
        // The page itself says so.
        Err(SaveError::Refused(SaveRefusal::Forbidden | SaveRefusal::NotFound)) => {
            return page_with(state, parts, ConnectionTest::NotStarted).await;
        }
        Err(error) => return failed(&error),
    };
    let view = match of {
        Subject::New(channel) => state.services.blank(scope, channel).await.map(Some),
        Subject::Stored(id) => state
            .services
            .get(scope, id)
            .await
            .map(|stored| stored.map(|stored| state.services.view_alone(&stored))),
    };
    let view = match view {
        Ok(Some(view)) => view,
        Ok(None) => return page_with(state, parts, ConnectionTest::NotStarted).await,
        Err(error) => return failed(&error),
    };
    let channel = view.channel;
    let stages = stream::poll_fn(move |context| stages.poll_recv(context))
        .map(move |stage| report(stage, channel));
    streamed(state, parts, ConnectionTest::Running(Box::new(view), Streamed::new(stages))).await
}

pub(super) fn report(stage: Stage, channel: Channel) -> StageReport {
    StageReport {
        is_last: stage.ends_well(),
        title: title(stage.stage),
        milliseconds: stage.ms,
        found: stage.finding.found,
        failure: stage.failure.map(|why| failure(why, channel)),
    }
}
