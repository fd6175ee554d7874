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
    /// The proxies in front, whose X-Forwarded-For is believed: addresses or networks, for example
    /// 127.0.0.1,10.0.0.0/8
    #[arg(long, env = "PATCHBAY_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    trusted_proxies: Vec<IpNet>,
    /// Where a sign-in with a provider may return to beside Patchbay itself: scheme and host of each,
    /// for example <https://helpdesk.example>
    #[arg(long = "sign-in-origin", env = "PATCHBAY_SIGN_IN_ORIGINS", value_delimiter = ',')]
    sign_in_origins: Vec<PublicUrl>,
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
    /// Whether others than this machine's browsers are told of the server.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.public_url.is_some()
    }

    /// The configuration that they make.
    #[must_use]
    pub fn config(self) -> WebConfig {
        let Self { public_url, trusted_proxies, sign_in_origins, max_connections } = self;
        let limits = Limits { max_connections, ..Limits::default() };
        let trusted_proxies = TrustedProxies::new(trusted_proxies);
        let config = WebConfig { public_url, sign_in_origins, trusted_proxies, limits };
        if config.is_https() && config.trusted_proxies.is_empty() {
            tracing::warn!("all clients look like the proxy in front: name it, --trusted-proxies");
        }
        config
    }
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    let text = text.trim();
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| "give an address such as 127.0.0.1, or a network such as 10.0.0.0/8")
}

#[cfg(test)]
mod tests {
    use super::WebOptions;
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
    fn what_makes_no_sense_is_told_what_to_give() {
        for (option, value, expected) in [
            ("--trusted-proxies", "proxy.example", "give an address such as 127.0.0.1"),
            ("--trusted-proxies", "10.0.0.0/33", "a network such as 10.0.0.0/8"),
            ("--public-url", "patchbay.example", "for example https://patchbay.example"),
            ("--max-connections", "0", "0 is not in 1"),
        ] {
            let error = parse(&[option, value]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
