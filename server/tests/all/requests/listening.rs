//! A server on a socket of this process, and what is said to it byte by byte.

use axum::Router;
use server::http::{Limits, WebConfig, serve};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

pub struct Listening {
    pub addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Listening {
    pub async fn new(router: Router, limits: Limits) -> Self {
        Self::with(router, WebConfig { limits, ..WebConfig::default() }).await
    }

    pub async fn with(router: Router, config: WebConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            serve(listener, router, &config, async { drop(stopped.await) }).await;
        });
        Self { addr, stop, task }
    }

    /// A connection on which this was said.
    pub async fn say(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// A whole request, and the whole answer.
    pub async fn ask(&self, text: &str) -> String {
        rest(self.say(text).await).await.0
    }

    /// Asks it to stop, and how long that took.
    pub async fn stop(self) -> Duration {
        let start = Instant::now();
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
        start.elapsed()
    }
}

/// All that comes until the server closes, and how long that took.
pub async fn rest(mut stream: TcpStream) -> (String, Duration) {
    let start = Instant::now();
    let mut text = vec![];
    let read = timeout(Duration::from_secs(20), stream.read_to_end(&mut text)).await;
    // A connection that is reset is closed, too.
    let _ = read.expect("the server closes the connection");
    (String::from_utf8_lossy(&text).into_owned(), start.elapsed())
}
