//! From an address to the settings of its mail servers: what a large provider's are, what the domain publishes
//! (Mozilla's autoconfig; SRV records, RFC 6186 and 8314; MX), and usual names. Each is looked at as far as to what the
//! server can do; nothing of the account is said to it.

mod autoconfig;
mod dns;
mod providers;

pub(super) use dns::Dns;
pub use providers::{Hint, hint_of_host};

use super::{IMAP, NAMELESS, Probe, Run, SMTP, Target, imap, smtp};
use futures_util::future::join_all;
use jiff::Timestamp;
use providers::{Provider, of_domain, of_mx};
use shared::Connection;
use std::{collections::HashSet, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

/// For what a domain publishes, and then for a look at each server.
const LOOK_TIMEOUT: Duration = Duration::from_secs(8);

/// Servers that are looked at.
const MAX_CANDIDATES: usize = 8;

/// Where settings come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The list of large providers, by the address's domain or by who takes its mail.
    Provider(&'static str),
    Autoconfig,
    Srv,
    /// Names that servers usually have.
    Usual,
}

/// A server that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub host: String,
    pub port: u16,
    /// What one signs in with.
    pub user: String,
    pub source: Source,
    /// Whether it is the domain's own, or a large provider's: anyone else's is offered, and never filled in.
    pub is_own: bool,
    /// Whether it takes a password in a way that this program knows.
    pub takes_password: bool,
}

/// What was found for an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundSettings {
    /// Those that answered, the likeliest first.
    pub candidates: Vec<Candidate>,
    /// What to know of the provider before one types a password.
    pub hint: Option<Hint>,
}

impl Probe {
    /// The settings for an address: `local@domain`, in ASCII.
    pub async fn find_settings(&self, address: &str, is_inbound: bool) -> FoundSettings {
        let Some((local, domain)) = address.rsplit_once('@') else {
            return FoundSettings::default();
        };
        let domain = &*domain.to_ascii_lowercase();
        let known = of_domain(domain);
        let mut guesses = match known {
            Some(provider) => vec![provider.guess(address, is_inbound, provider.is_local_user())],
            None => vec![],
        };
        let mut by_mx = None;
        if known.is_none() {
            // One that is slow keeps none of the others.
            let (autoconfig, srv, mx) = tokio::join!(
                timeout(LOOK_TIMEOUT, self.autoconfig(domain, (address, local), is_inbound)),
                timeout(
                    LOOK_TIMEOUT,
                    self.dns(|dns| async move { dns.servers(domain, is_inbound).await })
                ),
                timeout(
                    LOOK_TIMEOUT,
                    self.dns(|dns| async move { dns.mail_exchangers(domain).await })
                ),
            );
            let (autoconfig, srv, mx) =
                (autoconfig.unwrap_or_default(), srv.unwrap_or_default(), mx.unwrap_or_default());
            by_mx = mx.iter().find_map(|host| of_mx(host));
            guesses.extend(autoconfig);
            guesses.extend(
                srv.into_iter().map(|(host, port)| guess(host, port, address, Source::Srv)),
            );
            guesses.extend(
                by_mx.map(|provider: &Provider| provider.guess(address, is_inbound, false)),
            );
            guesses.extend(usual(domain, address, is_inbound));
        }
        let mut seen = HashSet::new();
        guesses.retain(|guess| seen.insert((guess.host.clone(), guess.port)));
        guesses.truncate(MAX_CANDIDATES);
        let looks = guesses.into_iter().map(async |mut guess| {
            let takes_password = self.look(&guess.host, guess.port, is_inbound).await?;
            let is_providers = matches!(guess.source, Source::Provider(_));
            guess.is_own = is_providers || is_within(&guess.host, domain);
            Some(Candidate { takes_password, ..guess })
        });
        let candidates = join_all(looks).await.into_iter().flatten().collect();
        FoundSettings { candidates, hint: known.or(by_mx).map(Provider::hint) }
    }

    /// Whether a server takes passwords; `None` if it cannot be talked to.
    async fn look(&self, host: &str, port: u16, is_inbound: bool) -> Option<bool> {
        let usual: &[_] = if is_inbound { &IMAP } else { &SMTP };
        let (port, encryption, is_allowed_port) = self.encryption(&port.to_string(), usual).ok()?;
        let target = Target {
            host,
            port,
            encryption,
            is_allowed_port,
            user: "",
            password: "",
            sender: "",
            client_name: self.settings.client_name.as_deref().unwrap_or(NAMELESS),
        };
        // Nobody watches the stages.
        let (progress, _stages) = mpsc::channel(8);
        let nothing = Connection::new("EMAIL", None);
        let run = Run {
            end: Instant::now() + LOOK_TIMEOUT,
            ..self.begin(&nothing, Timestamp::UNIX_EPOCH, &progress)
        };
        let look = async {
            if is_inbound {
                imap::look(self, &run, &target).await
            } else {
                smtp::look(self, &run, &target).await
            }
        };
        Box::pin(look).await.ok()
    }
}

