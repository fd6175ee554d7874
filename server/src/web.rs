//! The browser's side: pages, form posts that work without WebAssembly, server functions, sign-in,
//! and static files.

mod account;
mod activity;
pub mod assets;
mod backend;
mod bulk;
mod connection;
mod connection_test;
mod events;
mod fill;
mod find_settings;
mod flash;
mod form;
mod form_id;
mod id;
mod page;
mod redirect_page;
mod render;
mod require;
mod session;
mod sign_in;
mod sign_in_with;
mod team;
mod test_message;

use crate::{
    http::{PublicUrl, Route, Routes, WebConfig, csrf},
    service::Services,
};
use app::App;
use axum::{
    Router,
    extract::FromRef,
    http::{StatusCode, header::HOST, request::Parts},
    middleware,
    response::{IntoResponse, Response},
};
use leptos::{config::LeptosOptions, server_fn::axum::server_fn_paths};
use leptos_axum::generate_route_list;
use page::page;
use shared::Provider;

/// What the browser's routes share.
#[derive(Clone)]
struct WebState {
    services: Services,
    options: LeptosOptions,
    public_url: Option<PublicUrl>,
    sign_in_origins: Vec<PublicUrl>,
}

impl WebState {
    /// Whether browsers come over https.
    fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(PublicUrl::is_https)
    }

    /// Where this request's browser finds the server.
    fn origin(&self, parts: &Parts) -> String {
        if let Some(url) = &self.public_url {
            return url.origin().to_owned();
        }
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        format!("http://{}", host.unwrap_or("127.0.0.1"))
    }
}

impl FromRef<WebState> for Services {
    fn from_ref(state: &WebState) -> Self {
        state.services.clone()
    }
}

/// What went wrong is in the log alone.
fn failed(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "a page's post failed");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// The pages that need no session.
const PUBLIC: [&str; 2] = ["/login", INVITATION];

/// The pages of the app that have a handler of their own.
const HANDLED: [&str; 2] = [INVITATION, BULK_PATH];

/// What is done to several connections.
const BULK_PATH: &str = "/connections/bulk";

/// The page behind the link of an invitation.
const INVITATION: &str = "/invite/{token}";

/// The pages of the app that need no session, or those that do.
fn pages(public: bool) -> Routes<WebState> {
    let pages = generate_route_list(App).into_iter().map(|route| route.path().to_owned());
    pages
        .filter(|path| {
            PUBLIC.contains(&path.as_str()) == public && !HANDLED.contains(&path.as_str())
        })
        .fold(Routes::default(), |routes, path| routes.get(&path, page))
}

fn signed_in() -> Routes<WebState> {
    let routes = Provider::ALL.into_iter().fold(pages(false), |routes, provider| {
        let path = format!("/{}/auth", provider.slug());
        routes.get(&path, move |state, session, caller, going, parts| {
            sign_in_with::begin(provider, state, session, caller, going, parts)
        })
    });
    routes
        .post("/connections/new", connection::create)
        .post("/connections/new/settings", find_settings::find)
        .get(BULK_PATH, bulk::preview)
        .post(BULK_PATH, bulk::run)
        .post("/connections/{id}", connection::patch)
        .post("/connections/{id}/enabled", connection::set_enabled)
        .post("/connections/{id}/undo", connection::undo)
        .post("/connections/{id}/fill", fill::open)
        .post("/connections/{id}/test", connection_test::run)
        .post("/connections/{id}/message", test_message::send)
        .get("/activity.csv", activity::csv)
        .post("/team/invite", team::invite)
        .post("/team/invite/withdraw", team::withdraw)
        .post("/team/role", team::set_role)
        .post("/team/enabled", team::set_enabled)
        .post("/team/sign-out", team::sign_out)
        .post("/account/password", account::change_password)
        .post("/account/sign-out-everywhere", account::sign_out_everywhere)
        .post("/site", sign_in::switch_site)
}

fn open() -> Routes<WebState> {
    let routes = Provider::ALL.into_iter().fold(pages(true), |routes, provider| {
        let path = format!("/{}/auth/callback", provider.slug());
        routes.get(&path, move |state, session, query, parts| {
            sign_in_with::end(provider, state, session, query, parts)
        })
    });
    let routes = routes
        .get(INVITATION, account::invitation)
        .post(INVITATION, account::accept)
        .post("/login", sign_in::sign_in)
        .post("/logout", sign_in::sign_out)
        .get("/rpc/events", events::handler);
    // They tell a caller without a session themselves.
    server_fn_paths()
        .fold(routes, |routes, (path, method)| routes.on(method, path, render::server_function))
}

fn files() -> Routes<WebState> {
    Routes::default()
        .get("/pkg/{bundle}/{*path}", assets::bundled)
        .get("/favicon.svg", assets::named)
}

/// The list of all routes but the API's.
#[must_use]
pub fn routes() -> Vec<Route> {
    [signed_in(), open(), files()].into_iter().flat_map(Routes::list).collect()
}

/// Everything but the API.
pub fn router(services: Services, config: &WebConfig) -> Router {
    let state = WebState {
        services,
        options: assets::options(),
        public_url: config.public_url.clone(),
        sign_in_origins: config.sign_in_origins.clone(),
    };
    let signed_in = signed_in()
        .router()
        .fallback(page)
        .layer(middleware::from_fn_with_state(state.clone(), require::require));
    let router = open()
        .router()
        .merge(signed_in)
        .layer(middleware::from_fn_with_state(state.clone(), session::identify))
        .layer(middleware::from_fn_with_state(state.clone(), session::sessions))
        .merge(files().router())
        .with_state(state);
    csrf::guard(router, config.public_url.as_ref())
}
