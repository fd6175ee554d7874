//! What the operator decides about tests, and how long they wait.

use super::Step;
use ipnet::IpNet;
use std::{net::SocketAddr, time::Duration};

/// How long a test waits.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For all of it.
    pub test: Duration,
    /// For a connection.
    pub connect: Duration,
    /// For a greeting: servers make strangers wait.
    pub greeting: Duration,
    /// For an answer to a password: servers make wrong ones wait, Dovecot up to 17 s.
    pub sign_in: Duration,
    /// For a message that is sent, beside all of a test: servers look into it.
    pub message: Duration,
    /// For each other stage.
    pub stage: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            test: seconds(60),
            connect: seconds(10),
            greeting: seconds(30),
            sign_in: seconds(30),
            message: seconds(60),
            stage: seconds(15),
        }
    }
}

impl Timeouts {
    pub(super) const fn of(&self, step: Step) -> Duration {
        match step {
            Step::Resolve | Step::Connect => self.connect,
            Step::Greeting => self.greeting,
            Step::SignIn => self.sign_in,
            Step::Message => self.message,
            _ => self.stage,
        }
    }
}

/// What the operator decides about tests.
#[derive(Clone, Debug, Default)]
pub struct ProbeSettings {
    /// How this program introduces itself to mail servers: a name that the internet knows.
    pub client_name: Option<String>,
    pub timeouts: Timeouts,
    /// Networks that may be connected to although they are not the internet's.
    pub allowed: Vec<IpNet>,
    /// Ports of mail servers beside the usual ones, and how they are encrypted. They are the allowed
    /// networks' alone.
    pub ports: Vec<(u16, Encryption)>,
    /// A server of the DNS that is asked in place of the system's.
    pub dns: Option<SocketAddr>,
    /// The port of https, where domains publish settings of mail, if it is another than usual.
    pub https_port: Option<u16>,
    /// Certificates (DER) that are trusted beside the system's.
    pub roots: Vec<Vec<u8>>,
}

/// How a port is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    Tls,
    StartTls,
}
