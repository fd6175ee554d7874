//! The answer of most endpoints: the documented record with its `ETag`.

use super::etag::etag;
use crate::store::Stored;
use axum::{
    Json,
    http::header::ETAG,
    response::{IntoResponse, Response},
};
use shared::wire::Record;

/// A stored connection as an answer.
pub struct RecordAnswer(pub Stored);

impl IntoResponse for RecordAnswer {
    fn into_response(self) -> Response {
        let Self(stored) = self;
        ([(ETAG, etag(stored.version))], Json(Record(&stored.connection))).into_response()
    }
}
