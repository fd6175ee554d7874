//! Browser sessions: a random id in an HttpOnly cookie, everything else in the database.

mod store;

use super::{WebState, backend::Sites, failed};
use crate::{
    http::{Place, Refusal},
    service::Services,
    store::{Principal, SessionMembership, StoredSession, UserId},
};
use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};
use shared::{SiteId, audit::Via};
use std::convert::Infallible;
pub(super) use store::key;
use store::{RequestSessions, caller_of};
use tower::{Layer, ServiceExt, service_fn};
use tower_sessions::{Expiry, Session, SessionManagerLayer, cookie::SameSite, session::Id};

/// Without a request for so long, a session ends (OWASP: 15 to 30 minutes for what is valuable).
const IDLE: i64 = 30 * 60;

/// From the sign-in on: a shift and a half, so that it does not end in the middle of the work.
const ABSOLUTE: i64 = 12 * 60 * 60;

/// The end is moved on at most this often, so that not every request writes.
const TOUCH: i64 = 60;

/// Where a session keeps its caller.
const CALLER: &str = "caller";

/// Where a session keeps when its end was last moved on, in seconds since 1970. Apart from its caller, which another
/// request may be changing at that moment.
const SEEN: &str = "seen";

/// What a page sends along that it asks for by itself: nobody is there because of that.
pub(super) const UNATTENDED: &str = "x-unattended";

/// What a session says of its caller; whether it is still so is read again on each request.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Caller {
    user: i64,
    site: SiteId,
    /// The membership's version when it began.
    version: i64,
    /// When it began, in seconds since 1970.
    since: i64,
}

/// Reads and writes the session of each request.
pub(super) async fn sessions(
    State(state): State<WebState>,
    mut request: Request,
    next: Next,
) -> Response {
    let https = state.is_https();
    let sessions = RequestSessions::new(&state.services);
    request.extensions_mut().insert(sessions.clone());
    let next = service_fn(move |request| {
        let next = next.clone();
        async { Ok(next.run(request).await) }
    });
    let service = SessionManagerLayer::new(sessions)
        // A browser takes __Host- from https alone, and then for this very host and path.
        .with_name(if https { "__Host-patchbay" } else { "patchbay" })
        .with_secure(https)
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_path("/")
        // The browser forgets it at its own end; here it ends as each record says.
        .with_expiry(Expiry::OnSessionEnd)
        .layer(next);
    service.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {})
}

/// Begins a session for a caller, under a new id.
pub(super) async fn begin(
    session: &Session,
    services: &Services,
    principal: &Principal,
) -> anyhow::Result<()> {
    let now = services.clock().now().as_second();
    let Principal { user, site, version, .. } = principal;
    let caller = Caller { user: user.0, site: *site, version: *version, since: now };
    session.clear().await;
    session.cycle_id().await?;
    session.insert(CALLER, caller).await?;
    session.insert(SEEN, now).await?;
    // Now, so that a failure is one of this request.
    session.save().await?;
    Ok(())
}

/// Goes on with a session as the same user on another site, which ends when it would have.
pub(super) async fn switch(
    session: &Session,
    services: &Services,
    from: &Principal,
    there: &Principal,
) -> std::result::Result<(), Response> {
    // If the session was ended before the other membership was read, it must not begin again.
    match services.principal(from.user, from.site, Via::Ui).await {
        Ok(now) if now.as_ref() == Some(from) => {}
        Ok(_) => return Err(Redirect::to("/login").into_response()),
        Err(error) => return Err(failed(&error)),
    }
    services.record_switch(there, from.site).await.map_err(|error| failed(&error))?;
    move_to(session, there).await.map_err(|error| failed(&*error))
}

async fn move_to(session: &Session, principal: &Principal) -> anyhow::Result<()> {
    if let Some(caller) = session.get::<Caller>(CALLER).await? {
        // Under the same id: a session that was ended meanwhile stays so.
        let Principal { site, version, .. } = *principal;
        session.insert(CALLER, Caller { site, version, ..caller }).await?;
    }
    Ok(())
}

/// Finds out who calls. A session is nobody's if since its beginning its user was signed out
/// everywhere, disabled, or removed from the site.
pub(super) async fn identify(
    State(state): State<WebState>,
    Extension(sessions): Extension<RequestSessions>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let is_attended = !request.headers().contains_key(UNATTENDED);
    let read = async {
        let Some(caller) = session.get::<Caller>(CALLER).await? else { return Ok(None) };
        let read = sessions.loaded.get().and_then(|(_, stored)| member(caller, stored));
        if is_attended && read.is_some() {
            touch(&state.services, &session).await?;
        }
        Ok::<_, anyhow::Error>(read)
    };
    match read.await {
        Ok(Some((principal, sites))) => {
            if let Some(Err(seconds)) =
                request.extensions().get().map(|place: &Place| place.pass_to(&principal))
            {
                return Refusal::TooMany(seconds).into_response();
            }
            request.extensions_mut().insert(principal);
            request.extensions_mut().insert(sites);
        }
        Ok(None) => {}
        Err(error) => {
            tracing::error!(error = &*error, "a session could not be read");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    }
    next.run(request).await
}

/// What a session's caller is now on its site, and on which others; `None` if it is nobody's any more.
fn member(caller: Caller, stored: &StoredSession) -> Option<(Principal, Sites)> {
    let names = stored.memberships.iter().map(|of| (of.site, of.member.site_name.clone()));
    let here = stored.memberships.iter().find(|membership| membership.site == caller.site)?;
    let SessionMembership { site, member, last_event } = here.clone();
    let principal = Principal::new(UserId(caller.user), site, member, Via::Ui);
    let is_same = principal.version == caller.version;
    is_same.then(|| (principal, Sites { names: names.collect(), last_event }))
}

/// Moves the session's end on.
async fn touch(services: &Services, session: &Session) -> anyhow::Result<()> {
    let now = services.clock().now().as_second();
    let seen: i64 = session.get(SEEN).await?.unwrap_or_default();
    if now - seen >= TOUCH {
        session.insert(SEEN, now).await?;
    }
    Ok(())
}

/// Whether a session still is somebody's: for what goes on after its request. It does not last
/// longer by this.
pub(super) async fn goes_on(services: &Services, id: Option<Id>) -> bool {
    let Some(id) = id else { return false };
    let read = async {
        let now = services.clock().now().as_second();
        let Some(stored) = services.store().session(&key(&id), now).await? else {
            return Ok(false);
        };
        let caller = caller_of(&serde_json::from_str(&stored.data)?)?;
        Ok::<_, anyhow::Error>(caller.is_some_and(|caller| member(caller, &stored).is_some()))
    };
    let read = read.await;
    read.inspect_err(|error| tracing::error!(error = &**error, "a session could not be read"))
        .unwrap_or_default()
}