fn guess(host: String, port: u16, user: &str, source: Source) -> Candidate {
    Candidate { host, port, user: user.to_owned(), source, is_own: false, takes_password: false }
}

/// Names that servers of a domain usually have.
fn usual(domain: &str, address: &str, is_inbound: bool) -> Vec<Candidate> {
    let (names, ports) =
        if is_inbound { (["imap", "mail"], [993, 143]) } else { (["smtp", "mail"], [465, 587]) };
    let all =
        names.into_iter().flat_map(|name| ports.map(|port| (format!("{name}.{domain}"), port)));
    all.map(|(host, port)| guess(host, port, address, Source::Usual)).collect()
}

/// Whether a host is a domain's own.
fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{ProbeSettings, resolve::Resolve};
    use async_trait::async_trait;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use std::{
        io,
        net::{Ipv4Addr, SocketAddr},
        sync::{Arc, OnceLock},
    };
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };
    use tokio_rustls::{
        TlsAcceptor,
        rustls::{ServerConfig, pki_types::PrivateKeyDer},
    };

    #[test]
    fn a_host_is_a_domains_own_or_somebody_elses() {
        for (host, is_own) in [
            ("x.co", true),
            ("imap.x.co", true),
            ("imap.evilx.co", false),
            ("x.co.evil.example", false),
            ("co", false),
        ] {
            assert_eq!(is_within(host, "x.co"), is_own, "{host}");
        }
    }

    /// Hosts of IMAP lead to the same server of the test's own.
    #[derive(Debug)]
    struct Mapped(u16);

    #[async_trait]
    impl Resolve for Mapped {
        async fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
            let is_there = host.starts_with("imap.") && port == 993;
            let found = is_there.then(|| SocketAddr::from((Ipv4Addr::LOCALHOST, self.0)));
            Ok(vec![found.ok_or(io::ErrorKind::NotFound)?])
        }
    }

    /// A probe whose hosts are one server, which is encrypted as all that are named and takes no passwords for some.
    async fn mapped(names: &[&str]) -> Probe {
        let mut authority = CertificateParams::new(vec![]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate =
            CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tls = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let tls = tls.clone();
                tokio::spawn(async move {
                    let mut stream = tls.accept(stream).await.ok()?;
                    stream
                        .write_all(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED] hi\r\n")
                        .await
                        .ok()?;
                    let mut goodbye = [0; 64];
                    let length = stream.read(&mut goodbye).await.ok()?;
                    assert_eq!(&goodbye[..length], b"P1 LOGOUT\r\n");
                    stream.shutdown().await.ok()
                });
            }
        });
        let settings = ProbeSettings {
            allowed: vec!["127.0.0.0/8".parse().unwrap()],
            roots: vec![authority.der().to_vec()],
            ..ProbeSettings::default()
        };
        let dns = OnceLock::from(None);
        Probe { resolver: Box::new(Mapped(port)), dns, ..Probe::new(settings, Arc::default()) }
    }

    #[tokio::test]
    async fn a_large_providers_servers_are_known_and_others_have_usual_names() {
        let probe = mapped(&["imap.gmail.com", "imap.x.co"]).await;
        let found = probe.find_settings("anna@gmail.com", true).await;
        let [only] = &*found.candidates else { panic!("{found:?}") };
        assert_eq!(
            (&*only.host, only.port, &*only.user),
            ("imap.gmail.com", 993, "anna@gmail.com")
        );
        assert_eq!(
            (only.source, only.is_own, only.takes_password),
            (Source::Provider("Gmail"), true, false)
        );
        assert_eq!(found.hint.unwrap().provider, "Gmail");

        let found = probe.find_settings("anna@X.co", true).await;
        let [only] = &*found.candidates else { panic!("{found:?}") };
        assert_eq!((&*only.host, only.port, only.source), ("imap.x.co", 993, Source::Usual));
        assert!(only.is_own && found.hint.is_none());
        // A server under a name that is not its own does not count.
        assert_eq!(probe.find_settings("anna@y.co", true).await, FoundSettings::default());
    }
}
