//! Looks a host up, connects to it and encrypts the connection.

use super::{
    Encryption, Failure, Probe, Run, Step, Stopped, Target, may_connect,
    nat64::{self, Nat64},
    wire::{Stream, Wire, WireError},
};
use crate::wording::connection_test::{Moment, NetworkCause, TlsCause};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, AlertDescription, CertificateError, ClientConfig, RootCertStore,
        client::Resumption,
        pki_types::{CertificateDer, ServerName},
    },
};

/// Addresses of a host that are tried.
const MAX_ADDRESSES: usize = 8;

/// Between the attempts to connect to two addresses (RFC 8305, section 8).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

impl Probe {
    /// Reads the system's certificates once.
    pub(super) fn tls(&self) -> Arc<ClientConfig> {
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
        let addrs = run
            .stage(Step::Resolve, || NetworkCause::UnknownHost(host).into(), self.resolve(target))
            .await?;
        let unreachable = || NetworkCause::Unreachable { host, port: target.port }.into();
        let connect = async { connect(addrs).await.ok_or_else(unreachable) };
        run.stage(Step::Connect, unreachable, connect).await
    }

    /// The addresses that are connected to, if all may be. The name is not looked up again for the
    /// connection, so that an answer that changes (DNS rebinding) gains nothing.
    async fn resolve(&self, target: &Target<'_>) -> Result<Vec<SocketAddr>, Failure> {
        self.judged(target.host, target.port, target.is_allowed_port).await
    }

    /// The same for any port.
    pub(super) async fn judged(
        &self,
        name: &str,
        port: u16,
        is_allowed_port: bool,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let host = name.trim_matches(['[', ']']);
        let literal = host.parse::<IpAddr>().ok();
        let found: Vec<_> = if let Some(addr) = literal {
            vec![SocketAddr::new(addr, port)]
        } else {
            let found = self.resolver.lookup(host, port).await;
            found.map_err(|_| NetworkCause::UnknownHost(name))?
        };
        let translators = self.translators(&found).await;
        let allowed = &self.settings.allowed;
        let by_operator = |addr: &SocketAddr| {
            allowed.iter().any(|network| network.contains(&addr.ip().to_canonical()))
        };
        if found.iter().all(|addr: &SocketAddr| {
            let mut leads_to = translators.iter().filter_map(|nat64| nat64.leads_to(addr.ip()));
            let is_open = by_operator(addr) || leads_to.all(|at| may_connect(at, allowed));
            is_open && may_connect(addr.ip(), allowed) && (is_allowed_port || by_operator(addr))
        }) {
            return Ok(found);
        }
        let cause = if literal.is_some() {
            NetworkCause::BlockedAddress
        } else {
            NetworkCause::UnknownHost(name)
        };
        Err(cause.into())
    }

    /// A server that did not answer the password, which the others of its connections have to make up for.
    pub(super) fn unanswered_sign_in(&self, target: &Target<'_>, has_asked: bool) -> Failure {
        if !has_asked {
            return NetworkCause::Unanswered(Moment::SigningIn).into();
        }
        self.breaker.note(target.host, Instant::now());
        NetworkCause::PasswordUnanswered.into()
    }

    /// A server that signed somebody in answers passwords again.
    pub(super) fn answered_sign_in(&self, target: &Target<'_>) {
        self.breaker.forget(target.host);
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

/// Connects to whichever address answers first: Happy Eyeballs (RFC 8305), each address a moment after the one before,
/// the two families in turn.
async fn connect(addrs: Vec<SocketAddr>) -> Option<TcpStream> {
    let first_is_v6 = addrs.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addrs.into_iter().partition(|addr| addr.is_ipv6() == first_is_v6);
    let turns = first.len().max(second.len());
    let in_turn = (0..turns).flat_map(|turn| [first.get(turn), second.get(turn)]).flatten();
    let attempts = in_turn.take(MAX_ADDRESSES).zip(0..).map(|(addr, turn)| async move {
        tokio::time::sleep(ATTEMPT_DELAY * turn).await;
        let stream = TcpStream::connect(addr).await.ok()?;
        // Lines are short, and each is waited for.
        stream.set_nodelay(true).ok()?;
        Some(stream)
    });
    let attempts: FuturesUnordered<_> = attempts.collect();
    attempts.filter_map(std::future::ready).next().await
}

/// A server that says nothing at a port that is encrypted from the beginning, or not.
pub(super) fn silent(port: u16, tls_port: u16) -> Failure {
    NetworkCause::Silent { port, is_encrypted: port == tls_port }.into()
}

/// The same for a greeting, of which a part may have come.
pub(super) fn slow<F: FnOnce() -> Failure>(
    wire: &Wire,
    mute: F,
) -> impl FnOnce() -> Failure + use<F> {
    let has_begun = wire.has_begun();
    move || if has_begun.load(Relaxed) { NetworkCause::SlowGreeting.into() } else { mute() }
}

/// A server that says nothing to something that it was asked.
pub(super) fn unanswered(moment: Moment) -> impl FnOnce() -> Failure {
    move || NetworkCause::Unanswered(moment).into()
}

/// Why a conversation broke off.
pub(super) fn broken(target: &Target<'_>, error: &WireError, moment: Moment) -> Failure {
    match error {
        WireError::Lost(error) if rustls_error(error).is_some() => of_tls(target, error),
        WireError::Lost(_) => NetworkCause::Dropped(moment).into(),
        WireError::TooMuch => NetworkCause::TooMuch.into(),
        WireError::Malformed => NetworkCause::Malformed.into(),
        WireError::Unsendable => NetworkCause::Unsendable.into(),
        WireError::Injected => TlsCause::Injected.into(),
    }
}

/// Encrypts a conversation that began in clear text.
pub(super) async fn upgrade(
    probe: &Probe,
    target: &Target<'_>,
    wire: Wire,
) -> Result<Wire, Failure> {
    let parts = wire.into_parts();
    let (stream, budget) = parts.map_err(|error| broken(target, &error, Moment::Encrypting))?;
    Ok(Wire::resume(encrypt(probe, target, stream).await?, budget))
}

/// Encrypts a connection, for the host's own name.
pub(super) async fn encrypt<S: Stream>(
    probe: &Probe,
    target: &Target<'_>,
    stream: S,
) -> Result<TlsStream<S>, Failure> {
    let host = target.host.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|_| NetworkCause::UnknownHost(target.host))?;
    let done = TlsConnector::from(probe.tls()).connect(name, stream).await;
    done.map_err(|error| of_tls(target, &error))
}

/// What an error of the TLS library means.
fn of_tls(target: &Target<'_>, error: &(dyn Error + 'static)) -> Failure {
    let Some(error) = rustls_error(error) else {
        return NetworkCause::Dropped(Moment::Encrypting).into();
    };
    let Target { host, port, encryption, .. } = *target;
    let cause = match error {
        rustls::Error::InvalidCertificate(why) => of_certificate(host, why),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            TlsCause::ClientCertificateWanted
        }
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            TlsCause::NameUnknown { host }
        }
        rustls::Error::AlertReceived(AlertDescription::InternalError) => TlsCause::ServerFailed,
        rustls::Error::InvalidMessage(_) if encryption == Encryption::StartTls => {
            TlsCause::StayedInClearText
        }
        rustls::Error::InvalidMessage(_) => TlsCause::NotEncrypted { port },
        _ => TlsCause::NothingInCommon { host },
    };
    Failure::from(cause).saying(error.to_string())
}

