//! Patchbay's server: the REST API, the admin UI and persistence.
//!
//! A request enters at [`api`] (programs with a token) or at [`web`] (browsers with a session),
//! becomes a call of one of the use cases in [`service`], and ends in a [`store`]. Around all of them
//! stands [`http`]: connections, limits, and the headers of every answer.
//!
//! # How to add an endpoint
//!
//! Write the use case as a file of [`service`], then a file of [`api`] with its `handler`, which
//! extracts, calls and renders; name it in `api::router`, and in `api::openapi` for the document.

pub mod api;
pub mod audit;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod demo;
pub mod http;
pub mod keys;
pub mod random;
pub mod service;
pub mod store;
pub mod vault;
pub mod web;

use axum::Router;
use http::WebConfig;
use service::Services;

/// The whole server.
pub fn router(services: Services, config: &WebConfig) -> Router {
    let router = Router::new()
        .merge(web::router(services.clone(), config.public_url.as_ref()))
        .nest("/api", api::router(services.clone()))
        // A nested router's fallback does not see its own root with a slash.
        .route("/api/", axum::routing::any(async || api::ApiError::NoSuchRoute))
        .route("/healthz", axum::routing::get(api::healthz::handler).with_state(services));
    http::protect(router, config)
}
