//! Mail servers that attack whoever tests them.
//! Each attack is written out, byte for byte, which makes it long.

use crate::{
    mail::{
        self, Certificate,
        scripted::{Script, Scripted},
    },
    probe::{INBOUND, OUTBOUND, ends, outcome, server, test, values, with},
    program::{Home, patchbay, sign_in, start},
    support::TestServer,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::future::join_all;
use serde_json::{Value, json};
use server::{
    probe::{Encryption::StartTls, Probe},
    store::SiteScope,
};
use shared::{Connection, ConnectionId, Field, SiteId};
use std::{
    env,
    fs::{self, File},
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::Command,
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::sync::mpsc;

/// An attack: what the server says first, whether it hears a line then, and what it says without end, and
/// how often.
#[derive(Clone, Copy)]
struct Attack {
    provider: &'static str,
    opening: &'static str,
    hears: bool,
    endless: &'static str,
    pause: Duration,
}

const IMAP: &str = "PVD9";
const SMTP: &str = "PVD7";

const fn attack(provider: &'static str, opening: &'static str, endless: &'static str) -> Attack {
    Attack { provider, opening, hears: false, endless, pause: Duration::ZERO }
}

const fn later(attack: Attack) -> Attack {
    Attack { hears: true, ..attack }
}

const fn slow(attack: Attack) -> Attack {
    Attack { pause: Duration::from_millis(50), ..attack }
}

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

const ATTACKS: [Attack; 8] = [
    slow(attack(IMAP, "* LIST () \"/\" {530000000}\r\n", "a")),
    slow(later(attack(IMAP, "* OK hello\r\n", "* LIST () \"/\" {530000000}\r\n"))),
    attack(IMAP, "* OK ", A),
    later(attack(IMAP, "* OK hello\r\n", "* 1 EXISTS\r\n* 1 RECENT\r\n")),
    attack(SMTP, "220 ", A),
    attack(SMTP, "", "220-hello\r\n"),
    later(attack(SMTP, "220 hello\r\n", "250-EXTENSION\r\n250-ANOTHER\r\n")),
    slow(attack(SMTP, "220 ", "a")),
];

impl Attack {
    /// Attacks all who come to a port of its own.
    fn start(self) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || self.on(stream.unwrap()));
            }
        });
        port
    }

    fn on(self, mut stream: TcpStream) {
        stream.write_all(self.opening.as_bytes()).ok();
        if self.hears {
            // The shortest command is longer.
            stream.read_exact(&mut [0; 8]).ok();
        }
        while stream.write_all(self.endless.as_bytes()).is_ok() {
            thread::sleep(self.pause);
        }
    }
}

/// The most memory that this process had, in kB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// Tests a connection to a port of this machine; it is not to pass.
async fn fails(probe: &Probe, provider: &str, port: u16) {
    let mut connection = Connection::new("EMAIL", Some(provider));
    for (field, value) in [
        (Field::Host, "127.0.0.1"),
        (Field::Port, &port.to_string()),
        (Field::UserId, "anna"),
        (Field::Password, "correct-horse"),
        (Field::From, "anna@mail.example"),
    ] {
        connection.set(field, Some(value.to_owned()));
    }
    let (progress, mut stages) = mpsc::channel(9);
    probe.run(&connection, jiff::Timestamp::UNIX_EPOCH, &progress).await;
    drop(progress);
    let mut last = None;
    while let Some(stage) = stages.recv().await {
        last = Some(stage);
    }
    let last = last.expect("a stage");
    assert!(last.failure.is_some(), "{last:?}");
}

async fn measure() {
    let ports = ATTACKS.map(Attack::start);
    let closed = mail::free_port();
    let settings =
        mail::reachable(ports.into_iter().chain([closed]).map(|port| (port, StartTls)).collect());
    let probe = Probe::new(settings, Arc::default());
    // What is made once is made before.
    fails(&probe, IMAP, closed).await;
    forget_peak();
    let before = peak();
    let all = ATTACKS.iter().zip(ports).chain(ATTACKS.iter().zip(ports));
    join_all(all.map(|(attack, port)| fails(&probe, attack.provider, port))).await;
    let grown = peak() - before;
    assert!(grown < 10_000, "{grown} kB");
}

/// Set in the process that is measured.
const MEASURED: &str = "PATCHBAY_MEASURED";

