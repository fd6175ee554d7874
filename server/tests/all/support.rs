//! A server on a fresh database with the demo data, and its answers in a form to be snapshot.
//! All modules share it; a second one would have to share its servers.

use crate::cluster::{Cluster, Place};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::Value;
use server::{
    audit::Auditor,
    clock::Clock,
    demo,
    http::{Limits, WebConfig},
    keys,
    probe::ProbeSettings,
    service::{Quota, Services, Settings},
    store::{Store, postgres::Postgres, sqlite::Sqlite},
    vault::Vault,
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

const FORM: (header::HeaderName, &str) =
    (header::CONTENT_TYPE, "application/x-www-form-urlencoded");

/// What a browser says of what its own pages send.
pub const OURS: (header::HeaderName, &str) =
    (header::HeaderName::from_static("sec-fetch-site"), "same-origin");

/// A server on a database of its own.
pub struct TestServer {
    router: Router,
    services: Services,
    pub clock: Arc<TestClock>,
    pub database: Database,
    pub auditor: Auditor,
}

impl TestServer {
    pub async fn new() -> Self {
        Self::with_quota(None).await
    }

    /// On SQLite, for what is about its own files.
    pub async fn sqlite() -> Self {
        let clock = Arc::new(TestClock(Mutex::new(START.parse().unwrap())));
        Self::on(Database::sqlite().await, clock, None, &WebConfig::default()).await
    }

    pub async fn with_quota(calls: Option<u64>) -> Self {
        Self::with(calls, &WebConfig::default()).await
    }

    pub async fn with_web(config: &WebConfig) -> Self {
        Self::with(None, config).await
    }

    /// Whose tests of connections may reach what the settings say.
    pub async fn with_probe(probe: ProbeSettings) -> Self {
        Self::with_settings(Settings { probe, ..Settings::default() }).await
    }

    pub async fn with_settings(settings: Settings) -> Self {
        let server = Box::pin(Self::new()).await;
        let keys = keys::open(&*server.database.store, &server.database.vault, server.clock.now());
        let (store, clock) = (server.database.store.clone(), server.clock.clone());
        let services = Services::new(store, clock, keys.await.unwrap(), settings);
        let router = server::router(services.clone(), &WebConfig::default());
        Self { router, services, ..server }
    }

    /// The same server within other limits.
    pub fn within(self, limits: Limits) -> Self {
        let config = WebConfig { limits, ..WebConfig::default() };
        Self { router: server::router(self.services.clone(), &config), ..self }
    }

    async fn with(calls: Option<u64>, config: &WebConfig) -> Self {
        let clock = Arc::new(TestClock(Mutex::new(START.parse().unwrap())));
        Self::on(Database::new().await, clock, calls, config).await
    }

    async fn on(
        database: Database,
        clock: Arc<TestClock>,
        calls: Option<u64>,
        config: &WebConfig,
    ) -> Self {
        let store = database.store.clone();
        let keys = keys::open(&*store, &database.vault, clock.now()).await.unwrap();
        let auditor = keys.auditor.clone();
        demo::fill(&*store, &auditor, &*clock, demo::More::default()).await.unwrap();
        let quota = Quota::new(calls, "18:00-06:00".parse().unwrap(), TimeZone::UTC);
        let settings = Settings { quota, ..Settings::default() };
        let services = Services::new(store, clock.clone(), keys, settings);
        let router = server::router(services.clone(), config);
        Self { router, services, clock, database, auditor }
    }

    /// Stops and starts it on the same database.
    pub async fn restart(self, calls: Option<u64>) -> Self {
        let database = self.database.reopen().await;
        Self::on(database, self.clock, calls, &WebConfig::default()).await
    }

    /// The use cases of another server on the same database.
    pub async fn neighbour(&self) -> Services {
        self.neighbour_with(Settings::default()).await
    }

    pub async fn neighbour_with(&self, settings: Settings) -> Services {
        let vault = self.database.vault.clone();
        let store = self.database.store_with(vault.clone()).await;
        let keys = keys::open(&*store, &vault, self.clock.now()).await.unwrap();
        Services::new(store, self.clock.clone(), keys, settings)
    }

    /// The use cases behind the routes.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// For connections of one's own.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock; also back.
    pub fn pass(&self, seconds: i64) {
        *self.clock.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let answer = send(&self.router, request).await;
        // Failed sign-ins are written down after their answers.
        self.services.failures_written().await;
        answer
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

    /// The cookie of a browser in which a user has signed in.
    pub async fn sign_in(&self, email: &str, password: &str, site: i64) -> String {
        let body = format!("email={email}&password={password}&siteId={site}");
        let answer = self.form("", "/login", &body).await;
        let cookie = answer.header(header::SET_COOKIE).expect(&answer.body);
        cookie.split(';').next().unwrap().to_owned()
    }

    /// A page in a browser with this cookie.
    pub async fn page(&self, cookie: &str, path: &str) -> Answer {
        self.call_with(None, Method::GET, path, "", &[(header::COOKIE, cookie)]).await
    }

    /// A form that a page in a browser with this cookie posts.
    pub async fn form(&self, cookie: &str, path: &str, body: &str) -> Answer {
        let headers = [FORM, OURS, (header::COOKIE, cookie)];
        self.call_with(None, Method::POST, path, body, &headers).await
    }

    /// The page that the answer to a post leads to.
    pub async fn follow(&self, cookie: &str, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{answer}");
        self.page(cookie, answer.header(header::LOCATION).unwrap()).await
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

/// The name of a SQLite database in its folder.
pub const FILE: &str = "test.db";

/// A database and its key ring: on PostgreSQL if `TEST_DATABASE_URL` names a cluster, else SQLite.
pub struct Database {
    pub store: Arc<dyn Store>,
    pub vault: Arc<Vault>,
    pub folder: TempDir,
    place: Place,
}

impl Database {
    pub async fn new() -> Self {
        match Cluster::of_the_tests() {
            Some(cluster) => Self::on(cluster.create().await).await,
            None => Self::sqlite().await,
        }
    }

    /// For what is about SQLite's own files.
    pub async fn sqlite() -> Self {
        Self::file(tempfile::tempdir().unwrap()).await
    }

    pub async fn file(folder: TempDir) -> Self {
        Self::open(folder, Place::File).await
    }

    /// What is there already.
    pub async fn on(place: Place) -> Self {
        Self::open(tempfile::tempdir().unwrap(), place).await
    }

    async fn open(folder: TempDir, place: Place) -> Self {
        let vault = Arc::new(Vault::new(folder.path().join("keys/ring")));
        let store = store(&folder, &place, vault.clone()).await;
        Self { store, vault, folder, place }
    }

    /// The same data with another key ring.
    pub async fn store_with(&self, vault: Arc<Vault>) -> Arc<dyn Store> {
        store(&self.folder, &self.place, vault).await
    }

    /// The same, as a server finds it that is started again.
    async fn reopen(self) -> Self {
        self.store.close().await;
        Self::open(self.folder, self.place).await
    }

    /// A copy of it, opened. Its own store must have been closed.
    pub async fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = match &self.place {
            Place::File => {
                std::fs::copy(self.folder.path().join(FILE), folder.path().join(FILE)).unwrap();
                Place::File
            }
            Place::Cluster(database) => {
                Cluster::of_the_tests().expect("its cluster").copy(database).await
            }
        };
        let vault = self.vault.clone();
        let store = store(&folder, &place, vault.clone()).await;
        Self { store, vault, folder, place }
    }

    /// The address of the PostgreSQL database, if it is one.
    pub fn postgres(&self) -> Option<&str> {
        match &self.place {
            Place::File => None,
            Place::Cluster(database) => Some(&database.url),
        }
    }
}

async fn store(folder: &TempDir, place: &Place, vault: Arc<Vault>) -> Arc<dyn Store> {
    match place {
        Place::File => {
            let url = format!("sqlite://{}", folder.path().join(FILE).display());
            Arc::new(Sqlite::open(&url, vault).await.unwrap())
        }
        Place::Cluster(database) => Arc::new(Postgres::open(&database.url, vault).await.unwrap()),
    }
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

    /// The version in its tag.
    pub fn version(&self) -> i64 {
        let tag = self.header(header::ETAG).expect("a tag").trim_matches('"');
        tag.split('.').next().and_then(|version| version.parse().ok()).expect("a version")
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
