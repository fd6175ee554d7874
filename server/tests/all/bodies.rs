//! Whatever is wrong with a body, the answer repeats nothing of it.

use crate::{
    caller::Caller,
    support::{Answer, OURS, TestServer},
};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use proptest::{
    prelude::{Strategy, any},
    sample::Index,
    strategy::ValueTree,
    test_runner::TestRunner,
};
use server::http::ClientAddr;
use std::{fmt::Write, net::Ipv4Addr};

const CANARY: &str = "canary-3f9a";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Where bodies are sent, and one whose values are none, so that nothing is ever saved.
const PLACES: [(Method, &str, &str, &str); 9] = [
    (
        Method::PATCH,
        "/api/connection/612",
        JSON,
        r#"{"Name":"CANARY","UserId":"CANARY","Password":"CANARY","Host":"no CANARY","Port":"CANARY"}"#,
    ),
    (
        Method::POST,
        "/api/connection",
        JSON,
        r#"{"MediaId":"CANARY","ProviderId":"CANARY","Name":"CANARY","Token":"CANARY","Host":"no CANARY"}"#,
    ),
    (
        Method::POST,
        "/api/authenticate",
        JSON,
        r#"{"email":"CANARY","password":"CANARY","siteId":"CANARY"}"#,
    ),
    (Method::POST, "/api/authenticate", FORM, "email=CANARY&password=CANARY&siteId=CANARY"),
    (
        Method::PATCH,
        "/rpc/connection/patch",
        JSON,
        r#"{"id":612,"version":1,"patch":{"Name":"CANARY","Password":"CANARY","Host":"no CANARY"}}"#,
    ),
    (
        Method::POST,
        "/rpc/connection/create",
        JSON,
        r#"{"channel":"Facebook","patch":{"Name":"CANARY","Password":"CANARY","Token":"CANARY"}}"#,
    ),
    // What was typed into inputs that hold no secret is shown again.
    (
        Method::POST,
        "/connections/583",
        FORM,
        "UserId=x&replacing=Password&Password=CANARY&replacing=Token&Token=CANARY&version=1",
    ),
    (Method::POST, "/login", FORM, "password=CANARY&email=a%40b.example&siteId=169&x=1"),
    (Method::POST, "/account/password", FORM, "current=CANARY&new=CANARY"),
];

/// What is done to a body; the numbers say where.
fn mutated(body: &str, how: usize, at: Index, other: Index) -> Vec<u8> {
    let canaries: Vec<_> = body.match_indices(CANARY).collect();
    let (place, _) = canaries[at.index(canaries.len())];
    let json = body.starts_with('{');
    // The value with its quotes, or from the equals sign on.
    let start = body[..place].rfind(if json { '"' } else { '=' }).unwrap() + usize::from(!json);
    let end = body[place..].find(['"', '&']).map_or(body.len(), |end| place + end);
    let end = end + usize::from(json);
    let value = |new: &str| [&body[..start], new, &body[end..]].concat().into_bytes();
    let insert = |place: usize, bytes: &[u8]| {
        [&body.as_bytes()[..place], bytes, &body.as_bytes()[place..]].concat()
    };
    let of = |choices: &[&str]| choices[other.index(choices.len())].to_owned();
    match how {
        0 => body.as_bytes()[..at.index(body.len())].to_vec(),
        1 => value(&of(&["true", "1.5", "[\"canary-3f9a\"]", "{\"a\":\"canary-3f9a\"}", "[]"])),
        2 => value(&of(&["1e999", "-0", "1e-999", "0x10", "NaN"])),
        3 => value(&"9".repeat(1 + other.index(400))),
        4 => {
            let depth = 1 + other.index(400);
            value(&format!("{}\"{CANARY}\"{}", "[".repeat(depth), "]".repeat(depth)))
        }
        5 => insert(place, [&[0xff][..], &[0xc0, 0x80], &[0xed, 0xa0, 0x80]][other.index(3)]),
        6 => insert(place, of(&["\\ud800", "\\x", "\n", "\0", "%zz", "%ff", "%00"]).as_bytes()),
        7 if json => {
            let key =
                of(&["canary-3f9a", "Name", "Password", "id", "email", "Pass word", "\\u0000"]);
            insert(1, format!("\"{key}\":\"{CANARY}\",").as_bytes())
        }
        7 => {
            insert(0, format!("{}={CANARY}&", of(&["password[x]", "canary-3f9a", "%"])).as_bytes())
        }
        8 => insert(body.len(), of(&["canary-3f9a", "}", "&", "\0", ",{}"]).as_bytes()),
        9 => insert(0, of(&["\u{feff}", "[", "canary-3f9a", "//canary-3f9a\n"]).as_bytes()),
        _ => {
            let mut bytes = body.as_bytes().to_vec();
            bytes[at.index(body.len())] = u8::try_from(other.index(256)).unwrap();
            bytes
        }
    }
}

