//! Numbers from outside, at the edges of what a number can be, at every entrance.

use crate::{
    dump::{self, number, try_tamper},
    program::{Home, run},
    support::{OURS, TestServer},
};
use axum::{
    body::Body,
    http::{HeaderName, Method, Request, StatusCode, header},
};
use serde_json::json;
use server::{store::SiteScope, transfer::line};
use shared::{MAX_NUMBER, SiteId};
use tower::ServiceExt;

const EDGES: [&str; 10] = [
    "0",
    "-1",
    "+1",
    "1e3",
    "9007199254740991",
    "9007199254740992",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "1000000000000000000000000000000",
];

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// An entrance: a method, a path, a body and its type, and a header, `§` for the number in each.
type Entrance =
    (&'static str, &'static str, &'static str, &'static str, (&'static str, &'static str));

const NO: (&str, &str) = ("x-none", "");

const ENTRANCES: [Entrance; 36] = [
    ("GET", "/api/connection/§", "", "", NO),
    ("PATCH", "/api/connection/§", r#"{"Name":"x"}"#, JSON, NO),
    ("POST", "/api/connection/§/test", "{}", JSON, NO),
    ("PATCH", "/api/connection/646", r#"{"Id":"§"}"#, JSON, NO),
    ("PATCH", "/api/connection/646", r#"{"SiteId":"§"}"#, JSON, NO),
    ("PATCH", "/api/connection/646", r#"{"Error":"§"}"#, JSON, NO),
    ("PATCH", "/api/connection/646", r#"{"ParentId":"§"}"#, JSON, NO),
    ("PATCH", "/api/connection/613", r#"{"ParentId":"§"}"#, JSON, NO),
    ("PATCH", "/api/connection/613", r#"{"ParentId":§}"#, JSON, NO),
    ("PATCH", "/api/connection/646", r#"{"Priority":§}"#, JSON, NO),
    ("PATCH", "/api/connection/646", r#"{"Name":"x"}"#, JSON, ("if-match", "\"§\"")),
    ("POST", "/api/connection", r#"{"MediaId":"YOTB","Name":"x","ParentId":"§"}"#, JSON, NO),
    ("POST", "/api/connection", r#"{"MediaId":"YOTB","Name":"x","Id":"§"}"#, JSON, NO),
    ("POST", "/api/connection", r#"{"MediaId":"YOTB","Name":"x","SiteId":"§"}"#, JSON, NO),
    ("GET", "/api/connection?sinceId=§", "", "", NO),
    ("GET", "/api/connection?limit=§", "", "", NO),
    ("GET", "/api/connection?offset=§", "", "", NO),
    ("GET", "/api/connection?paging=§", "", "", NO),
    ("GET", "/api/connection/events", "", "", ("last-event-id", "§")),
    ("POST", "/api/authenticate", r#"{"email":"a","password":"b","siteId":"§"}"#, JSON, NO),
    ("GET", "/connections/§", "", "", NO),
    ("GET", "/activity?person=§&connection=§&before=§", "", "", NO),
    ("GET", "/?after=§.a&before=§.a", "", "", NO),
    ("GET", "/rpc/events?after=§", "", "", NO),
    ("GET", "/rpc/events", "", "", ("last-event-id", "§")),
    ("POST", "/connections/§", "version=1&Name=x&was-Name=", FORM, NO),
    ("POST", "/connections/646", "version=§&Name=x&was-Name=", FORM, NO),
    ("POST", "/connections/§/enabled", "enabled=0&version=1", FORM, NO),
    ("POST", "/connections/646/undo", "number=§", FORM, NO),
    ("POST", "/connections/bulk", "do=enable&confirmed=1&id=§", FORM, NO),
    ("POST", "/team/role", "user=§&role=viewer", FORM, NO),
    ("POST", "/team/invite/withdraw", "id=§", FORM, NO),
    ("POST", "/site", "site=§", FORM, NO),
    ("POST", "/login", "email=a&password=b&siteId=§", FORM, NO),
    ("POST", "/rpc/connection/read", r#"{"id":§}"#, JSON, NO),
    ("PATCH", "/rpc/connection/patch", r#"{"id":646,"version":§,"patch":{"Name":"x"}}"#, JSON, NO),
];

/// The status alone: some answers have no end.
async fn status(
    server: &TestServer,
    entrance: Entrance,
    n: &str,
    cookie: &str,
    token: &str,
) -> StatusCode {
    let (method, path, body, media_type, (name, value)) = entrance;
    let in_query = form_urlencoded::byte_serialize(n.as_bytes()).collect::<String>();
    let mut request = Request::builder()
        .method(Method::from_bytes(method.as_bytes()).unwrap())
        .uri(path.replace('§', &in_query))
        .header(header::HOST, "patchbay.test")
        .header(OURS.0, OURS.1)
        .header(name, value.replace('§', n));
    request = if path.starts_with("/api/") {
        request.header(header::AUTHORIZATION, format!("Bearer {token}"))
    } else {
        request.header(header::COOKIE, cookie)
    };
    let body = match media_type {
        JSON => body.replace('§', n),
        _ => body.replace('§', &in_query),
    };
    if !media_type.is_empty() {
        request = request.header(HeaderName::from_static("content-type"), media_type);
    }
    let request = request.body(Body::from(body)).unwrap();
    server.router().oneshot(request).await.unwrap().status()
}

/// Whether both sites can still be read and added to, and by what numbers.
async fn is_unharmed(server: &TestServer) {
    for (email, password, site) in [
        ("demo@patchbay.test", "patchbay-demo", "169"),
        ("other@patchbay.test", "patchbay-other", "170"),
    ] {
        let token = server.token_of(email, password, site).await;
        for _ in 0..2 {
            let answer = server.post(&token, r#"{"MediaId":"YOTB","Name":"new"}"#).await;
            assert_eq!(answer.status, 200, "{answer}");
            let id: i64 = answer.json()["Id"].as_str().unwrap().parse().unwrap();
            assert!((1..=MAX_NUMBER).contains(&id), "{id}");
            let answer = server.get(&token, &format!("/api/connection/{id}")).await;
            assert_eq!(answer.status, 200, "{answer}");
        }
        let answer = server.get(&token, "/api/connection?limit=200").await;
        assert_eq!(answer.status, 200, "{answer}");
    }
}

#[tokio::test]
async fn no_number_breaks_an_entrance_or_another_row() {
    let server = TestServer::new().await;
    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    let token = server.token().await;
    for entrance in ENTRANCES {
        for n in EDGES {
            let status = status(&server, entrance, n, &cookie, &token).await;
            assert!(status.as_u16() < 500, "{entrance:?} with {n}: {status}");
        }
    }
    let out = "SELECT count(*) FROM connection WHERE version > 99 OR id NOT BETWEEN 1 AND 9999";
    assert_eq!(number(&server, out).await, 0);
    // Failed sign-ins are limited for a minute.
    server.pass(61);
    let role = "SELECT count(*) FROM membership WHERE role = 'admin' AND user_id = 1";
    assert!(number(&server, role).await > 0, "\"+1\" is not another name of the user 1");
    is_unharmed(&server).await;
}

/// A line of an import with this member in place of its own.
fn line_with(key: &str, value: &serde_json::Value) -> serde_json::Value {
    let date = "2026-01-01 10:00:00";
    let mut line = json!({ "Id": "800", "MediaId": "YOTB", "Name": "a", "Version": 1,
        "CreateDate": date, "ModifyDate": date, "Error": "0", "Priority": "1", "Enabled": "1",
        "TokenVersion": 1 });
    line[key] = value.clone();
    line
}

#[tokio::test]
async fn no_number_of_an_imported_line_harms_another_site() {
    let server = TestServer::new().await;
    let scope = SiteScope::operator(SiteId(169));
    let (mut taken, mut id) = (vec![], 10_000);
    for key in ["Id", "SiteId", "ParentId", "Error", "Version", "TokenVersion"] {
        for n in EDGES.into_iter().chain(["9007194959773695", "9007194959773696"]) {
            for value in [json!(n), n.parse().map_or(json!(null), |n: i64| json!(n)), json!(1e30)] {
                let mut line = line_with(key, &value);
                if key != "Id" {
                    id += 1;
                    line["Id"] = json!(id);
                }
                let Ok(row) = line::read(line) else { continue };
                let row_id = row.connection.id;
                match server.services().import(scope, vec![row]).await {
                    Ok(_) => taken.push((key, n, row_id)),
                    Err(error) => panic!("{key} {n}: {error}"),
                }
            }
        }
    }
    let most = |key| taken.iter().filter(|(of, ..)| *of == key).map(|(_, n, _)| *n).next_back();
    assert_eq!(most("Id"), Some("9007194959773695"));
    assert_eq!(most("Version"), Some("9007194959773695"));
    is_unharmed(&server).await;
    // What was taken can be changed, and found by the tag that it then has.
    let bearer = server.token().await;
    for (key, n, row) in taken {
        let answer = server.patch(&bearer, row.0, r#"{"Name":"b"}"#).await;
        assert_eq!(answer.status, 200, "{key} {n}: {answer}");
        let tag = answer.header(header::ETAG).unwrap().to_owned();
        let path = format!("/api/connection/{row}");
        let headers = [(header::IF_MATCH, &*tag)];
        let body = r#"{"Name":"c"}"#;
        let answer = server.call_with(Some(&bearer), Method::PATCH, &path, body, &headers).await;
        assert_eq!(answer.status, 200, "{key} {n} {tag}: {answer}");
    }
}

#[test]
fn the_command_line_names_the_argument_that_is_out_of_range() {
    let home = Home::new();
    let line = r#"{"Id":"9223372036854775807","MediaId":"YOTB","CreateDate":"2020-01-01 00:00:00","ModifyDate":"2020-01-01 00:00:00"}"#;
    assert!(run(&home, &["site", "add", "169", "Ours"], "").status.success());
    let said = |args: &[&str], input: &str| {
        let output = run(&home, args, input);
        assert!(!output.status.success(), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    for n in EDGES.into_iter().filter(|n| *n != "9007199254740991") {
        let site = format!("--site={n}");
        for args in [
            &["export", &site][..],
            &["import", &site, "-"],
            &["user", "list", &site],
            &["user", "add", "a@b.example", &site],
        ] {
            let said = said(args, "");
            assert!(said.contains("'--site <SITE>': a whole number from 1 to"), "{said}");
        }
        let said = said(&["site", "add", "--", n, "x"], "");
        assert!(said.contains("'<ID>': a whole number from 1 to 9007199254740991"), "{said}");
    }
    let said = said(&["import", "--site", "169", "-"], line);
    assert!(
        said.contains("line 1") && said.contains("Id takes a whole number from 1 to"),
        "{said}"
    );
}

/// The database itself is the last to refuse.
#[tokio::test]
async fn the_database_holds_the_bounds() {
    let server = TestServer::new().await;
    let before = dump::everything(&server).await;
    for set in ["id = 0", "id = 9007199254740992", "version = 0", "version = 9007199254740992"] {
        let sql = format!("UPDATE connection SET {set} WHERE id = 646");
        assert!(try_tamper(&server.database, &sql).await.is_err(), "{set}");
    }
    assert_eq!(dump::everything(&server).await, before);
    // The control: the same statement within the bounds.
    try_tamper(&server.database, "UPDATE connection SET version = 9007199254740991 WHERE id = 646")
        .await
        .unwrap();
    let answer = server.patch(&server.token().await, 646, r#"{"Name":"one too many"}"#).await;
    assert_eq!(answer.status, 500, "an error, and no version that nothing matches");
}
