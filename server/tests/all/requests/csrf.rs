//! Requests that another site's page makes a browser send.

use crate::{
    support::{Answer, TestServer},
    web::Browser,
};
use axum::http::{
    Method,
    header::{self, HeaderName},
};
use serde_json::Value;
use server::http::WebConfig;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const SITE: &str = "sec-fetch-site";
const ORIGIN: &str = "origin";

/// Each route that changes something for a browser, with a body that does, and the status of that.
const WRITES: [(Method, &str, &str, &str, u16); 7] = [
    (
        Method::POST,
        "/login",
        FORM,
        "email=demo%40patchbay.test&password=patchbay-demo&siteId=169",
        303,
    ),
    (Method::POST, "/connections/646", FORM, "version=1&Name=changed&was-Name=x", 303),
    (Method::POST, "/connections/576/enabled", FORM, "version=1&enabled=0", 303),
    (
        Method::POST,
        "/connections/new?channel=email-inbound",
        FORM,
        "Name=new&UserId=a%40b.example&From=a%40b.example&Host=mail.b.example&Port=993\
         &replacing=Password&Password=pw-1",
        303,
    ),
    (
        Method::PATCH,
        "/rpc/connection/patch",
        JSON,
        r#"{"id":583,"version":1,"patch":{"Name":"changed"}}"#,
        200,
    ),
    (
        Method::POST,
        "/rpc/connection/create",
        JSON,
        r#"{"channel":"EmailInbound","patch":{"Name":"new","UserId":"a@b.example","From":"a@b.example","Host":"mail.b.example","Port":"993","Password":"pw-1"}}"#,
        200,
    ),
    // The last, as it ends the session.
    (Method::POST, "/logout", FORM, "", 303),
];

/// Ways in which a request can be another site's, or of unknown origin.
const FOREIGN: [&[(&str, &str)]; 8] = [
    &[],
    &[(SITE, "cross-site")],
    &[(SITE, "same-site")],
    &[(SITE, "cross-site"), (ORIGIN, "null")],
    &[(SITE, "cross-site"), (ORIGIN, "http://patchbay.test")],
    &[(ORIGIN, "https://evil.example")],
    &[(ORIGIN, "http://patchbay.test.evil.example")],
    &[(ORIGIN, "null")],
];