#[test]
fn sixteen_attacks_at_once_cost_less_than_10_mb() {
    if env::var_os(MEASURED).is_some() {
        return tokio::runtime::Runtime::new().unwrap().block_on(measure());
    }
    // In a process of its own: the other tests of this one need memory, too.
    let name = "hostile::sixteen_attacks_at_once_cost_less_than_10_mb";
    let mut command = Command::new(env::current_exe().unwrap());
    let output =
        command.args(["--exact", name, "--nocapture"]).env(MEASURED, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// Both kinds of servers, which say something in clear behind their answer to STARTTLS, and would sign
/// anybody in.
const INJECTING: [(i64, Script); 2] = [
    (
        INBOUND,
        Script {
            greeting: "* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n",
            answers: &[
                ("STARTTLS", "{tag} OK begin\r\n* CAPABILITY IMAP4rev1\r\n"),
                ("CAPABILITY", "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"),
                ("", "{tag} OK done\r\n"),
            ],
        },
    ),
    (
        OUTBOUND,
        Script {
            greeting: "220 hello\r\n",
            answers: &[
                ("EHLO", "250-hello\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"),
                (
                    "STARTTLS",
                    "220 begin\r\n250-injected\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 ok\r\n",
                ),
                ("AUTH", "235 welcome\r\n"),
                ("", "250 ok\r\n"),
            ],
        },
    ),
];

#[tokio::test]
async fn what_is_said_in_clear_behind_starttls_ends_the_test() {
    for (id, script) in INJECTING {
        let peer = Scripted::start(script);
        let ours = server(&[(peer.port, StartTls)]).await;
        ends(&ours, id, &values(peer.port), ["tls", "Port", "settings"], "in clear text").await;
        let heard = peer.heard();
        assert!(heard.contains("STARTTLS") && !heard.contains("AUTH"), "{heard}");
    }
}

/// Servers that do not encrypt, and would take a password all the same.
const IN_CLEAR: [(i64, Script); 5] = [
    (
        INBOUND,
        Script {
            greeting: "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n",
            answers: &[("", "{tag} OK done\r\n")],
        },
    ),
    (
        INBOUND,
        Script {
            greeting: "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN STARTTLS] hello\r\n",
            answers: &[("STARTTLS", "{tag} NO not now\r\n"), ("", "{tag} OK done\r\n")],
        },
    ),
    (INBOUND, Script { greeting: "* PREAUTH hello\r\n", answers: &[("", "{tag} OK done\r\n")] }),
    (
        OUTBOUND,
        Script {
            greeting: "220 hello\r\n",
            answers: &[("EHLO", "250-hello\r\n250 AUTH PLAIN\r\n"), ("", "250 ok\r\n")],
        },
    ),
    (
        OUTBOUND,
        Script {
            greeting: "220 hello\r\n",
            answers: &[
                ("EHLO", "250-hello\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"),
                ("STARTTLS", "454 not now\r\n"),
                ("", "250 ok\r\n"),
            ],
        },
    ),
];

#[tokio::test]
async fn no_password_is_sent_in_clear() {
    for (id, script) in IN_CLEAR {
        let peer = Scripted::start(script);
        let ours = server(&[(peer.port, StartTls)]).await;
        let answer = test(&ours.0, &ours.1, id, &values(peer.port)).await;
        assert!(outcome(&answer).1.is_some(), "{answer}");
        let heard = peer.heard();
        assert!(!heard.contains("AUTH") && !heard.contains("LOGIN"), "{heard}");
    }
}

/// Servers that repeat what they hear.
const REPEATING: [(i64, Script); 2] = [
    (
        INBOUND,
        Script {
            greeting: "* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n",
            answers: &[
                ("STARTTLS", "{tag} OK begin\r\n"),
                ("CAPABILITY", "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"),
                ("LOGIN", "{tag} NO not understood: {line}\r\n"),
                ("", "{tag} OK done\r\n"),
            ],
        },
    ),
    (
        OUTBOUND,
        Script {
            greeting: "220 hello\r\n",
            answers: &[
                ("EHLO", "250-hello\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"),
                ("STARTTLS", "220 begin\r\n"),
                ("AUTH", "535 not understood: {line}\r\n"),
                ("", "250 ok\r\n"),
            ],
        },
    ),
];

#[tokio::test]
async fn a_server_that_repeats_the_password_is_not_quoted() {
    for (id, script) in REPEATING {
        let peer = Scripted::start(script);
        let ours = server(&[(peer.port, StartTls)]).await;
        for password in ["canary\"quoted-7391", "back\\slash-7391", "e", "The", "password", "7391"]
        {
            let values = with(values(peer.port), "Password", password);
            let answer = test(&ours.0, &ours.1, id, &values).await;
            assert_eq!(outcome(&answer).1.unwrap().2, "credentials", "{answer}");
            let stages = answer.json()["stages"].clone();
            let last = stages.as_array().unwrap().last().unwrap();
            assert_eq!(last["words"], Value::Null, "{answer}");
            // Our own sentence is whole, whatever the password.
            let sentence = if id == INBOUND {
                "The server refused the sign-in."
            } else {
                "The server refused the user name or the password."
            };
            assert_eq!(last["explanation"], sentence, "{answer}");
        }
    }
}

async fn stored(server: &TestServer) -> server::store::Stored {
    let scope = SiteScope::operator(SiteId(169));
    server.services().get(scope, ConnectionId(INBOUND)).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_viewer_learns_nothing_of_a_password_from_a_test() {
    let peer = Scripted::start(REPEATING[0].1);
    let ours = server(&[(peer.port, StartTls)]).await;
    let (server, token) = (&ours.0, &ours.1);
    let values = with(values(peer.port), "Password", "canary\"quoted-7391");
    assert_eq!(server.patch(token, INBOUND, &values.to_string()).await.status, 200);
    test(server, token, INBOUND, &json!({})).await;
    for _ in 0..100 {
        if stored(server).await.health.tested.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(stored(server).await.health.failure.is_some());
    let cookie = server.sign_in("viewer@patchbay.test", "patchbay-viewer", 169).await;
    let page = server.page(&cookie, "/connections/612").await.body;
    assert!(page.contains("The server refused the sign-in."), "{page}");
    assert!(!page.contains("canary") && !page.contains("7391"), "{page}");
}

/// The forms in which a password is sent, and how a log could show it.
fn forms(user: &str, password: &str) -> [String; 4] {
    [
        password.to_owned(),
        STANDARD.encode(password),
        STANDARD.encode(format!("\0{user}\0{password}")),
        STANDARD.encode(format!("{user}\0{user}\0{password}")),
    ]
}

fn post(path: &str, token: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_password_is_in_no_log_of_any_level() {
    let (imap, smtp) = (mail::dovecot(Certificate::Good), mail::smtp(Certificate::Good));
    let others = ["login", "scram-sha-256", "cram-md5"]
        .map(|mechanism| mail::dovecot_with(Certificate::Good, mechanism));
    let home = Home::new();
    fs::write(home.join("ca.pem"), mail::authority_pem()).unwrap();
    let mut ports = vec![format!("{}=tls", imap.tls), format!("{}=starttls", smtp.starttls)];
    ports.extend(others.iter().map(|server| format!("{}=tls", server.tls)));
    let ports = ports.join(",");
    let line =
        "serve --addr 127.0.0.1:0 --demo --test-network 127.0.0.0/8,::1/128 --test-ca ca.pem";
    let args: Vec<_> = line.split(' ').chain(["--test-port", &ports]).collect();
    let mut command = patchbay(&home, &args);
    command.env("RUST_LOG", "trace").stderr(File::create(home.join("log")).unwrap());
    let server = start(command);
    let answer = server.request(&sign_in("demo@patchbay.test", "patchbay-demo", "169"));
    let token = answer.split("\"token\":\"").nth(1).unwrap().split('"').next().unwrap();
    let canary = "canary-horse-7391";
    let first = [(INBOUND, imap.tls, "AUTHENTICATIONFAILED"), (OUTBOUND, smtp.starttls, "535")];
    let more = others.iter().map(|server| (INBOUND, server.tls, "AUTHENTICATIONFAILED"));
    for (id, port, server_message) in first.into_iter().chain(more) {
        let body = with(values(port), "Password", canary).to_string();
        let answer = server.request(&post(&format!("/api/connection/{id}/test"), token, &body));
        assert!(answer.contains(server_message), "{answer}");
    }
    drop(server);
    let log = fs::read_to_string(home.join("log")).unwrap();
    assert!(log.contains("/api/connection/{id}/test"), "{log}");
    for form in forms(mail::USER, canary) {
        let line = log.lines().find(|line| line.contains(&form));
        assert_eq!(line, None, "{form}");
    }
}
