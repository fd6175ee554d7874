//! Does something to several connections that were chosen on the board: tests what is stored of each, one
//! after the other in one turn, and tells each result when it is there; or enables or disables them, after
//! a page that says what that would do, and then leads back to the board.

use super::{
    BULK, WebState,
    flash::{self, Flash},
    form::{Posted, posted_with_parts},
    page::{page_with, streamed},
    session,
};
use crate::{
    http::{Place, Refusal},
    service::{PatchRequest, SaveError, Services, Turn},
    store::{Principal, StoreError, Stored},
};
use app::{bulk_end_html, bulk_row_html};
use axum::{
    Extension,
    extract::{Request, State},
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};
use futures_util::{Stream, stream};
use shared::{
    ConnectionId, ConnectionPatch, Field,
    board::{BoardQuery, PAGE_SIZE},
    bulk::{Bulk, BulkRow, Deed},
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
    let deed = deed(&posted);
    if deed.is_some_and(|deed| deed != Deed::Test) && posted.get("confirmed").is_none() {
        return Redirect::to(&address(&posted)).into_response();
    }
    // The page that tests leads back to the same board.
    parts.uri = address(&posted).parse().unwrap_or(parts.uri);
    let rows = match chosen(&state.services, &principal, &posted).await {
        Ok(rows) => rows,
        Err(error) => return super::failed(&error),
    };
    let Some(deed) = deed.filter(|_| !rows.is_empty() && principal.role.may_edit()) else {
        return page_with(state, parts, Bulk::Nothing).await;
    };
    if deed == Deed::Test {
        let turn = match state.services.turn(&principal, || place.leave()).await {
            Ok(turn) => turn,
            Err(SaveError::TooMany(seconds)) => return Refusal::TooMany(seconds).into_response(),
            Err(error) => return super::failed(&error),
        };
        let job = Job { services: state.services.clone(), principal, session: session.id(), turn };
        let results = Box::pin(job.results(rows.clone()));
        return streamed(state, parts, Bulk::Running(rows.len()), results).await;
    }
    let mut done = vec![];
    for row in rows {
        done.push(switch(&state.services, &principal, row, deed == Deed::Enable).await);
    }
    flash::redirect(&session, &board(&posted), summary(deed, &done)).await
}

/// Says what would be done.
pub(super) async fn preview(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    parts: Parts,
) -> Response {
    let posted = Posted::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let deed = deed(&posted).filter(|deed| *deed != Deed::Test && principal.role.may_edit());
    let rows = match chosen(&state.services, &principal, &posted).await {
        Ok(rows) => rows,
        Err(error) => return super::failed(&error),
    };
    let Some(deed) = deed.filter(|_| !rows.is_empty()) else {
        return page_with(state, parts, Bulk::Nothing).await;
    };
    let enable = deed == Deed::Enable;
    let would = |row: Stored| {
        let good = is_enabled(&row) != enable;
        let text = match (good, enable) {
            (true, true) => "It is put in use, and tested.",
            (true, false) => "It is not used any more, and not tested.",
            (false, true) => "Nothing: it is in use.",
            (false, false) => "Nothing: it is not in use.",
        };
        line(&row, text, good)
    };
    let bulk = Bulk::Preview(deed, rows.into_iter().map(would).collect());
    page_with(state, parts, bulk).await
}

fn deed(posted: &Posted) -> Option<Deed> {
    Deed::ALL.into_iter().find(|deed| Some(deed.slug()) == posted.get("do"))
}

/// The board that the connections were chosen on, and nothing else.
fn board(posted: &Posted) -> String {
    BoardQuery::from_href(posted.get("from").unwrap_or_default()).href()
}

/// The address of the page that asks.
fn address(posted: &Posted) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(posted.get("do").map(|deed| ("do", deed)));
    query.extend_pairs(posted.all("id").take(PAGE_SIZE as usize).map(|id| ("id", id)));
    query.append_pair("from", &board(posted));
    format!("{BULK}?{}", query.finish())
}

