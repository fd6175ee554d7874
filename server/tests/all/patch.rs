//! What a patch does, and what it leaves alone.
//! One test a rule of the document, in its order.

use crate::{dump, support::TestServer};
use axum::http::{HeaderName, Method, header};
use serde_json::{Value, json};
use server::store::{SiteScope, Stored};
use shared::{Connection, ConnectionId, Field, Key, SiteId};

#[tokio::test]
async fn a_patch_that_changes_nothing_moves_neither_version_nor_date() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let before = server.get(&token, "/api/connection/646").await;
    server.pass(60);
    for body in ["{}", r#"{"Name":" onebox DEMO "}"#, r#"{"Host":null,"Port":0,"Remarks":null}"#] {
        let after = server.patch(&token, 646, body).await;
        assert_eq!(after.to_string(), before.to_string(), "{body}");
    }
}

#[tokio::test]
async fn the_date_moves_on_a_real_change_and_never_backwards() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let date = async |name: &str| {
        let answer = server.patch(&token, 646, &json!({ "Name": name }).to_string()).await;
        assert_eq!(answer.status, 200);
        let etag = answer.header(header::ETAG).unwrap().to_owned();
        (answer.json()["ModifyDate"].as_str().unwrap().to_owned(), etag)
    };
    server.pass(7);
    assert_eq!(date("a").await, ("2026-03-02 09:30:07".into(), "\"2.0\"".into()));
    server.pass(-5);
    assert_eq!(date("b").await, ("2026-03-02 09:30:07".into(), "\"3.0\"".into()));
    server.pass(8);
    assert_eq!(date("c").await, ("2026-03-02 09:30:10".into(), "\"4.0\"".into()));
}

#[tokio::test]
async fn a_record_that_was_read_changed_and_sent_back_whole_is_taken() {
    let server = TestServer::new().await;
    let token = server.token().await;
    for id in [576, 583, 612, 613, 646] {
        let mut record = server.get(&token, &format!("/api/connection/{id}")).await.json();
        record["Name"] = json!("renamed");
        let answer = server.patch(&token, id, &record.to_string()).await;
        assert_eq!(answer.status, 200, "{answer}");
        record["ModifyDate"] = answer.json()["ModifyDate"].clone();
        assert_eq!(answer.json(), record);
    }
}

#[tokio::test]
async fn no_read_only_key_is_changed() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let before = server.get(&token, "/api/connection/646").await;
    for key in Key::ALL.into_iter().filter(|key| key.field().is_none()) {
        let body = json!({ "Name": "x", (key.name()): "another value" });
        let answer = server.patch(&token, 646, &body.to_string()).await;
        assert_eq!(answer.status, 400, "{key}");
        assert_eq!(
            answer.message(),
            format!("{key} is read-only: leave it out, or send its current value")
        );
    }
    let after = server.get(&token, "/api/connection/646").await;
    assert_eq!(after.to_string(), before.to_string());
}

