//! What other tools show in place of a secret is never stored over one.

use crate::{
    caller::Caller,
    dump::{self, bytes},
    support::{Answer, OURS, TestServer},
};
use axum::http::{Method, header};
use proptest::{
    prelude::Strategy, prop_oneof, strategy::ValueTree, string::string_regex,
    test_runner::TestRunner,
};
use serde_json::json;

/// Masks as the module `shared::mask` tells of them; the same on every run.
fn masks(count: usize) -> Vec<String> {
    let regex = |regex: &str| string_regex(regex).unwrap();
    let mask = prop_oneof![
        regex(r"[*]{1,40}"),
        regex("[\u{2022}\u{25cf}\u{00b7}\u{2219}\u{26ab}]{1,40}"),
        regex(r"x{4,30}|X{4,30}|[.]{4,30}|#{4,30}|-{4,30}|_{4,30}"),
        regex("[*\u{2022}]{3,30}[A-Za-z0-9]{1,8}"),
        regex("[A-Za-z0-9]{1,8}[*\u{2022}]{3,30}[A-Za-z0-9]{1,8}"),
        regex("[A-Za-z0-9]{0,8}\u{2026}[A-Za-z0-9]{0,8}"),
        regex(r"([*]{4} ){1,4}[A-Z]{4}"),
        regex(r"\[(REDACTED|hidden|Masked)\]|<(secret|encrypted|removed)>"),
    ];
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| mask.new_tree(&mut runner).unwrap().current()).collect()
}

/// Sends a secret by the API and by the server function.
async fn send(
    server: &TestServer,
    caller: &Caller,
    id: i64,
    field: &str,
    value: &str,
) -> [Answer; 2] {
    let api = server.patch(&caller.token, id, &json!({ field: value }).to_string()).await;
    let at = version(server, caller, id).await;
    let body = json!({ "id": id, "version": at, "patch": { field: value } }).to_string();
    let headers = [OURS, (header::COOKIE, caller.cookie.as_str())];
    let rpc = "/rpc/connection/patch";
    let rpc = server.call_with(None, Method::PATCH, rpc, &body, &headers).await;
    [api, rpc]
}

/// Sends it by the form.
async fn post(server: &TestServer, caller: &Caller, id: i64, field: &str, value: &str) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("version", &version(server, caller, id).await.to_string())
        .append_pair("replacing", field)
        .append_pair(field, value)
        .finish();
    server.form(&caller.cookie, &format!("/connections/{id}"), &body).await
}

async fn version(server: &TestServer, caller: &Caller, id: i64) -> i64 {
    server.get(&caller.token, &format!("/api/connection/{id}")).await.version()
}

#[tokio::test]
async fn no_mask_is_stored() {
    let server = TestServer::new().await;
    let caller = Caller::of(&server, "demo", 169).await;
    let before = dump::everything(&server).await;
    for (number, mask) in masks(500).iter().enumerate() {
        let (id, field) =
            [(646, "Password"), (646, "Token"), (612, "Password"), (576, "Token")][number % 4];
        let [api, rpc] = send(&server, &caller, id, field, mask).await;
        assert_eq!(api.status, 422, "{mask}: {api}");
        let more = &api.json()["records"]["more"];
        assert_eq!(
            (&more[0]["field"], &more[0]["code"]),
            (&json!(field), &json!("mask")),
            "{mask}"
        );
        assert!(rpc.status == 422 && rpc.body.contains("is a mask"), "{mask}");
        // Of pages, which take ten times as long, every fifth.
        if number % 5 == 0 {
            let form = post(&server, &caller, id, field, mask).await;
            assert!(form.status == 422 && form.body.contains("is a mask"), "{mask}");
        }
    }
    assert_eq!(dump::everything(&server).await, before);
    // The control: what is no mask is stored on each way.
    for (id, field) in [(646, "Password"), (612, "Password"), (583, "Token")] {
        let secret = format!("EAAOq7Kd{}", "q7Kd".repeat(20));
        let [api, rpc] = send(&server, &caller, id, field, &secret).await;
        let form = post(&server, &caller, id, field, &secret).await;
        let statuses = [&api, &rpc, &form].map(|answer| answer.status.as_u16());
        assert_eq!(statuses, [200, 200, 303], "{field} of {id}: {api} {}", rpc.body);
        assert_eq!(api.json()[field], secret);
    }
}

#[tokio::test]
async fn a_secret_that_is_not_named_stays_to_the_byte() {
    let server = TestServer::new().await;
    let caller = Caller::of(&server, "demo", 169).await;
    let sealed = async || {
        let password = bytes(&server, "SELECT password FROM connection WHERE id = 646").await;
        (password, bytes(&server, "SELECT token FROM connection WHERE id = 646").await)
    };
    let record = server.get(&caller.token, "/api/connection/646").await.json();
    let before = sealed().await;
    for round in 0..20 {
        let field = ["Name", "UserId", "TargetId", "Priority", "From"][round % 5];
        let value = if field == "Priority" { round } else { 100_000_000 + round }.to_string();
        let answer = server.patch(&caller.token, 646, &json!({ field: value }).to_string()).await;
        assert_eq!((answer.status.as_u16(), &answer.json()[field]), (200, &json!(value)));
        for secret in ["Password", "Token"] {
            assert_eq!(answer.json()[secret], record[secret]);
        }
        assert_eq!(sealed().await, before);
    }
    // The control: one that is named is sealed again, and the other is not.
    let body = json!({ "Token": format!("EAAO{}", "q7Kd".repeat(20)) }).to_string();
    assert_eq!(server.patch(&caller.token, 646, &body).await.status, 200);
    let after = sealed().await;
    assert!(after.0 == before.0 && after.1 != before.1);
}
