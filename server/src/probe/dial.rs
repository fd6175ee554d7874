//! Looks a host up, connects to it and encrypts the connection.

use super::{
    Encryption, Failure, Kind, Probe, Run, Step, Stopped, Target, may_connect,
    nat64::{self, Nat64},
    wire::{Stream, Wire, WireError},
};
use shared::Key;
use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, CertificateError, ClientConfig, RootCertStore,
        client::Resumption,
        pki_types::{CertificateDer, ServerName},
    },
};

impl Probe {
    /// Reads the system's certificates once.
    fn tls(&self) -> Arc<ClientConfig> {
        let make = || {
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::warn!(%error, "certificates of the system could not be read");
            }
            let own = self.settings.roots.iter().cloned().map(CertificateDer::from);
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(found.certs.into_iter().chain(own));
            let mut config =
                ClientConfig::builder().with_root_certificates(store).with_no_client_auth();
            // A resumed session shows no certificate, and servers would decide how much is remembered.
            config.resumption = Resumption::disabled();
            Arc::new(config)
        };
        self.tls.get_or_init(make).clone()
    }

    /// Looks the host up and connects to it.
    pub(super) async fn dial(
        &self,
        run: &Run<'_>,
        target: &Target<'_>,
    ) -> Result<TcpStream, Stopped> {
        let host = target.host;
        let addrs = run.stage(Step::Resolve, unknown(host), self.resolve(target)).await?;
        let unreachable = || unreachable(host, target.port);
        let connect = async { TcpStream::connect(&*addrs).await.map_err(|_| unreachable()) };
        run.stage(Step::Connect, unreachable(), connect).await
    }

    /// The addresses that are connected to, one after the other, if all may be.
    async fn resolve(&self, target: &Target<'_>) -> Result<Vec<SocketAddr>, Failure> {
        let host = target.host.trim_matches(['[', ']']);
        let literal = host.parse::<IpAddr>().ok();
        let found: Vec<_> = if let Some(addr) = literal {
            vec![SocketAddr::new(addr, target.port)]
        } else {
            let found = self.resolver.lookup(host, target.port).await;
            found.map_err(|_| unknown(target.host))?
        };
        let translators = self.translators(&found).await;
        let allowed = &self.settings.allowed;
        let by_operator = |addr: &SocketAddr| {
            allowed.iter().any(|network| network.contains(&addr.ip().to_canonical()))
        };
        let may = |addr: &SocketAddr| {
            let mut leads_to = translators.iter().filter_map(|nat64| nat64.leads_to(addr.ip()));
            let is_open = by_operator(addr) || leads_to.all(|at| may_connect(at, allowed));
            is_open
                && may_connect(addr.ip(), allowed)
                && (target.is_allowed_port || by_operator(addr))
        };
        if found.iter().all(may) {
            return Ok(found);
        }
        Err(if literal.is_some() { blocked() } else { unknown(target.host) })
    }

    /// The translators that lead from this network's IPv6 addresses to IPv4's, if one of these could.
    async fn translators(&self, found: &[SocketAddr]) -> Vec<Nat64> {
        if !found.iter().any(|addr| addr.ip().to_canonical().is_ipv6()) {
            return vec![];
        }
        let known = self.resolver.lookup(nat64::NAME, 0).await.unwrap_or_default();
        Nat64::all(known.iter().map(SocketAddr::ip))
    }
}

/// Of a name that is not there and of one whose address is not allowed: which of the two would tell what
/// names the operator's network has.
fn unknown(host: &str) -> Failure {
    let explanation = format!("Server {host} not found on the internet.");
    let advice =
        "If it is on your network, your operator must allow it. Otherwise check its spelling.";
    Failure::new(Kind::Settings, Some(Key::Host), explanation, advice)
}

fn blocked() -> Failure {
    let explanation = "This address is blocked for tests.";
    let advice = "Enter the server’s public name. For a server on your network, ask your operator to \
                  allow it (--test-network).";
    Failure::new(Kind::NotTestable, Some(Key::Host), explanation, advice)
}

/// Whether a port is closed or filtered is nobody's business.
fn unreachable(host: &str, port: u16) -> Failure {
    let explanation = format!("{host} did not take a connection at port {port}.");
    let advice =
        "Check the host and the port. If both are right, the server may be down: try later.";
    Failure::new(Kind::Temporary, Some(Key::Port), explanation, advice)
}

/// A server that ends a connection or breaks it.
pub(super) fn dropped(when: &str) -> Failure {
    let explanation = format!("The server ended the connection {when}.");
    let advice =
        "Try again in a few minutes. If it goes on, check host and port with the provider.";
    Failure::new(Kind::Temporary, None, explanation, advice)
}

