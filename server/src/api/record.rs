//! The answer of most endpoints: the documented record with its `ETag`.

use super::etag::Tag;
use crate::store::{Principal, Stored};
use axum::{
    Json,
    http::header::ETAG,
    response::{IntoResponse, Response},
};
use shared::wire::Record;

/// A stored connection as an answer.
pub struct RecordAnswer {
    tag: Tag,
    stored: Stored,
}

impl RecordAnswer {
    /// What a caller may see of it: who may not write a secret has no use for it either.
    pub fn new(stored: Stored, caller: &Principal) -> Self {
        Self { tag: Tag::new(&stored, caller), stored: seen_by(caller, stored) }
    }
}

/// A connection without its secrets, unless the caller may write them.
pub fn seen_by(caller: &Principal, mut stored: Stored) -> Stored {
    if !caller.role.may_edit() {
        stored.connection = stored.connection.without_secrets();
    }
    stored
}

impl IntoResponse for RecordAnswer {
    fn into_response(self) -> Response {
        let Self { tag, stored } = self;
        ([(ETAG, tag.header())], Json(Record(&stored.connection))).into_response()
    }
}
