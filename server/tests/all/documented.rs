//! The documents' own examples, with invented secrets: each body and each answer.

use crate::support::{Answer, TestServer};
use axum::http::Method;
use insta::assert_snapshot;

fn token(seed: &str) -> String {
    format!("EAAOt{}ZDZD", seed.repeat(30))
}

#[tokio::test]
async fn patch_email_inbound() {
    let server = TestServer::new().await;
    let body = r#"{"Name":"test2-email-in","UserId":"test2@onebox.example","Password":"one-box#123",
        "Host":"mail.onebox.example","Port":"993","From":"test2@onebox.example"}"#;
    assert_snapshot!(server.patch(&server.token().await, 612, body).await);
}

#[tokio::test]
async fn patch_email_outbound() {
    let server = TestServer::new().await;
    let body = r#"{"Name":"test2-email-out","UserId":"test2@onebox.example","Password":"one-box#123",
        "Host":"mail.onebox.example","Port":"587","From":"test2@onebox.example","ParentId":"612"}"#;
    assert_snapshot!(server.patch(&server.token().await, 613, body).await);
}

#[tokio::test]
async fn patch_facebook() {
    let server = TestServer::new().await;
    let (page, user) = (token("pg4cXo"), token("us3RtK"));
    let body = format!(
        r#"{{"Name":"Mydin22 Page","UserId":"469218373611099","Password":"{page}",
            "From":"469218373611099","Token":"{user}"}}"#
    );
    assert_snapshot!(server.patch(&server.token().await, 583, &body).await);
}

#[tokio::test]
async fn patch_instagram() {
    let server = TestServer::new().await;
    let (user, page) = (token("us3RtK"), token("pg4cXo"));
    let body = format!(
        r#"{{"Name":"trycloudy","UserId":"241794770143249","Password":"{user}",
            "From":"17841439754602482","Token":"{page}","TargetId":"17841439754602482"}}"#
    );
    assert_snapshot!(server.patch(&server.token().await, 646, &body).await);
}

#[tokio::test]
async fn patch_instagram_with_a_username() {
    let server = TestServer::new().await;
    let answer = server.patch(&server.token().await, 646, r#"{"From":"@trycloudy.123"}"#).await;
    assert_eq!(answer.json()["From"], "trycloudy.123");
}

#[tokio::test]
async fn patch_twitter() {
    let server = TestServer::new().await;
    let body = r#"{"Name":"trial_corp Official","UserId":"trial_corp",
        "Password":"7bk366vq44geegSukewmlBygPCCKD7O8gDeR459E1qNdg","From":"trial_corp",
        "Token":"738567483435556865-LC1rss238EkVM5q4L00N9DlI2MHYwGR","TargetId":"738567483435556865"}"#;
    assert_snapshot!(server.patch(&server.token().await, 576, body).await);
}

#[tokio::test]
async fn get_one() {
    let server = TestServer::new().await;
    assert_snapshot!(server.get(&server.token().await, "/api/connection/646").await);
}

