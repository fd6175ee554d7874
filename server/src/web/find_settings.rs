//! Finds the settings of mail servers for an address that a browser posts.

use super::{WebState, fill::NewQuery, form::posted_with_parts, render::page_with};
use crate::{
    http::Place,
    probe::{Candidate, Hint},
    service::NoSearch,
    store::Principal,
    wording::notice,
};
use app::{FindSettings, SettingsChoice, backend::MailHint};
use axum::{
    Extension,
    extract::{Query, Request, State},
    http::StatusCode,
    response::Response,
};
use shared::Channel;

pub(super) async fn find(
    State(state): State<WebState>,
    Extension(principal): Extension<Principal>,
    Query(NewQuery { channel }): Query<NewQuery>,
    place: Place,
    request: Request,
) -> Response {
    let (parts, posted) = match posted_with_parts(request).await {
        Ok(posted) => posted,
        Err(response) => return response,
    };
    let channel = channel.as_deref().and_then(Channel::from_slug).unwrap_or(Channel::Other);
    let address = posted.get("address").unwrap_or_default().to_owned();
    // It may take some seconds, in which it needs no request's place.
    place.leave();
    let found = state.services.find_settings(&principal, channel, &address).await;
    let (status, search) = match found {
        Ok((address, found)) => {
            let choices = found.candidates.into_iter().map(choice).collect();
            (StatusCode::OK, FindSettings::Found { address, choices, hint: found.hint.map(hint) })
        }
        // The page itself says so.
        Err(NoSearch::Forbidden) => (StatusCode::OK, FindSettings::NotStarted),
        Err(error) => {
            let status = match error {
                NoSearch::TooMany => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            (
                status,
                FindSettings::Refused { address, problem: notice::no_search(error).to_owned() },
            )
        }
    };
    let mut response = page_with(state, parts, search).await;
    if status != StatusCode::OK {
        *response.status_mut() = status;
    }
    response
}

fn choice(candidate: Candidate) -> SettingsChoice {
    let Candidate { host, port, user, source, is_own, takes_password } = candidate;
    let source = notice::source_of_settings(source);
    SettingsChoice { host, port, user, source, is_own, takes_password }
}

pub(super) fn hint(Hint { provider, text, link }: Hint) -> MailHint {
    MailHint { provider, text, link }
}
