//! `GET /healthz`

use crate::service::Services;
use axum::{extract::State, http::StatusCode};

/// Whether the database answers.
pub async fn handler(State(services): State<Services>) -> (StatusCode, &'static str) {
    match services.store().ping().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the database does not answer"
            );
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}