fn ids(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let rows = json.as_array().or_else(|| json["data"].as_array()).expect("rows").clone();
    rows.iter().map(|row| row["Id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn find() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let find = async |query: &str| server.get(&token, &format!("/api/connection?{query}")).await;

    assert_eq!(ids(&find("").await), ["576", "583", "612", "613", "646"]);
    assert_eq!(ids(&find("sinceId=612").await), ["613", "646"]);
    // Twitter was made 9 days before the start, Facebook 40.
    assert_eq!(ids(&find("since=2026-02-01%2000:00").await), ["576", "612", "613", "646"]);
    assert_eq!(ids(&find("since=2026-03-02%2009:30:00").await), ["646"]);
    server.patch(&token, 583, r#"{"Name":"renamed"}"#).await;
    assert_eq!(ids(&find("lastUpdate=2026-03-02+09:30").await), ["583", "646"]);
    assert_eq!(ids(&find("limit=2&offset=1").await), ["583", "612"]);
    assert_eq!(ids(&find("paging=0&limit=1").await), ["576"]);
    assert!(find("paging=0").await.json().is_array());
    assert_snapshot!(find("sinceId=613&limit=10").await);
}

#[tokio::test]
async fn ids_are_sorted_as_numbers() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let body = r#"{"MediaId":"YOTB","ProviderId":"PVD31","Name":"hotline"}"#;
    for _ in 0..310 {
        server.post(&token, body).await;
    }
    assert_eq!(ids(&server.get(&token, "/api/connection").await).len(), 20);
    let page = server.get(&token, "/api/connection?limit=200&offset=100").await;
    assert_eq!(ids(&page).len(), 200);
    let json = page.json();
    assert_eq!((&json["count"], &json["total"]), (&200.into(), &315.into()));
    let found = ids(&server.get(&token, "/api/connection?sinceId=990&limit=20").await);
    assert_eq!(found[..11], (991..1002).map(|id| id.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn create_each_channel() {
    let server = TestServer::new().await;
    let caller = server.token().await;
    let (page, user) = (token("pg4cXo"), token("us3RtK"));
    let inbound = r#"{"MediaId":"EMAIL","ProviderId":"PVD9","Name":"in","UserId":"a@b.example",
        "Password":"pw-1","Host":"mail.b.example","Port":993,"From":"a@b.example"}"#;
    assert_snapshot!("create_email_inbound", server.post(&caller, inbound).await);
    let outbound = r#"{"MediaId":"EMAIL","ProviderId":"PVD7","Name":"out","UserId":"a@b.example",
        "Password":"pw-1","Host":"mail.b.example","Port":"465","From":"a@b.example","ParentId":701}"#;
    assert_snapshot!("create_email_outbound", server.post(&caller, outbound).await);
    // `From` may be left out for Facebook, and `TargetId` becomes the page id.
    let facebook = format!(
        r#"{{"MediaId":"FCBK","ProviderId":"PVD12","SiteId":"169","Name":"page",
            "UserId":"1903864646522191","Password":"{page}","Token":"{user}"}}"#
    );
    assert_snapshot!("create_facebook", server.post(&caller, &facebook).await);
    let instagram = format!(
        r#"{{"MediaId":"INST","ProviderId":"PVD28","Name":"shop","UserId":"1903864646522191",
            "Password":"{user}","From":"shop.demo","Token":"{page}","TargetId":"17841439754602482"}}"#
    );
    assert_snapshot!("create_instagram", server.post(&caller, &instagram).await);
    let twitter = r#"{"MediaId":"TWTR","ProviderId":"PVD10","Name":"KuCamera","UserId":"@KuCamera",
        "Password":"7bk366vq44geegSukewmlBygPCCKD7O8gDeR459E1qNdg","From":"KuCamera",
        "Token":"1290561158944968704-LC1rss238EkVM5q4L00N9DlI2","TargetId":"1290561158944968704"}"#;
    assert_snapshot!("create_twitter", server.post(&caller, twitter).await);
    let other = r#"{"MediaId":"YOTB","Name":"films","Url":null}"#;
    assert_snapshot!("create_youtube", server.post(&caller, other).await);
}

#[tokio::test]
async fn a_token_is_given_for_json_and_for_a_form() {
    let server = TestServer::new().await;
    let json = r#"{"email":"Demo@patchbay.test","password":"patchbay-demo","siteId":169}"#;
    let answer = server.call(None, Method::POST, "/api/authenticate", json).await;
    assert_eq!(answer.status, 200);
    let keys = answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys, ["response_code", "response_status", "token"]);
    assert_eq!(answer.json()["response_code"], "200");
    assert_eq!(answer.json()["response_status"], "Success");

    let form = "email=demo%40patchbay.test&password=patchbay-demo&siteId=169";
    let header = (axum::http::header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = server.call_with(None, Method::POST, "/api/authenticate", form, &[header]).await;
    assert_eq!(answer.status, 200);

    // Never in the URL.
    let path = format!("/api/authenticate?{form}");
    assert_eq!(server.call(None, Method::POST, &path, "{}").await.status, 400);
}
