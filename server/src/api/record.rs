//! The answer of most endpoints: the documented record with its `ETag`.

use super::etag::Tag;
use crate::store::{Principal, Stored};
use axum::{
    Json,
    http::{HeaderName, HeaderValue, header::ETAG},
    response::{IntoResponse, Response},
};
use shared::{ConnectionPatch, validate, wire::Record};

/// Names fields whose values are unusual: `Password;code=white-space, Port;code=unusual-port`. No value is in it.
const WARNING: HeaderName = HeaderName::from_static("patchbay-warning");

/// A stored connection as an answer.
pub struct RecordAnswer {
    tag: Tag,
    stored: Stored,
    warnings: Option<HeaderValue>,
}

impl RecordAnswer {
    /// What a caller may see of it: who may not write a secret has no use for it either.
    pub fn new(stored: Stored, caller: &Principal) -> Self {
        Self { tag: Tag::new(&stored, caller), stored: seen_by(caller, stored), warnings: None }
    }

    /// With what is unusual about the values that the caller has just given.
    pub fn with_warnings(self, given: &ConnectionPatch) -> Self {
        let channel = self.stored.connection.channel();
        let found = validate::check(channel, &self.stored.connection).0.into_iter();
        let found = found.filter(|found| {
            let field = found.field.field();
            !found.blocks() && field.is_some_and(|field| given.get(field).is_some())
        });
        let found = found.filter_map(|found| {
            let code = serde_json::to_value(found.code).ok()?;
            Some(format!("{};code={}", found.field.name(), code.as_str()?.replace('_', "-")))
        });
        let text = found.collect::<Vec<_>>().join(", ");
        let warnings = (!text.is_empty()).then(|| HeaderValue::try_from(text).ok()).flatten();
        Self { warnings, ..self }
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
        let Self { tag, stored, warnings } = self;
        let mut response =
            ([(ETAG, tag.header())], Json(Record(&stored.connection))).into_response();
        if let Some(warnings) = warnings {
            response.headers_mut().insert(WARNING, warnings);
        }
        response
    }
}
