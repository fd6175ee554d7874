//! A stand-in for the Graph API and Twitter's, with the answers and the errors that they document. What
//! it answers is in the token itself: a token with `EXPIRED` in it has expired.

use axum::{
    Form, Json, Router,
    extract::{Query, Request},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use server::provider::{ProviderApp, ProviderSettings};
use shared::Secret;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::net::TcpListener;

/// The page of all page tokens, and the account at Instagram that is linked to it.
pub const PAGE: &str = "110334703943674";
pub const LINKED: &str = "17841432079529884";
/// A phone number at WhatsApp, which its account lists.
pub const NUMBER: &str = "106540352242922";
/// What a sign-in with Facebook ends in.
pub const LONG: &str = "EAAGLONGUSERxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
/// When tokens with `SOON` end: 2027-01-15 08:00 UTC.
pub const SOON: i64 = 1_800_000_000;

/// Starts one, and says how to reach it.
pub async fn start() -> ProviderSettings {
    counted().await.0
}

/// The same, and a count of the requests.
pub async fn counted() -> (ProviderSettings, Arc<AtomicUsize>) {
    let count = Arc::<AtomicUsize>::default();
    let counter = count.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/v25.0/me", get(me))
        .route("/v25.0/me/accounts", get(accounts))
        .route("/v25.0/debug_token", get(debug_token))
        .route("/v25.0/{id}", get(whatsapp_number))
        .route("/v25.0/{id}/phone_numbers", get(whatsapp_numbers))
        .route("/v25.0/oauth/access_token", post(facebook_token))
        .route("/oauth/request_token", post(request_token))
        .route("/oauth/access_token", post(twitter_token))
        .route("/1.1/account/verify_credentials.json", get(verify_credentials))
        .layer(middleware::map_request(move |request: Request| {
            counter.fetch_add(1, Ordering::Relaxed);
            async { request }
        }));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let app = |id: &str| Some(ProviderApp { id: id.into(), secret: Secret::new("hush".into()) });
    let settings = ProviderSettings {
        graph: format!("{base}/v25.0").parse().unwrap(),
        facebook: format!("{base}/v25.0").parse().unwrap(),
        twitter: base.parse().unwrap(),
        facebook_app: app("1045"),
        twitter_app: app("twitter-key"),
    };
    (settings, count)
}

fn authorization(headers: &HeaderMap) -> &str {
    headers.get(AUTHORIZATION).unwrap().to_str().unwrap()
}

fn graph_error(status: u16, code: i64, subcode: Option<i64>, message: &str) -> Response {
    let mut error = json!({ "message": message, "type": "OAuthException", "code": code,
        "fbtrace_id": "AbCdEfGhIjK" });
    if let Some(subcode) = subcode {
        error["error_subcode"] = subcode.into();
    }
    (StatusCode::from_u16(status).unwrap(), Json(json!({ "error": error }))).into_response()
}

/// The error that a token stands for.
fn refusal(token: &str) -> Option<Response> {
    let expired = "Error validating access token: Session has expired on Wednesday, 01-Jan-26";
    for (word, status, code, subcode, message) in [
        ("EXPIRED", 400, 190, Some(463), expired),
        ("CHANGED", 400, 190, Some(460), "Error validating access token: password changed"),
        ("REMOVED", 400, 190, Some(458), "Error validating access token: not authorized"),
        ("BROKEN", 400, 190, None, "Malformed access token EAAGBROKEN"),
        ("FORBIDDEN", 403, 200, None, "Requires pages_read_engagement permission"),
        ("BUSY", 400, 4, None, "Application request limit reached"),
        ("DOWN", 500, 2, None, "Service temporarily unavailable"),
    ] {
        if token.contains(word) {
            return Some(graph_error(status, code, subcode, message));
        }
    }
    None
}

async fn whatsapp_number(headers: HeaderMap) -> Response {
    let token = authorization(&headers).strip_prefix("Bearer ").unwrap();
    if let Some(refused) = refusal(token) {
        return refused;
    }
    let (can_send_message, errors) = if token.contains("BLOCKED") {
        let error = json!({ "error_code": 141_006, "error_description": "There is an error with the payment method.",
            "possible_solution": "Add a payment method." });
        ("BLOCKED", vec![error])
    } else {
        ("AVAILABLE", vec![])
    };
    Json(json!({
        "display_phone_number": "+49 30 1234567", "verified_name": "Jamku", "quality_rating": "GREEN",
        "health_status": { "can_send_message": can_send_message,
            "entities": [{ "entity_type": "PHONE_NUMBER", "id": NUMBER, "errors": errors }] },
        "id": NUMBER,
    }))
    .into_response()
}

async fn whatsapp_numbers() -> Json<Value> {
    Json(json!({ "data": [{ "id": "106540352242000" }, { "id": NUMBER }], "paging": {} }))
}

async fn me(headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    let token = authorization(&headers).strip_prefix("Bearer ").unwrap();
    if let Some(refused) = refusal(token) {
        return refused;
    }
    if token.contains("USER") {
        return Json(json!({ "id": "508654789659284", "name": "Example User" })).into_response();
    }
    assert!(query["fields"].contains("instagram_business_account"));
    let id = if token.contains("OTHER") { "1903864646522191" } else { PAGE };
    let mut page = json!({ "id": id, "name": "Jamku" });
    if token.contains("LINKED") {
        page["instagram_business_account"] = json!({ "id": LINKED, "username": "trycloudy123" });
    }
    if token.contains("OLDER") {
        let account = json!({ "id": "4887037594655873", "username": "older123" });
        page["instagram_accounts"] = json!({ "data": [account] });
    }
    Json(page).into_response()
}

/// A code becomes a short token, and that a long one.
async fn facebook_token(Form(form): Form<HashMap<String, String>>) -> Response {
    assert_eq!((&*form["client_id"], &*form["client_secret"]), ("1045", "hush"));
    let token = match (form.get("code").map(String::as_str), form.get("fb_exchange_token")) {
        (Some("good"), None) => {
            assert!(form["redirect_uri"].ends_with("/auth/callback"), "{form:?}");
            "EAAGSHORTUSER"
        }
        (None, Some(short)) if short == "EAAGSHORTUSER" => LONG,
        (Some("busy"), None) => {
            return graph_error(400, 4, None, "Application request limit reached");
        }
        _ => return graph_error(400, 100, None, "This authorization code has been used."),
    };
    Json(json!({ "access_token": token, "token_type": "bearer" })).into_response()
}

/// Two pages of the list: with the fields that were asked for.
async fn accounts(headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    assert_eq!(authorization(&headers), format!("Bearer {LONG}"));
    let account = |id: &str, name: &str| {
        let mut account = json!({ "access_token": format!("EAAG{id:x<180}"), "id": id, "name": name,
            "category": "Shop", "tasks": ["MANAGE"] });
        if query["fields"].contains("instagram_accounts") && id == PAGE {
            let linked = json!({ "id": LINKED, "name": "trycloudy", "username": "trycloudy123" });
            let older = json!({ "id": "4887037594655873", "username": "older123" });
            account["instagram_business_account"] = linked;
            account["instagram_accounts"] = json!({ "data": [older] });
        }
        account
    };
    let list = if query.get("after").is_some_and(|after| after == "one") {
        json!({ "data": [account("1903864646522191", "Second page")], "paging": { "cursors": { "after": "two" } } })
    } else {
        json!({ "data": [account(PAGE, "Jamku")],
            "paging": { "cursors": { "after": "one" }, "next": "https://graph.example/next" } })
    };
    Json(list).into_response()
}

async fn request_token(headers: HeaderMap) -> &'static str {
    let authorization = authorization(&headers);
    assert!(authorization.contains("oauth_callback="), "{authorization}");
    "oauth_token=requested&oauth_token_secret=request-secret&oauth_callback_confirmed=true"
}

