//! Tests a connection: mail against its server, as far as one can go without reading any, or sending any unasked;
//! Facebook, Instagram and Twitter by what their tokens see.
//!
//! Each stage ends by itself or by the limit of the whole. A mail server's name is looked up once, and
//! the address that was judged is the one that is connected to: a name that changes in between leads
//! nowhere else. User and password are given after TLS alone. Tokens go to the providers alone, whose
//! addresses are the operator's.

mod address;
mod autodetect;
mod breaker;
mod dial;
mod graph;
mod imap;
mod letter;
mod nat64;
mod provider;
mod refusal;
mod resolve;
mod sasl;
mod scrub;
mod settings;
mod smtp;
mod stage;
mod twitter;
mod whatsapp;
mod wire;

pub use address::may_connect;
pub use autodetect::{Candidate, FoundSettings, Hint, Source, hint_of_host};
pub use letter::Letter;
pub use settings::{Encryption, ProbeSettings, Timeouts};
pub use stage::{Aftermath, Expiry, Failure, FailureKind, Finding, Stage, Step};

use crate::{provider::Providers, wording::connection_test::NetworkCause};
use autodetect::Dns;
use breaker::CircuitBreaker;
use jiff::Timestamp;
use resolve::{Resolve, System};
use scrub::Scrubber;
use shared::{Connection, Key, Secret, channel::TestKind};
use std::{
    future::Future,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{sync::mpsc::Sender, time::Instant};
use tokio_rustls::rustls::ClientConfig;

/// A server's goodbye that is waited for.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);

/// How this program introduces itself where it has no name of its own: with an address of nobody.
const NAMELESS: &str = "[127.0.0.1]";

/// The ports of mail: RFC 8314, and those of STARTTLS.
const IMAP: [(u16, Encryption); 2] = [(993, Encryption::Tls), (143, Encryption::StartTls)];
const SMTP: [(u16, Encryption); 3] =
    [(465, Encryption::Tls), (587, Encryption::StartTls), (25, Encryption::StartTls)];

#[derive(Debug)]
pub struct Probe {
    settings: ProbeSettings,
    providers: Arc<Providers>,
    resolver: Box<dyn Resolve>,
    tls: OnceLock<Arc<ClientConfig>>,
    breaker: CircuitBreaker,
    dns: OnceLock<Option<Arc<Dns>>>,
}

/// What is tested. It has no `Debug`: it holds the password.
struct Target<'a> {
    host: &'a str,
    port: u16,
    encryption: Encryption,
    is_allowed_port: bool,
    user: &'a str,
    password: &'a str,
    sender: &'a str,
    /// How this program introduces itself.
    client_name: &'a str,
}

/// A test that goes on.
struct Run<'a> {
    progress: &'a Sender<Stage>,
    timeouts: Timeouts,
    /// The time of day, by which tokens end.
    now: Timestamp,
    end: Instant,
    scrubber: Scrubber,
}

/// A stage failed and has been reported.
struct Stopped;

impl Probe {
    /// With the operator's settings.
    #[must_use]
    pub fn new(settings: ProbeSettings, providers: Arc<Providers>) -> Self {
        let own = settings.dns.and_then(|server| Dns::new(Some(server)));
        let resolver: Box<dyn Resolve> = match own {
            Some(dns) => Box::new(dns),
            None => Box::new(System),
        };
        Self {
            settings,
            providers,
            resolver,
            tls: OnceLock::new(),
            breaker: CircuitBreaker::default(),
            dns: OnceLock::new(),
        }
    }

    /// Sends a letter through a connection to a server of outbound mail, and tells each stage when it is over.
    pub async fn send(
        &self,
        connection: &Connection,
        letter: &Letter<'_>,
        now: Timestamp,
        progress: &Sender<Stage>,
    ) {
        let mut run = self.begin(connection, now, progress);
        run.end += self.settings.timeouts.message;
        tokio::select! {
            _ = Box::pin(self.mail(&run, connection, Some(letter))) => {}
            () = progress.closed() => {}
        }
    }