/// A server that says nothing.
pub(super) fn silent(port: u16, tls_port: u16) -> Failure {
    let explanation = format!("The server took the connection at port {port}, but said nothing.");
    let advice = if port == tls_port {
        "Try again in a few minutes. If it goes on, check host and port with the provider."
    } else {
        "The port may be one that is encrypted from the beginning: try 993 for inbound mail, 465 for \
         outbound mail."
    };
    Failure::new(Kind::Temporary, Some(Key::Port), explanation, advice)
}

/// A server that is there, but cannot do now what it was asked for.
pub(super) fn busy(explanation: &'static str) -> Failure {
    let advice = "Try again in a few minutes. If it goes on, ask the provider.";
    Failure::new(Kind::Temporary, None, explanation, advice)
}

/// Why a conversation broke off.
pub(super) fn broken(target: &Target<'_>, error: &WireError, when: &str) -> Failure {
    let settings = |key, explanation: &str, advice| {
        Failure::new(Kind::Settings, Some(key), explanation, advice)
    };
    match error {
        WireError::Lost(error) if rustls_error(error).is_some() => of_tls(target, error),
        WireError::Lost(_) => dropped(when),
        WireError::TooMuch => settings(
            Key::Host,
            "The server sent more than a mail server does: over 8 KiB in a line, or 64 KiB in all.",
            "Check the host. If it is right, ask whoever runs the server.",
        ),
        WireError::Malformed => settings(
            Key::Port,
            "The server gave an answer that is not one of a mail server.",
            "Check the host and the port with the provider.",
        ),
        WireError::Unsendable => settings(
            Key::UserId,
            "A value contains a line break or another character that mail servers do not take.",
            "Enter user, password and sender again.",
        ),
        WireError::Injected => settings(
            Key::Port,
            "The server went on in clear text after it had agreed to encrypt. Somebody on the way may \
             be adding to what it says.",
            "Use port 993 for inbound mail, 465 for outbound mail: they are encrypted from the \
             beginning.",
        ),
    }
}

/// Encrypts a conversation that began in clear text.
pub(super) async fn upgrade(
    probe: &Probe,
    target: &Target<'_>,
    wire: Wire,
) -> Result<Wire, Failure> {
    let parts = wire.into_parts();
    let (stream, budget) =
        parts.map_err(|error| broken(target, &error, "while it was being encrypted"))?;
    Ok(Wire::resume(encrypt(probe, target, stream).await?, budget))
}

/// Encrypts a connection, for the host's own name.
pub(super) async fn encrypt<S: Stream>(
    probe: &Probe,
    target: &Target<'_>,
    stream: S,
) -> Result<TlsStream<S>, Failure> {
    let host = target.host.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|_| unknown(target.host))?;
    let done = TlsConnector::from(probe.tls()).connect(name, stream).await;
    done.map_err(|error| of_tls(target, &error))
}

/// A TLS library's error in plain words.
fn of_tls(target: &Target<'_>, error: &(dyn Error + 'static)) -> Failure {
    let host = target.host;
    let Some(error) = rustls_error(error) else { return dropped("while it was being encrypted") };
    let settings = |key, explanation: String, advice| {
        Failure::new(Kind::Settings, Some(key), explanation, advice).saying(error.to_string())
    };
    match error {
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => settings(
            Key::Host,
            format!("The certificate of {host} has expired."),
            "Tell whoever runs the server: it needs a new certificate.",
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => settings(
            Key::Host,
            format!("The server’s certificate is for another name than {host}."),
            "Enter the host’s name as the provider gives it, not an alias or a number.",
        ),
        rustls::Error::InvalidCertificate(_) => settings(
            Key::Host,
            format!("The certificate of {host} is not one that can be trusted."),
            "Check the host. If it is right, whoever runs the server has to get a certificate of a \
             known authority.",
        ),
        rustls::Error::InvalidMessage(_) if target.encryption == Encryption::StartTls => settings(
            Key::Port,
            "The server agreed to encrypt, but went on in clear text.".to_owned(),
            "Use port 993 for inbound mail, 465 for outbound mail.",
        ),
        rustls::Error::InvalidMessage(_) => settings(
            Key::Port,
            format!("Port {} is not encrypted from the beginning.", target.port),
            "Try 143 for inbound mail, 587 for outbound mail.",
        ),
        _ => settings(
            Key::Port,
            format!("{host} and this program found no way to encrypt the connection."),
            "Check the port. If it is right, the server’s encryption may be out of date.",
        ),
    }
}

fn rustls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        // An io::Error's source is that of what it holds.
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match held {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    None
}
