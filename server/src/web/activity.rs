//! The activity as a CSV file, read and sent piece by piece.

use super::WebState;
use crate::{
    service::{Services, csv_head},
    store::{Principal, SiteScope, StoreError},
};
use app::backend::ActivityQuery;
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, stream};

/// All events of a view of the activity.
pub(super) async fn csv(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = ActivityQuery::from_query(query.as_deref().unwrap_or_default());
    let query = ActivityQuery { before: None, ..query };
    let name = format!("attachment; filename=\"activity-{}.csv\"", principal.site);
    let head = stream::once(async { Ok(Bytes::from(csv_head())) });
    let lines = lines(state.services, principal.scope(), query);
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    (headers, Body::from_stream(head.chain(lines))).into_response()
}

fn lines(
    services: Services,
    scope: SiteScope,
    query: ActivityQuery,
) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::try_unfold(Some(query), move |query| {
        let services = services.clone();
        async move {
            let Some(query) = query else { return Ok(None) };
            let (lines, next) = services.csv(scope, &query).await?;
            let next = next.map(|before| ActivityQuery { before: Some(before), ..query });
            Ok(Some((Bytes::from(lines), next)))
        }
    })
}
