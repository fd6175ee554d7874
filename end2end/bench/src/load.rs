//! Load: clients that each send a request, wait for its answer, and send the next.

use anyhow::{Context, ensure};
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use std::{
    net::SocketAddr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, task::JoinSet};

/// A request, as it is sent.
pub type Ask = Request<Full<Bytes>>;

/// Makes the nth request of a run.
pub type Make = Arc<dyn Fn(u64) -> Ask + Send + Sync>;

/// What a client measured: times in microseconds.
#[derive(Debug)]
pub struct Sample {
    times: Histogram<u64>,
    seconds: f64,
}

impl Sample {
    /// Of work that is done once after another.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self { times: Histogram::new(3)?, seconds: 0.0 })
    }

    /// Notes one that took so long.
    pub fn record(&mut self, took: Duration) -> anyhow::Result<()> {
        Ok(self.times.record(u64::try_from(took.as_micros())?)?)
    }

    /// Says how long all of it took.
    pub fn end(&mut self, took: Duration) {
        self.seconds = took.as_secs_f64();
    }

    /// Answers a second.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.seconds
    }

    /// The time within which a share of the answers came, in milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub fn within(&self, share: f64) -> f64 {
        self.times.value_at_quantile(share) as f64 / 1000.0
    }
}

/// A connection to a server.
#[derive(Debug)]
pub struct Client(SendRequest<Full<Bytes>>);

impl Client {
    /// Connects.
    pub async fn connect(addr: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let (client, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self(client))
    }

    /// Sends a request and waits for the head of its answer.
    pub async fn send(&mut self, ask: Ask) -> anyhow::Result<Response<Incoming>> {
        self.0.ready().await?;
        Ok(self.0.send_request(ask).await?)
    }

    /// Sends a request and reads all of a good answer.
    pub async fn fetch(&mut self, ask: Ask) -> anyhow::Result<Bytes> {
        let what = format!("{} {}", ask.method(), ask.uri());
        let answer = self.send(ask).await.with_context(|| what.clone())?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{what}: {status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}

/// The number of the next request: others than those of an earlier run, which changed the same rows.
static NTH: LazyLock<AtomicU64> =
    LazyLock::new(|| AtomicU64::new(u64::from(std::process::id()) * 100_000_000));

/// Runs clients for a time. What their first requests take is not counted.
pub async fn run(
    addr: SocketAddr,
    clients: usize,
    make: &Make,
    length: Duration,
) -> anyhow::Result<Sample> {
    let mut tasks = JoinSet::new();
    let begin = Instant::now() + length / 10;
    let end = begin + length;
    for _ in 0..clients {
        let make = make.clone();
        tasks.spawn(async move {
            let mut client = Client::connect(addr).await?;
            let mut sample = Sample::new()?;
            loop {
                let ask = make(NTH.fetch_add(1, Ordering::Relaxed));
                let asked = Instant::now();
                client.fetch(ask).await?;
                let answered = Instant::now();
                if answered > end {
                    return anyhow::Ok(sample);
                }
                if answered >= begin {
                    sample.record(answered - asked)?;
                }
            }
        });
    }
    let mut all = Sample::new()?;
    all.end(length);
    while let Some(sample) = tasks.join_next().await {
        all.times.add(sample??.times)?;
    }
    Ok(all)
}
