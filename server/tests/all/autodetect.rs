//! Settings that are found for an address: against a server of the DNS, files over https, and Dovecot, all on loopback.

use crate::{
    mail::{
        self, Certificate,
        scripted::{Script, Scripted},
    },
    support::{Answer, TestServer},
};
use hickory_resolver::proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, MX, SRV},
    },
};
use server::probe::{
    Encryption::{self, StartTls, Tls},
    ProbeSettings,
};
use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};
use tokio_rustls::TlsAcceptor;

/// A server of the DNS. Hosts that nobody named otherwise are on loopback.
async fn dns(records: Vec<(&str, RecordType, RData)>) -> SocketAddr {
    let records: Vec<_> = records
        .into_iter()
        .map(|(name, kind, data)| (Name::from_ascii(format!("{name}.")).unwrap(), kind, data))
        .collect();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let mut bytes = [0; 1500];
            let (length, peer) = socket.recv_from(&mut bytes).await.unwrap();
            let asked = Message::from_vec(&bytes[..length]).unwrap();
            let query = asked.queries[0].clone();
            let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
            answer.metadata.message_type = MessageType::Response;
            answer.add_query(query.clone());
            let (name, kind) = (query.name().clone(), query.query_type());
            let is_asked =
                |record: &&(Name, RecordType, RData)| record.0 == name && record.1 == kind;
            let mut found: Vec<_> =
                records.iter().filter(is_asked).map(|record| record.2.clone()).collect();
            if found.is_empty() && kind == RecordType::A {
                found.push(RData::A(A(Ipv4Addr::LOCALHOST)));
            }
            if found.is_empty() {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            answer.add_answers(
                found.into_iter().map(|data| Record::from_rdata(name.clone(), 60, data)),
            );
            socket.send_to(&answer.to_vec().unwrap(), peer).await.unwrap();
        }
    });
    address
}

fn srv(target: &str, port: u16) -> RData {
    RData::SRV(SRV::new(0, 0, port, Name::from_ascii(format!("{target}.")).unwrap()))
}

type Heard = Arc<Mutex<Vec<String>>>;

/// A server of files over https, by host and path: a file, or where it leads to. It writes down what it is asked.
async fn https(files: HashMap<&'static str, Result<String, &'static str>>) -> (u16, Heard) {
    let hosts: Vec<_> = files.keys().map(|url| url.split('/').next().unwrap()).collect();
    let tls = TlsAcceptor::from(mail::server_config_as(&hosts));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (files, heard) = (Arc::new(files), Heard::default());
    let log = heard.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (tls, files, log) = (tls.clone(), files.clone(), log.clone());
            tokio::spawn(async move {
                let mut stream = tls.accept(stream).await.ok()?;
                let mut bytes = vec![0; 4096];
                let length = stream.read(&mut bytes).await.ok()?;
                let request = String::from_utf8_lossy(&bytes[..length]).into_owned();
                let path = request.split(' ').nth(1)?;
                let host = request.lines().find_map(|line| {
                    line.to_lowercase().strip_prefix("host: ").map(str::to_owned)
                })?;
                log.lock().unwrap().push(request.clone());
                let answer = match files.get(&*format!("{host}{path}")) {
                    Some(Ok(file)) => {
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{file}", file.len())
                    }
                    Some(Err(to)) => {
                        format!("HTTP/1.1 301 Moved\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
                    }
                    None => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
                };
                stream.write_all(answer.as_bytes()).await.ok()?;
                stream.shutdown().await.ok()
            });
        }
    });
    (port, heard)
}

fn file(host: &str, port: u16) -> String {
    format!(
        r#"<clientConfig version="1.1"><emailProvider id="x"><incomingServer type="imap">
        <hostname>{host}</hostname><port>{port}</port><socketType>SSL</socketType>
        <username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication>
        </incomingServer></emailProvider></clientConfig>"#
    )
}

async fn server(
    ports: Vec<(u16, Encryption)>,
    dns: SocketAddr,
    https_port: Option<u16>,
) -> (TestServer, String) {
    let settings = ProbeSettings { dns: Some(dns), https_port, ..mail::reachable(ports) };
    let server = TestServer::with_probe(settings).await;
    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    (server, cookie)
}

async fn find((server, cookie): &(TestServer, String), channel: &str, address: &str) -> Answer {
    let path = format!("/connections/new/settings?channel={channel}");
    server.form(cookie, &path, &format!("address={address}")).await
}

