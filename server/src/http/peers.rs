//! How many connections each address has.

use super::{ClientAddr, WebConfig, client::TrustedProxies};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// The connections of each address, counted.
#[derive(Clone)]
pub(super) struct Peers {
    /// By address, or by IPv6 network.
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most: usize,
    proxies: TrustedProxies,
}

/// A connection that is counted, until it is dropped.
pub(super) struct Counted {
    peers: Peers,
    network: IpAddr,
}

impl Peers {
    pub(super) fn new(config: &WebConfig) -> Self {
        let most = config.limits.max_of_an_address;
        Self { counts: Arc::default(), most, proxies: config.trusted_proxies.clone() }
    }

    /// Counts a connection; `None` if its address has the most already. Behind a trusted proxy are
    /// many clients.
    pub(super) fn place(&self, peer: IpAddr) -> Option<Counted> {
        let peer = peer.to_canonical();
        let network = ClientAddr(peer).network();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(network).or_default();
        if *count >= self.most && !self.proxies.contains(peer) {
            return None;
        }
        *count += 1;
        Some(Counted { peers: self.clone(), network })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.peers.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_most_and_a_proxy_has_more() {
        let mut config = WebConfig::default();
        config.limits.max_of_an_address = 2;
        config.trusted_proxies = TrustedProxies::new(vec!["192.0.2.9/32".parse().unwrap()]);
        let peers = Peers::new(&config);
        let place = |peer: &str| peers.place(peer.parse().unwrap());
        let held = [place("192.0.2.1"), place("::ffff:192.0.2.1")];
        assert!(held.iter().all(Option::is_some));
        assert!(place("192.0.2.1").is_none());
        assert!(place("192.0.2.2").is_some(), "another address");
        let network = [place("2001:db8::1"), place("2001:db8::ffff:1")];
        assert!(network.iter().all(Option::is_some));
        assert!(place("2001:db8::2").is_none(), "an IPv6 network counts as one");
        assert!(place("2001:db8:0:1::1").is_some(), "another network");
        drop(network);
        let proxied: Vec<_> = (0..9).map(|_| place("192.0.2.9")).collect();
        assert!(proxied.iter().all(Option::is_some));
        drop(held);
        assert!(place("192.0.2.1").is_some(), "places are given back");
        drop(proxied);
        assert!(peers.counts.lock().unwrap().is_empty());
    }
}
