//! The activity as a CSV file, read and sent piece by piece.

use super::{WebState, session};
use crate::{
    http::Refusal,
    service::{Services, csv_head},
    shares::Share,
    store::{Principal, SiteScope, StoreError},
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, stream};
use shared::audit::ActivityQuery;
use tower_sessions::{Session, session::Id};

/// Seconds after which somebody who downloads as much as one may can try again.
const RETRY_AFTER: u16 = 10;

/// All events of a view of the activity.
pub(super) async fn csv(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    session: Session,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(share) = state.services.download(&principal) else {
        return Refusal::TooMany(RETRY_AFTER).into_response();
    };
    let query = match ActivityQuery::parse(query.as_deref().unwrap_or_default()) {
        Ok(query) => ActivityQuery { before: None, ..query },
        Err(key) => return Refusal::BadFilter.with_more(format!("What is not understood: {key}")),
    };
    let name = format!("attachment; filename=\"activity-{}.csv\"", principal.site);
    let head = stream::once(async { Ok(Bytes::from(csv_head())) });
    let download = Download {
        services: state.services,
        scope: principal.scope(),
        session: session.id(),
        _share: share,
    };
    let lines = download.lines(query);
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)];
    (headers, Body::from_stream(head.chain(lines))).into_response()
}

struct Download {
    services: Services,
    scope: SiteScope,
    session: Option<Id>,
    _share: Share,
}

impl Download {
    /// All lines, a batch at a time. If the session ends meanwhile, the answer breaks off.
    fn lines(self, query: ActivityQuery) -> impl Stream<Item = Result<Bytes, StoreError>> {
        stream::try_unfold(Some((self, query)), async |state| {
            let Some((download, query)) = state else { return Ok(None) };
            let Download { services, scope, session, .. } = &download;
            // The first batch is that of the request itself.
            if query.before.is_some() && !session::goes_on(services, *session).await {
                return Err(StoreError::Ended);
            }
            let (lines, next) = services.csv(*scope, &query).await?;
            let next = next.map(|before| ActivityQuery { before: Some(before), ..query });
            Ok(Some((Bytes::from(lines), next.map(|query| (download, query)))))
        })
    }
}
