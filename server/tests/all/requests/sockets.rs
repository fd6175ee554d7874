//! Connections: slow ones, silent ones, too many, and the server's stop.

use super::{
    bad_routes,
    listening::{Listening, rest},
    short,
};
use crate::support::TestServer;
use server::http::{Limits, WebConfig};
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::sleep,
};

const GET: &str = "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";
const GET_AND_CLOSE: &str = "GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// About the short limits: not at once, and well before a second passes.
fn is_short(waited: Duration) -> bool {
    waited > Duration::from_millis(200) && waited < Duration::from_millis(1500)
}

#[tokio::test]
async fn who_says_nothing_or_half_of_it_is_closed() {
    let server = Listening::new(bad_routes(short()), short()).await;
    for said in ["", "GET", "GET /slow HTTP/1.1\r\nhost: x\r\nx-a: "] {
        let (answer, waited) = rest(server.say(said).await).await;
        assert!(is_short(waited), "{said:?}: {waited:?} {answer}");
    }
}

#[tokio::test]
async fn headers_that_trickle_are_closed() {
    let server = Listening::new(bad_routes(short()), short()).await;
    let mut stream = server.say("GET /slow HTTP/1.1\r\n").await;
    let start = Instant::now();
    while stream.write_all(b"x-a: b\r\n").await.is_ok() {
        assert!(start.elapsed() < Duration::from_secs(2), "still open");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_kept_is_closed_when_idle() {
    let server = Listening::new(bad_routes(short()), short()).await;
    let mut stream = server.say(GET).await;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    sleep(Duration::from_millis(300)).await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    let (answer, waited) = rest(stream).await;
    assert!(answer.contains("HTTP/1.1 200") && is_short(waited), "{answer} {waited:?}");
}

#[tokio::test]
async fn a_body_that_trickles_is_ended_and_holds_no_place() {
    let server = Listening::new(bad_routes(short()), short()).await;
    let head = "POST /api/slow HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n";
    let mut slow = vec![];
    for _ in 0..8 {
        slow.push(server.say(head).await);
    }
    assert!(server.ask(GET_AND_CLOSE).await.starts_with("HTTP/1.1 200"), "there are two places");
    for mut stream in slow {
        let _ = stream.write_all(b"a").await;
        let (answer, waited) = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("did not arrive in time") && answer.contains("\"errorCode\":408"));
        assert!(answer.contains("x-frame-options: DENY") && waited < Duration::from_secs(1));
    }
}

#[tokio::test]
async fn who_does_not_read_the_answer_is_closed() {
    let server =
        Listening::new(bad_routes(short()), Limits { max_connections: 1, ..short() }).await;
    let mut stream = server.say("GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
    sleep(Duration::from_millis(1200)).await;
    // Its only place is free again.
    assert!(server.ask(GET_AND_CLOSE).await.starts_with("HTTP/1.1 200"));
    let mut answer = vec![];
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.len() < 64 << 20, "it was not all sent");
}

#[tokio::test]
async fn headers_that_are_too_long_or_too_many_are_refused() {
    let server = Listening::new(bad_routes(short()), short()).await;
    let with = |more: &str| GET_AND_CLOSE.replace("host: x", &format!("host: x{more}"));
    let long = |length| with(&format!("\r\nx-a: {}", "a".repeat(length)));
    let many = |count| with(&"\r\nx-a: b".repeat(count));
    assert!(server.ask(&long(7000)).await.starts_with("HTTP/1.1 200"));
    assert!(server.ask(&long(900_000)).await.len() < 2000, "and not read to its end");
    assert!(server.ask(&many(13)).await.starts_with("HTTP/1.1 200"));
    for request in [long(9000), many(20)] {
        let answer = server.ask(&request).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        assert!(
            answer.contains("\"errorCode\":431") && answer.contains("shorter cookies"),
            "{answer}"
        );
        assert!(
            answer.contains("x-frame-options: DENY")
                && answer.contains("content-type: application/json")
        );
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{answer}");
    }
}

/// What is wrong with a request itself is said as everything else is.
#[tokio::test]
async fn a_request_that_http_does_not_know_is_refused_in_words() {
    let server = Listening::new(bad_routes(short()), short()).await;
    let end = "connection: close\r\n\r\n";
    for (request, status, server_message) in [
        ("GET /api/slow HTTP/1.1\r\n", 400, "one Host header"),
        ("GET /api/slow HTTP/1.1\r\nhost: a\r\nhost: b\r\n", 400, "one Host header"),
        ("GET /api/slow HTTP/1.1\r\nhost: x\r\nexpect: 200-ok\r\n", 417, "100-continue"),
        ("GET /api/slow HTTP/1.1\r\nhost: x\r\nx y: z\r\n", 400, "not a request of HTTP/1.1"),
        ("POST /api/slow HTTP/1.1\r\nhost: x\r\ncontent-encoding: gzip\r\n", 415, "compressed"),
    ] {
        let answer = server.ask(&format!("{request}{end}")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        assert!(answer.contains(&format!("\"errorCode\":{status}")), "{answer}");
        assert!(
            answer.contains(server_message) && answer.contains("x-frame-options: DENY"),
            "{answer}"
        );
    }
    for request in [
        "GET /api/slow HTTP/1.0\r\n",
        "GET /api/slow HTTP/1.1\r\nhost: x\r\nexpect: 100-Continue\r\n",
        "GET /api/slow HTTP/1.1\r\nhost: x\r\ncontent-encoding: identity\r\n",
    ] {
        let answer = server.ask(&format!("{request}{end}")).await;
        assert!(answer.contains(" 200 OK"), "{request}: {answer}");
    }
    let answer = server.ask(&format!("OPTIONS /api/slow HTTP/1.1\r\nhost: x\r\n{end}")).await;
    assert!(answer.starts_with("HTTP/1.1 204") && answer.contains("allow: GET,HEAD"), "{answer}");
}

#[tokio::test]
async fn more_connections_than_the_most_are_refused_at_once() {
    let limits = Limits { max_connections: 4, ..short() };
    let server = Listening::new(bad_routes(short()), limits).await;
    let mut held = vec![];
    for _ in 0..4 {
        held.push(server.say("GET").await);
    }
    sleep(Duration::from_millis(50)).await;
    for _ in 0..20 {
        let start = Instant::now();
        let answer = server.ask(GET_AND_CLOSE).await;
        assert!(start.elapsed() < Duration::from_millis(100));
        if !answer.is_empty() {
            assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 1"));
            assert!(answer.contains("x-frame-options: DENY") && answer.contains("try again"));
        }
    }
    held.pop();
    sleep(Duration::from_millis(50)).await;
    assert!(server.ask(GET_AND_CLOSE).await.starts_with("HTTP/1.1 200"), "one is free");
}

#[tokio::test]
async fn a_stop_waits_for_what_runs_and_for_nothing_else() {
    let patient = Limits { header_time: Duration::from_secs(10), ..short() };
    let server = Listening::new(bad_routes(patient), patient).await;
    let silent = server.say("").await;
    let mut idle = server.say(GET).await;
    idle.read_exact(&mut [0; 12]).await.unwrap();
    let running = server.say(GET).await;
    sleep(Duration::from_millis(50)).await;
    let addr = server.addr;
    let took = server.stop().await;
    assert!(took > Duration::from_millis(50) && took < Duration::from_secs(1), "{took:?}");
    assert!(rest(running).await.0.starts_with("HTTP/1.1 200"));
    drop((silent, idle));
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_sign_in_works_over_a_socket() {
    let server = TestServer::new().await;
    let listening = Listening::with(server.router(), WebConfig::default()).await;
    let body = "email=demo%40patchbay.test&password=patchbay-demo&siteId=169";
    let answer = listening
        .ask(&format!(
            "POST /login HTTP/1.1\r\nhost: patchbay.test\r\norigin: http://patchbay.test\r\n\
             connection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("set-cookie: "), "{answer}");
}