fn leaks(answer: &Answer) -> bool {
    let mut all = answer.body.clone();
    write!(all, "{:?}", answer.headers).unwrap();
    all.to_lowercase().contains(CANARY)
}

async fn send(
    server: &TestServer,
    caller: &Caller,
    number: u32,
    (method, path, media_type): (Method, &str, &str),
    body: Vec<u8>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(OURS.0, OURS.1)
        .header(header::AUTHORIZATION, format!("Bearer {}", caller.token))
        .header(header::COOKIE, &caller.cookie)
        // Each from an address of its own: what is limited is not looked at.
        .extension(ClientAddr(Ipv4Addr::from(0x0a00_0000 + number).into()));
    if !media_type.is_empty() {
        request = request.header(header::CONTENT_TYPE, media_type);
    }
    server.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn two_thousand_malformed_bodies_are_not_repeated() {
    let server = TestServer::new().await;
    let caller = Caller::of(&server, "demo", 169).await;
    let mut runner = TestRunner::deterministic();
    let types = [JSON, FORM, "text/plain", "", "multipart/form-data; boundary=x", "a", "*/*"];
    let mutation = (0..12usize, any::<Index>(), any::<Index>());
    let mut statuses = std::collections::BTreeMap::<(usize, u16), u32>::new();
    for number in 0..2000 {
        let (how, at, other) = mutation.new_tree(&mut runner).unwrap().current();
        // Pages take ten times as long, so there are fewer of them.
        let place = [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8][number as usize % 15];
        let (method, path, media_type, body) = PLACES[place].clone();
        let body = body.replace("CANARY", &format!("{CANARY}-{number}"));
        let body = mutated(&body, how, at, other);
        let other_type = how == 11;
        let media_type = if other_type { types[other.index(types.len())] } else { media_type };
        let shown = String::from_utf8_lossy(&body).into_owned();
        let answer = send(&server, &caller, number, (method, path, media_type), body).await;
        assert!(!leaks(&answer), "{path} {media_type} {shown}\n{answer}");
        let status = answer.status.as_u16();
        let fine = if path.starts_with("/api/") || path.starts_with("/rpc/") { 400 } else { 200 };
        assert!((fine..500).contains(&status), "{path} {media_type} {shown}\n{answer}");
        *statuses.entry((place, status)).or_default() += 1;
    }
    // They did get to where bodies are read.
    for (place, (_, path, ..)) in PLACES.iter().enumerate() {
        let count = statuses.range((place, 0)..(place + 1, 0)).count();
        assert!(count >= 2, "{path} {statuses:?}");
    }
}

/// The control: the documented answer to a good body does repeat it, and that is found.
#[tokio::test]
async fn a_leak_would_be_found() {
    let server = TestServer::new().await;
    let caller = Caller::of(&server, "demo", 169).await;
    let patch = (Method::PATCH, "/api/connection/612", JSON);
    let body = format!(r#"{{"Password":"{CANARY}-x"}}"#).into_bytes();
    let answer = send(&server, &caller, 1, patch, body).await;
    assert!(answer.status == 200 && leaks(&answer));
}
