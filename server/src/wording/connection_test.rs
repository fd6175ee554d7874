//! What tests of connections say: their stages, what they find, and for each cause of a failure its kind, the field at
//! fault, what happened, and what to do. Names that a server gave are clean of secrets before they come here.

mod found;
mod mail;
mod network;
mod provider;
mod refusal;
mod tls;

pub use found::Found;
pub use mail::{Mail, MailCause};
pub use network::{Moment, NetworkCause};
pub use provider::{ProviderCause, Token};
pub use refusal::Refusal;
pub use tls::TlsCause;

use crate::probe::Step;

/// Why nothing was tested.
pub const NO_TEST: &str = "Connections of this channel have no test.";

const TRY_AGAIN_OR_ASK: &str = "Try again in a few minutes. If it goes on, ask the provider.";
const TRY_AGAIN_OR_CHECK: &str =
    "Try again in a few minutes. If it goes on, check host and port with the provider.";

/// A stage, by what is done in it.
#[must_use]
pub const fn title(step: Step) -> &'static str {
    match step {
        Step::Resolve => "Look up the host",
        Step::Connect => "Connect",
        Step::Greeting => "Read the server’s greeting",
        Step::Tls => "Encrypt, and check the certificate",
        Step::SignIn => "Sign in",
        Step::OpenInbox => "Open INBOX",
        Step::Sender => "Name the sender",
        Step::Message => "Send the message",
        Step::Page => "See the page",
        Step::Number => "See the phone number",
        Step::Account => "See the account",
        Step::User => "See who signed in",
        Step::Permissions => "Ask what the tokens may do, and until when",
    }
}
