//! The posts of the page that fills a form from a sign-in. Each leads to the page's address with what
//! stands in the form, and no secret in it.

use super::{WebState, failed, form::Posted};
use crate::{service::SignInWithError, store::Principal};
use axum::{
    Extension,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::Channel;

/// What stands in a form is carried along up to this length of an address.
const MAX_PASTED_LEN: usize = 800;

/// Of a connection that is yet to be made, its channel.
#[derive(Deserialize)]
pub(super) struct NewQuery {
    pub(super) channel: Option<String>,
}

/// Opens the page from the form, or takes what was pasted on it.
pub(super) async fn open(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    Query(query): Query<NewQuery>,
    posted: Posted,
) -> Response {
    let new = posted.get("channel").or(query.channel.as_deref());
    let channel = match id.parse() {
        Ok(id) => match state.services.get(principal.scope(), id).await {
            Ok(stored) => stored.map(|stored| stored.connection.channel()),
            Err(error) => return failed(&error),
        },
        Err(_) => new.and_then(Channel::from_slug).filter(|_| id == "new"),
    };
    let Some(provider) = channel.and_then(Channel::provider) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut more = vec![];
    if let Some(pasted) = posted.get("pasted") {
        more.push(match state.services.keep_pasted(&principal, provider, pasted).await {
            Ok(Some(session)) => ("sessionId", session),
            Ok(None) => ("error", "unknown".to_owned()),
            Err(SignInWithError::Forbidden) => return StatusCode::FORBIDDEN.into_response(),
            Err(error) => return failed(&error),
        });
    }
    if id == "new" {
        more.push(("channel", provider.channel().slug().to_owned()));
    }
    Redirect::to(&address(&id, &posted, &more)).into_response()
}

fn address(id: &str, posted: &Posted, more: &[(&str, String)]) -> String {
    let state = posted.state();
    let typed = state.typed.iter().map(|(field, value)| (field.name(), value.as_str()));
    let typed = form_urlencoded::Serializer::new(String::new()).extend_pairs(typed).finish();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(more.iter().map(|(key, value)| (key, value.as_str())));
    let mut query = query.finish();
    if typed.len() <= MAX_PASTED_LEN && !typed.is_empty() {
        query = if query.is_empty() { typed } else { format!("{query}&{typed}") };
    }
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/connections/{id}/fill{mark}{query}")
}
