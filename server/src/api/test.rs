//! `POST /api/connection/{id}/test`

use super::{
    ApiError,
    bearer::Bearer,
    request::{Fields, Id},
};
use crate::{
    probe::Stage,
    service::{Services, TestRequest, Tested},
};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::{
        HeaderMap,
        header::{ACCEPT, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use std::convert::Infallible;
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

/// Tests a connection as it is stored, with the fields of the body in place of those. Nothing is saved.
#[utoipa::path(
    post,
    path = "/api/connection/{id}/test",
    operation_id = "testConnection",
    tag = "connection",
    params(("id" = i64, Path, minimum = 1, maximum = 9_007_199_254_740_991u64, description = "The connection's number")),
    request_body(content(
        (super::openapi::ConnectionPatch = "application/json"),
        (super::openapi::ConnectionPatch = "application/merge-patch+json"),
    )),
    responses(
        (status = 200, description = "How it went; a line a stage, as they end, for who accepts that", content(
            (TestReport = "application/json"),
            (Stage = "application/x-ndjson"),
        )),
        super::openapi::Unauthorized,
        super::openapi::BadBody,
        (status = 403, description = "The user’s role may not write", body = super::openapi::Error),
        (status = 404, description = "No such connection on this site", body = super::openapi::Error),
        (status = 422, description = "A rule is broken, the password is to be given again, or the channel \
            has no test", body = super::openapi::Error),
    ),
    security(("token" = []))
)]
pub async fn handler(
    State(services): State<Services>,
    Bearer(caller): Bearer,
    Id(id): Id,
    headers: HeaderMap,
    Fields(entries): Fields,
) -> Result<Response, ApiError> {
    if let Some((key, _)) = entries.read_only().next() {
        return Err(ApiError::ReadOnly(key));
    }
    let request = TestRequest { of: Tested::Stored(id), patch: entries.patch() };
    let stages = services.test(&caller, request).await?;
    let stages = stream::unfold(stages, async |mut stages| Some((stages.recv().await?, stages)));
    if headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes() == LINES.as_bytes()) {
        let lines = stages.map(|stage| Ok::<_, Infallible>(line(&stage)));
        return Ok(([(CONTENT_TYPE, LINES)], Body::from_stream(lines)).into_response());
    }
    let stages: Vec<_> = stages.collect().await;
    let ok = stages.last().is_some_and(Stage::ends_well);
    Ok(Json(TestReport { ok, stages }).into_response())
}

fn line(stage: &Stage) -> Bytes {
    let mut line = serde_json::to_vec(stage).unwrap_or_default();
    line.push(b'\n');
    line.into()
}
