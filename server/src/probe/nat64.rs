//! Networks of IPv6 alone reach IPv4 through a translator (NAT64): it takes addresses that have an IPv4
//! address inside, behind a prefix that the network may choose as it likes. The prefix is learned from a
//! name that has IPv4 addresses only (RFC 7050), so that no test reaches by it what it may not reach
//! directly.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The name, and the addresses that it has everywhere (RFC 7050, 8).
pub(super) const NAME: &str = "ipv4only.arpa";
const ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 0, 170), Ipv4Addr::new(192, 0, 0, 171)];

/// The lengths in bits that a prefix may have (RFC 6052, 2.2).
const LENGTHS: [u32; 6] = [96, 64, 56, 48, 40, 32];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nat64 {
    prefix: u128,
    length: u32,
}

impl Nat64 {
    /// Learns it from an address that the name has here.
    fn of(addr: IpAddr) -> Option<Self> {
        let IpAddr::V6(addr) = addr else { return None };
        let length =
            LENGTHS.into_iter().find(|length| ADDRESSES.contains(&embedded(addr, *length)))?;
        Some(Self { prefix: addr.to_bits() >> (128 - length), length })
    }

    /// All that the name's addresses tell.
    pub(super) fn all(addrs: impl IntoIterator<Item = IpAddr>) -> Vec<Self> {
        addrs.into_iter().filter_map(Self::of).collect()
    }

    /// Where an address leads, if this translates it.
    pub(super) fn leads_to(self, addr: IpAddr) -> Option<IpAddr> {
        let IpAddr::V6(addr) = addr else { return None };
        let is_in = addr.to_bits() >> (128 - self.length) == self.prefix;
        is_in.then(|| embedded(addr, self.length).into())
    }
}

/// The IPv4 address behind a prefix. The eighth byte is left out, as it is 0 in all of them.
fn embedded(addr: Ipv6Addr, length: u32) -> Ipv4Addr {
    let bytes = addr.octets();
    let begin = length as usize / 8;
    let mut behind = bytes.into_iter().enumerate().skip(begin).filter(|(index, _)| *index != 8);
    let mut next = || behind.next().map_or(0, |(_, byte)| byte);
    Ipv4Addr::new(next(), next(), next(), next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// The examples of RFC 6052, 2.4, with the name's address in the place of 192.0.2.33.
    #[test]
    fn the_prefix_is_learned_in_each_of_its_lengths() {
        for (name, other) in [
            ("2001:db8:c000:aa::", "2001:db8:7f00:1::"),
            ("2001:db8:1c0:0:aa::", "2001:db8:17f:0:1::"),
            ("2001:db8:122:c000:0:aa00::", "2001:db8:122:7f00:0:100::"),
            ("2001:db8:122:3c0:0:aa::", "2001:db8:122:37f:0:1::"),
            ("2001:db8:122:344:c0:0:aa00:0", "2001:db8:122:344:7f:0:100:0"),
            ("2001:db8:122:344::192.0.0.170", "2001:db8:122:344::127.0.0.1"),
        ] {
            let found = Nat64::all([addr(name), addr("192.0.0.170")]);
            let [nat64] = found[..] else { panic!("{name}: {found:?}") };
            assert_eq!(nat64.leads_to(addr(other)), Some(addr("127.0.0.1")), "{name}: {nat64:?}");
            assert_eq!(nat64.leads_to(addr("2606:4700::1111")), None);
            assert_eq!(nat64.leads_to(addr("127.0.0.1")), None);
        }
        assert_eq!(Nat64::all([addr("192.0.0.170"), addr("2606:4700::1111")]), []);
    }
}
