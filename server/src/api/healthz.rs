//! `GET /healthz` and `GET /readyz`, for what watches the server.

use crate::{http::client::OperatorNetwork, service::Services};
use axum::{
    extract::State,
    http::{StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
};

/// The process answers. Whether it can do its work, [`ready`] says.
pub async fn alive() -> &'static str {
    "ok"
}

/// Whether the server can do its work. Only the operator's network learns why not.
pub async fn ready(State(services): State<Services>, operator: OperatorNetwork) -> Response {
    let reasons = services.unready().await;
    let (status, body) = match (reasons.is_empty(), operator.0) {
        (true, _) => (StatusCode::OK, "ok".to_owned()),
        (false, true) => (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n")),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "not ready".to_owned()),
    };
    (status, [(CACHE_CONTROL, "no-store")], body).into_response()
}