async fn write(
    browser: &Browser,
    (method, path, content_type, body, _): &(Method, &str, &str, &str, u16),
    headers: &[(&'static str, &str)],
) -> Answer {
    let mut all =
        vec![(header::CONTENT_TYPE, *content_type), (header::COOKIE, browser.cookie.as_str())];
    all.extend(headers.iter().map(|(name, value)| (HeaderName::from_static(name), *value)));
    browser.server.call_with(None, method.clone(), path, body, &all).await
}

/// Everything that a browser can change.
async fn state(browser: &Browser) -> (Value, u16) {
    let token = browser.server.token().await;
    let records = browser.server.get(&token, "/api/connection?paging=0&limit=200").await.json();
    (records, browser.get("/").await.status.as_u16())
}

#[tokio::test]
async fn nothing_that_another_site_sends_changes_anything() {
    let browser = Browser::signed_in().await;
    let before = state(&browser).await;
    for route in &WRITES {
        for headers in FOREIGN {
            let answer = write(&browser, route, headers).await;
            assert_eq!(answer.status, 403, "{} {headers:?}", route.1);
            assert!(answer.header(header::SET_COOKIE).is_none(), "{}", route.1);
            assert!(answer.body.contains("nothing was changed"), "{answer}");
        }
    }
    assert_eq!(state(&browser).await, before);
}

#[tokio::test]
async fn what_our_own_pages_send_does() {
    for headers in [
        // What browsers send of pages with `no-referrer`, then what older ones do.
        &[(SITE, "same-origin"), (ORIGIN, "null")][..],
        &[(SITE, "same-origin"), (ORIGIN, "http://patchbay.test")],
        &[(ORIGIN, "http://patchbay.test")],
    ] {
        let mut browser = Browser::new().await;
        for route in &WRITES {
            let answer = write(&browser, route, headers).await;
            if let (true, Some(cookie)) = (route.1 == "/login", answer.header(header::SET_COOKIE)) {
                cookie.split(';').next().unwrap().clone_into(&mut browser.cookie);
            }
            assert_eq!(answer.status, route.4, "{} {headers:?} {answer}", route.1);
            let before_sign_out = if route.1 == "/logout" { 303 } else { 200 };
            assert_eq!(browser.get("/").await.status, before_sign_out);
        }
        let (records, _) = state(&browser).await;
        let records = records.as_array().unwrap();
        let named = |name: &str| records.iter().filter(|r| r["Name"] == name).count();
        assert_eq!((named("changed"), named("new")), (2, 2));
    }
}

#[tokio::test]
async fn server_functions_take_json_alone_and_reading_changes_nothing() {
    let browser = Browser::signed_in().await;
    let before = state(&browser).await;
    let ours = [(SITE, "same-origin")];
    for (method, path, _, body, _) in WRITES.into_iter().filter(|w| w.1.starts_with("/rpc")) {
        for other in ["text/plain", FORM, "multipart/form-data; boundary=x", "application/jsonx"] {
            let answer = write(&browser, &(method.clone(), path, other, body, 0), &ours).await;
            assert_eq!(answer.status, 415, "{path} {other}");
        }
        let get = (Method::GET, path, JSON, body, 0);
        assert_eq!(write(&browser, &get, &ours).await.status, 405, "{path}");
    }
    for (_, path, _, _, _) in WRITES {
        browser.get(path).await;
    }
    assert_eq!(state(&browser).await, before);
}

#[tokio::test]
async fn the_api_never_reads_a_cookie() {
    let browser = Browser::signed_in().await;
    for (method, path) in [
        (Method::GET, "/api/connection"),
        (Method::POST, "/api/connection"),
        (Method::GET, "/api/connection/646"),
        (Method::PATCH, "/api/connection/646"),
    ] {
        let write = (method, path, JSON, r#"{"Name":"changed"}"#, 0);
        let answer = write_as_ours(&browser, &write).await;
        assert_eq!(answer.status, 401, "{path}");
    }
}

async fn write_as_ours(browser: &Browser, route: &(Method, &str, &str, &str, u16)) -> Answer {
    write(browser, route, &[(SITE, "same-origin")]).await
}

#[tokio::test]
async fn behind_a_public_address_the_origin_must_be_that() {
    let public_url = Some("https://patchbay.example".parse().unwrap());
    let server = TestServer::with_web(&WebConfig { public_url, ..WebConfig::default() }).await;
    let browser = Browser { server, cookie: String::new() };
    for (headers, status) in [
        (&[(ORIGIN, "https://patchbay.example")][..], 303),
        (&[(ORIGIN, "https://patchbay.example"), (SITE, "same-origin")], 303),
        (&[(ORIGIN, "null"), (SITE, "same-origin")], 303),
        // The host that the server is called by, but not the one that browsers know.
        (&[(ORIGIN, "http://patchbay.test")], 403),
        (&[(ORIGIN, "http://patchbay.test"), (SITE, "same-origin")], 403),
        (&[(ORIGIN, "http://patchbay.example")], 403),
        (&[(ORIGIN, "null")], 403),
        (&[], 403),
    ] {
        let answer = write(&browser, &WRITES[0], headers).await;
        assert_eq!(answer.status, status, "{headers:?}");
    }
}

#[tokio::test]
async fn a_refused_origin_is_named_with_the_expected_one() {
    let browser = Browser::signed_in().await;
    let route = &WRITES[2];
    let origin = "https://patchbay.example:8443";
    let refused = write(&browser, route, &[(ORIGIN, origin)]).await;
    assert_eq!(refused.status, 403);
    for text in [origin, "http://patchbay.test", "--public-url https://patchbay.example:8443"] {
        assert!(refused.body.contains(text), "{text}: {refused}");
    }
    let evil = "https://<script>alert(1)</script>.example";
    let refused = write(&browser, route, &[(ORIGIN, evil)]).await;
    assert!(refused.body.contains("&lt;script&gt;") && !refused.body.contains("<script>"));
    let long = format!("https://{}.example", "a".repeat(2000));
    assert!(write(&browser, route, &[(ORIGIN, &long)]).await.body.len() < 2000);
    let unnamed = write(&browser, route, &[]).await;
    assert!(unnamed.status == 403 && unnamed.body.contains("--public-url"), "{unnamed}");
    // On no other answer.
    let fine = write(&browser, route, &[(SITE, "same-origin")]).await;
    assert!(fine.status == 303 && !fine.body.contains("--public-url"), "{fine}");
    assert!(!browser.get("/nowhere").await.body.contains("--public-url"));
}
