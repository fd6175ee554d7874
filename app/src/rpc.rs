//! The server functions: extract the caller, call the [`Backend`](crate::backend::Backend),
//! return. Bodies are JSON alone.

#![expect(missing_docs, reason = "the macro makes a public struct of the arguments")]

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::{
    codec::{Json, JsonEncoding, PatchJson},
    error::{FromServerFnError, ServerFnErrorErr},
};
use shared::{Channel, ConnectionId, ConnectionPatch, ConnectionView, Version, Violations};

/// Why a form was not saved. Nothing was changed then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SaveError {
    /// The session has ended.
    SignedOut,
    /// The caller's role may not do it.
    Forbidden,
    /// There is no such connection on the caller's site.
    NotFound,
    /// The form was rendered for another site than the session is on now.
    OtherSite,
    /// Rules are broken.
    Invalid(Violations),
    /// Somebody else saved in between; this is how it stands now.
    Stale(Box<ConnectionView>),
    /// The server was not reached.
    Unreachable,
    /// The server failed.
    Failed,
}

impl FromServerFnError for SaveError {
    type Encoder = JsonEncoding;

    /// Texts of the framework are dropped: they may quote what was typed.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::MissingArg(_) => {
                respond_with(http::StatusCode::BAD_REQUEST);
                Self::Failed
            }
            _ => Self::Failed,
        }
    }
}

/// Changes a connection that was read at `version`; into that of another account only if it may.
/// `form_id` is that of the form.
///
/// # Errors
/// See [`SaveError`].
#[server(prefix = "/rpc", endpoint = "connection/patch", input = PatchJson)]
pub async fn patch_connection(
    id: ConnectionId,
    version: Version,
    patch: ConnectionPatch,
    #[server(default)] may_move: bool,
    #[server(default)] form_id: String,
) -> Result<ConnectionView, SaveError> {
    let result = match backend() {
        Some(backend) => backend.patch(id, version, patch, may_move, &form_id).await,
        None => Err(SaveError::SignedOut),
    };
    result.inspect_err(set_status)
}

/// A connection as it is stored now.
///
/// # Errors
/// See [`SaveError`].
#[server(prefix = "/rpc", endpoint = "connection/read", input = Json)]
pub async fn read_connection(id: ConnectionId) -> Result<ConnectionView, SaveError> {
    let result = match backend() {
        Some(backend) => match backend.connection(id).await {
            Ok(view) => view.ok_or(SaveError::NotFound),
            Err(_) => Err(SaveError::Failed),
        },
        None => Err(SaveError::SignedOut),
    };
    result.inspect_err(set_status)
}

/// Makes a connection and returns its number. `form_id` is that of the form.
///
/// # Errors
/// See [`SaveError`].
#[server(prefix = "/rpc", endpoint = "connection/create", input = Json)]
pub async fn create_connection(
    channel: Channel,
    patch: ConnectionPatch,
    #[server(default)] form_id: String,
) -> Result<ConnectionId, SaveError> {
    let result = match backend() {
        Some(backend) => backend.create(channel, patch, &form_id).await,
        None => Err(SaveError::SignedOut),
    };
    result.inspect_err(set_status)
}

#[cfg(feature = "ssr")]
fn backend() -> Option<std::sync::Arc<dyn crate::backend::Backend>> {
    use_context()
}

/// Server functions answer 500 for every error unless they are told.
#[cfg(feature = "ssr")]
fn set_status(error: &SaveError) {
    use http::StatusCode;

    let status = match error {
        SaveError::SignedOut => StatusCode::UNAUTHORIZED,
        SaveError::Forbidden => StatusCode::FORBIDDEN,
        SaveError::NotFound => StatusCode::NOT_FOUND,
        SaveError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        SaveError::Stale(_) | SaveError::OtherSite => StatusCode::CONFLICT,
        SaveError::Unreachable | SaveError::Failed => StatusCode::INTERNAL_SERVER_ERROR,
    };
    respond_with(status);
}

#[cfg(feature = "ssr")]
fn respond_with(status: http::StatusCode) {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(status);
    }
}
