//! A stored password is sent nowhere but where it was given for, whatever a browser's session saves,
//! tests, undoes, enables, fills in or has the server do by itself.
//! A model, its steps and the sequences that are tried belong together.

mod recorder;

use crate::{
    dump::{bytes, tamper},
    mail,
    support::{Answer, TestServer},
};
use axum::http::{Method, header};
use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};
use recorder::Recorder;
use serde_json::{Value, json};
use server::{
    keys,
    probe::Encryption,
    store::{SiteScope, Stored},
};
use shared::{Connection, ConnectionId, Field, SiteId};
use std::collections::{BTreeMap, BTreeSet};

const SERVERS: usize = 20;

/// Sequences of actions in `make test`; `make verify` names more.
const SEQUENCES: u32 = 40;

const PAGE_TOKEN: &str = "EAAG-PAGE-TOKEN-CANARY-0123456789-0123456789";

struct Story {
    server: TestServer,
    mail: Vec<Recorder>,
    token: String,
    cookie: String,
    id: i64,
    /// The ports that each password was given for.
    given: BTreeMap<String, BTreeSet<u16>>,
    last: String,
    voucher: String,
}

impl Story {
    async fn new(servers: usize) -> Self {
        let mut mail = vec![];
        for _ in 0..servers {
            mail.push(Recorder::start().await);
        }
        let server = TestServer::with_probe(mail::reachable(
            mail.iter().map(|server| (server.port, Encryption::Tls)).collect(),
        ))
        .await;
        let mut story = Self {
            server,
            mail,
            token: String::new(),
            cookie: String::new(),
            id: 0,
            given: BTreeMap::new(),
            last: String::new(),
            voucher: String::new(),
        };
        story.sign_in().await;
        story.voucher = story.voucher().await;
        story
    }

    async fn sign_in(&mut self) {
        self.token = self.server.token().await;
        self.cookie = self.server.sign_in("editor@patchbay.test", "patchbay-editor", 169).await;
    }

    /// What stands in a Facebook page's form for its token.
    async fn voucher(&self) -> String {
        let account = json!({"id": "110334703943674", "name": "Page", "access_token": PAGE_TOKEN});
        let session = json!({"session": "a:b", "profile": {"id": "1", "name": "x"}, "token": PAGE_TOKEN,
            "accounts": [account]});
        let pasted = form_urlencoded::Serializer::new(String::new())
            .append_pair("pasted", &session.to_string())
            .finish();
        let answer = self.server.form(&self.cookie, "/connections/583/fill", &pasted).await;
        let location = answer.header(header::LOCATION).expect(&answer.body);
        let session = location.split_once("sessionId=").expect(location).1;
        format!("from-sign-in:facebook:Password:{}:0", session.split('&').next().unwrap())
    }

    /// A password that nobody gave before, for a port.
    fn new_password(&mut self, port: u16) -> String {
        self.last = format!("canary-{:05}", self.given.len());
        self.give(port)
    }

    fn give(&mut self, port: u16) -> String {
        self.given.entry(self.last.clone()).or_default().insert(port);
        self.last.clone()
    }

    /// Another connection, with a password of its own.
    async fn create(&mut self, port: u16) {
        let password = self.new_password(port);
        let body = json!({"MediaId": "EMAIL", "ProviderId": "PVD9", "Name": "in", "UserId": mail::USER,
            "From": mail::USER, "Host": "localhost", "Port": port.to_string(), "Password": password});
        let made = self.server.post(&self.token, &body.to_string()).await;
        assert_eq!(made.status, 200, "{made}");
        self.id = made.json()["Id"].as_str().unwrap().parse().unwrap();
    }

    async fn import(&mut self, port: u16) {
        let mut connection = Connection::new("EMAIL", Some("PVD9"));
        connection.id = ConnectionId(self.id + 1000);
        let port_text = port.to_string();
        let password = self.new_password(port);
        for (field, value) in [
            (Field::Name, "imported"),
            (Field::UserId, mail::USER),
            (Field::From, mail::USER),
            (Field::Host, "localhost"),
            (Field::Port, &port_text),
            (Field::Password, &password),
        ] {
            connection.set(field, Some(value.to_owned()));
        }
        connection.create_date = Some("2026-01-01 00:00:00".into());
        connection.modify_date.clone_from(&connection.create_date);
        self.id = connection.id.0;
        let scope = SiteScope::operator(SiteId(169));
        self.server.services().import(scope, vec![Stored::new(connection)]).await.unwrap();
    }

    async fn record(&self) -> Answer {
        self.server.get(&self.token, &format!("/api/connection/{}", self.id)).await
    }

