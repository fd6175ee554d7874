//! What holds for every request, whatever it asks for.

mod client;
mod csrf;
mod headers;
mod limits;
mod listening;
mod policy;
mod sockets;

use axum::{Router, body::Body, http::Request, routing::get};
use server::http::{Limits, WebConfig, protect};
use std::time::Duration;

/// Limits so short that a test can wait for them.
fn short() -> Limits {
    Limits {
        max_connections: 64,
        max_of_an_address: 1024,
        header_time: Duration::from_millis(400),
        header_bytes: 8192,
        header_count: 16,
        body_time: Duration::from_millis(400),
        body_bytes: 1024,
        sign_in_bytes: 128,
        max_in_flight: 2,
        max_in_flight_per_site: 4,
        max_in_flight_per_user: 4,
        request_time: Duration::from_millis(400),
        write_time: Duration::from_millis(400),
        write_bytes: 32 * 1024,
    }
}

/// Routes that behave badly, within the same protection as ours.
fn bad_routes(limits: Limits) -> Router {
    async fn panics() {
        panic!("canary-3f9a");
    }
    let routes = Router::new()
        .route("/panic", get(panics))
        .route("/slow", get(async || tokio::time::sleep(Duration::from_millis(200)).await))
        .route("/endless", get(std::future::pending::<()>))
        .route("/large", get(async || vec![b'a'; 64 << 20]));
    let both = Router::new().nest("/api", routes.clone()).merge(routes);
    let health = Router::new().route("/healthz", get(async || "ok"));
    protect(both, health, &WebConfig { limits, ..WebConfig::default() })
}

/// A request without a body.
fn plain(path: &str) -> Request<Body> {
    Request::builder().uri(path).body(Body::empty()).unwrap()
}
