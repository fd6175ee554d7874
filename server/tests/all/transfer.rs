//! Export and import, as an operator runs them.

use crate::{
    dump::{number, tamper},
    program::{Home, run, serve},
    support::TestServer,
};
use serde_json::Value;
use server::{
    service::{ImportError, Imported},
    store::{FindQuery, SiteScope, Stored},
    transfer::line,
};
use shared::{ConnectionId, SiteId};
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

/// Runs a command that is to succeed, and returns what it prints on both outputs.
fn ok(home: &Home, line: &str, input: &str) -> (String, String) {
    let output = run(home, &line.split(' ').collect::<Vec<_>>(), input);
    let texts = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{line}: {}", texts[1]);
    texts.into()
}

/// Runs a command that is to fail, and returns what it says.
fn refused(home: &Home, line: &str, input: &str) -> String {
    let output = run(home, &line.split(' ').collect::<Vec<_>>(), input);
    assert!(!output.status.success(), "{line}");
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

/// A database with the demo's connections.
fn full() -> Home {
    let home = Home::new();
    drop(serve(&home, &["--demo", "--demo-rows", "2500"]));
    home
}

/// A database with the site alone.
fn empty() -> Home {
    let home = Home::new();
    ok(&home, "site add 169 Ours", "");
    ok(&home, "site add 170 Theirs", "");
    home
}

fn exported(home: &Home, name: &str) -> String {
    ok(home, &format!("export --site 169 --with-secrets {name}"), "");
    fs::read_to_string(home.join(name)).unwrap()
}

fn records(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_round_trip_loses_nothing() {
    let (from, to) = (&full(), &empty());
    let all = exported(from, "all.jsonl");
    assert_eq!(all.lines().count(), 2505);
    let mode = fs::metadata(from.join("all.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "its owner's alone");
    assert!(records(&all).iter().any(|record| record["Password"].is_string()));

    let import = format!("import --site 169 {}", from.join("all.jsonl").display());
    assert!(ok(to, &import, "").0.contains("added 2505 connections; 0 were"));
    assert_eq!(exported(to, "again.jsonl"), all);
    assert!(ok(to, &import, "").0.contains("added 0 connections; 2505 were"), "it can be repeated");
    ok(to, "audit verify", "");
    ok(to, "check", "");
    assert!(refused(from, "export --site 169 all.jsonl", "").contains("is there already"));
}

#[test]
fn secrets_leave_on_demand_alone() {
    let from = &full();
    let (plain, said) = ok(from, "export --site 169", "");
    assert!(said.contains("without their secrets: --with-secrets"), "{said}");
    let all = exported(from, "all.jsonl");
    let mut without = records(&all);
    for record in &mut without {
        for key in ["Password", "Token"] {
            if let Some(secret) = record[key].as_str() {
                assert!(!plain.contains(secret));
            }
            record[key] = Value::Null;
        }
    }
    assert_eq!(records(&plain), without, "nothing else is left out");
    assert!(refused(from, "export --site 169 --with-secrets", "").contains("<FILE>"));
    // What comes without secrets is the same as what is there with them.
    let again = ok(from, "import --site 169 -", &plain).0;
    assert!(again.contains("added 0 connections; 2505 were"), "{again}");
    let to = &empty();
    ok(to, "import --site 169 -", &plain);
    assert_eq!(ok(to, "export --site 169", "").0, plain);
}

#[test]
fn a_running_host_is_read_page_by_page() {
    let (from, to) = (&full(), &empty());
    let server = serve(from, &[]);
    let import =
        format!("import --site 169 --from http://{} --email demo@patchbay.test", server.addr);
    let wrong = refused(to, &import, "not the password\n");
    assert!(wrong.contains("the host does not let you in"), "{wrong}");
    assert!(wrong.contains("401"), "{wrong}");
    let done = ok(to, &import, "patchbay-demo\n").0;
    assert!(done.contains("added 2505 connections; 0 were"), "{done}");
    assert_eq!(exported(to, "to.jsonl"), exported(from, "from.jsonl"));
    let later = ok(to, &format!("{import} --since-id 700"), "patchbay-demo\n").0;
    assert!(later.contains("added 0 connections; 2500 were"), "{later}");
    let nobody = refused(to, &format!("import --site 169 --from http://{}", server.addr), "");
    assert!(nobody.contains("--email") && nobody.contains("PATCHBAY_IMPORT_TOKEN"), "{nobody}");
}

#[test]
fn what_cannot_be_taken_is_named_and_not_quoted() {
    let to = &empty();
    let good = r#"{"Id":"612","MediaId":"EMAIL","ProviderId":"PVD9","Name":"a","CreateDate":"2026-01-01 10:00:00","ModifyDate":"2026-01-02 10:00:00"}"#;
    let import = |lines: &str| refused(to, "import --site 169 -", lines);
    for (line, expected) in [
        ("hush-1f4c", "line 2, so the 1 before it were not imported"),
        ("[\"hush-1f4c\"]", "it is no JSON object"),
        (&good.replace("612", "hush-1f4c"), "Id takes a whole number from 1 to"),
        (&good.replace('}', r#","hush-1f4c":1}"#), "a key that connections do not have"),
        (r#"{"Id":"613","Port":["hush-1f4c"]}"#, "Port takes a text, a number or null"),
        (r#"{"Id":"613","Name":"hush-1f4c\u0000"}"#, "Name takes no NUL"),
        (r#"{"Id":"613","CreateDate":"hush-1f4c"}"#, "CreateDate takes YYYY-MM-DD HH:MM:SS"),
        (r#"{"Id":"613","Password":"********"}"#, "Password takes the secret itself"),
        (r#"{"Id":"613"}"#, "CreateDate takes YYYY-MM-DD HH:MM:SS"),
        (&good.replace('}', r#","Version":"hush-1f4c"}"#), "Version takes a whole number"),
        (&good.replace('}', r#","TokenDate":"hush-1f4c"}"#), "TokenDate takes YYYY-MM-DD"),
    ] {
        let said = import(&format!("{good}\n{line}\n"));
        assert!(said.contains(expected), "{line}: {said}");
        assert!(said.contains("added 0 connections"), "{said}");
        assert!(!said.contains("hush-1f4c") && !said.contains("****"), "{said}");
    }
    let twice = ok(to, "import --site 169 -", &format!("{good}\n{good}\n")).0;
    assert!(twice.contains("added 1 connections; 1 were there already"), "{twice}");
    let new = good.replace("612", "800");
    let said = import(&format!("{new}\n{}\n", new.replace("\"a\"", "\"b\"")));
    assert!(said.contains("connection 800 is there already, and is different"), "{said}");
    let other = good.replace("\"a\"", "\"b\"");
    let said = import(&format!("{}\n{other}\n", good.replace("612", "700")));
    assert!(said.contains("connection 612 is there already, and is different"), "{said}");
    assert_eq!(ok(to, "export --site 169", "").0.lines().count(), 1, "nor the one before it");
    let said = refused(to, "import --site 170 -", good);
    assert!(said.contains("the number 612 belongs to another site's connection"), "{said}");
    let said =
        refused(to, "import --site 170 -", &format!("{}\n\n{good}\n", good.replace("612", "701")));
    assert!(said.contains("line 3: lines 1 to 3 were not imported"), "{said}");
    assert!(said.contains("the number 612"), "{said}");
    assert!(refused(to, "import --site 9 -", good).contains("there is no site 9"));
    assert!(refused(to, "import --site 169", "").contains("--from"));
}

/// From SQLite to the database of the tests, which may be the other one.
#[tokio::test]
async fn connections_move_between_databases_of_any_kind() {
    let (from, to) = (TestServer::sqlite().await, TestServer::new().await);
    let scope = SiteScope::operator(SiteId(169));
    let token = from.token().await;
    let new = r#"{"MediaId":"EMAIL","ProviderId":"PVD9","Name":"mövéd \"☎\"","UserId":"a@b.example",
        "From":"a@b.example","Host":"mail.b.example","Port":"993","Password":" pw-1\t"}"#;
    let answer = from.post(&token, new).await;
    assert_eq!(answer.status, 200, "{answer}");
    let all = FindQuery { limit: 200, ..FindQuery::default() };
    // When they are tested is each server's own.
    let find = async |server: &TestServer| {
        let mut rows = server.services().find(scope, &all).await.unwrap();
        for row in &mut rows {
            row.health.due_at = None;
        }
        rows
    };
    let rows: Vec<_> = find(&from)
        .await
        .iter()
        .map(|row: &Stored| {
            line::read(serde_json::from_str(&line::write(row, true).unwrap()).unwrap()).unwrap()
        })
        .collect();
    let import = async || to.services().import(scope, rows.clone()).await;
    assert_eq!(import().await.unwrap(), Imported { added: 1, same: 5 });
    assert_eq!(find(&to).await, find(&from).await);
    assert_eq!(import().await.unwrap(), Imported { added: 0, same: 6 });
    // The server tests by itself what was imported; an import that was broken off is begun again.
    let tested = "UPDATE connection SET error = '3', remarks = 'refused', state = 4 WHERE id = 612";
    tamper(&to, tested).await;
    assert_eq!(import().await.unwrap(), Imported { added: 0, same: 6 });

    let answer = to.patch(&to.token().await, 612, r#"{"Password":"another one"}"#).await;
    assert_eq!(answer.status, 200, "{answer}");
    assert!(matches!(import().await, Err(ImportError::Different(ConnectionId(612)))));
    to.services().note_export(scope).await.unwrap();
    let rows = "SELECT count(*) FROM audit WHERE site_id = 169 AND kind = 'secrets-exported'";
    assert_eq!(number(&to, rows).await, 1);
    assert_eq!(to.auditor.verify(&*to.database.store).await.unwrap().problems, [""; 0]);
}

/// A host that answers every connection with these bytes, and counts them.
fn host(answer: Vec<u8>) -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, count) = (format!("http://{}", listener.local_addr().unwrap()), Arc::default());
    let counted: Arc<AtomicU32> = Arc::clone(&count);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            counted.fetch_add(1, Ordering::Relaxed);
            if stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {
                stream.write_all(&answer).ok();
            }
        }
    });
    (address, count)
}

#[test]
fn a_host_that_redirects_gets_no_password_sent_on() {
    let to = &empty();
    let (elsewhere, asked) = host(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec());
    for status in ["301", "302", "307", "308"] {
        let head = format!("HTTP/1.1 {status} Moved\r\nlocation: {elsewhere}/api/authenticate\r\n");
        let (address, _) = host((head + "content-length: 0\r\n\r\n").into_bytes());
        let import = format!("import --site 169 --from {address} --email a@b.example");
        let said = refused(to, &import, "canary\n");
        assert!(said.contains("name the address that it redirects to"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let plain =
        refused(to, "import --site 169 --from http://helpdesk.example --email a@b.example", "");
    assert!(plain.contains("--allow-http"), "{plain}");
}

#[test]
fn an_answer_or_a_line_without_end_is_not_kept() {
    let to = &empty();
    let mut answer = b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n".to_vec();
    answer.resize(1 << 20, b' ');
    let (address, _) = host(answer);
    let import = format!("import --site 169 --from {address} --email a@b.example");
    let said = refused(to, &import, "canary\n");
    assert!(said.contains("it is longer than 65536 bytes"), "{said}");
    let good = r#"{"Id":"612","MediaId":"EMAIL","ProviderId":"PVD9","Name":"a","CreateDate":"2026-01-01 10:00:00","ModifyDate":"2026-01-02 10:00:00"}"#;
    let long = good.replace("\"a\"", &format!("\"{}\"", "a".repeat(line::MAX_RECORD_BYTES)));
    let said =
        refused(to, "import --site 169 -", &format!("{}\n{long}\n", good.replace("612", "613")));
    assert!(said.contains("line 2, so the 1 before it were not imported"), "{said}");
    assert!(said.contains("it is longer than the 1048576 bytes"), "{said}");
    fs::write(to.join("latin.jsonl"), b"{\"Id\":\"612\",\"Name\":\"\xe9\"}\n").unwrap();
    assert!(refused(to, "import --site 169 latin.jsonl", "").contains("it is not UTF-8"));
    let marked = ok(to, "import --site 169 -", &format!("\u{feff}{good}\r\n")).0;
    assert!(marked.contains("added 1 connections"), "{marked}");
}
