//! The REST API, one endpoint a file. Every answer that is no success is the documented envelope.

mod authenticate;
mod bearer;
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
mod test;

pub use error::ApiError;
pub use openapi::document;

use crate::{
    http::{Route, Routes},
    service::Services,
};
use axum::Router;

fn all() -> Routes<Services> {
    Routes::default()
        .post("/authenticate", authenticate::handler)
        .get("/connection", find::handler)
        .post("/connection", create::handler)
        .get("/connection/events", events::handler)
        .get("/connection/{id}", get::handler)
        .patch("/connection/{id}", patch::handler)
        .post("/connection/{id}/test", test::handler)
        .get("/{provider}/session/{id}", session::handler)
        .get("/openapi.json", openapi::handler)
}

/// The list of the routes under `/api`.
#[must_use]
pub fn routes() -> Vec<Route> {
    all().list()
}

/// The routes under `/api`.
pub fn router(services: Services) -> Router {
    all()
        .router()
        .fallback(async || ApiError::NoSuchRoute)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .with_state(services)
}
