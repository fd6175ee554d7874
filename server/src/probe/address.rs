//! Which addresses a test may connect to: what the whole internet reaches, and what the operator allows. This is the
//! guard against server-side request forgery (SSRF): nobody looks around in the operator's network by a test.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 networks that are not the internet's: the registry of RFC 6890, multicast and the old class E.
const NOT_GLOBAL_V4: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local, and with it the metadata of most clouds.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// What of IPv6's global unicast (`2000::/3`) is not the internet's, or leads to an IPv4 address that is
/// written in it: protocol assignments with Teredo, documentation, 6to4. Other forms that embed one,
/// such as NAT64's, lie outside `2000::/3`.
const NOT_GLOBAL_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether a test may connect to an address.
#[must_use]
pub fn may_connect(addr: IpAddr, allowed: &[IpNet]) -> bool {
    let addr = addr.to_canonical();
    allowed.iter().any(|network| network.contains(&addr)) || is_global(addr)
}

fn is_global(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(addr) => !NOT_GLOBAL_V4.iter().any(|(network, bits)| {
            (addr.to_bits() ^ network.to_bits()) >> (32 - u32::from(*bits)) == 0
        }),
        IpAddr::V6(addr) => {
            let is_unicast = addr.segments()[0] >> 13 == 1;
            is_unicast
                && !NOT_GLOBAL_V6.iter().any(|(network, bits): &(Ipv6Addr, u8)| {
                    (addr.to_bits() ^ network.to_bits()) >> (128 - u32::from(*bits)) == 0
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(addr: &str) -> bool {
        !may_connect(addr.parse().unwrap(), &[])
    }

    /// The same by another way: what the standard library and plain comparisons say.
    fn is_special_v4(addr: Ipv4Addr) -> bool {
        let [a, b, c, _] = addr.octets();
        addr.is_loopback()
            || addr.is_private()
            || addr.is_link_local()
            || addr.is_multicast()
            || addr.is_documentation()
            || a == 0
            || a >= 240
            || (a == 100 && (64..128).contains(&b))
            || (a == 192 && b == 0 && c == 0)
            || (a == 192 && b == 88 && c == 99)
            || (a == 198 && (b == 18 || b == 19))
    }

    fn is_special_v6(addr: Ipv6Addr) -> bool {
        if let Some(addr) = addr.to_ipv4_mapped() {
            return is_special_v4(addr);
        }
        let [a, b, ..] = addr.segments();
        !(0x2000..0x4000).contains(&a)
            || (a == 0x2001 && (b < 0x200 || b == 0xdb8))
            || a == 0x2002
            || (a == 0x3fff && b < 0x1000)
    }

    /// IPv4 addresses, of which half begin as one that is special.
    fn v4() -> impl Strategy<Value = Ipv4Addr> {
        let near = (prop::sample::select(NOT_GLOBAL_V4.to_vec()), any::<u32>(), 0..3_u32);
        let near = near.prop_map(|((network, bits), host, off)| {
            let bits = u32::from(bits);
            let network = (network.to_bits() >> (32 - bits)).wrapping_add(off) << (32 - bits);
            Ipv4Addr::from_bits(network | (host >> bits))
        });
        prop_oneof![any::<Ipv4Addr>(), near]
    }

    /// IPv6 addresses: any, those that begin as a special one, and those with an IPv4 address inside.
    fn v6() -> impl Strategy<Value = Ipv6Addr> {
        let begins = prop::sample::select(vec![
            0x2000, 0x2001, 0x2002, 0x2003, 0x3fff, 0x4000, 0xfc00, 0xfd00, 0xfe80, 0xfec0, 0xff02,
            0x64,
        ]);
        let near = (begins, 0..0x2000_u16, any::<[u16; 6]>())
            .prop_map(|(a, b, [c, d, e, f, g, h])| Ipv6Addr::new(a, b, c, d, e, f, g, h));
        prop_oneof![
            any::<Ipv6Addr>(),
            near,
            v4().prop_map(|addr| addr.to_ipv6_mapped()),
            v4().prop_map(|addr| Ipv6Addr::from_bits(
                (0x64_ff9b_u128 << 96) | u128::from(addr.to_bits())
            )),
            v4().prop_map(|addr| Ipv6Addr::from_bits(u128::from(addr.to_bits()))),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50_000))]

        #[test]
        fn an_ipv4_address_is_the_internets_or_refused(addr in v4()) {
            prop_assert_eq!(may_connect(addr.into(), &[]), !is_special_v4(addr), "{}", addr);
        }

        #[test]
        fn an_ipv6_address_is_the_internets_or_refused(addr in v6()) {
            prop_assert_eq!(may_connect(addr.into(), &[]), !is_special_v6(addr), "{}", addr);
        }
    }

    #[test]
    fn what_is_known_is_judged_as_known() {
        for addr in [
            "127.0.0.1",
            "10.1.2.3",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "fd00:ec2::254",
            "fe80::1",
            "2001:0:7f00:1::",
            "::127.0.0.1",
            "255.255.255.255",
            "ff02::1",
        ] {
            assert!(refused(addr), "{addr}");
        }
        for addr in ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "100.128.0.1", "172.32.0.1"] {
            assert!(!refused(addr), "{addr}");
        }
    }

    #[test]
    fn the_operator_allows_networks_and_no_others() {
        let allowed = ["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()];
        for addr in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"] {
            assert!(may_connect(addr.parse().unwrap(), &allowed), "{addr}");
        }
        for addr in ["10.2.0.1", "127.0.0.1", "fe80::1"] {
            assert!(!may_connect(addr.parse().unwrap(), &allowed), "{addr}");
        }
    }
}
