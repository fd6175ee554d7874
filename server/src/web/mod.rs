//! The browser's side: pages, form posts that work without WebAssembly, server functions, sign-in,
//! and static files.

mod account;
mod activity;
mod assets;
mod backend;
mod connection;
mod form;
mod page;
mod session;
mod sign_in;
mod team;
pub mod trace;

use crate::{
    http::{PublicUrl, csrf},
    service::Services,
};
use app::App;
use axum::{
    Router,
    extract::FromRef,
    http::{header::HOST, request::Parts},
    middleware,
    routing::{get, post},
};
use leptos::config::LeptosOptions;
use leptos_axum::{AxumRouteListing, generate_route_list};
use page::page;

/// What the browser's routes share.
#[derive(Clone)]
struct WebState {
    services: Services,
    options: LeptosOptions,
    public_url: Option<PublicUrl>,
}

impl WebState {
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

/// The pages that need no session.
const PUBLIC: [&str; 2] = ["/login", INVITATION];

/// The page behind the link of an invitation.
const INVITATION: &str = "/invite/{token}";

/// Everything but the API.
pub fn router(services: Services, public_url: Option<&PublicUrl>) -> Router {
    let sessions = session::layer(&services, public_url.is_some_and(PublicUrl::is_https));
    let state = WebState { services, options: assets::options(), public_url: public_url.cloned() };
    let (mut open, closed): (Vec<_>, Vec<_>) =
        generate_route_list(App).into_iter().partition(|route| PUBLIC.contains(&route.path()));
    let pages = |routes: Vec<AxumRouteListing>| {
        routes.iter().fold(Router::new(), |router, route| router.route(route.path(), get(page)))
    };
    let signed_in = pages(closed)
        .route("/connections/new", post(connection::create))
        .route("/connections/{id}", post(connection::patch))
        .route("/connections/{id}/enabled", post(connection::set_enabled))
        .route("/connections/{id}/undo", post(connection::undo))
        .route("/activity.csv", get(activity::csv))
        .route("/team/invite", post(team::invite))
        .route("/team/invite/withdraw", post(team::withdraw))
        .route("/team/role", post(team::set_role))
        .route("/team/enabled", post(team::set_enabled))
        .route("/team/sign-out", post(team::sign_out))
        .route("/account/password", post(account::change_password))
        .route("/account/sign-out-everywhere", post(account::sign_out_everywhere))
        .route("/site", post(sign_in::switch_site))
        .fallback(page)
        .layer(middleware::from_fn(session::require));
    open.retain(|route| route.path() != INVITATION);
    let router = pages(open)
        .route(INVITATION, get(account::invitation).post(account::accept))
        .route("/login", post(sign_in::sign_in))
        .route("/logout", post(sign_in::sign_out))
        .route("/rpc/{*function}", post(page::server_function).patch(page::server_function))
        .merge(signed_in)
        .layer(middleware::from_fn_with_state(state.clone(), session::identify))
        .layer(sessions)
        .route("/pkg/{bundle}/{*path}", get(assets::bundled))
        .route("/favicon.svg", get(assets::named))
        .with_state(state);
    csrf::guard(router, public_url)
}
