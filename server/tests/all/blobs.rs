//! A sealed value opens in its own place alone, and only as it was written.

use crate::{
    dump::{allow_unsealed, bytes, tamper},
    support::{Answer, TestServer},
};
use axum::http::Method;
use server::keys;

const CONSTANT: &str = "The server could not do this; try again later";

/// What is done to the database, the connection that is read then, and how many values are broken.
const TAMPERED: [(&str, i64, usize); 9] = [
    (
        "UPDATE connection SET password = (SELECT password FROM connection WHERE id = 613)
      WHERE id = 612",
        612,
        1,
    ),
    ("UPDATE connection SET password = token, token = password WHERE id = 646", 646, 2),
    ("UPDATE connection SET password = token WHERE id = 646", 646, 1),
    // Another site's.
    (
        "UPDATE connection SET token = (SELECT token FROM connection WHERE id = 700)
      WHERE id = 583",
        583,
        1,
    ),
    (
        "UPDATE connection SET password = substr(password, 1, length(password) - 1)
      WHERE id = 612",
        612,
        1,
    ),
    ("UPDATE connection SET password = substr(password, 1, 5) WHERE id = 612", 612, 1),
    ("UPDATE connection SET password = x'' WHERE id = 612", 612, 1),
    // As secrets in clear were marked before there was a vault.
    ("UPDATE connection SET password = x'0063616e617279' WHERE id = 612", 612, 1),
    ("UPDATE connection SET password = CAST('canary' AS BLOB) WHERE id = 612", 612, 1),
];

async fn broken(server: &TestServer) -> usize {
    let (count, problems) =
        keys::check(&*server.database.store, &server.database.vault).await.unwrap();
    assert!((11..=12).contains(&count), "{count}");
    problems.len()
}

async fn read(server: &TestServer, token: &str, id: i64) -> Answer {
    server.get(token, &format!("/api/connection/{id}")).await
}

/// Keeps all secrets aside, to put them back.
async fn keep(server: &TestServer) {
    tamper(server, "CREATE TABLE kept AS SELECT id, password, token FROM connection").await;
}

async fn restore(server: &TestServer) {
    let sql = "UPDATE connection SET (password, token) =
        (SELECT password, token FROM kept WHERE kept.id = connection.id)";
    tamper(server, sql).await;
}

#[tokio::test]
async fn what_was_changed_or_moved_is_not_read() {
    let server = TestServer::new().await;
    let token = server.token().await;
    keep(&server).await;
    allow_unsealed(&server).await;
    for (sql, id, values) in TAMPERED {
        let before = read(&server, &token, id).await;
        assert_eq!((before.status.as_u16(), broken(&server).await), (200, 0), "the control");
        tamper(&server, sql).await;
        assert_eq!(broken(&server).await, values, "{sql}");
        let path = format!("/api/connection/{id}");
        let find = "/api/connection?limit=200";
        for (method, path, body) in [
            (Method::GET, path.as_str(), ""),
            (Method::PATCH, &path, r#"{"Name":"x"}"#),
            (Method::GET, find, ""),
        ] {
            let answer = server.call(Some(&token), method, path, body).await;
            assert_eq!(
                (answer.status.as_u16(), answer.message().as_str()),
                (500, CONSTANT),
                "{sql}"
            );
            assert_eq!(answer.json()["records"]["more"], serde_json::Value::Null);
        }
        restore(&server).await;
        assert_eq!(read(&server, &token, id).await.to_string(), before.to_string());
    }
}

#[tokio::test]
async fn nothing_is_a_value_that_may_be_stored() {
    let server = TestServer::new().await;
    let token = server.token().await;
    tamper(&server, "UPDATE connection SET password = NULL WHERE id = 612").await;
    let answer = read(&server, &token, 612).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["Password"]), (200, &().into()));
    assert_eq!(broken(&server).await, 0);
}

#[tokio::test]
async fn no_bit_can_be_flipped() {
    let server = TestServer::new().await;
    let token = server.token().await;
    allow_unsealed(&server).await;
    let sealed = bytes(&server, "SELECT password FROM connection WHERE id = 612").await;
    let put = async |value: &[u8]| {
        let value = hex::encode(value);
        let sql = format!("UPDATE connection SET password = x'{value}' WHERE id = 612");
        tamper(&server, &sql).await;
    };
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        put(&flipped).await;
        let answer = read(&server, &token, 612).await;
        assert_eq!((answer.status.as_u16(), answer.message().as_str()), (500, CONSTANT), "{bit}");
    }
    assert_eq!(broken(&server).await, 1);
    put(&sealed).await;
    assert_eq!(read(&server, &token, 612).await.status, 200);
}

#[tokio::test]
async fn with_exchanged_keys_of_its_own_the_server_does_not_start() {
    let server = TestServer::new().await;
    let open = async || {
        let now = "2026-03-02T09:30:00Z".parse().unwrap();
        keys::open(&*server.database.store, &server.database.vault, now).await.is_ok()
    };
    assert!(open().await, "the control");
    let sql =
        "UPDATE sealed_key SET secret = (SELECT secret FROM sealed_key WHERE purpose = 'token')
        WHERE purpose = 'audit'";
    tamper(&server, sql).await;
    assert!(!open().await);
    assert_eq!(broken(&server).await, 1);
}
