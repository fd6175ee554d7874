//! The pages of a bulk action: tests run one after the other in one turn and each result is streamed as it comes;
//! enabling and disabling ask on a page of their own first, and redirect to the board when they are done.

use super::{
    BULK_PATH, WebState,
    flash::{self, Flash},
    form::{Posted, posted_with_parts},
    render::{page_with, streamed},
    session,
};
use crate::{
    http::{Place, Refusal},
    service::{SaveError, Services, Turn, bulk_preview},
    store::{Principal, StoreError, Stored},
    wording::notice,
};
use app::{Bulk, Streamed};
use axum::{
    Extension,
    extract::{Request, State},
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};
use futures_util::{Stream, stream};
use shared::{
    SaveRefusal,
    board::{BoardQuery, PAGE_SIZE},
    bulk::{BulkAction, BulkRow},
};
use tower_sessions::{Session, session::Id};

/// Does it. What is not confirmed yet goes to the page that asks: an address, so that going back to
/// it, or reloading it, sends nothing.
pub(super) async fn run(
    State(state): State<WebState>,
    session: Session,
    Extension(principal): Extension<Principal>,
    place: Place,
    request: Request,
) -> Response {
    let (mut parts, posted) = match posted_with_parts(request).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    let action = action(&posted);
    if action.is_some_and(|action| action != BulkAction::Test) && posted.get("confirmed").is_none()
    {
        return Redirect::to(&address(&posted)).into_response();
    }
    // The page that tests leads back to the same board.
    parts.uri = address(&posted).parse().unwrap_or(parts.uri);
    let rows = match chosen(&state.services, &principal, &posted).await {
        Ok(rows) => rows,
        Err(error) => return super::failed(&error),
    };
    let Some(action) = action.filter(|_| !rows.is_empty() && principal.role.may_edit()) else {
        return page_with(state, parts, Bulk::Nothing).await;
    };
    if action == BulkAction::Test {
        let turn = match state.services.turn(&principal, || place.leave()).await {
            Ok(turn) => turn,
            Err(SaveError::Refused(SaveRefusal::TooMany(seconds))) => {
                return Refusal::TooMany(seconds).into_response();
            }
            Err(error) => return super::failed(&error),
        };
        let job = Job { services: state.services.clone(), principal, session: session.id(), turn };
        let count = rows.len();
        let bulk = Bulk::Running(count, Streamed::new(job.results(rows)));
        return streamed(state, parts, bulk).await;
    }
    let enable = action == BulkAction::Enable;
    let done = state.services.set_all_enabled(&principal, &rows, enable).await;
    let good = done.iter().all(|row| row.good);
    let message = Flash::Message { good, text: notice::bulk_done(action, &done) };
    flash::redirect(&session, &board(&posted), message).await
}

/// Says what would be done.
pub(super) async fn preview(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    parts: Parts,
) -> Response {
    let posted = Posted::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let action =
        action(&posted).filter(|action| *action != BulkAction::Test && principal.role.may_edit());
    let rows = match chosen(&state.services, &principal, &posted).await {
        Ok(rows) => rows,
        Err(error) => return super::failed(&error),
    };
    let Some(action) = action.filter(|_| !rows.is_empty()) else {
        return page_with(state, parts, Bulk::Nothing).await;
    };
    let rows = rows.iter().map(|row| bulk_preview(action, row)).collect();
    let bulk = Bulk::Preview(action, rows);
    page_with(state, parts, bulk).await
}

fn action(posted: &Posted) -> Option<BulkAction> {
    BulkAction::ALL.iter().copied().find(|action| Some(action.slug()) == posted.get("do"))
}

/// The board that the connections were chosen on, and nothing else.
fn board(posted: &Posted) -> String {
    BoardQuery::from_href(posted.get("from").unwrap_or_default()).href()
}

/// The address of the page that asks.
fn address(posted: &Posted) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(posted.get("do").map(|action| ("do", action)));
    query.extend_pairs(posted.all("id").take(PAGE_SIZE as usize).map(|id| ("id", id)));
    query.append_pair("from", &board(posted));
    format!("{BULK_PATH}?{}", query.finish())
}

/// The connections that were chosen.
async fn chosen(
    services: &Services,
    principal: &Principal,
    posted: &Posted,
) -> Result<Vec<Stored>, StoreError> {
    let ids = posted.all("id").filter_map(|id| id.parse().ok());
    services.chosen(principal, ids).await
}

/// Tests of many connections in one turn.
struct Job {
    services: Services,
    principal: Principal,
    session: Option<Id>,
    turn: Turn,
}

impl Job {
    /// The result of each test; it ends early when the session does.
    fn results(self, rows: Vec<Stored>) -> impl Stream<Item = BulkRow> {
        stream::unfold((self, rows.into_iter()), async |(job, mut rows)| {
            let row = rows.next()?;
            let row = job.services.test_one_of(&job.turn, &job.principal, &row).await;
            let goes_on = session::goes_on(&job.services, job.session).await;
            goes_on.then_some((row, (job, rows)))
        })
    }
}
