//! The REST API, one endpoint a file. Every answer that is no success is the documented envelope.

mod authenticate;
mod bearer;
mod connection_test;
mod create;
mod error;
mod etag;
mod events;
mod find;
mod get;
pub mod healthz;
mod openapi;
mod patch;
mod record;
mod request;
mod schema;
mod session;

pub use error::ApiError;
pub use openapi::document;

use crate::{
    http::{Route, Routes},
    service::Services,
};
use axum::{Router, http::Method};
use utoipa::openapi::PathItem;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The routes that the document describes, from their handlers.
fn documented() -> OpenApiRouter<Services> {
    OpenApiRouter::default()
        .routes(routes!(authenticate::handler))
        .routes(routes!(find::handler, create::handler))
        .routes(routes!(events::handler))
        .routes(routes!(get::handler, patch::handler))
        .routes(routes!(connection_test::handler))
        .routes(routes!(session::handler))
}

fn others() -> Routes<Services> {
    Routes::default().get("/openapi.json", openapi::handler)
}

/// The list of the routes under `/api`.
#[must_use]
pub fn routes() -> Vec<Route> {
    let documented = documented().into_openapi().paths.paths.into_iter();
    let documented = documented.flat_map(|(path, item)| {
        methods(&item).map(|method| (method, path.clone())).collect::<Vec<_>>()
    });
    documented.chain(others().list()).collect()
}

fn methods(item: &PathItem) -> impl Iterator<Item = Method> {
    let PathItem { get, post, put, patch, delete, .. } = item;
    [
        (Method::GET, get),
        (Method::POST, post),
        (Method::PUT, put),
        (Method::PATCH, patch),
        (Method::DELETE, delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.is_some().then_some(method))
}

/// The routes under `/api`.
pub fn router(services: Services) -> Router {
    let (documented, _) = documented().split_for_parts();
    documented
        .merge(others().router())
        .fallback(async || ApiError::NoSuchRoute)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .with_state(services)
}
