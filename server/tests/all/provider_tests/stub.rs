//! A stand-in for the Graph API and Twitter's, with the answers and the errors that they document. What
//! it answers is in the token itself: a token with `EXPIRED` in it has expired.
//! Its answers are read beside each other.

use axum::{
    Form, Json, Router,
    extract::{Path, Query, Request},
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
        .route("/v25.0/{id}", get(node))
        .route("/v25.0/{id}/phone_numbers", get(whatsapp_numbers))
        .route("/v25.0/oauth/access_token", post(facebook_token))
        .route("/oauth/request_token", post(request_token))
        .route("/oauth/access_token", post(twitter_token))
        .route("/2/users/me", get(users_me))
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
        ..ProviderSettings::default()
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

/// A page that was granted by name, or a number at WhatsApp.
async fn node(headers: HeaderMap, Path(id): Path<String>) -> Response {
    let token = authorization(&headers).strip_prefix("Bearer ").unwrap();
    if token.contains("GRANTED") {
        let page =
            json!({ "access_token": format!("EAAG{id:x<180}"), "id": id, "name": "Granted" });
        return Json(page).into_response();
    }
    whatsapp_number(token)
}

fn whatsapp_number(token: &str) -> Response {
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
    let has_proof = query.contains_key("appsecret_proof");
    if token.contains("STRANGER") && has_proof {
        let message = "Invalid appsecret_proof provided in the API argument";
        return graph_error(400, 100, None, message);
    }
    if token.contains("PROOF") && !has_proof {
        let message = "API calls from the server require an appsecret_proof argument";
        return graph_error(400, 100, None, message);
    }
    if token.contains("USER") && query["fields"].contains("instagram_business_account") {
        let message = "(#100) Tried accessing nonexisting field (instagram_business_account) on node type (User)";
        return graph_error(400, 100, None, message);
    }
    if token.contains("USER") {
        return Json(json!({ "id": "508654789659284", "name": "Example User" })).into_response();
    }
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
        (Some("granted"), None) => "EAAGSHORTGRANTED",
        (None, Some(short)) if short == "EAAGSHORTGRANTED" => "EAAGGRANTEDUSER",
        (Some("cut"), None) => "EAAGSHORTCUT",
        (None, Some(short)) if short == "EAAGSHORTCUT" => "EAAGCUTUSER",
        (Some("busy"), None) => {
            return graph_error(400, 4, None, "Application request limit reached");
        }
        _ => return graph_error(400, 100, None, "This authorization code has been used."),
    };
    Json(json!({ "access_token": token, "token_type": "bearer" })).into_response()
}

/// Two pages of the list: with the fields that were asked for.
async fn accounts(headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    let token = authorization(&headers).strip_prefix("Bearer ").unwrap();
    if token.contains("GRANTED") {
        return Json(json!({ "data": [] })).into_response();
    }
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
    if token.contains("CUT") {
        // A page that is nobody's, and a list without cursors that leads to one that fails.
        if query.contains_key("after") {
            return graph_error(500, 1, None, "An unknown error occurred");
        }
        let odd = json!({ "id": "222222222222", "name": "Not yours" });
        let next = "https://graph.example/me/accounts?after=one";
        let list = json!({ "data": [account(PAGE, "Jamku"), odd], "paging": { "next": next } });
        return Json(list).into_response();
    }
    assert_eq!(token, LONG);
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
    if token.contains("APPSECRET") {
        return graph_error(400, 190, None, "Invalid OAuth access token signature.");
    }
    if token.contains("UNSAID") {
        return Json(json!({ "data": { "app_id": "1045" } })).into_response();
    }
    if token.contains("OLDPASSWORD") {
        let error =
            json!({ "code": 190, "subcode": 460, "message": "The session has been invalidated" });
        let data = json!({ "is_valid": false, "scopes": [], "expires_at": 0, "error": error });
        return Json(json!({ "data": data })).into_response();
    }
    let ends = match token {
        token if token.contains("SOON") => SOON,
        token if token.contains("PAST") => 1_600_000_000,
        _ => 0,
    };
    let scopes: &[&str] = if token.contains("UNSCOPED") {
        &["public_profile"]
    } else {
        &["pages_messaging", "pages_show_list"]
    };
    let target = if token.contains("ELSEWHERE") { "1903864646522191" } else { PAGE };
    let granular = scopes.iter().map(|scope| json!({ "scope": scope, "target_ids": [target] }));
    let data = json!({ "app_id": "1045", "type": "PAGE", "is_valid": !token.contains("DEAD"),
        "expires_at": ends, "data_access_expires_at": SOON + 86_400, "scopes": scopes,
        "granular_scopes": granular.collect::<Vec<_>>() });
    Json(json!({ "data": data })).into_response()
}

/// The second version of the API: an app may have to pay for it, or not be enrolled.
async fn users_me(headers: HeaderMap) -> Response {
    let authorization = authorization(&headers);
    assert!(authorization.contains("oauth_signature_method=\"HMAC-SHA1\""), "{authorization}");
    if authorization.contains("FIRST") || authorization.contains("PLAN") {
        let problem = json!({ "title": "Client Forbidden", "reason": "client-not-enrolled",
            "type": "https://api.twitter.com/2/problems/client-forbidden",
            "detail": "You must use keys of an app that is attached to a project." });
        return (StatusCode::FORBIDDEN, Json(problem)).into_response();
    }
    if authorization.contains("CREDITS") {
        let problem =
            json!({ "title": "CreditsDepleted", "detail": "Your enrolled account has no credits" });
        return (StatusCode::PAYMENT_REQUIRED, Json(problem)).into_response();
    }
    twitter_error(authorization).unwrap_or_else(|| {
        let data = json!({ "id": "738567483435556864", "name": "Trial", "username": "trial_corp" });
        Json(json!({ "data": data })).into_response()
    })
}

async fn verify_credentials(headers: HeaderMap) -> Response {
    let authorization = authorization(&headers);
    assert!(authorization.starts_with("OAuth "), "{authorization}");
    assert!(authorization.contains("oauth_consumer_key=\"twitter-key\""), "{authorization}");
    assert!(authorization.contains("oauth_signature_method=\"HMAC-SHA1\""), "{authorization}");
    twitter_error(authorization).unwrap_or_else(|| {
        Json(json!({ "id_str": "738567483435556864", "screen_name": "trial_corp" })).into_response()
    })
}

/// The error that a token stands for.
fn twitter_error(authorization: &str) -> Option<Response> {
    for (word, status, code, message) in [
        ("EXPIRED", 401, 89, "Invalid or expired token."),
        ("LOCKED", 403, 326, "To protect our users, this account is temporarily locked."),
        ("PLAN", 403, 453, "You currently have access to a subset of X API V2 endpoints"),
        ("CREDITS", 403, 453, "You currently have access to a subset of X API V2 endpoints"),
        ("CLOCK", 401, 135, "Timestamp out of bounds."),
        ("BUSY", 429, 88, "Rate limit exceeded"),
    ] {
        if authorization.contains(word) {
            let body = json!({ "errors": [{ "code": code, "message": message }] });
            return Some((StatusCode::from_u16(status).unwrap(), Json(body)).into_response());
        }
    }
    None
}
