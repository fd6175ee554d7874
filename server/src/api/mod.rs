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

use crate::service::Services;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, header::CACHE_CONTROL},
    routing::{get, post},
};
use tower_http::set_header::SetResponseHeaderLayer;

/// A whole record is about 2 kB.
const LARGEST_BODY: usize = 64 * 1024;

/// An e-mail address, a password and a number.
const LARGEST_SIGN_IN: usize = 4 * 1024;

/// The routes under `/api`.
pub fn router(services: Services) -> Router {
    Router::new()
        .route("/connection", get(find::handler).post(create::handler))
        .route("/connection/{id}", get(get::handler).patch(patch::handler))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .route(
            "/authenticate",
            post(authenticate::handler).layer(DefaultBodyLimit::max(LARGEST_SIGN_IN)),
        )
        .route("/openapi.json", get(openapi::handler))
        .fallback(async || ApiError::NoSuchRoute)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .with_state(services)
}
