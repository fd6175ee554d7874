//! What a client says at a sign-in (SASL), for IMAP and SMTP alike.

use base64::{Engine, engine::general_purpose::STANDARD};

/// A way to sign in with user and password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    /// draft-murchison-sasl-login: the first challenge is the user's, the second the password's,
    /// whatever they say.
    Login,
}

impl Mechanism {
    /// Those that this program knows, the preferred first.
    pub(super) const ALL: [Self; 2] = [Self::Plain, Self::Login];

    /// Its name in protocols.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }

    /// The client's lines: a command that begins with `verb`, and an answer to each challenge. The
    /// first answer goes with the command where the mechanism lets the client begin and the line then
    /// has no more than `max_bytes`.
    pub(super) fn lines(
        self,
        verb: &str,
        user: &str,
        password: &str,
        max_bytes: usize,
    ) -> Vec<String> {
        let command = format!("{verb} {}", self.name());
        match self {
            Self::Plain => {
                let answer = STANDARD.encode(format!("\0{user}\0{password}"));
                if command.len() + 1 + answer.len() > max_bytes {
                    return vec![command, answer];
                }
                vec![format!("{command} {answer}")]
            }
            Self::Login => vec![command, STANDARD.encode(user), STANDARD.encode(password)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_are_sent_byte_for_byte() {
        let password = "€".repeat(256);
        let sent = Mechanism::Plain.lines("AUTH", "anna", &password, 0);
        assert_eq!(sent[0], "AUTH PLAIN");
        assert_eq!(STANDARD.decode(&sent[1]).unwrap(), format!("\0anna\0{password}").into_bytes());
        let sent = Mechanism::Login.lines("AUTH", "anna", "\"a\\b\" \t'&amp;%41", 999);
        assert_eq!(sent[..2], ["AUTH LOGIN", "YW5uYQ=="]);
        assert_eq!(STANDARD.decode(&sent[2]).unwrap(), b"\"a\\b\" \t'&amp;%41");
    }

    #[test]
    fn the_first_answer_goes_with_the_command_where_it_fits() {
        let whole = "AUTH PLAIN AGFubmEAaG9yc2U=";
        let lines = |max_bytes| Mechanism::Plain.lines("AUTH", "anna", "horse", max_bytes);
        assert_eq!(lines(whole.len()), [whole]);
        assert_eq!(lines(whole.len() - 1), ["AUTH PLAIN", "AGFubmEAaG9yc2U="]);
    }
}
