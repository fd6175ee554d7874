//! `GET /api/openapi.json`: the API document, made from the handlers and the schema table.

use super::schema::{Connection, ConnectionCreate, ConnectionPatch, Error, FindAnswer};
use axum::Json;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Patchbay",
        description = "A helpdesk’s channel connections: e-mail, Facebook, Instagram, Twitter, WhatsApp."
    ),
    components(schemas(Connection, ConnectionPatch, ConnectionCreate, FindAnswer, Error)),
    modifiers(&BearerToken)
)]
struct Document;

/// The document.
#[must_use]
pub fn document() -> openapi::OpenApi {
    OpenApiRouter::with_openapi(Document::openapi())
        .nest(crate::API, super::documented())
        .into_openapi()
}

pub async fn handler() -> Json<openapi::OpenApi> {
    Json(document())
}

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme.build()));
    }
}
