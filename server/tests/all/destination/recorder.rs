//! A mail server that takes any password and records everything it is sent.

use crate::mail;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// An IMAP server behind TLS at a port of its own.
pub struct Recorder {
    pub port: u16,
    seen: Arc<Mutex<String>>,
}

impl Recorder {
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (acceptor, seen) = (TlsAcceptor::from(mail::server_config()), Arc::default());
        let record = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, acceptor.clone(), Arc::clone(&record)));
            }
        });
        Self { port, seen }
    }

    /// Whether it was sent a text, in clear or in Base64.
    pub fn saw(&self, text: &str) -> bool {
        let seen = self.seen.lock().unwrap();
        let decoded = seen.split_whitespace().filter_map(|word| STANDARD.decode(word).ok());
        seen.contains(text)
            || decoded.into_iter().any(|bytes| String::from_utf8_lossy(&bytes).contains(text))
    }
}

async fn talk(stream: TcpStream, acceptor: TlsAcceptor, seen: Arc<Mutex<String>>) -> Option<()> {
    let mut stream = BufReader::new(acceptor.accept(stream).await.ok()?);
    stream.write_all(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n").await.ok()?;
    let mut line = String::new();
    while stream.read_line(&mut line).await.ok()? > 0 {
        seen.lock().unwrap().push_str(&line);
        let mut server_message = line.split_whitespace();
        let (tag, command) =
            (server_message.next()?.to_owned(), server_message.next().unwrap_or_default());
        // A continuation is asked for where the command did not bring its value along.
        let asks = command == "AUTHENTICATE" && server_message.nth(1).is_none();
        line.clear();
        if asks {
            stream.write_all(b"+ \r\n").await.ok()?;
            stream.read_line(&mut line).await.ok()?;
            seen.lock().unwrap().push_str(&line);
            line.clear();
        }
        stream.write_all(format!("{tag} OK done\r\n").as_bytes()).await.ok()?;
    }
    Some(())
}
