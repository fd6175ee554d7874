use super::TRY_AGAIN_OR_ASK;
use crate::probe::{
    Failure,
    FailureKind::{Settings, Temporary},
};
use shared::Key;

/// Why a connection was not encrypted, or not with a certificate of its host.
#[derive(Clone, Copy, Debug)]
pub enum TlsCause<'a> {
    /// Clear text between the agreement to encrypt and the encryption.
    Injected,
    StayedInClearText,
    NotEncrypted {
        port: u16,
    },
    NothingInCommon {
        host: &'a str,
    },
    Expired {
        host: &'a str,
    },
    OfAnother {
        host: &'a str,
    },
    /// It names no host: a common name (CN) does not count any more (RFC 9525).
    Nameless {
        host: &'a str,
    },
    NotYetValid {
        host: &'a str,
    },
    /// Of an authority that is not known, or without the certificates between.
    UnknownIssuer {
        host: &'a str,
    },
    /// An authority's own certificate (CA:TRUE) instead of a server's.
    OfAuthority {
        host: &'a str,
    },
    /// X.509 v1, SHA-1, or a key that is too short.
    OutOfDate {
        host: &'a str,
    },
    Untrusted {
        host: &'a str,
    },
    ClientCertificateWanted,
    NameUnknown {
        host: &'a str,
    },
    ServerFailed,
}

impl From<TlsCause<'_>> for Failure {
    #[expect(clippy::too_many_lines, reason = "a sentence for each")]
    fn from(cause: TlsCause<'_>) -> Self {
        use TlsCause as C;
        let (field, explanation, advice) = match cause {
            C::ClientCertificateWanted => {
                return Self::new(
                    Settings,
                    None,
                    "The server wants a certificate of its clients, which this program does not have.",
                    "Ask the provider for a server that takes user name and password alone.",
                );
            }
            C::ServerFailed => {
                return Self::new(
                    Temporary,
                    None,
                    "The server failed while the connection was being encrypted.",
                    TRY_AGAIN_OR_ASK,
                );
            }
            C::NameUnknown { host } => (
                Key::Host,
                format!("The server does not answer to the name {host}."),
                "Enter the host’s name as the provider gives it, not an alias or a number.",
            ),
            C::Injected => (
                Key::Port,
                "The server went on in clear text after it had agreed to encrypt. Somebody on the way may \
                 be adding to what it says."
                    .to_owned(),
                "Use port 993 for inbound mail, 465 for outbound mail: they are encrypted from the \
                 beginning.",
            ),
            C::StayedInClearText => (
                Key::Port,
                "The server agreed to encrypt, but went on in clear text.".to_owned(),
                "Use port 993 for inbound mail, 465 for outbound mail.",
            ),
            C::NotEncrypted { port } => (
                Key::Port,
                format!("Port {port} is not encrypted from the beginning."),
                "Try 143 for inbound mail, 587 for outbound mail.",
            ),
            C::NothingInCommon { host } => (
                Key::Port,
                format!("{host} and this program found no way to encrypt the connection."),
                "Check the port. If it is right, the server’s encryption may be out of date.",
            ),
            C::Expired { host } => (
                Key::Host,
                format!("The certificate of {host} has expired."),
                "Tell whoever runs the server: it needs a new certificate.",
            ),
            C::OfAnother { host } => (
                Key::Host,
                format!("The server’s certificate is for another name than {host}."),
                "Enter the host’s name as the provider gives it, not an alias or a number.",
            ),
            C::Nameless { host } => (
                Key::Host,
                format!(
                    "The certificate of {host} names no host (it has only a CN, which does not count any more)."
                ),
                "Tell whoever runs the server: it needs a certificate with the name as a DNS name.",
            ),
            C::NotYetValid { host } => (
                Key::Host,
                format!(
                    "The certificate of {host} is not valid yet, or the clock of this program is wrong."
                ),
                "Tell whoever runs the server, or ask your operator to check the clock.",
            ),
            C::UnknownIssuer { host } => (
                Key::Host,
                format!(
                    "The certificate of {host} is not from an authority that this program knows, or the server \
                     does not send the whole chain (mail programs may remember the rest)."
                ),
                "Check the host. If it is right, whoever runs the server has to send the whole chain of a \
                 known authority; for an authority of your own, ask your operator to name it (--test-ca).",
            ),
            C::OfAuthority { host } => (
                Key::Host,
                format!("The certificate of {host} is one of an authority (CA:TRUE), not of a server."),
                "Whoever runs the server has to make one with CA:FALSE; your operator can name that one \
                 (--test-ca).",
            ),
            C::OutOfDate { host } => (
                Key::Host,
                format!(
                    "The certificate of {host} is of a kind that is not trusted any more (X.509 v1, SHA-1, or \
                     a key that is too short)."
                ),
                "Tell whoever runs the server: it needs a new certificate.",
            ),
            C::Untrusted { host } => (
                Key::Host,
                format!("The certificate of {host} is not one that can be trusted."),
                "Check the host. If it is right, whoever runs the server has to get a certificate of a \
                 known authority.",
            ),
        };
        Self::new(Settings, Some(field), explanation, advice)
    }
}