async fn twitter_token(headers: HeaderMap) -> Response {
    let authorization = authorization(&headers);
    if !authorization.contains("oauth_verifier=\"good\"") {
        return (StatusCode::UNAUTHORIZED, "Reverse auth credentials are invalid").into_response();
    }
    assert!(authorization.contains("oauth_token=\"requested\""), "{authorization}");
    "oauth_token=738567483435556864-granted&oauth_token_secret=granted-secret&\
     user_id=738567483435556864&screen_name=trial_corp"
        .into_response()
}

async fn debug_token(headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    assert_eq!(authorization(&headers), "Bearer 1045|hush");
    let token = &query["input_token"];
    if token.contains("STRANGER") {
        let message = "(#100) The App_id in the input_token did not match the Viewing App";
        return graph_error(400, 100, None, message);
    }
    let ends = if token.contains("SOON") { SOON } else { 0 };
    let data = json!({ "app_id": "1045", "type": "PAGE", "is_valid": !token.contains("DEAD"),
        "expires_at": ends, "data_access_expires_at": SOON + 86_400,
        "scopes": ["pages_messaging", "pages_show_list"] });
    Json(json!({ "data": data })).into_response()
}

async fn verify_credentials(headers: HeaderMap) -> Response {
    let authorization = authorization(&headers);
    assert!(authorization.starts_with("OAuth "), "{authorization}");
    assert!(authorization.contains("oauth_consumer_key=\"twitter-key\""), "{authorization}");
    assert!(authorization.contains("oauth_signature_method=\"HMAC-SHA1\""), "{authorization}");
    let error = |status, code: i64, message: &str| {
        let body: Value = json!({ "errors": [{ "code": code, "message": message }] });
        (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
    };
    if authorization.contains("EXPIRED") {
        return error(401, 89, "Invalid or expired token.");
    }
    if authorization.contains("LOCKED") {
        return error(403, 326, "To protect our users, this account is temporarily locked.");
    }
    if authorization.contains("PLAN") {
        let server_message = "You currently have access to a subset of X API V2 endpoints";
        return error(403, 453, server_message);
    }
    if authorization.contains("BUSY") {
        return error(429, 88, "Rate limit exceeded");
    }
    Json(json!({ "id_str": "738567483435556864", "screen_name": "trial_corp" })).into_response()
}
