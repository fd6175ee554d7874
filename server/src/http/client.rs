//! The address of the client, also behind proxies.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, request::Parts},
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The other end of the connection; the accept loop says so of each request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The client's address: the peer's, or what a trusted proxy says. It is unspecified for a request
/// that came over no connection, as in tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddr(pub IpAddr);

impl ClientAddr {
    /// That of a request that came over no connection.
    pub(super) const UNKNOWN: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// Under what attempts are counted: an address, or an IPv6 network, the least that a
    /// customer has (RFC 6177) and where addresses have no end.
    #[must_use]
    pub fn subject(self) -> String {
        match self.network() {
            IpAddr::V4(addr) => addr.to_string(),
            IpAddr::V6(network) => format!("{network}/64"),
        }
    }

    /// The same as an address.
    pub(super) fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(addr) => addr.into(),
            IpAddr::V6(addr) => Ipv6Addr::from(u128::from(addr) >> 64 << 64).into(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddr {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self::UNKNOWN))
    }
}

/// Whether a request comes from the machine itself or from a trusted proxy's network, for nobody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatorNetwork(pub bool);

impl<S: Sync> FromRequestParts<S> for OperatorNetwork {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or_default())
    }
}

/// How often it is logged that a proxy's header is not understood.
const WARNING_PAUSE: Duration = Duration::from_mins(10);

/// The headers by which a proxy says for whom it asks.
const FORWARDING: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// The proxies whose `X-Forwarded-For` is believed.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    networks: Arc<[IpNet]>,
    warned: Arc<Mutex<Option<Instant>>>,
}

impl TrustedProxies {
    /// The proxies in these networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self { networks: networks.into(), warned: Arc::default() }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    pub(super) fn contains(&self, addr: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&addr))
    }

    /// Tells the operator, not too often, why all clients behind a proxy count as one.
    fn warn(&self, proxy: IpAddr) {
        if self.may_warn(Instant::now()) {
            tracing::warn!(
                %proxy,
                "X-Forwarded-For of a trusted proxy is not understood, so its clients share one limit: \
                 let it write bare addresses"
            );
        }
    }

    fn may_warn(&self, now: Instant) -> bool {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let may = warned.is_none_or(|before| now.duration_since(before) >= WARNING_PAUSE);
        if may {
            *warned = Some(now);
        }
        may
    }

    /// A proxy that is not trusted by its address may still forward for others.
    fn is_operator(&self, peer: IpAddr, client: IpAddr, headers: &HeaderMap) -> bool {
        let forwards = FORWARDING.iter().any(|name| headers.contains_key(*name));
        let believed = !forwards || self.contains(peer.to_canonical());
        believed && (client.to_canonical().is_loopback() || self.contains(client))
    }

    /// Each proxy adds at the right the address that it was called from, so what the trusted ones
    /// have not written is whatever the client liked to send.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contains(peer) {
            return peer;
        }
        for line in headers.get_all("x-forwarded-for").iter().rev() {
            for hop in line.as_bytes().rsplit(|byte| *byte == b',') {
                if hop.trim_ascii().is_empty() {
                    // A list may have empty elements (RFC 9110, 5.6.1).
                    continue;
                }
                match address(hop) {
                    Some(addr) if self.contains(addr) => {}
                    Some(addr) => return addr,
                    // From here on nothing can be believed.
                    None => {
                        self.warn(peer);
                        return peer;
                    }
                }
            }
        }
        peer
    }
}

/// An address. Some proxies add the port, brackets, quotes or a zone, or write an element of `Forwarded`
/// (RFC 7239): `for="[2001:db8::1%eth0]:4711";proto=https`.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let hop = str::from_utf8(hop).ok()?.split(';').next()?.trim();
    let named = hop.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("for="));
    let hop = if named { &hop[4..] } else { hop };
    let quoted = hop.strip_prefix('"').and_then(|hop| hop.strip_suffix('"'));
    let addr = host(quoted.unwrap_or(hop).trim());
    let addr: Option<IpAddr> = addr.split('%').next()?.parse().ok();
    addr.map(|addr| addr.to_canonical())
}

/// What precedes the port, without brackets.
fn host(hop: &str) -> &str {
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    if let Some(bracketed) = hop.strip_prefix('[') {
        return match bracketed.split_once(']') {
            Some((addr, "")) => addr,
            Some((addr, rest)) if rest.strip_prefix(':').is_some_and(is_port) => addr,
            _ => "",
        };
    }
    match hop.split_once(':') {
        Some((addr, port)) if is_port(port) => addr,
        _ => hop,
    }
}

/// Finds out each request's [`ClientAddr`].
pub(super) async fn identify(
    State(proxies): State<TrustedProxies>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(&Peer(peer)) = request.extensions().get() {
        let client = ClientAddr(proxies.client(peer, request.headers()));
        let operator = OperatorNetwork(proxies.is_operator(peer, client.0, request.headers()));
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(operator);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests;
