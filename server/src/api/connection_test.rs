//! `POST /api/connection/{id}/test`

use super::{
    ApiError,
    bearer::Bearer,
    request::{Fields, Id, NoQuery},
};
use crate::{
    http::Place,
    probe::Stage,
    service::{Services, Subject, TestRequest},
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{
        HeaderMap,
        header::{ACCEPT, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use std::{convert::Infallible, time::Duration};
use tokio::time::timeout;
use utoipa::ToSchema;

/// How a test went.
#[derive(Serialize, ToSchema)]
pub struct TestReport {
    /// Whether all stages passed.
    ok: bool,
    /// The stages in their order; the last is the one that failed, if one did.
    stages: Vec<Stage>,
}

/// The type of answers that come a line a stage.
const LINES: &str = "application/x-ndjson";

/// The type of the answer that comes in one piece.
const JSON: &str = "application/json";

/// How often something is sent while a test runs.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Tests a connection as it is stored, with the fields of the body in place of those. Nothing is saved.
#[utoipa::path(
    post,
    path = "/connection/{id}/test",
    operation_id = "testConnection",
    tag = "connection",
    params(("id" = i64, Path, minimum = 1, maximum = 9_007_199_254_740_991u64, description = "The connection's number")),
    request_body(content(
        (super::schema::ConnectionPatch = "application/json"),
        (super::schema::ConnectionPatch = "application/merge-patch+json"),
    )),
    responses(
        (status = 200, description = "How it went; a line a stage, as they end, for who accepts that", content(
            (TestReport = "application/json"),
            (Stage = "application/x-ndjson"),
        )),
        super::schema::Unauthorized,
        super::schema::BadBody,
        (status = 403, description = "The user’s role may not write", body = super::schema::Error),
        (status = 404, description = "No such connection on this site", body = super::schema::Error),
        (status = 422, description = "A rule is broken, the password is to be given again, or the channel \
            has no test", body = super::schema::Error),
        (status = 429, description = "Too many tests of the user or the site run; see Retry-After",
         body = super::schema::Error),
    ),
    security(("token" = []))
)]
pub async fn handler(
    State(services): State<Services>,
    Bearer(caller): Bearer,
    place: Place,
    Id(id): Id,
    _: NoQuery,
    headers: HeaderMap,
    Fields(entries): Fields,
) -> Result<Response, ApiError> {
    if let Some((key, _)) = entries.read_only().next() {
        return Err(ApiError::ReadOnly(key));
    }
    let request = TestRequest { of: Subject::Stored(id), patch: entries.patch() };
    let stages = services.test(&caller, request, || place.leave()).await?;
    let stages = stream::unfold(stages, async |mut stages| Some((stages.recv().await?, stages)));
    if headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes() == LINES.as_bytes()) {
        let lines = stages.map(|stage| Ok::<_, Infallible>(line(&stage)));
        return Ok(([(CONTENT_TYPE, LINES)], Body::from_stream(lines)).into_response());
    }
    let report = report(stages, KEEP_ALIVE);
    Ok(([(CONTENT_TYPE, JSON)], Body::from_stream(report)).into_response())
}

/// The whole report in one piece, when the test is over. Until then come blanks, which mean nothing in
/// front of JSON: proxies end what is silent for a minute.
fn report(
    stages: impl Stream<Item = Stage>,
    keep_alive: Duration,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let whole = async {
        let stages: Vec<_> = stages.collect().await;
        let ok = stages.last().is_some_and(Stage::ends_well);
        Bytes::from(serde_json::to_vec(&TestReport { ok, stages }).unwrap_or_default())
    };
    stream::unfold(Some(Box::pin(whole)), move |whole| async move {
        let mut whole = whole?;
        Some(match timeout(keep_alive, &mut whole).await {
            Ok(report) => (Ok(report), None),
            Err(_) => (Ok(Bytes::from_static(b" ")), Some(whole)),
        })
    })
}

fn line(stage: &Stage) -> Bytes {
    let mut line = serde_json::to_vec(stage).unwrap_or_default();
    line.push(b'\n');
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_is_awaited_keeps_its_connection_alive() {
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let stages = stream::once(async { drop(ended.await) }).filter_map(async |()| None);
        let mut report = Box::pin(report(stages, Duration::from_millis(1)));
        for _ in 0..3 {
            assert_eq!(report.next().await, Some(Ok(" ".into())));
        }
        end.send(()).unwrap();
        let rest: Vec<_> = report.map(|bytes| bytes.unwrap()).collect().await;
        let text = String::from_utf8(rest.concat()).unwrap();
        assert_eq!(text.trim_start(), r#"{"ok":false,"stages":[]}"#);
    }
}