#[tokio::test]
async fn if_match_guards_a_patch() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let patch = async |tags: &str, name: &str| {
        let headers = [(header::IF_MATCH, tags)];
        let body = json!({ "Name": name }).to_string();
        let path = "/api/connection/646";
        server.call_with(Some(&token), Method::PATCH, path, &body, &headers).await
    };
    assert_eq!(patch("\"1\"", "a").await.status, 200);
    insta::assert_snapshot!("stale_if_match", patch("\"1\"", "b").await);
    assert_eq!(patch("\"1\", \"2.0\"", "b").await.status, 200);
    assert_eq!(patch("*", "c").await.status, 200);
    assert_eq!(server.patch(&token, 646, r#"{"Name":"d"}"#).await.status, 200);
    // What proxies that compress make of the tag "5.0".
    for (version, tag) in [(5, "W/\"5.0\""), (6, "\"6.0-gzip\""), (7, "W/\"7.0;br\"")] {
        let answer = patch(tag, &format!("by {version}")).await;
        assert_eq!(answer.status, 200, "{tag}: {answer}");
        assert_eq!(patch(tag, "again").await.status, 412, "{tag}");
    }
    insta::assert_snapshot!("unreadable_if_match", patch("\"d41d8cd9\"", "e").await);
    assert_eq!(patch("8", "e").await.status, 412, "a tag has quotes");
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_heeded() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let path = "/api/connection/646";
    let send = async |method: &Method, name: HeaderName, value: &str| {
        let body = if *method == Method::PATCH { r#"{"Name":"x"}"# } else { "" };
        server.call_with(Some(&token), method.clone(), path, body, &[(name, value)]).await
    };
    for method in [Method::GET, Method::HEAD] {
        let answer = send(&method, header::IF_NONE_MATCH, "\"9.9\", W/\"1.0\"").await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (304, ""));
        assert_eq!(answer.header(header::ETAG), Some("\"1.0\""));
        assert_eq!(send(&method, header::IF_NONE_MATCH, "*").await.status, 304);
        assert_eq!(send(&method, header::IF_MATCH, "\"999\"").await.status, 412);
        for (name, value) in [
            (header::IF_NONE_MATCH, "\"1\""),
            (header::IF_NONE_MATCH, "\"1.1\""),
            (header::IF_NONE_MATCH, "\"1.0-viewer\""),
            (header::IF_MATCH, "\"1.7\""),
            (header::IF_MATCH, "*"),
            (header::IF_UNMODIFIED_SINCE, "Mon, 01 Jan 1990 00:00:00 GMT"),
            (header::IF_MODIFIED_SINCE, "Tue, 01 Jan 2099 00:00:00 GMT"),
        ] {
            assert_eq!(send(&method, name.clone(), value).await.status, 200, "{name}: {value}");
        }
    }
    let method = Method::PATCH;
    insta::assert_snapshot!("known_tag", send(&method, header::IF_NONE_MATCH, "\"1.0\"").await);
    assert_eq!(send(&method, header::IF_NONE_MATCH, "*").await.status, 412);
    for date in ["Mon, 01 Jan 1990 00:00:00 GMT", "Tue, 01 Jan 2099 00:00:00 GMT"] {
        let answer = send(&method, header::IF_UNMODIFIED_SINCE, date).await;
        assert_eq!(answer.status, 412);
        assert!(answer.message().contains("If-Match with the ETag"), "{answer}");
    }
    let unchanged = server.get(&token, path).await;
    assert_eq!(unchanged.header(header::ETAG), Some("\"1.0\""));
    assert_eq!(send(&method, header::IF_NONE_MATCH, "\"0.9\"").await.status, 200, "the control");
}

#[tokio::test]
async fn a_tag_is_that_of_what_its_caller_sees() {
    let server = TestServer::new().await;
    let path = "/api/connection/646";
    let viewer = server.token_of("viewer@patchbay.test", "patchbay-viewer", "169").await;
    let seen = server.get(&viewer, path).await;
    let tag = seen.header(header::ETAG).unwrap().to_owned();
    let token = server.token().await;
    let known = [(header::IF_NONE_MATCH, &*tag)];
    let get =
        async |token| server.call_with(Some(token), Method::GET, path, "", &known).await.status;
    assert_eq!(get(&viewer).await, 304);
    assert_eq!(get(&token).await, 200, "who sees the secrets does not know them by it");
    // Its version is the same.
    let guard = [(header::IF_MATCH, &*tag)];
    let body = r#"{"Name":"x"}"#;
    let answer = server.call_with(Some(&token), Method::PATCH, path, body, &guard).await;
    assert_eq!(answer.status, 200, "{answer}");
}

#[tokio::test]
async fn an_omitted_secret_stays_and_null_or_empty_clears_what_may_be_cleared() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let before = server.get(&token, "/api/connection/583").await.json();
    let after = server.patch(&token, 583, r#"{"Name":"x","TargetId":""}"#).await.json();
    assert_eq!((&after["Password"], &after["Token"]), (&before["Password"], &before["Token"]));
    assert_eq!(after["TargetId"], Value::Null);
    for clear in [r#"{"Password":null}"#, r#"{"Password":""}"#, r#"{"Token":" "}"#] {
        let answer = server.patch(&token, 583, clear).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json()["records"]["more"][0]["code"], "required");
    }
}

