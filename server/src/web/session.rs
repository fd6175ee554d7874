//! Browser sessions: a random id in an HttpOnly cookie, everything else in the database.

use super::WebState;
use crate::{
    clock::Clock,
    service::Services,
    store::{Principal, Store, UserId},
};
use async_trait::async_trait;
use aws_lc_rs::digest;
use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};
use shared::SiteId;
use std::{fmt, sync::Arc};
use time::{Duration, OffsetDateTime};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// From the sign-in on: a shift and a half, so that it does not end in the middle of the work.
const LIFETIME: Duration = Duration::hours(12);

/// Where a session keeps its caller.
const CALLER: &str = "caller";

/// What a session says of its caller; whether it is still so is read anew on each request.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Caller {
    user: i64,
    site: SiteId,
}

/// Reads and writes the session of each request.
pub(super) fn layer(services: &Services) -> SessionManagerLayer<DatabaseSessions> {
    let store =
        DatabaseSessions { store: services.store().clone(), clock: services.shared_clock() };
    SessionManagerLayer::new(store)
        .with_name("patchbay")
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        // Without https in front, as on loopback, a browser would not send a secure cookie back.
        .with_secure(false)
        .with_expiry(Expiry::OnInactivity(LIFETIME))
}

/// Begins a session for a caller, under a new id.
///
/// # Errors
/// If the database fails.
pub(super) async fn begin(session: &Session, principal: &Principal) -> anyhow::Result<()> {
    session.cycle_id().await?;
    session.insert(CALLER, Caller { user: principal.user.0, site: principal.site }).await?;
    Ok(())
}

/// Finds out who calls. A session whose user has left the site is nobody's.
pub(super) async fn identify(
    State(state): State<WebState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    match principal(&state.services, &session).await {
        Ok(Some(principal)) => {
            request.extensions_mut().insert(principal);
        }
        Ok(None) => {}
        Err(error) => {
            tracing::error!(error = &*error, "a session could not be read");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    }
    next.run(request).await
}

async fn principal(services: &Services, session: &Session) -> anyhow::Result<Option<Principal>> {
    match session.get::<Caller>(CALLER).await? {
        Some(Caller { user, site }) => Ok(services.principal(UserId(user), site).await?),
        None => Ok(None),
    }
}

/// Sends callers without a session to the sign-in, and from there back to where they were going.
pub(super) async fn require(request: Request, next: Next) -> Response {
    if request.extensions().get::<Principal>().is_some() {
        return next.run(request).await;
    }
    let going = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if going == "/" {
        return Redirect::to("/login").into_response();
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", going).finish();
    Redirect::to(&format!("/login?{query}")).into_response()
}

/// The sessions in our own database, under hashed ids: who reads it cannot sign in with it.
#[derive(Clone)]
pub(super) struct DatabaseSessions {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for DatabaseSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseSessions")
    }
}

impl DatabaseSessions {
    fn now(&self) -> i64 {
        self.clock.now().as_second()
    }
}

fn key(id: &Id) -> String {
    hex::encode(digest::digest(&digest::SHA256, &id.0.to_be_bytes()))
}

fn backend(error: impl fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for DatabaseSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // Two of 2^128 random ids never meet.
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = serde_json::to_string(&record.data).map_err(backend)?;
        let (id, now) = (key(&record.id), self.now());
        let expires_at = now + LIFETIME.whole_seconds();
        self.store.save_session(&id, &data, now, expires_at).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self.store.session(&key(id), self.now()).await.map_err(backend)?;
        let Some((data, expires_at)) = found else { return Ok(None) };
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&data).map_err(backend)?,
            expiry_date: OffsetDateTime::from_unix_timestamp(expires_at).map_err(backend)?,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.store.delete_session(&key(id)).await.map_err(backend)
    }
}
