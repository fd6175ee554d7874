//! The server functions: extract the caller, call the `Backend`, return.

use crate::{
    answer::{Current, SaveError},
    backend::backend,
};
use http::StatusCode;
use leptos::prelude::*;
use server_fn::{
    codec::{Json, JsonEncoding, PatchJson},
    error::{FromServerFnError, ServerFnErrorErr},
};
use shared::{Channel, ConnectionId, ConnectionPatch, SaveRefusal, Version};

impl FromServerFnError for SaveError {
    type Encoder = JsonEncoding;

    /// Texts of the framework are dropped: they may quote what was typed.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::MissingArg(_) => {
                respond_with(StatusCode::BAD_REQUEST);
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
    #[server(default)] allow_account_change: bool,
    #[server(default)] form_id: String,
) -> Result<Current, SaveError> {
    let result = match backend() {
        Some(backend) => backend.patch(id, version, patch, allow_account_change, &form_id).await,
        None => Err(SaveRefusal::SignedOut.into()),
    };
    result.inspect_err(set_status)
}

/// A connection as it is stored now.
///
/// # Errors
/// See [`SaveError`].
#[server(prefix = "/rpc", endpoint = "connection/read", input = Json)]
pub async fn read_connection(id: ConnectionId) -> Result<Current, SaveError> {
    let result = match backend() {
        Some(backend) => match backend.connection(id).await {
            Ok(now) => now.ok_or(SaveRefusal::NotFound.into()),
            Err(_) => Err(SaveError::Failed),
        },
        None => Err(SaveRefusal::SignedOut.into()),
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
        None => Err(SaveRefusal::SignedOut.into()),
    };
    result.inspect_err(set_status)
}

/// Server functions answer 500 for every error unless another status is set.
fn set_status(error: &SaveError) {
    let status = match error {
        SaveError::Refused(refusal) => match refusal {
            SaveRefusal::SignedOut => StatusCode::UNAUTHORIZED,
            SaveRefusal::Forbidden => StatusCode::FORBIDDEN,
            SaveRefusal::NotFound => StatusCode::NOT_FOUND,
            SaveRefusal::ReadOnly(_) => StatusCode::BAD_REQUEST,
            SaveRefusal::Invalid(_) | SaveRefusal::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            SaveRefusal::Stale(_) | SaveRefusal::OtherSite | SaveRefusal::AccountChanged(_) => {
                StatusCode::CONFLICT
            }
            SaveRefusal::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
        },
        SaveError::Unreachable | SaveError::Failed => StatusCode::INTERNAL_SERVER_ERROR,
    };
    respond_with(status);
}

fn respond_with(status: StatusCode) {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(status);
    }
}
