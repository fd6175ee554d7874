//! `POST /api/authenticate`

use super::{
    ApiError,
    request::{media_type, read},
};
use crate::{
    http::ClientAddr,
    service::{self, Services, SignInError},
};
use axum::{
    Json,
    extract::{Request, State},
};
use serde::Serialize;
use serde_json::Value;
use shared::{SiteId, audit::Via};

/// The documented answer.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TokenAnswer {
    /// `200`, as a string.
    response_code: &'static str,
    /// `Success`
    response_status: &'static str,
    /// The JWT to send as `Authorization: Bearer`, good for 900 seconds.
    token: String,
}

/// What the body carries, whichever form it has.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct SignIn {
    /// The user's e-mail address.
    email: String,
    /// The user's password.
    password: String,
    /// The site's number.
    site_id: String,
}

/// Gives a token for a user's e-mail address, password and site.
#[utoipa::path(
    post,
    path = "/authenticate",
    operation_id = "authenticate",
    tag = "token",
    request_body(content(
        (SignIn = "application/json"),
        (SignIn = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "A token", body = TokenAnswer),
        (status = 400, description = "Something is missing", body = super::schema::Error),
        (status = 401, description = "E-mail, password or site is wrong", body = super::schema::Error),
        (status = 413, description = "The body is too large", body = super::schema::Error),
        (status = 429, description = "Too many attempts; see Retry-After", body = super::schema::Error),
        (status = 503, description = "Too many at once; see Retry-After", body = super::schema::Error),
        (status = 415, description = "The body is of another type", body = super::schema::Error),
    )
)]
pub async fn handler(
    State(services): State<Services>,
    client: ClientAddr,
    request: Request,
) -> Result<Json<TokenAnswer>, ApiError> {
    let SignIn { email, password, site_id } = sign_in(request).await?;
    let site: Option<SiteId> = site_id.parse().ok();
    let address = client.subject();
    let sign_in = service::SignIn { email, password, site, address, via: Via::Api };
    let principal = services.sign_in(sign_in).await.map_err(|error| match error {
        // Only a number is repeated: anything might have been pasted there.
        SignInError::Wrong => {
            ApiError::NotAuthorized(site.map(|site| site.to_string()).unwrap_or_default())
        }
        SignInError::TooMany(seconds) => ApiError::TooManySignIns(seconds),
        SignInError::Busy => ApiError::Busy,
        SignInError::Store(error) => error.into(),
    })?;
    let token = services.issue_token(&principal)?;
    Ok(Json(TokenAnswer { response_code: "200", response_status: "Success", token }))
}

async fn sign_in(request: Request) -> Result<SignIn, ApiError> {
    let media_type = media_type(request.headers());
    let body = match media_type.as_deref() {
        Some("application/json" | "application/x-www-form-urlencoded") => {
            read(request, &()).await?
        }
        _ => {
            return Err(ApiError::ContentType(
                "application/json or application/x-www-form-urlencoded",
            ));
        }
    };
    let json = media_type.as_deref() == Some("application/json");
    let get = if json { from_json(&body)? } else { from_form(&body) };
    let missing = |message| ApiError::SignInRequest(message);
    Ok(SignIn {
        email: get("email").ok_or(missing("email is missing"))?,
        password: get("password").ok_or(missing("password is missing"))?,
        site_id: get("siteId").ok_or(missing("siteId is missing"))?,
    })
}

type Lookup = Box<dyn Fn(&str) -> Option<String> + Send>;

fn from_json(body: &[u8]) -> Result<Lookup, ApiError> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return Err(ApiError::SignInRequest("the body must be a JSON object"));
    };
    Ok(Box::new(move |key| match body.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }))
}

fn from_form(body: &[u8]) -> Lookup {
    let pairs: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
    Box::new(move |key| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone()))
}