#[tokio::test]
async fn white_space_in_tokens_is_stripped_and_kept_in_passwords() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let secret = "EAAOq7Kd q7Kd\nq7Kd\tq7Kdq7Kd ";
    let answer = server.patch(&token, 646, &json!({ "Token": secret }).to_string()).await;
    assert_eq!(answer.json()["Token"], "EAAOq7Kdq7Kdq7Kdq7Kdq7Kd");
    let answer =
        server.patch(&token, 612, &json!({ "Password": " two server_message " }).to_string()).await;
    assert_eq!(answer.json()["Password"], " two server_message ");
}

#[tokio::test]
async fn an_outbound_connections_parent_is_an_inbound_one_of_the_site() {
    let server = TestServer::new().await;
    let token = server.token().await;
    for (parent, code) in [
        ("613", "itself"),
        ("583", "not_inbound"),
        ("99999", "no_such_connection"),
        // Site 170's.
        ("700", "no_such_connection"),
        ("x", "out_of_range"),
    ] {
        let answer = server.patch(&token, 613, &json!({ "ParentId": parent }).to_string()).await;
        assert_eq!(answer.status, 422, "{parent}");
        let more = &answer.json()["records"]["more"];
        assert_eq!((&more[0]["field"], &more[0]["code"]), (&json!("ParentId"), &json!(code)));
        assert_eq!(more.as_array().unwrap().len(), 1);
    }
    let answer = server.patch(&token, 613, r#"{"ParentId":612}"#).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn other_media_are_patched_with_the_generic_rules() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let body = r#"{"MediaId":"YOTB","ProviderId":"PVD31","Name":"hotline"}"#;
    let made = server.post(&token, body).await.json();
    let id = made["Id"].as_str().unwrap().parse().unwrap();
    let body = r#"{"Host":"anything at all","Port":"x","Token":"short","Enabled":0,"Priority":7}"#;
    let answer = server.patch(&token, id, body).await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.json()["Enabled"], "0");
    assert_eq!(answer.json()["Priority"], "7");
    assert_eq!(server.patch(&token, id, r#"{"Token":"******"}"#).await.status, 422);
}

#[tokio::test]
async fn concurrent_patches_of_different_fields_all_survive() {
    let server = std::sync::Arc::new(TestServer::new().await);
    let token = server.token().await;
    let fields = ["Name", "UserId", "From", "TargetId", "Priority"];
    let writers = fields.map(|field| {
        let (server, token) = (server.clone(), token.clone());
        tokio::spawn(async move {
            for round in 0..20 {
                let value = (100_000 + round).to_string();
                let value = if field == "Priority" { round.to_string() } else { value };
                let answer = server.patch(&token, 646, &json!({ field: value }).to_string()).await;
                assert_eq!(answer.status, 200, "{answer}");
            }
        })
    });
    for writer in writers {
        writer.await.unwrap();
    }
    let answer = server.get(&token, "/api/connection/646").await;
    for field in &fields[..4] {
        assert_eq!(answer.json()[field], "100019", "{field}");
    }
    assert_eq!(answer.json()["Priority"], "19");
    assert_eq!(answer.header(header::ETAG), Some("\"101.0\""), "100 changes, none lost or doubled");
}

#[tokio::test]
async fn who_asks_for_the_same_account_is_not_moved_to_another() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let ask = async |asked: &str, body: &str| {
        let headers = [
            (HeaderName::from_static("patchbay-same-account"), asked),
            (header::CONTENT_TYPE, "application/json"),
        ];
        let path = "/api/connection/646";
        server.call_with(Some(&token), Method::PATCH, path, body, &headers).await
    };
    let other = r#"{"UserId":"1903864646522191","TargetId":"17841439754602482","Name":"moved"}"#;
    let refused = ask("1", other).await;
    assert_eq!(refused.status, 409, "{refused}");
    insta::assert_snapshot!(refused);
    let record = server.get(&token, "/api/connection/646").await.json();
    assert_eq!(
        (&record["UserId"], &record["Name"]),
        (&"110334703943674".into(), &"onebox DEMO".into())
    );
    // The same account, and other fields.
    let same = r#"{"UserId":"110334703943674","Name":"renamed"}"#;
    assert_eq!(ask("1", same).await.status, 200);
    assert_eq!(ask("0", other).await.status, 200, "who does not ask moves it");
    assert_eq!(server.get(&token, "/api/connection/646").await.json()["Name"], "moved");
}

/// A record that broke no rule of its time is imported as it is, and can be looked after.
#[tokio::test]
async fn a_record_that_breaks_a_rule_of_today_is_disabled_renamed_and_tested() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let mut connection = Connection::new("TWTR", Some("PVD10"));
    connection.id = ConnectionId(9000);
    for (field, value) in [
        (Field::Name, "old"),
        (Field::UserId, "a_screen_name_of_24_chars"),
        (Field::From, "a_screen_name_of_24_chars"),
        (Field::TargetId, "738567483435556864"),
        (Field::Token, "738567483435556864-KB0qrr127DjUL4p3K99M8CkH1LGXvFQ"),
        (Field::Password, "7ak255up33fdfRtjdvlkhAxfOBBJC6N7fCdQ348D0pMcf"),
        (Field::Enabled, "1"),
    ] {
        connection.set(field, Some(value.to_owned()));
    }
    connection.create_date = Some("2020-01-01 00:00:00".into());
    connection.modify_date.clone_from(&connection.create_date);
    let scope = SiteScope::operator(SiteId(169));
    server.services().import(scope, vec![Stored::new(connection)]).await.unwrap();
    for (body, status) in [
        (r#"{"Name":"new"}"#, 200),
        (r#"{"Enabled":"0"}"#, 200),
        (r#"{"UserId":"another_one_that_is_too_long"}"#, 422),
        (r#"{"From":null}"#, 422),
        (r#"{"UserId":"short_enough"}"#, 200),
    ] {
        let answer = server.patch(&token, 9000, body).await;
        assert_eq!(answer.status, status, "{body}: {answer}");
    }
    let test = server.call(Some(&token), Method::POST, "/api/connection/9000/test", "{}").await;
    assert_eq!(test.status, 200, "{test}");
}

#[tokio::test]
async fn a_write_with_a_query_that_is_not_understood_is_not_done() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let before = dump::everything(&server).await;
    let body = r#"{"Name":"x"}"#;
    let new = r#"{"MediaId":"EMAIL","ProviderId":"PVD12","Name":"x"}"#;
    for (method, path, body) in [
        (Method::PATCH, "/api/connection/612?dryrun=1", body),
        (Method::POST, "/api/connection?dryrun=1", new),
        (Method::POST, "/api/connection/612/test?dryrun=1", "{}"),
    ] {
        let refused = server.call(Some(&token), method, path, body).await;
        assert_eq!(refused.status, 400, "{path}: {refused}");
        assert_eq!(refused.message(), "dryrun is unknown; this address takes no query", "{path}");
    }
    assert_eq!(dump::everything(&server).await, before);
}

#[tokio::test]
async fn what_is_unusual_is_taken_and_named_without_its_value() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let body = r#"{"Password":"abcd efgh ijkl mnop","Port":"143","Name":"a"}"#;
    let answer = server.patch(&token, 612, body).await;
    assert_eq!(answer.status, 200, "{answer}");
    let warning = answer.headers.get("patchbay-warning").unwrap().to_str().unwrap();
    assert_eq!(warning, "Port;code=unusual-port, Password;code=white-space");
    // What was not given is not warned of again, and nor is what is usual.
    for body in [r#"{"Name":"b"}"#, r#"{"Port":"993"}"#] {
        let answer = server.patch(&token, 612, body).await;
        assert_eq!(answer.headers.get("patchbay-warning"), None, "{answer}");
    }
}
