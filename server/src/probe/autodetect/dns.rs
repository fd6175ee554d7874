//! What a domain says of its mail servers in the DNS: SRV records (RFC 6186 and 8314) and MX.

use super::super::{Probe, resolve::Resolve};
use async_trait::async_trait;
use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
    proto::rr::{Name, RData},
};
use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

/// The records that are looked for, the preferred encryption first.
const INBOUND: [&str; 2] = ["_imaps._tcp", "_imap._tcp"];
const OUTBOUND: [&str; 2] = ["_submissions._tcp", "_submission._tcp"];

/// For an answer to one question.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A client of the DNS, which asks for more than addresses.
#[derive(Clone)]
pub(in super::super) struct Dns(TokioResolver);

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dns")
    }
}

impl Dns {
    /// Asks this server, or those of the system.
    pub(in super::super) fn new(server: Option<SocketAddr>) -> Option<Self> {
        let mut builder = match server {
            Some(server) => {
                let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
                for connection in &mut connections {
                    connection.port = server.port();
                }
                let server = NameServerConfig::new(server.ip(), true, connections.to_vec());
                let config = ResolverConfig::from_name_servers(vec![server]);
                Resolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
            None => Resolver::builder_tokio().ok()?,
        };
        let options = builder.options_mut();
        (options.timeout, options.attempts) = (TIMEOUT, 2);
        builder.build().ok().map(Self)
    }

    /// Servers and ports that a domain names, the preferred first.
    pub(super) async fn servers(&self, domain: &str, is_inbound: bool) -> Vec<(String, u16)> {
        let mut all = vec![];
        for service in if is_inbound { INBOUND } else { OUTBOUND } {
            let Ok(found) = self.0.srv_lookup(name(&format!("{service}.{domain}"))).await else {
                continue;
            };
            let mut found: Vec<_> = found
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    RData::SRV(srv) => Some((srv.priority, text(&srv.target), srv.port)),
                    _ => None,
                })
                .collect();
            found.sort_unstable();
            // A root alone says that there is no such service.
            all.extend(
                found.into_iter().filter(|of| !of.1.is_empty()).map(|(_, host, port)| (host, port)),
            );
        }
        all
    }

    /// Who takes a domain's mail.
    pub(super) async fn mail_exchangers(&self, domain: &str) -> Vec<String> {
        let Ok(found) = self.0.mx_lookup(name(domain)).await else { return vec![] };
        let hosts = found.answers().iter().filter_map(|record| match &record.data {
            RData::MX(mx) => Some(text(&mx.exchange)),
            _ => None,
        });
        hosts.collect()
    }
}

/// A name that is not looked for within the system's own domain.
fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap_or_default();
    name.set_fqdn(true);
    name
}

fn text(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}

#[async_trait]
impl Resolve for Dns {
    async fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let found = self.0.lookup_ip(name(host)).await.map_err(io::Error::other)?;
        let addrs: Vec<IpAddr> = found.iter().collect();
        Ok(addrs.into_iter().map(|addr| SocketAddr::new(addr, port)).collect())
    }
}

impl Probe {
    /// Asks the DNS, if there is one.
    pub(super) async fn dns<T: Default, F: Future<Output = T>>(
        &self,
        ask: impl FnOnce(Arc<Dns>) -> F,
    ) -> T {
        match self.dns.get_or_init(|| Dns::new(self.settings.dns).map(Arc::new)) {
            Some(dns) => ask(dns.clone()).await,
            None => T::default(),
        }
    }
}
