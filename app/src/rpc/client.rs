//! The browser's side. `server_fn` has a client of its own, but that brings streams and web sockets, which
//! nothing here uses.

use crate::answer::{Current, SaveError};
use gloo_net::http::{Request, RequestBuilder};
use serde::{Serialize, de::DeserializeOwned};
use shared::{Channel, ConnectionId, ConnectionPatch, Version};

/// Changes a connection that was read at `version`; into that of another account only if it may. `form_id` is that of
/// the form.
///
/// # Errors
/// See [`SaveError`].
pub async fn patch_connection(
    id: ConnectionId,
    version: Version,
    patch: ConnectionPatch,
    allow_account_change: bool,
    form_id: String,
) -> Result<Current, SaveError> {
    #[derive(Serialize)]
    struct Body {
        id: ConnectionId,
        version: Version,
        patch: ConnectionPatch,
        allow_account_change: bool,
        form_id: String,
    }
    let body = Body { id, version, patch, allow_account_change, form_id };
    call(Request::patch("/rpc/connection/patch"), &body).await
}

/// A connection as it is stored now.
///
/// # Errors
/// See [`SaveError`].
pub async fn read_connection(id: ConnectionId) -> Result<Current, SaveError> {
    #[derive(Serialize)]
    struct Body {
        id: ConnectionId,
    }
    call(Request::post("/rpc/connection/read"), &Body { id }).await
}

/// Makes a connection and returns its number. `form_id` is that of the form.
///
/// # Errors
/// See [`SaveError`].
pub async fn create_connection(
    channel: Channel,
    patch: ConnectionPatch,
    form_id: String,
) -> Result<ConnectionId, SaveError> {
    #[derive(Serialize)]
    struct Body {
        channel: Channel,
        patch: ConnectionPatch,
        form_id: String,
    }
    call(Request::post("/rpc/connection/create"), &Body { channel, patch, form_id }).await
}

/// Sends a body and reads the answer, or why there is none.
async fn call<T: DeserializeOwned>(
    request: RequestBuilder,
    body: &impl Serialize,
) -> Result<T, SaveError> {
    let body = serde_json::to_string(body).map_err(|_| SaveError::Failed)?;
    let request = request.header("content-type", "application/json").body(body);
    let answer = request.map_err(|_| SaveError::Failed)?.send().await;
    let answer = answer.map_err(|_| SaveError::Unreachable)?;
    let bytes = answer.binary().await.map_err(|_| SaveError::Unreachable)?;
    if answer.ok() {
        serde_json::from_slice(&bytes).map_err(|_| SaveError::Failed)
    } else {
        // What stands before the server functions refuses in other words.
        Err(serde_json::from_slice(&bytes).unwrap_or(SaveError::Failed))
    }
}
