//! A server on a fresh database with the demo data, and its answers in a form to be snapshot.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::Value;
use server::{
    auth::Tokens,
    clock::Clock,
    demo,
    http::WebConfig,
    service::{Quota, Services},
    store::{Store, sqlite::Sqlite},
};
use std::{
    fmt,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tower::ServiceExt;

/// When every test begins.
const START: &str = "2026-03-02T09:30:00Z";

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct TestClock(Mutex<Timestamp>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A server on a database of its own.
pub struct TestServer {
    router: Router,
    clock: Arc<TestClock>,
    pub store: Arc<dyn Store>,
    _folder: TempDir,
}

impl TestServer {
    pub async fn new() -> Self {
        Self::with_quota(None).await
    }

    pub async fn with_quota(calls: Option<u64>) -> Self {
        Self::with(calls, &WebConfig::default()).await
    }

    pub async fn with_web(config: &WebConfig) -> Self {
        Self::with(None, config).await
    }

    async fn with(calls: Option<u64>, config: &WebConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(Mutex::new(START.parse().unwrap())));
        let store = open(&folder).await;
        demo::fill(&*store, &*clock, 0).await.unwrap();
        let quota = Quota::new(calls, "18:00-06:00".parse().unwrap(), TimeZone::UTC);
        let tokens = Tokens::new("test".into(), b"the signing key of the tests");
        let services = Services::new(store.clone(), clock.clone(), tokens, quota);
        Self { router: server::router(services, config), clock, store, _folder: folder }
    }

    /// For connections of one's own.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Moves the clock; also back.
    pub fn pass(&self, seconds: i64) {
        *self.clock.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// A token of the demo user on site 169.
    pub async fn token(&self) -> String {
        self.token_of("demo@patchbay.test", "patchbay-demo", "169").await
    }

    pub async fn token_of(&self, email: &str, password: &str, site: &str) -> String {
        let body = serde_json::json!({ "email": email, "password": password, "siteId": site });
        let answer = self.call(None, Method::POST, "/api/authenticate", &body.to_string()).await;
        answer.json()["token"].as_str().expect("a token").to_owned()
    }

    /// A call with a JSON body, or without one if it is empty.
    pub async fn call(
        &self,
        token: Option<&str>,
        method: Method,
        path: &str,
        body: &str,
    ) -> Answer {
        self.call_with(token, method, path, body, &[]).await
    }

    pub async fn call_with(
        &self,
        token: Option<&str>,
        method: Method,
        path: &str,
        body: &str,
        headers: &[(header::HeaderName, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::HOST, "patchbay.test");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if !body.is_empty() && !headers.iter().any(|(name, _)| name == header::CONTENT_TYPE) {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub async fn patch(&self, token: &str, id: i64, body: &str) -> Answer {
        self.call(Some(token), Method::PATCH, &format!("/api/connection/{id}"), body).await
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.call(Some(token), Method::GET, path, "").await
    }

    pub async fn post(&self, token: &str, body: &str) -> Answer {
        self.call(Some(token), Method::POST, "/api/connection", body).await
    }
}

/// Sends a request to a router.
pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 16 << 20).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// A fresh SQLite database in a folder.
pub async fn open(folder: &TempDir) -> Arc<dyn Store> {
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    Arc::new(Sqlite::open(&url).await.unwrap())
}

/// An answer; its text is status, telling headers, and the body with a line a key.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }

    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `records.userMessage`
    pub fn message(&self) -> String {
        self.json()["records"]["userMessage"].as_str().expect("an envelope").to_owned()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        for name in [
            header::CONTENT_TYPE,
            header::ETAG,
            header::ALLOW,
            header::LOCATION,
            header::WWW_AUTHENTICATE,
            header::RETRY_AFTER,
        ] {
            if let Some(value) = self.header(name.clone()) {
                writeln!(f, "{name}: {value}")?;
            }
        }
        write!(f, "\n{}", self.body.replace(",\"", ",\n\""))
    }
}