/// What was done, and what was not.
fn summary(deed: Deed, rows: &[BulkRow]) -> Flash {
    let (done, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.good);
    let label = deed.label();
    let connections = if done.len() == 1 { "connection" } else { "connections" };
    let mut sentences = vec![format!("{label}d {} {connections}.", done.len())];
    sentences.extend(others.iter().map(|row| format!("{}: {}", row.name, row.text)));
    let text = sentences.join(" ");
    Flash::Message { good: others.is_empty(), text }
}

/// Those connections that are there, at most a page of them.
async fn chosen(
    services: &Services,
    principal: &Principal,
    posted: &Posted,
) -> Result<Vec<Stored>, StoreError> {
    let mut rows = vec![];
    let ids = posted.all("id").filter_map(|id| id.parse::<ConnectionId>().ok());
    for id in ids.take(PAGE_SIZE as usize) {
        rows.extend(services.get(principal.scope(), id).await?);
    }
    Ok(rows)
}

fn is_enabled(stored: &Stored) -> bool {
    stored.connection.get(Field::Enabled) == Some("1")
}

fn line(stored: &Stored, text: impl Into<String>, good: bool) -> BulkRow {
    let Stored { connection, health, .. } = stored;
    BulkRow {
        id: connection.id,
        name: connection.name.clone().unwrap_or_else(|| "(no name)".to_owned()),
        channel_label: connection.channel().label().to_owned(),
        state: health.state(connection),
        text: text.into(),
        good,
    }
}

async fn switch(
    services: &Services,
    principal: &Principal,
    before: Stored,
    enable: bool,
) -> BulkRow {
    let value = if enable { "1" } else { "0" };
    let patch = ConnectionPatch::default().with(Field::Enabled, Some(value));
    let id = before.connection.id;
    let request = PatchRequest { id, versions: None, patch, may_move: false, read_only: vec![] };
    match services.patch(principal, request).await {
        Ok(after) if after.version == before.version => {
            line(&after, "nothing had to be done.", false)
        }
        Ok(after) => line(&after, if enable { "Enabled" } else { "Disabled" }, true),
        Err(error) => line(&before, problem(&error), false),
    }
}

/// Tests of many connections in one turn.
struct Job {
    services: Services,
    principal: Principal,
    session: Option<Id>,
    turn: Turn,
}

impl Job {
    /// The result of each test, and then how many passed; it ends early when the session does.
    fn results(self, rows: Vec<Stored>) -> impl Stream<Item = String> {
        let count = rows.len();
        stream::unfold(Some((self, rows.into_iter(), 0)), move |state| async move {
            let (job, mut rows, good) = state?;
            let Some(row) = rows.next() else { return Some((bulk_end_html(good, count), None)) };
            if !session::goes_on(&job.services, job.session).await {
                return None;
            }
            let row = job.test(&row).await;
            let good = good + usize::from(row.good);
            Some((bulk_row_html(row), Some((job, rows, good))))
        })
    }

    async fn test(&self, row: &Stored) -> BulkRow {
        let Self { services, principal, turn, .. } = self;
        match services.test_stored(turn, principal, row.connection.id).await {
            Ok((state, failure)) => {
                let why = failure.map(|why| format!("{} {}", why.explanation, why.advice));
                let good = why.is_none();
                BulkRow { state, ..line(row, why.unwrap_or_default(), good) }
            }
            Err(error) => line(row, problem(&error), false),
        }
    }
}

fn problem(error: &SaveError) -> String {
    match error {
        SaveError::Invalid(violations) => {
            violations.errors().map(|of| of.message.clone()).collect::<Vec<_>>().join(" ")
        }
        SaveError::Forbidden => "Your role may not do it.".to_owned(),
        SaveError::NotFound => "It is not there any more.".to_owned(),
        _ => {
            tracing::error!(error = error as &dyn std::error::Error, "one of several failed");
            "It did not work. Try again.".to_owned()
        }
    }
}
