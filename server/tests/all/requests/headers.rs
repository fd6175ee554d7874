//! The headers of every answer.

use super::{bad_routes, plain, short};
use crate::{
    support::{Answer, TestServer, send},
    web::Browser,
};
use axum::http::{Method, header};
use server::http::WebConfig;

const JSON: &str = "application/json";

const EVERYWHERE: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

fn complete(what: &str, answer: &Answer) {
    let get = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap());
    for (name, expected) in EVERYWHERE {
        let value = get(name).unwrap_or_else(|| panic!("{what}: {name} is missing"));
        // Files may be kept.
        let file = what.contains("/pkg/") || what.contains("/favicon.svg");
        if !(name == "cache-control" && file) {
            assert_eq!(value, expected, "{what}: {name}");
        }
    }
    let policy = get("content-security-policy").unwrap_or_else(|| panic!("{what}: no policy"));
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{what}");
    assert!(get("permissions-policy").is_some_and(|p| p.contains("camera=()")), "{what}");
}

#[tokio::test]
async fn every_answer_has_every_header() {
    let browser = Browser::signed_in().await;
    let stranger = Browser::new().await;
    let token = browser.server.token().await;
    let mut statuses = vec![];
    for path in [
        "/",
        "/login",
        "/connections/new",
        "/connections/new?channel=twitter",
        "/connections/646",
        "/connections/700",
        "/connections/646/enabled",
        "/nowhere",
        "/rpc/connection/patch",
        "/rpc/connection/create",
        "/rpc/nothing",
        "/pkg/x/patchbay.css",
        "/pkg/x/nothing",
        "/favicon.svg",
        "/healthz",
        "/api",
        "/api/",
        "/api/nothing",
        "/api/authenticate",
        "/api/connection",
        "/api/connection/646",
        "/api/connection/700",
        "/api/openapi.json",
        // The last, as it ends the session.
        "/logout",
    ] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "ODD"] {
            let method: Method = method.parse().unwrap();
            let large = "a".repeat(65 * 1024);
            let writes = ["POST", "PATCH"].contains(&method.as_str());
            let bodies =
                [("", JSON), ("{}", JSON), ("{}", "text/plain"), ("x", JSON), (&large, JSON)];
            for (body, content_type) in &bodies[..if writes { 5 } else { 1 }] {
                for (who, token) in
                    [(&browser, None), (&browser, Some(token.as_str())), (&stranger, None)]
                {
                    let headers = [
                        (header::COOKIE, who.cookie.as_str()),
                        (header::HeaderName::from_static("sec-fetch-site"), "same-origin"),
                        (header::CONTENT_TYPE, *content_type),
                    ];
                    let request = (token, method.clone(), path);
                    let answer =
                        who.server.call_with(request.0, request.1, request.2, body, &headers).await;
                    complete(&format!("{method} {path} {}", answer.status), &answer);
                    statuses.push(answer.status.as_u16());
                }
            }
        }
    }
    for status in [200, 303, 400, 401, 404, 405, 413, 415] {
        assert!(statuses.contains(&status), "{status} was not among them");
    }
}

#[tokio::test]
async fn also_when_it_is_refused_or_fails() {
    let router = bad_routes(short());
    for (path, status) in [("/panic", 500), ("/api/panic", 500), ("/endless", 503)] {
        let answer = send(&router, plain(path)).await;
        assert_eq!(answer.status, status, "{path}");
        complete(path, &answer);
    }
    let browser = Browser::signed_in().await;
    let headers = [(header::COOKIE, browser.cookie.as_str())];
    let answer = browser.server.call_with(None, Method::POST, "/logout", "", &headers).await;
    assert_eq!(answer.status, 403);
    complete("403", &answer);
}

#[tokio::test]
async fn only_behind_https_is_https_demanded() {
    let hsts = async |url: Option<&str>, hsts_subdomains| {
        let public_url = url.map(|url| url.parse().unwrap());
        let config = WebConfig { public_url, hsts_subdomains, ..WebConfig::default() };
        let server = TestServer::with_web(&config).await;
        let answer = server.call(None, Method::GET, "/login", "").await;
        (config.is_https(), answer.header(header::STRICT_TRANSPORT_SECURITY).map(str::to_owned))
    };
    let demanded = Some("max-age=63072000".to_owned());
    assert_eq!(hsts(Some("https://patchbay.example"), false).await, (true, demanded));
    let of_all = Some("max-age=63072000; includeSubDomains".to_owned());
    assert_eq!(hsts(Some("https://patchbay.example"), true).await, (true, of_all));
    assert_eq!(hsts(Some("http://patchbay.example"), true).await, (false, None));
    assert_eq!(hsts(None, false).await, (false, None));
}
