//! Mail servers that answer what a test says, for what no real server does on demand.

use super::server_config;
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a server says. In an answer `{tag}` is the first word of the client's line, `{line}` all of it.
#[derive(Clone, Copy)]
pub struct Script {
    pub greeting: &'static str,
    /// The answer to the first of these words that is in the client's line. After the one to `STARTTLS`
    /// the conversation goes on encrypted.
    pub answers: &'static [(&'static str, &'static str)],
}

/// A scripted server, and what it heard.
pub struct Scripted {
    pub port: u16,
    heard: Arc<Mutex<String>>,
}

impl Scripted {
    /// Offers STARTTLS at a port of its own.
    pub fn start(script: Script) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<String>>::default();
        let (config, log) = (server_config(), heard.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                talk(&stream.unwrap(), script, &config, &log).ok();
            }
        });
        Self { port, heard }
    }

    pub fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }
}

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

fn talk(
    clear: &TcpStream,
    script: Script,
    config: &Arc<ServerConfig>,
    heard: &Mutex<String>,
) -> io::Result<()> {
    let mut stream: Box<dyn Stream> = Box::new(clear.try_clone()?);
    stream.write_all(script.greeting.as_bytes())?;
    loop {
        let line = read_line(&mut *stream)?;
        heard.lock().unwrap().push_str(&line);
        let line = line.trim_end();
        let found = script.answers.iter().find(|(word, _)| line.contains(word));
        let (word, answer) = found.copied().unwrap_or_default();
        let tag = line.split(' ').next().unwrap_or_default();
        stream.write_all(answer.replace("{tag}", tag).replace("{line}", line).as_bytes())?;
        stream.flush()?;
        if word == "STARTTLS" {
            let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
            stream = Box::new(StreamOwned::new(connection, clear.try_clone()?));
        }
    }
}

/// A byte at a time: what follows the line may be TLS.
fn read_line(stream: &mut dyn Stream) -> io::Result<String> {
    let mut line = vec![];
    while line.last() != Some(&b'\n') {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        line.extend(byte);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}
