//! What the HTTP library answers by itself, before there is a request to hand on: a status without a
//! body and without our headers. Here it gets both.

use super::{WebConfig, headers};
use axum::http::StatusCode;
use shared::wire::Envelope;
use std::{
    fmt::Write as _,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Those that the library gives: RFC 9110, 15.5 and RFC 6585, 5.
const BARE: [(StatusCode, &str); 3] = [
    (StatusCode::BAD_REQUEST, "This is not a request of HTTP/1.1"),
    (StatusCode::URI_TOO_LONG, "The address is too long"),
    (
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The request’s headers are too large or too many: send fewer, or shorter cookies",
    ),
];

/// Each bare status and the whole answer in its place.
#[derive(Clone)]
pub(super) struct Answers(Arc<[(StatusCode, Vec<u8>)]>);

impl Answers {
    pub(super) fn new(config: &WebConfig) -> Self {
        Self(BARE.map(|(status, message)| (status, whole(status, message, config))).into())
    }

    /// The answer in the place of what is about to be written, if that is a bare one. Nothing else that
    /// is written begins so and has no header of ours.
    fn instead_of(&self, written: &[u8]) -> Option<&[u8]> {
        let text = std::str::from_utf8(written).ok()?;
        let (line, rest) = text.strip_prefix("HTTP/1.1 ")?.split_once("\r\n")?;
        let is_bare = rest.ends_with("\r\n\r\n")
            && rest.to_ascii_lowercase().contains("content-length: 0\r\n")
            && rest.lines().count() <= 4;
        let code = line.get(..3).filter(|_| is_bare)?;
        let (_, answer) = self.0.iter().find(|(status, _)| status.as_str() == code)?;
        Some(answer)
    }
}

fn whole(status: StatusCode, message: &str, config: &WebConfig) -> Vec<u8> {
    let envelope = Envelope::new(status.as_u16(), message);
    let body = serde_json::to_string(&envelope).unwrap_or_default();
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n",
        body.len()
    );
    for (name, value) in &headers::standard(config) {
        let _ = write!(answer, "{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    (answer + "\r\n" + &body).into_bytes()
}

/// A stream on which bare answers become whole.
pub(super) struct Whole<S> {
    stream: S,
    answers: Answers,
    /// What is left of an answer that is being written.
    left: Vec<u8>,
}

impl<S> Whole<S> {
    pub(super) fn new(stream: S, answers: Answers) -> Self {
        Self { stream, answers, left: vec![] }
    }
}

impl<S: AsyncWrite + Unpin> Whole<S> {
    /// Writes what is left of an answer.
    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.left.is_empty() {
            let count = ready!(Pin::new(&mut self.stream).poll_write(context, &self.left))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.left.drain(..count);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Whole<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Whole<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_rest(context))?;
        if let Some(answer) = self.answers.instead_of(buffer).map(<[u8]>::to_vec) {
            // It is flushed before the connection ends.
            self.left = answer;
            return Poll::Ready(Ok(buffer.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_rest(context))?;
        match buffers {
            [one] => self.poll_write(context, one),
            _ => Pin::new(&mut self.stream).poll_write_vectored(context, buffers),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_rest(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_rest(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_answer_is_known_and_no_other() {
        let answers = Answers::new(&WebConfig::default());
        let bare = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
                    content-length: 0\r\ndate: Mon, 02 Mar 2026 09:30:00 GMT\r\n\r\n";
        let answer = answers.instead_of(bare.as_bytes()).expect("it is bare");
        assert!(String::from_utf8_lossy(answer).contains("x-content-type-options: nosniff\r\n"));
        for other in [
            &bare.replace("431", "404"),
            &bare.replace("length: 0", "length: 1"),
            &bare.replace("date", "x-content-type-options: nosniff\r\ndate"),
            &bare.replace("HTTP", "\"HTTP"),
            &(bare.to_owned() + "x"),
            "",
        ] {
            assert!(answers.instead_of(other.as_bytes()).is_none(), "{other}");
        }
    }
}