    /// Posts the form with another port, and a password if one is typed.
    async fn post(&self, action: &str, port: u16, password: Option<&str>) -> Answer {
        let record = self.record().await;
        let tag = record.header(header::ETAG).expect(&record.body);
        let version: String = tag.chars().skip(1).take_while(char::is_ascii_digit).collect();
        let was = record.json()["Port"].as_str().unwrap().to_owned();
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("version", &version).append_pair("was-Port", &was);
        body.append_pair("Port", &port.to_string());
        if let Some(password) = password {
            body.append_pair("replacing", "Password").append_pair("Password", password);
        }
        let path = format!("/connections/{}{action}", self.id);
        self.server.form(&self.cookie, &path, &body.finish()).await
    }

    async fn undo_the_last_change(&self) {
        let heads = self.server.database.store.heads().await.unwrap();
        let number = heads.iter().find(|head| head.site.0 == 169).unwrap().number;
        let path = format!("/connections/{}/undo", self.id);
        self.server.form(&self.cookie, &path, &format!("number={number}")).await;
    }

    async fn schedule(&self) {
        self.server.pass(20);
        self.server.services().test_due().await.unwrap();
    }

    async fn act(&mut self, action: u8, server: usize) {
        let port = self.mail[server % self.mail.len()].port;
        match action {
            0 => drop(self.post("", port, None).await),
            1 => {
                let password = self.new_password(port);
                self.post("", port, Some(&password)).await;
            }
            2 => drop(self.post("/test", port, None).await),
            3 => {
                let password = self.new_password(port);
                self.post("/test", port, Some(&password)).await;
            }
            4 => {
                let body = json!({"Port": port.to_string()}).to_string();
                assert_eq!(self.server.patch(&self.token, self.id, &body).await.status, 200);
            }
            5 => self.undo_the_last_change().await,
            6 => {
                for enabled in ["0", "1"] {
                    let path = format!("/connections/{}/enabled", self.id);
                    let body = format!("version=1&enabled={enabled}");
                    self.server.form(&self.cookie, &path, &body).await;
                }
            }
            7 => self.schedule().await,
            8 => {
                let body = format!("id={}&do=test", self.id);
                self.server.form(&self.cookie, "/connections/bulk", &body).await;
            }
            9 => {
                for action in ["/test", ""] {
                    let refused = self.post(action, port, Some(&self.voucher)).await;
                    assert!(refused.body.contains("from a new sign-in"), "{refused}");
                }
            }
            10 => self.import(port).await,
            _ => {
                // The same password typed again, for another server.
                let password = self.give(port);
                self.post("", port, Some(&password)).await;
            }
        }
    }

    /// How many passwords were sent to a server that they were given for. None was sent to another.
    fn sent(&self) -> usize {
        let mut count = 0;
        for server in &self.mail {
            for (password, ports) in self.given.iter().filter(|(password, _)| server.saw(password))
            {
                assert!(ports.contains(&server.port), "{password} was sent to {}", server.port);
                count += 1;
            }
            assert!(!server.saw(PAGE_TOKEN), "a page's token was sent to a mail server");
        }
        count
    }
}