/// Why a certificate is not one of its host.
fn of_certificate<'a>(host: &'a str, error: &CertificateError) -> TlsCause<'a> {
    use CertificateError as E;
    match error {
        E::Expired | E::ExpiredContext { .. } => TlsCause::Expired { host },
        E::NotValidYet | E::NotValidYetContext { .. } => TlsCause::NotYetValid { host },
        E::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            TlsCause::Nameless { host }
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => TlsCause::OfAnother { host },
        E::UnknownIssuer => TlsCause::UnknownIssuer { host },
        E::BadSignature
        | E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            TlsCause::OutOfDate { host }
        }
        // The verifier's own errors have no variant here.
        E::Other(why) => match why.to_string().as_str() {
            "CaUsedAsEndEntity" => TlsCause::OfAuthority { host },
            why if why.starts_with("Unsupported") => TlsCause::OutOfDate { host },
            _ => TlsCause::Untrusted { host },
        },
        _ => TlsCause::Untrusted { host },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::FailureKind;
    use std::net::Ipv4Addr;
    use tokio::net::{TcpListener, TcpSocket};

    #[tokio::test]
    async fn an_address_that_swallows_what_comes_keeps_nobody_from_the_next() {
        let good = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).await.unwrap();
        let good = good.local_addr().unwrap();
        // Its queue is full, so that it drops what else comes, as a filter does.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let full = socket.listen(1).unwrap();
        let black_hole = full.local_addr().unwrap();
        let brief = Duration::from_millis(300);
        let mut queue = vec![];
        for _ in 0..4 {
            queue.push(tokio::time::timeout(brief, TcpStream::connect(black_hole)).await);
        }
        assert!(queue.iter().any(Result::is_err), "it drops what comes");
        let stream = connect(vec![black_hole, good]);
        let stream = tokio::time::timeout(ATTEMPT_DELAY * 8, stream).await.expect("the next one");
        assert_eq!(stream.unwrap().peer_addr().unwrap(), good);
    }

    #[tokio::test]
    async fn a_host_without_an_address_that_answers_is_not_connected_to() {
        assert!(connect(vec![]).await.is_none());
        let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = closed.local_addr().unwrap();
        drop(closed);
        assert!(connect(vec![addr, addr]).await.is_none());
    }

    #[test]
    fn each_kind_of_bad_certificate_has_words_of_its_own() {
        /// As the verifier names what has no variant of its own.
        #[derive(Debug, thiserror::Error)]
        #[error("{0}")]
        struct Named(&'static str);
        let other = |name| CertificateError::Other(rustls::OtherError(Arc::new(Named(name))));
        for (error, words) in [
            (CertificateError::Expired, "has expired"),
            (CertificateError::NotValidYet, "is not valid yet"),
            (CertificateError::NotValidForName, "is for another name"),
            (CertificateError::UnknownIssuer, "the whole chain"),
            (CertificateError::BadSignature, "X.509 v1, SHA-1"),
            (other("UnsupportedCertVersion"), "X.509 v1, SHA-1"),
            (other("CaUsedAsEndEntity"), "is one of an authority"),
            (CertificateError::Revoked, "is not one that can be trusted"),
        ] {
            let failure = Failure::from(of_certificate("mail.example", &error));
            assert!(failure.explanation.contains(words), "{error:?}: {failure:?}");
            assert_eq!(
                (failure.kind, failure.field),
                (FailureKind::Settings, Some(shared::Key::Host))
            );
        }
    }
}
