//! Patchbay's server: the REST API, the admin UI and persistence.
//!
//! A request enters at [`api`] (programs with a token) or at [`web`] (browsers with a session),
//! becomes a call of one of the use cases in [`service`], and ends in a [`store`]. Around all of them
//! stands [`http`]: connections, limits, and the headers of every answer.
//!
//! # How to add an endpoint
//!
//! Write the use case as a file of [`service`], then a file of [`api`] with its `handler`, which
//! extracts, calls and renders; name it among the routes in `api`, from which the document is made,
//! and in the tests' table of routes, where one that is missing fails.

#![deny(clippy::print_stdout, clippy::print_stderr)]
// The modules of a program, public for its tests: what a signature says needs no sentence.
#![expect(
    missing_docs,
    clippy::missing_errors_doc,
    reason = "a comment adds something or is not there"
)]

pub mod api;
pub mod audit;
pub mod auth;
pub mod background;
pub mod cli;
pub mod clock;
pub mod demo;
pub mod http;
pub mod keys;
pub mod probe;
pub mod provider;
pub mod random;
pub mod service;
pub mod shares;
pub mod store;
pub mod supervise;
pub mod transfer;
pub mod vault;
pub mod web;
pub mod wording;

use axum::Router;
use http::{Route, Routes, WebConfig};
use service::Services;

/// The path of the API.
const API: &str = "/api";

fn outside() -> Routes<Services> {
    Routes::default()
        // A nested router's fallback does not see its own root with a slash.
        .any("/api/", async || api::ApiError::NoSuchRoute)
}

fn health() -> Routes<Services> {
    Routes::default().get("/healthz", api::healthz::alive).get("/readyz", api::healthz::ready)
}

/// The list of all routes.
#[must_use]
pub fn routes() -> Vec<Route> {
    let api = api::routes().into_iter().map(|(method, path)| (method, format!("{API}{path}")));
    api.chain(web::routes()).chain(outside().list()).chain(health().list()).collect()
}

pub fn router(services: Services, config: &WebConfig) -> Router {
    let router = Router::new()
        .merge(web::router(services.clone(), config))
        .nest(API, api::router(services.clone()))
        .merge(outside().router().with_state(services.clone()));
    http::protect(router, health().router().with_state(services), config)
}
