//! The command line's part of the [`WebConfig`].

use super::{Limits, PublicUrl, WebConfig, client::TrustedProxies};
use clap::{Args, builder::RangedU64ValueParser};
use ipnet::IpNet;
use std::net::IpAddr;

/// Where the server stands in the network.
#[derive(Clone, Debug, Args)]
pub struct WebOptions {
    /// Where browsers find the server, for example <https://patchbay.example>; plain http on this
    /// machine if not given
    #[arg(long, env = "PATCHBAY_PUBLIC_URL")]
    public_url: Option<PublicUrl>,
    /// The proxies in front, whose X-Forwarded-For is believed: addresses or small networks of proxies
    /// alone, since everybody in them can write any address; for example 127.0.0.1,10.0.0.5
    #[arg(long, env = "PATCHBAY_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    trusted_proxies: Vec<IpNet>,
    /// Where a sign-in with a provider may return to beside Patchbay itself: scheme and host of each,
    /// for example <https://helpdesk.example>
    #[arg(long = "sign-in-origin", env = "PATCHBAY_SIGN_IN_ORIGINS", value_delimiter = ',')]
    sign_in_origins: Vec<PublicUrl>,
    /// Have browsers demand https of all hosts below that of --public-url, too
    #[arg(long, env = "PATCHBAY_HSTS_SUBDOMAINS")]
    hsts_subdomains: bool,
    /// The most connections at a time; more are answered 503
    #[arg(
        long,
        env = "PATCHBAY_MAX_CONNECTIONS",
        default_value_t = Limits::default().max_connections,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000)
    )]
    max_connections: usize,
}

impl WebOptions {
    /// Whether the server announces itself to other machines than this one.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.public_url.is_some()
    }

    /// The server's name on the internet, if it has one there.
    pub(crate) fn public_name(&self) -> Option<String> {
        self.public_url.as_ref().and_then(PublicUrl::public_name).map(ToOwned::to_owned)
    }

    /// The configuration that they make.
    #[must_use]
    pub fn config(self) -> WebConfig {
        let Self { public_url, trusted_proxies, sign_in_origins, hsts_subdomains, max_connections } =
            self;
        let limits = Limits { max_connections, ..Limits::default() };
        let wide: Vec<_> = trusted_proxies
            .iter()
            .filter(|network| is_wide(network))
            .map(ToString::to_string)
            .collect();
        if !wide.is_empty() {
            tracing::warn!(
                networks = wide.join(", "),
                "everybody in these networks can claim any address, and so passes every limit: \
                 name the proxies alone, --trusted-proxies"
            );
        }
        let trusted_proxies = TrustedProxies::new(trusted_proxies);
        let config =
            WebConfig { public_url, sign_in_origins, trusted_proxies, hsts_subdomains, limits };
        if config.is_https() && config.trusted_proxies.is_empty() {
            tracing::warn!("all clients look like the proxy in front: name it, --trusted-proxies");
        }
        config
    }
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    let text = text.trim();
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network
        .map_err(|_| "give an address such as 127.0.0.1, or a network such as 10.0.0.0/28")?;
    if network.prefix_len() == 0 {
        return Err("that is everybody: give the proxies' addresses, such as 10.0.0.5");
    }
    Ok(network)
}

/// Whether more than proxies are likely to be in a network: more than 256 addresses.
fn is_wide(network: &IpNet) -> bool {
    network.max_prefix_len() - network.prefix_len() > 8
}

#[cfg(test)]
mod tests {
    use super::{WebOptions, is_wide};
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        web: WebOptions,
    }

    fn parse(args: &[&str]) -> Result<Program, String> {
        Program::try_parse_from([&["program"], args].concat()).map_err(|error| error.to_string())
    }

    #[test]
    fn addresses_and_networks_are_taken() {
        let args =
            ["--trusted-proxies", "127.0.0.1, 10.0.0.0/8,fd00::/8", "--max-connections", "9"];
        let options = parse(&args).unwrap().web;
        let networks: Vec<_> = options.trusted_proxies.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]);
        assert_eq!(options.config().limits.max_connections, 9);
    }

    #[test]
    fn networks_of_more_than_proxies_are_noticed() {
        for (network, expected) in [
            ("10.0.0.0/8", true),
            ("10.0.0.0/23", true),
            ("10.0.0.0/24", false),
            ("10.0.0.5/32", false),
            ("fd00::/119", true),
            ("fd00::/120", false),
        ] {
            assert_eq!(is_wide(&network.parse().unwrap()), expected, "{network}");
        }
    }

    #[test]
    fn options_that_make_no_sense_are_refused_with_what_to_give() {
        for (option, value, expected) in [
            ("--trusted-proxies", "proxy.example", "give an address such as 127.0.0.1"),
            ("--trusted-proxies", "10.0.0.0/33", "a network such as 10.0.0.0/28"),
            ("--trusted-proxies", "0.0.0.0/0", "that is everybody"),
            ("--trusted-proxies", "::/0", "that is everybody"),
            ("--public-url", "patchbay.example", "for example https://patchbay.example"),
            ("--max-connections", "0", "0 is not in 1"),
        ] {
            let error = parse(&[option, value]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
