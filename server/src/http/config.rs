//! What can be set of how the server meets the network.

use super::{PublicUrl, client::TrustedProxies};
use std::time::Duration;

/// How the server meets the network. The default is plain http on loopback, nothing in front.
#[derive(Clone, Debug, Default)]
pub struct WebConfig {
    /// Where browsers find the server.
    pub public_url: Option<PublicUrl>,
    /// Where sign-ins with providers may return to, beside the server itself.
    pub sign_in_origins: Vec<PublicUrl>,
    /// The proxies in front.
    pub trusted_proxies: TrustedProxies,
    /// Whether HSTS is for the hosts below ours as well.
    pub hsts_subdomains: bool,
    /// What one client may take.
    pub limits: Limits,
}

impl WebConfig {
    /// Whether browsers come over https: only then may cookies be secure.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(PublicUrl::is_https)
    }
}

/// What one client may take of the server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time. 2,000 half-open ones must not be felt: twice that.
    pub max_connections: usize,
    /// Of those, connections of one address: no client alone takes all. Trusted proxies may.
    pub max_of_an_address: usize,
    /// From a connection's start, or its last answer, to the end of the next request's headers.
    /// Half-open connections are to be closed within 15 s; this leaves time to get to all.
    pub header_time: Duration,
    /// A request's first line and headers. Ours are below 4 KiB with cookie and token; some proxies
    /// add as much again. The same as Node's default.
    pub header_bytes: usize,
    /// A browser sends about 20 headers, a proxy adds about 10: twice that.
    pub header_count: usize,
    /// From a request's headers to its body's end. Slow clients are to be closed within 15 s; the
    /// longest body takes that long at 5 kB/s.
    pub body_time: Duration,
    /// A whole record is about 2 kB; a form carries what it held beside what it holds.
    pub body_bytes: usize,
    /// A sign-in's body: an e-mail address, a password of at most 256 bytes, a number.
    pub sign_in_bytes: usize,
    /// Requests being handled at a time. One takes a few milliseconds, so the last of a full house
    /// waits about a second.
    pub max_in_flight: usize,
    /// Of those, requests about one site: no site alone takes all.
    pub max_in_flight_per_site: usize,
    /// Of those, requests of one user, or of one address that has not signed in.
    pub max_in_flight_per_user: usize,
    /// To handle a request: three times the longest step, which is 10 s to reach a mail server.
    pub request_time: Duration,
    /// Within this time a client takes all that there is of its answer, or at least `write_bytes`; as
    /// patient as with headers.
    pub write_time: Duration,
    /// A slow telephone takes as much; the longest file is taken in a few minutes then.
    pub write_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            max_of_an_address: 1024,
            header_time: Duration::from_secs(10),
            header_bytes: 16 * 1024,
            header_count: 64,
            body_time: Duration::from_secs(12),
            body_bytes: 64 * 1024,
            sign_in_bytes: 4 * 1024,
            max_in_flight: 512,
            max_in_flight_per_site: 256,
            max_in_flight_per_user: 128,
            request_time: Duration::from_secs(30),
            write_time: Duration::from_secs(10),
            write_bytes: 32 * 1024,
        }
    }
}

impl Limits {
    /// The longest that a request can take which keeps to all limits: so long a stop waits.
    pub(super) fn longest_request(&self) -> Duration {
        self.header_time + self.body_time + self.request_time + self.write_time
    }
}
