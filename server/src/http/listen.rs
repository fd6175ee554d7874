//! Takes connections and serves each, within the [`Limits`]: a client that sends its head or body byte by byte (slowloris)
//! holds a connection for no longer than they say.

use super::{
    Limits, WebConfig,
    bare::{Answers, Whole},
    client::Peer,
    files::affordable,
    form::malformed,
    headers,
    least_rate::LeastRate,
    peers::Peers,
};
use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{
    fmt::Write as _,
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Shutdown, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tower::ServiceExt as _;

/// Serves until `stop` ends; then takes no more connections, finishes the requests that run, and
/// returns.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &WebConfig,
    stop: impl Future<Output = ()>,
) {
    let server = Server::new(router, config);
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => server.open(stream, peer),
            Err(error) if ended_by_client(&error) => {}
            Err(error) => {
                // No files or no memory: some connections must end first.
                tracing::error!(error = &error as &dyn std::error::Error, "cannot accept");
                tokio::select! {
                    () = sleep(Duration::from_secs(1)) => {}
                    () = &mut stop => break,
                }
            }
        }
    }
    drop(listener);
    let longest = server.limits.longest_request();
    if timeout(longest, server.connections.shutdown()).await.is_err() {
        tracing::warn!("stopped while requests were running that took too long");
    }
}

fn ended_by_client(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

struct Server {
    router: Router,
    limits: Limits,
    http: http1::Builder,
    connections: GracefulShutdown,
    places: Arc<Semaphore>,
    peers: Peers,
    full: String,
    answers: Answers,
}

impl Server {
    fn new(router: Router, config: &WebConfig) -> Self {
        let limits = config.limits;
        let mut http = http1::Builder::new();
        // The buffer ends headers that have no end, the other limit those that have one.
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.header_time)
            .max_buf_size(limits.header_bytes)
            .max_header_size(limits.header_bytes)
            .max_headers(limits.header_count);
        let places = Arc::new(Semaphore::new(affordable(limits.max_connections)));
        let connections = GracefulShutdown::new();
        let peers = Peers::new(config);
        let (full, answers) = (full(config), Answers::new(config));
        Self { router, limits, http, connections, places, peers, full, answers }
    }

    fn open(&self, stream: TcpStream, peer: SocketAddr) {
        let place = self.places.clone().try_acquire_owned().ok();
        let place = place.zip(self.peers.place(peer.ip()));
        let Some(place) = place else {
            // The client learns of it if its system takes the answer before the end.
            let is_answered = self.refuse(stream).is_ok();
            tracing::debug!(is_answered, "a connection was refused: all are taken");
            return;
        };
        let _ = stream.set_nodelay(true);
        let Limits { write_time, write_bytes, .. } = self.limits;
        let stream = LeastRate::new(stream, write_time, write_bytes);
        let stream = Whole::new(stream, self.answers.clone());
        let router = self.router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer.ip()));
            if let Some(refusal) = malformed(&request) {
                request.extensions_mut().insert(refusal);
            }
            router.clone().oneshot(request)
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        let connection = self.connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended");
            }
            drop(place);
        });
    }

    /// Says that there is no place and closes, without waiting for the client.
    fn refuse(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = stream.into_std()?;
        stream.write_all(self.full.as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        // What is left unread would take the answer back.
        let _ = stream.read(&mut [0; 4096]);
        Ok(())
    }
}

/// The answer to who finds no place.
fn full(config: &WebConfig) -> String {
    let body = "All connections are taken: try again in a moment\n";
    let mut answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n\
         content-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in &headers::standard(config) {
        let _ = write!(answer, "{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    answer + "\r\n" + body
}
