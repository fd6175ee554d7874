use crate::probe::{Failure, Kind::Settings};
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
    Untrusted {
        host: &'a str,
    },
}

impl From<TlsCause<'_>> for Failure {
    fn from(cause: TlsCause<'_>) -> Self {
        use TlsCause as C;
        let (field, explanation, advice) = match cause {
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