#[tokio::test]
async fn what_a_domain_publishes_becomes_a_filled_form() {
    let imap = mail::dovecot(Certificate::Good);
    let files = [
        ("autoconfig.auto.example/mail/config-v1.1.xml", Ok(file("imap.auto.example", imap.tls))),
        (
            "well.example/.well-known/autoconfig/mail/config-v1.1.xml",
            Ok(file("imap.hoster.example", imap.tls)),
        ),
        (
            "autoconfig.moved.example/mail/config-v1.1.xml",
            Err("https://autoconfig.auto.example/mail/config-v1.1.xml"),
        ),
        (
            "autoconfig.loop.example/mail/config-v1.1.xml",
            Err("https://autoconfig.loop.example/mail/config-v1.1.xml"),
        ),
        (
            "autoconfig.clear.example/mail/config-v1.1.xml",
            Err("http://autoconfig.auto.example/mail/config-v1.1.xml"),
        ),
        (
            "autoconfig.huge.example/mail/config-v1.1.xml",
            Ok(file("imap.auto.example", imap.tls) + &" ".repeat(70_000)),
        ),
    ];
    let (https_port, heard) = https(files.into_iter().collect()).await;
    let dns = dns(vec![
        ("_imaps._tcp.srv.example", RecordType::SRV, srv("imap.srv.example", imap.tls)),
        (
            "_imap._tcp.starttls.example",
            RecordType::SRV,
            srv("imap.starttls.example", imap.starttls),
        ),
        ("_imaps._tcp.hosted.example", RecordType::SRV, srv("imap.hoster.example", imap.tls)),
        ("_imaps._tcp.none.example", RecordType::SRV, srv("", 0)),
        ("_imaps._tcp.inner.example", RecordType::SRV, srv("inside.inner.example", imap.tls)),
        ("inside.inner.example", RecordType::A, RData::A(A(Ipv4Addr::new(10, 0, 0, 5)))),
        (
            "gone.example",
            RecordType::MX,
            RData::MX(MX::new(10, Name::from_ascii("mx.gone.example.").unwrap())),
        ),
    ])
    .await;
    let ours = server(
        vec![(imap.tls, Tls), (imap.starttls, StartTls), (https_port, Tls)],
        dns,
        Some(https_port),
    )
    .await;
    for (domain, host, port, user, source) in [
        ("srv.example", "imap.srv.example", imap.tls, "anna%40srv.example", "SRV"),
        (
            "starttls.example",
            "imap.starttls.example",
            imap.starttls,
            "anna%40starttls.example",
            "SRV",
        ),
        ("auto.example", "imap.auto.example", imap.tls, "anna", "autoconfig"),
    ] {
        let page = find(&ours, "email-inbound", &format!("anna@{domain}")).await;
        assert_eq!(page.status, 200, "{page}");
        let form = format!("UserId={user}&amp;Host={host}&amp;Port={port}");
        assert!(page.body.contains(&form), "{domain}: {form}: {page}");
        assert!(page.body.contains(source), "{domain}: {page}");
    }
    // Somebody else's server is offered with its source, and filled into no form.
    for domain in ["hosted.example", "well.example", "moved.example"] {
        let page = find(&ours, "email-inbound", &format!("anna@{domain}")).await;
        assert!(page.body.contains("not the address’s own domain’s"), "{domain}: {page}");
        assert!(!page.body.contains("Use these settings"), "{domain}: {page}");
    }
    // Ten searches a minute.
    ours.0.pass(60);
    for domain in [
        "none.example",
        "inner.example",
        "loop.example",
        "clear.example",
        "huge.example",
        "gone.example",
    ] {
        let page = find(&ours, "email-inbound", &format!("anna@{domain}")).await;
        assert!(page.body.contains("No mail server was found"), "{domain}: {page}");
    }
    let heard = heard.lock().unwrap().join("\n");
    assert!(heard.contains("GET /mail/config-v1.1.xml") && !heard.contains("anna"), "{heard}");
    // The form that it leads to.
    let page = ours
        .0
        .page(
            &ours.1,
            "/connections/new?channel=email-inbound&Host=imap.gmail.com&Port=993&Password=no",
        )
        .await;
    assert!(
        page.body.contains("imap.gmail.com") && page.body.contains("Gmail wants an app password"),
        "{page}"
    );
    assert!(!page.body.contains("value=\"no\""), "{page}");
}

#[tokio::test]
async fn a_server_that_is_looked_at_hears_nothing_of_the_account() {
    let answers: &[(&str, &str)] = &[
        ("STARTTLS", "{tag} OK begin\r\n"),
        ("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n"),
        ("", "{tag} OK done\r\n"),
    ];
    let greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello\r\n";
    let peer = Scripted::start(Script { greeting, answers });
    let dns =
        dns(vec![("_imap._tcp.x.example", RecordType::SRV, srv("localhost", peer.port))]).await;
    let ours = server(vec![(peer.port, StartTls)], dns, Some(mail::free_port())).await;
    let page = find(&ours, "email-inbound", "anna@x.example").await;
    assert!(page.body.contains("localhost"), "{page}");
    let heard = peer.heard();
    let commands: Vec<_> = heard.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(commands, ["STARTTLS", "CAPABILITY", "LOGOUT"], "{heard}");
    assert!(!heard.contains("anna"), "{heard}");
}

#[tokio::test]
async fn who_may_search_for_what_and_how_often() {
    let dns = dns(vec![]).await;
    let ours = server(vec![], dns, Some(mail::free_port())).await;
    let (server, cookie) = &ours;
    for address in ["", "anna", "a@b@c", "anna@localhost:25"] {
        let refused = find(&ours, "email-inbound", address).await;
        assert_eq!(refused.status, 422, "{address}");
        assert!(refused.body.contains("This is not an e-mail address."), "{refused}");
    }
    assert_eq!(server.page(cookie, "/connections/new/settings?channel=facebook").await.status, 404);
    let viewer = server.sign_in("viewer@patchbay.test", "patchbay-viewer", 169).await;
    let refused = find(&(ours.0, viewer), "email-inbound", "anna@x.example").await;
    assert!(refused.body.contains("Only editors make connections"), "{refused}");
}
