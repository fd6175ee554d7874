//! The conversation with a mail server: lines, read up to fixed limits.
//!
//! A peer never decides how much is allocated: there is one buffer of fixed size, and what a server
//! announces, or goes on sending, ends at a limit that is checked before memory is taken.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes of a line with its end, and of a literal.
const MAX_LINE_BYTES: usize = 8 << 10;

/// Bytes that a server may send in one test.
const MAX_CONVERSATION_BYTES: usize = 64 << 10;

/// Bytes of one read.
const CHUNK_BYTES: usize = 1 << 10;

/// A connection to a server, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Why a conversation cannot go on.
#[derive(Debug)]
pub(super) enum WireError {
    /// The server ended the connection, or it broke.
    Lost(io::Error),
    /// The server sent, or announced, more than the limits allow.
    TooMuch,
    /// What the server sent is not of its protocol.
    Malformed,
    /// The line to be sent contains a line break or NUL, and would be several.
    Unsendable,
    /// The server sent something behind its agreement to encrypt.
    Injected,
}

impl From<io::Error> for WireError {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

pub(super) struct Wire {
    stream: Box<dyn Stream>,
    /// Received and not yet used.
    buffer: Vec<u8>,
    /// Bytes that the server may still send.
    budget: usize,
    /// Whether the server has sent anything, for whoever gave up waiting for the rest.
    has_begun: Arc<AtomicBool>,
}

impl Wire {
    pub(super) fn new(stream: impl Stream + 'static) -> Self {
        Self::resume(stream, MAX_CONVERSATION_BYTES)
    }

    /// Goes on with a conversation, of which the server may send this number of bytes more.
    pub(super) fn resume(stream: impl Stream + 'static, budget: usize) -> Self {
        Self {
            stream: Box::new(stream),
            buffer: Vec::with_capacity(MAX_LINE_BYTES),
            budget,
            has_begun: Arc::default(),
        }
    }

    pub(super) fn has_begun(&self) -> Arc<AtomicBool> {
        self.has_begun.clone()
    }

    /// The next line without its end. Text that is not UTF-8 is read as Latin-1.
    ///
    /// # Errors
    /// If the server ends the connection within the line, or exceeds a limit.
    pub(super) async fn line(&mut self) -> Result<String, WireError> {
        let mut searched = 0;
        loop {
            let found = self.buffer[searched..].iter().position(|byte| *byte == b'\n');
            if let Some(end) = found.map(|found| searched + found) {
                let line: Vec<_> = self.buffer.drain(..=end).collect();
                return Ok(decode(line.trim_ascii_end()));
            }
            searched = self.buffer.len();
            self.fill().await?;
        }
    }

    /// Passes over bytes that the server announced.
    ///
    /// # Errors
    /// At once if it announced more than a line may have.
    pub(super) async fn skip(&mut self, mut bytes: usize) -> Result<(), WireError> {
        if bytes > MAX_LINE_BYTES {
            return Err(WireError::TooMuch);
        }
        while bytes > 0 {
            if self.buffer.is_empty() {
                self.fill().await?;
            }
            let some = bytes.min(self.buffer.len());
            self.buffer.drain(..some);
            bytes -= some;
        }
        Ok(())
    }

    /// Reads into what is left of the buffer.
    async fn fill(&mut self) -> Result<(), WireError> {
        let mut chunk = [0; CHUNK_BYTES];
        let room = (MAX_LINE_BYTES - self.buffer.len()).min(self.budget).min(CHUNK_BYTES);
        if room == 0 {
            return Err(WireError::TooMuch);
        }
        let read = self.stream.read(&mut chunk[..room]).await?;
        if read == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        self.buffer.extend_from_slice(&chunk[..read]);
        self.budget -= read;
        self.has_begun.store(true, Relaxed);
        Ok(())
    }

    /// Sends a line.
    ///
    /// # Errors
    /// If it would be more than one line, or the connection is lost.
    pub(super) async fn send(&mut self, line: &str) -> Result<(), WireError> {
        if line.contains(['\r', '\n', '\0']) {
            return Err(WireError::Unsendable);
        }
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await?;
        Ok(self.stream.flush().await?)
    }

    /// The bare connection, to be encrypted, and the bytes that the server may still send.
    ///
    /// # Errors
    /// If the server has already sent something in clear text, which would be read as if it had come
    /// encrypted (response injection, as in CVE-2021-38371).
    pub(super) fn into_parts(self) -> Result<(Box<dyn Stream>, usize), WireError> {
        if self.buffer.is_empty() {
            Ok((self.stream, self.budget))
        } else {
            Err(WireError::Injected)
        }
    }
}

fn decode(line: &[u8]) -> String {
    let latin_1 = || line.iter().copied().map(char::from).collect();
    str::from_utf8(line).map_or_else(|_| latin_1(), str::to_owned)
}

#[cfg(test)]
mod tests;
