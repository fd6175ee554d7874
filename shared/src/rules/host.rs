//! A host is a name or an address, and nothing else. People paste whole addresses
//! (`imaps://mail.x.co:993/`), so the message picks the name out of them.

use super::Rule;
use crate::{Violation, wording::Problem};
use std::net::IpAddr;

/// Characters of a whole name, and of one label (RFC 1035, 2.3.4).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

pub(super) fn check(rule: Rule<'_>, text: &str) -> Vec<Violation> {
    if is_host(text) {
        return vec![];
    }
    if let Some((host, port)) = name_within(text) {
        return rule.broken(Problem::MoreThanAHost(host, port));
    }
    match ascii_form(text) {
        Some(host) => rule.broken(Problem::OtherScript(&host)),
        None => rule.broken(Problem::NotAHost),
    }
}

/// The form in which mail servers have a name in another script (IDNA), such as `xn--bcher-kva.ch`.
pub(super) fn ascii_form(host: &str) -> Option<String> {
    if host.is_ascii() {
        return None;
    }
    #[cfg(target_arch = "wasm32")]
    let ascii = web_sys::Url::new(&format!("http://{host}/")).ok()?.hostname();
    #[cfg(not(target_arch = "wasm32"))]
    let ascii = idna::domain_to_ascii(host).ok()?;
    is_host(&ascii).then_some(ascii)
}

/// Whether a text is a host name or an IP address. Names in other scripts come in their ASCII form
/// (`xn--…`), as mail servers are configured.
pub(super) fn is_host(text: &str) -> bool {
    if text.parse::<IpAddr>().is_ok() {
        return true;
    }
    let last = text.rsplit('.').next().unwrap_or_default();
    // A last label of digits alone would be a mistyped IPv4 address.
    let number = last.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= LONGEST_NAME && !number && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    // An underscore is in no rule, and in the names of some servers.
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_edge = |byte: Option<&u8>| byte.is_some_and(|byte| is_inner(*byte) && *byte != b'-');
    let bytes = label.as_bytes();
    label.len() <= LONGEST_LABEL
        && is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes.iter().all(|byte| is_inner(*byte))
}

/// The host, and the port if there is one, within a pasted address.
fn name_within(text: &str) -> Option<(&str, Option<u16>)> {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    // What stands before an @ may be a password, whatever characters it has: it goes first.
    let text = text.rsplit('@').next()?;
    let text = text.split(['/', '?', '#']).next()?.trim();
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let host = host.trim_end_matches('.').trim();
    is_host(host).then(|| (host, port.and_then(|port| port.trim().parse().ok())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_hosts() {
        for host in [
            "mail.x.co",
            "localhost",
            "a-b.c1",
            "mail_1.x_y.co",
            "_dmarc.co",
            "10.0.0.1",
            "::1",
            "2001:db8::25",
            "xn--bcher-kva.ch",
        ] {
            assert!(is_host(host), "{host}");
        }
        for host in [
            "",
            ".",
            "a..b",
            "-a.b",
            "a-.b",
            "1.2.3",
            "256.1.1.1",
            "a b",
            "mail.x.co.",
            "ü.de",
            "a/b",
        ] {
            assert!(!is_host(host), "{host}");
        }
        assert!(is_host(&"a".repeat(63)) && !is_host(&"a".repeat(64)));
        let long = vec!["a".repeat(49); 5].join(".");
        assert!(is_host(&format!("{long}.abc")) && !is_host(&format!("{long}.abcd")));
    }

    #[test]
    fn a_name_in_another_script_has_a_form_in_ascii() {
        assert_eq!(ascii_form("büro.example").as_deref(), Some("xn--bro-hoa.example"));
        assert_eq!(ascii_form("почта.example").as_deref(), Some("xn--80a1acny.example"));
        for none in ["mail.x.co", "not a höst", "ü\u{202e}.de", ""] {
            assert_eq!(ascii_form(none), None, "{none}");
        }
    }

    #[test]
    fn the_host_is_found_in_what_people_paste() {
        assert_eq!(name_within("imaps://mail.x.co:993/"), Some(("mail.x.co", Some(993))));
        assert_eq!(name_within("https://u:p@mail.x.co/inbox?a#b"), Some(("mail.x.co", None)));
        assert_eq!(name_within("mail.x.co:993"), Some(("mail.x.co", Some(993))));
        assert_eq!(name_within("[2001:db8::25]:993"), Some(("2001:db8::25", Some(993))));
        assert_eq!(name_within("help@mail.x.co"), Some(("mail.x.co", None)));
        assert_eq!(name_within("mail.x.co."), Some(("mail.x.co", None)));
        assert_eq!(name_within("imaps://u:12345#p@mail.x.co"), Some(("mail.x.co", None)));
        assert_eq!(name_within("not a host"), None);
    }
}
