use super::TrustedProxies;
use axum::http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

fn client(networks: &[&str], peer: &str, lines: &[&str]) -> String {
    let proxies =
        TrustedProxies::new(networks.iter().map(|network| network.parse().unwrap()).collect());
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
    }
    proxies.client(peer.parse().unwrap(), &headers).to_string()
}

const PROXIES: &[&str] = &["10.0.0.0/8", "fd00::/8"];

#[test]
fn who_is_no_trusted_proxy_is_not_believed() {
    assert_eq!(client(&[], "10.0.0.1", &["6.6.6.6"]), "10.0.0.1");
    assert_eq!(client(PROXIES, "192.0.2.1", &["6.6.6.6", "10.0.0.2"]), "192.0.2.1");
}

#[test]
fn the_rightmost_that_is_no_proxy_is_the_client() {
    for (lines, expected) in [
        (&["192.0.2.7"][..], "192.0.2.7"),
        (&["6.6.6.6, 192.0.2.7"], "192.0.2.7"),
        (&["6.6.6.6,192.0.2.7 ,\t10.9.9.9"], "192.0.2.7"),
        (&["6.6.6.6", "192.0.2.7", "10.1.1.1"], "192.0.2.7"),
        (&["6.6.6.6, 192.0.2.7", "10.1.1.1, fd00::5"], "192.0.2.7"),
        (&["2001:db8::1"], "2001:db8::1"),
        (&["192.0.2.7:4711"], "192.0.2.7"),
        (&["[2001:db8::1]:4711"], "2001:db8::1"),
        (&["[2001:db8::1]"], "2001:db8::1"),
        (&["\"[2001:db8::1]\""], "2001:db8::1"),
        (&["\"[2001:db8::1]:4711\""], "2001:db8::1"),
        (&["2001:db8::1%eth0"], "2001:db8::1"),
        (&["[2001:db8::1%25eth0]:4711"], "2001:db8::1"),
        (&["for=192.0.2.7"], "192.0.2.7"),
        (&["For=\"[2001:db8::1]:4711\";proto=https"], "2001:db8::1"),
        (&["192.0.2.7;proto=https"], "192.0.2.7"),
        (&["192.0.2.7;4711"], "192.0.2.7"),
        (&["192.0.2.7, "], "192.0.2.7"),
        (&["192.0.2.7,", " , 10.1.1.1,"], "192.0.2.7"),
    ] {
        assert_eq!(client(PROXIES, "10.0.0.1", lines), expected, "{lines:?}");
    }
}

#[test]
fn what_makes_no_sense_falls_back_to_the_peer() {
    for lines in [
        &[][..],
        &[""],
        &["unknown"],
        &["192.0.2.7", "_hidden"],
        &["192.0.2.7, garbage, 10.1.1.1"],
        &["10.2.2.2, 10.1.1.1"],
        &["192.0.2.7/8"],
        &["999.1.1.1"],
        &["192.0.2.7:99999"],
        &[":4711"],
        &["[2001:db8::1"],
        &["[2001:db8::1]x"],
        &["for="],
        &["192.0.2.7, for=unknown"],
    ] {
        assert_eq!(client(PROXIES, "10.0.0.1", lines), "10.0.0.1", "{lines:?}");
    }
}

#[test]
fn a_proxy_that_is_not_understood_is_reported_now_and_then() {
    let proxies = TrustedProxies::default();
    let begin = Instant::now();
    let warned =
        [0, 1, 599, 600, 601, 1200].map(|s| proxies.may_warn(begin + Duration::from_secs(s)));
    assert_eq!(warned, [true, false, false, true, false, true]);
}

#[test]
fn an_ipv4_address_within_ipv6_is_itself() {
    assert_eq!(client(PROXIES, "::ffff:192.0.2.1", &["6.6.6.6"]), "192.0.2.1");
    assert_eq!(client(PROXIES, "::ffff:10.0.0.1", &["::ffff:192.0.2.7"]), "192.0.2.7");
    assert_eq!(client(PROXIES, "10.0.0.1", &["192.0.2.7, ::ffff:10.1.1.1"]), "192.0.2.7");
}

proptest! {
    #[test]
    fn nothing_that_a_client_writes_hides_it(
        peer: IpAddr,
        forged in proptest::collection::vec("[ -~]{0,40}", 0..4),
    ) {
        let forged: Vec<_> = forged.iter().map(String::as_str).collect();
        let itself = peer.to_canonical().to_string();
        prop_assert_eq!(client(&[], &peer.to_string(), &forged), itself);
        let honest = [&forged[..], &["192.0.2.7, 10.1.1.1"]].concat();
        prop_assert_eq!(client(PROXIES, "10.0.0.1", &honest), "192.0.2.7");
    }
}