/// Random sequences of what a browser's session can do, beside moves by the API and tests by the server.
#[test]
fn no_sequence_of_actions_sends_a_password_elsewhere() {
    let sequences = std::env::var("DESTINATION_SEQUENCES").ok();
    let sequences = sequences.map_or(SEQUENCES, |text| text.parse().expect("a number"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let story = runtime.block_on(Story::new(SERVERS));
    let story = std::cell::RefCell::new(story);
    let config = Config { cases: sequences, max_shrink_iters: 0, ..Config::default() };
    let actions = vec((0u8..12, 0usize..SERVERS), 1..12);
    let ran = TestRunner::new(config).run(&actions, |actions| {
        let mut story = story.borrow_mut();
        runtime.block_on(async {
            story.sign_in().await;
            let first = story.mail[0].port;
            story.create(first).await;
            for (action, server) in actions {
                story.act(action, server).await;
            }
        });
        Ok(())
    });
    ran.unwrap();
    let story = story.into_inner();
    let sent = story.sent();
    println!("{sequences} sequences: {sent} passwords were sent, each where it was given for");
    assert!(sent > 20, "control: passwords that were given are sent: {sent}");
}

#[tokio::test]
async fn saving_another_server_asks_a_browser_for_the_password() {
    let mut story = Story::new(2).await;
    let (first, second) = (story.mail[0].port, story.mail[1].port);
    story.create(first).await;
    let refused = story.post("", second, None).await;
    assert!(refused.body.contains("Enter the password again"), "{refused}");
    assert_eq!(story.record().await.json()["Port"], first.to_string(), "nothing was saved");
    // Typing the very password again is giving it, and the answer tells nobody that it is the same.
    let password = story.last.clone();
    story.give(second);
    let saved = story.post("", second, Some(&password)).await;
    assert_eq!(saved.header(header::LOCATION).map(|to| to.ends_with("?done=saved")), Some(true));
    story.schedule().await;
    assert!(story.mail[1].saw(&password), "the server tests it where it was given for");
    let again = story.post("", second, Some(&password)).await;
    assert!(again.header(header::LOCATION).unwrap().ends_with("?done=saved"), "no oracle: {again}");
}

#[tokio::test]
async fn the_api_may_move_a_connection_and_the_password_stays_where_it_was_given_for() {
    let mut story = Story::new(2).await;
    let (first, second) = (story.mail[0].port, story.mail[1].port);
    story.create(first).await;
    let body = json!({"Port": second.to_string()}).to_string();
    assert_eq!(story.server.patch(&story.token, story.id, &body).await.status, 200);
    let password = story.last.clone();
    assert_eq!(story.record().await.json()["Password"], password, "its own destination opens it");
    story.schedule().await;
    let tested = story.post("/test", second, None).await;
    assert!(tested.body.contains("Enter the password again"), "{tested}");
    let renamed = story.post("", second, None).await;
    assert_eq!(renamed.status, 303, "other changes ask nothing: {renamed}");
    assert!(!story.mail[1].saw(&password));
    // Whoever can read it may have it tested there.
    let path = format!("/api/connection/{}/test", story.id);
    let tested = story.server.call(Some(&story.token), Method::POST, &path, "{}").await;
    assert_eq!(tested.json()["ok"], true, "{tested}");
    assert!(story.mail[1].saw(&password));
    // Back where it was given for, nothing is asked.
    let back = story.post("", first, None).await;
    assert_eq!(back.status, 303, "{back}");
    let report = story.server.call(Some(&story.token), Method::POST, &path, "{}").await;
    assert_eq!(report.json()["ok"], true, "{report}");
}

/// Whoever writes to the database, but has not the key ring, redirects nothing either.
#[tokio::test]
async fn a_row_that_is_changed_in_the_database_opens_nothing_for_another_destination() {
    let mut story = Story::new(2).await;
    let (first, second) = (story.mail[0].port, story.mail[1].port);
    story.create(first).await;
    let (server, id) = (&story.server, story.id);
    tamper(server, &format!("UPDATE connection SET port = '{second}' WHERE id = {id}")).await;
    tamper(server, &format!("UPDATE connection SET due_at = 1 WHERE id = {id}")).await;
    story.schedule().await;
    assert!(!story.mail[1].saw(&story.last), "the password is bound to the port before");

    let broken = async || {
        let (_, problems) =
            keys::check(&*server.database.store, &server.database.vault).await.unwrap();
        problems.len()
    };
    assert_eq!(broken().await, 0, "control");
    let sealed = bytes(server, &format!("SELECT password FROM connection WHERE id = {id}")).await;
    for change in [
        format!("password_destination = replace(password_destination, '{first}', '{second}')"),
        "provider_id = 'PVD7'".to_owned(),
        "media_id = 'FCBK', provider_id = 'PVD12'".to_owned(),
    ] {
        tamper(server, "CREATE TABLE before AS SELECT * FROM connection").await;
        tamper(server, &format!("UPDATE connection SET {change} WHERE id = {id}")).await;
        assert_eq!(broken().await, 1, "{change}");
        let back = "UPDATE connection SET (password_destination, media_id, provider_id) = (SELECT
            password_destination, media_id, provider_id FROM before WHERE before.id = connection.id)";
        tamper(server, back).await;
        tamper(server, "DROP TABLE before").await;
        assert_eq!(broken().await, 0, "{change}");
    }
    assert!(!sealed.is_empty());
}

#[tokio::test]
async fn a_voucher_is_good_for_its_field_its_channel_and_its_user_alone() {
    let story = Story::new(1).await;
    let form = |id: i64, field: &str, voucher: &str| {
        let body = format!("version=1&replacing={field}&{field}={voucher}");
        (format!("/connections/{id}"), body)
    };
    let token = story.voucher.replace(":Password:", ":Token:");
    let other = story.server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    for (cookie, id, field, voucher) in [
        (&story.cookie, 612, "Password", &story.voucher),
        (&story.cookie, 646, "Password", &story.voucher),
        (&story.cookie, 583, "Password", &token),
        (&story.cookie, 583, "Token", &story.voucher),
        (&other, 583, "Password", &story.voucher),
    ] {
        let (page, typed) = form(id, field, voucher);
        let refused = story.server.form(cookie, &page, &typed).await;
        assert!(refused.body.contains("from a new sign-in"), "{id} {field}: {refused}");
        let record = story.server.get(&story.token, &format!("/api/connection/{id}")).await;
        assert!(!record.body.contains(PAGE_TOKEN) && !record.body.contains("from-sign-in"));
    }
    let (page, typed) = form(583, "Password", &story.voucher);
    let saved = story.server.form(&story.cookie, &page, &typed).await;
    assert_eq!(saved.status, 303, "control: {saved}");
    let record: Value = story.server.get(&story.token, "/api/connection/583").await.json();
    assert_eq!(record["Password"], PAGE_TOKEN);
}
