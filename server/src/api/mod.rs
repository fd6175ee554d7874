//! The REST API, one endpoint a file. Every answer that is no success is the documented envelope.

mod authenticate;
mod bearer;
mod create;
mod error;
mod etag;
mod find;
mod get;
pub mod healthz;
mod openapi;
mod patch;
mod record;
mod request;

pub use error::ApiError;
pub use openapi::document;

use crate::{
    http::{Route, Routes},
    service::Services,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, header::CACHE_CONTROL},
};
use tower_http::set_header::SetResponseHeaderLayer;

/// A whole record is about 2 kB.
const LARGEST_BODY: usize = 64 * 1024;

/// An e-mail address, a password and a number.
const LARGEST_SIGN_IN: usize = 4 * 1024;

fn connections() -> Routes<Services> {
    Routes::default()
        .get("/connection", find::handler)
        .post("/connection", create::handler)
        .get("/connection/{id}", get::handler)
        .patch("/connection/{id}", patch::handler)
}

fn sign_in() -> Routes<Services> {
    Routes::default().post("/authenticate", authenticate::handler)
}

fn document_of_it() -> Routes<Services> {
    Routes::default().get("/openapi.json", openapi::handler)
}

/// The list of the routes under `/api`.
#[must_use]
pub fn routes() -> Vec<Route> {
    [connections(), sign_in(), document_of_it()].into_iter().flat_map(Routes::list).collect()
}

/// The routes under `/api`.
pub fn router(services: Services) -> Router {
    connections()
        .router()
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .merge(sign_in().router().layer(DefaultBodyLimit::max(LARGEST_SIGN_IN)))
        .merge(document_of_it().router())
        .fallback(async || ApiError::NoSuchRoute)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .with_state(services)
}
