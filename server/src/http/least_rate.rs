//! Ends connections whose clients take their answers too slowly.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// A stream whose other end must take what is written at a least rate. A timer alone that begins again with
/// any progress would let a client hold a connection for hours, a byte at a time.
pub(super) struct LeastRate<S> {
    stream: S,
    window: Duration,
    least: usize,
    /// Since when the other end keeps us waiting, and what it has taken since.
    waiting: Option<(Pin<Box<Sleep>>, usize)>,
}

impl<S> LeastRate<S> {
    /// Within each `window` in which there is something to take, the other end takes all of it or at least
    /// this many bytes.
    pub(super) fn new(stream: S, window: Duration, least: usize) -> Self {
        Self { stream, window, least, waiting: None }
    }

    /// Counts what was taken, or waits for the end of the window.
    fn judge(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = written {
            if let (Some((_, taken)), Ok(written)) = (&mut self.waiting, &written) {
                *taken += written;
            }
            return Poll::Ready(written);
        }
        let (end, taken) = self.waiting.get_or_insert_with(|| (Box::pin(sleep(self.window)), 0));
        loop {
            ready!(end.as_mut().poll(cx));
            if *taken < self.least {
                return Poll::Ready(Err(ErrorKind::TimedOut.into()));
            }
            *taken = 0;
            end.as_mut().reset(Instant::now() + self.window);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LeastRate<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LeastRate<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        // All was taken.
        self.waiting = None;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// Writes much to a client that takes a number of bytes every few milliseconds.
    async fn write_to(taken_at_once: usize) -> io::Result<()> {
        let (client, server) = duplex(64);
        let mut server = LeastRate::new(server, Duration::from_secs(3), 2000);
        let mut client = client;
        let reading = tokio::spawn(async move {
            let mut buf = vec![0; taken_at_once];
            while client.read(&mut buf).await.is_ok_and(|read| read > 0) {
                sleep(Duration::from_millis(5)).await;
            }
        });
        let written = server.write_all(&[b'a'; 10_000]).await;
        reading.abort();
        written
    }

    #[tokio::test]
    async fn who_takes_a_byte_now_and_then_is_ended() {
        assert_eq!(write_to(1).await.unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn who_takes_enough_is_not() {
        write_to(10_000).await.unwrap();
    }

    #[tokio::test]
    async fn silence_between_answers_is_not_counted() {
        let (mut client, server) = duplex(64);
        let mut server = LeastRate::new(server, Duration::from_secs(1), 1000);
        for _ in 0..3 {
            let (written, read) = tokio::join!(
                async {
                    server.write_all(&[b'a'; 100]).await?;
                    server.flush().await
                },
                async {
                    sleep(Duration::from_millis(5)).await;
                    client.read_exact(&mut [0; 100]).await
                }
            );
            written.unwrap();
            read.unwrap();
            sleep(Duration::from_millis(1100)).await;
        }
    }
}
