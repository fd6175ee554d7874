//! The browser's side: pages, form posts that work without WebAssembly, server functions, sign-in,
//! and static files.

mod assets;
mod backend;
mod connection;
mod form;
mod page;
mod session;
mod sign_in;
pub mod trace;

use crate::service::Services;
use app::App;
use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    middleware,
    routing::{any, get, post},
};
use leptos::config::LeptosOptions;
use leptos_axum::{AxumRouteListing, generate_route_list};
use page::page;

/// A form has a dozen short fields, and two tokens of at most 1 kB.
const LARGEST_BODY: usize = 64 * 1024;

/// What the browser's routes share.
#[derive(Clone)]
struct WebState {
    services: Services,
    options: LeptosOptions,
}

impl FromRef<WebState> for Services {
    fn from_ref(state: &WebState) -> Self {
        state.services.clone()
    }
}

/// Everything but the API.
pub fn router(services: Services) -> Router {
    let sessions = session::layer(&services);
    let state = WebState { services, options: assets::options() };
    let (open, closed): (Vec<_>, Vec<_>) =
        generate_route_list(App).into_iter().partition(|route| route.path() == "/login");
    let pages = |routes: Vec<AxumRouteListing>| {
        routes.iter().fold(Router::new(), |router, route| router.route(route.path(), get(page)))
    };
    let signed_in = pages(closed)
        .route("/connections/new", post(connection::create))
        .route("/connections/{id}", post(connection::patch))
        .route("/connections/{id}/enabled", post(connection::set_enabled))
        .fallback(page)
        .layer(middleware::from_fn(session::require));
    pages(open)
        .route("/login", post(sign_in::sign_in))
        .route("/logout", post(sign_in::sign_out))
        .route("/rpc/{*function}", any(page::server_function))
        .merge(signed_in)
        .layer(middleware::from_fn_with_state(state.clone(), session::identify))
        .layer(sessions)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .route("/pkg/{bundle}/{*path}", get(assets::bundled))
        .route("/favicon.svg", get(assets::named))
        .with_state(state)
}