    fn begin<'a>(
        &self,
        connection: &Connection,
        now: Timestamp,
        progress: &'a Sender<Stage>,
    ) -> Run<'a> {
        let scrubber = Scrubber::new(connection, self.providers.settings());
        let timeouts = self.settings.timeouts;
        Run { progress, timeouts, now, end: Instant::now() + timeouts.test, scrubber }
    }

    /// Tests a connection and tells each stage when it is over; the last is the one that failed, or the
    /// last one. Whoever stops listening ends it.
    pub async fn run(&self, connection: &Connection, now: Timestamp, progress: &Sender<Stage>) {
        let run = self.begin(connection, now, progress);
        let work = async {
            match connection.channel().test_kind() {
                Some(TestKind::Imap | TestKind::Smtp) => {
                    Box::pin(self.mail(&run, connection, None)).await
                }
                Some(TestKind::Graph { page_token, user_token, is_instagram }) => {
                    let tokens = (page_token.key(), user_token.key());
                    graph::test(self, &run, connection, tokens, is_instagram).await
                }
                Some(TestKind::Twitter) => twitter::test(self, &run, connection).await,
                Some(TestKind::WhatsApp) => whatsapp::test(self, &run, connection).await,
                None => Err(Stopped),
            }
        };
        tokio::select! {
            _ = work => {}
            () = progress.closed() => {}
        }
    }

    async fn mail(
        &self,
        run: &Run<'_>,
        connection: &Connection,
        letter: Option<&Letter<'_>>,
    ) -> Result<(), Stopped> {
        let text = |key| connection.text(key);
        let secret = connection.secret(Key::Password).map(Secret::expose).unwrap_or_default();
        let user = text(Key::UserId).unwrap_or_default();
        let sender = text(Key::From).unwrap_or_else(|| user.clone());
        let (host, port) =
            (text(Key::Host).unwrap_or_default(), text(Key::Port).unwrap_or_default());
        let is_inbound = connection.channel().test_kind() == Some(TestKind::Imap);
        let usual: &[_] = if is_inbound { &IMAP } else { &SMTP };
        let values = [&*host, &*user, secret, &*sender];
        let found = check(&values)
            .and_then(|()| self.breaker.check(&host, Instant::now().into_std()))
            .and_then(|()| self.encryption(&port, usual));
        let (port, encryption, is_allowed_port) = match found {
            Ok(found) => found,
            Err(failure) => {
                run.tell(Step::Resolve, Instant::now(), Err(failure)).await;
                return Err(Stopped);
            }
        };
        let target = Target {
            host: &host,
            port,
            encryption,
            is_allowed_port,
            user: &user,
            password: secret,
            sender: &sender,
            client_name: self.settings.client_name.as_deref().unwrap_or(NAMELESS),
        };
        if is_inbound {
            Box::pin(imap::test(self, run, &target)).await
        } else {
            Box::pin(smtp::test(self, run, &target, letter)).await
        }
    }

    /// The port, how it is encrypted, and whether it is one of mail everywhere.
    fn encryption(
        &self,
        port: &str,
        usual: &[(u16, Encryption)],
    ) -> Result<(u16, Encryption, bool), Failure> {
        let port = port.parse().unwrap_or_default();
        let find =
            |ports: &[(u16, Encryption)]| ports.iter().find(|of| of.0 == port).map(|of| of.1);
        if let Some(encryption) = find(usual) {
            return Ok((port, encryption, true));
        }
        let other = find(&self.settings.ports).map(|encryption| (port, encryption, false));
        other.ok_or_else(|| NetworkCause::UnusualPort(port).into())
    }
}

/// Nothing with a line break goes to a server: it would be a command of its own.
fn check(values: &[&str]) -> Result<(), Failure> {
    let keys = [Key::Host, Key::UserId, Key::Password, Key::From];
    let broken = keys.into_iter().zip(values).find(|(_, value)| value.contains(['\r', '\n', '\0']));
    broken.map_or(Ok(()), |(key, _)| Err(NetworkCause::TwoLines(key).into()))
}

impl Run<'_> {
    /// Does a stage and tells how it went. What takes too long is `silent`.
    async fn stage<T>(
        &self,
        step: Step,
        silent: impl FnOnce() -> Failure,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Stopped> {
        self.observe(step, silent, async { Ok((work.await?, Finding::default())) }).await
    }

    /// The same for a stage that finds something out.
    async fn observe<T>(
        &self,
        step: Step,
        silent: impl FnOnce() -> Failure,
        work: impl Future<Output = Result<(T, Finding), Failure>>,
    ) -> Result<T, Stopped> {
        let begin = Instant::now();
        let end = self.end.min(begin + self.timeouts.of(step));
        let done = tokio::time::timeout_at(end, work).await.unwrap_or_else(|_| Err(silent()));
        let (done, outcome) = match done {
            Ok((done, finding)) => (Ok(done), Ok(finding)),
            Err(failure) => (Err(Stopped), Err(failure)),
        };
        self.tell(step, begin, outcome).await;
        done
    }

    /// Says goodbye; whether the server does does not matter any more.
    async fn leave(&self, goodbye: impl Future) {
        tokio::time::timeout_at(self.end.min(Instant::now() + GOODBYE_TIMEOUT), goodbye).await.ok();
    }

    async fn tell(&self, stage: Step, begin: Instant, outcome: Result<Finding, Failure>) {
        let ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (finding, failure) = match outcome {
            Ok(finding) => (finding, None),
            Err(failure) => (Finding::default(), Some(failure)),
        };
        let failure = failure.map(|failure| {
            let server_message = failure
                .server_message
                .and_then(|server_message| self.scrubber.clean(&server_message));
            Failure {
                server_message: server_message.filter(|server_message| !server_message.is_empty()),
                ..failure
            }
        });
        let stage = Stage { stage, ok: failure.is_none(), ms, finding, failure };
        // Whoever does not listen any more has ended the test.
        self.progress.send(stage).await.ok();
    }
}

#[cfg(test)]
mod tests;
