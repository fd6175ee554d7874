//! How the server meets the network: connections, limits, and what every answer carries.
//!
//! `listen` takes connections; `protect` puts around all routes what holds for every request;
//! [`csrf`] guards those that read a session's cookie.

mod bare;
mod body;
pub mod client;
mod config;
pub mod csrf;
pub mod events;
mod files;
mod form;
mod guard;
pub mod headers;
mod least_rate;
mod listen;
mod options;
mod panic;
mod peers;
mod public_url;
mod refusal;
mod routes;
mod trace;

pub use client::ClientAddr;
pub use config::{Limits, WebConfig};
pub use guard::Place;
pub use listen::serve;
pub use options::WebOptions;
pub use panic::log_without_messages;
pub use public_url::PublicUrl;
pub use refusal::{Refusal, TOO_MANY};
pub use routes::{Route, Routes};

use axum::{Router, middleware};
use guard::Guard;

/// The routes with their protection: who calls, bodies, places, time, panics, headers and the log. Those of
/// `health` take no place: what watches the server gets an answer also when all are taken.
pub fn protect(router: Router, health: Router, config: &WebConfig) -> Router {
    let guard = Guard::new(config.limits);
    let proxies = config.trusted_proxies.clone();
    let headers = headers::standard(config);
    // The last is the outermost: also a refusal and a panic's answer has all headers and its line
    // in the log. A body is read before its request takes a place, so that slow ones hold none.
    router
        .layer(middleware::from_fn_with_state(guard, guard::places_and_time))
        .merge(health)
        .layer(panic::layer())
        .layer(middleware::from_fn_with_state(config.limits, body::read))
        .layer(middleware::from_fn_with_state(proxies, client::identify))
        .layer(middleware::from_fn(form::options))
        .layer(middleware::from_fn(refusal::render))
        .layer(middleware::from_fn_with_state(headers, headers::complete))
        .layer(trace::layer())
}
