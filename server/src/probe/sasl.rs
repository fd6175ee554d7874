//! What a client says at a sign-in (SASL, RFC 4422), for IMAP and SMTP alike.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use rsasl::prelude::{Mechname, SASLClient, SASLConfig, Session};
use std::collections::VecDeque;

/// What the client says when the server asks for more.
pub(super) type Answer<'a> = &'a mut (dyn FnMut(&str) -> Option<String> + Send);

/// Rounds of SCRAM's hash: servers ask for some thousands.
const MAX_ITERATIONS: u32 = 100_000;

/// A way to sign in with user and password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    /// RFC 7677. The password itself is not sent.
    ScramSha256,
    /// draft-murchison-sasl-login: the first challenge is the user's, the second the password's,
    /// whatever they say.
    Login,
    /// RFC 2195. The password itself is not sent.
    CramMd5,
}

impl Mechanism {
    /// Those that this program knows, the preferred first: over TLS the plainest is the one that works everywhere.
    pub(super) const ALL: [Self; 4] = [Self::Plain, Self::ScramSha256, Self::Login, Self::CramMd5];

    /// Its name in protocols.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::Login => "LOGIN",
            Self::CramMd5 => "CRAM-MD5",
        }
    }

    /// Whether a command that begins it has the first answer in it.
    pub(super) fn is_begun_by(self, command: &str) -> bool {
        command.rsplit(' ').next() != Some(self.name())
    }
}

/// The client's side of a sign-in.
pub(super) struct SaslClient<'a> {
    mechanism: Mechanism,
    user: &'a str,
    password: &'a str,
    /// Answers that do not depend on challenges, in base64.
    ready: VecDeque<String>,
    scram: Option<Session>,
}

impl<'a> SaslClient<'a> {
    pub(super) fn new(mechanism: Mechanism, user: &'a str, password: &'a str) -> Self {
        let (mut ready, mut scram) = (VecDeque::new(), None);
        match mechanism {
            Mechanism::Plain => ready.push_back(STANDARD.encode(format!("\0{user}\0{password}"))),
            Mechanism::Login => ready.extend([user, password].map(|value| STANDARD.encode(value))),
            Mechanism::ScramSha256 => {
                scram = scram_session(user, password);
                ready.extend(scram.as_mut().and_then(|session| step(session, None)));
            }
            Mechanism::CramMd5 => {}
        }
        Self { mechanism, user, password, ready, scram }
    }

    /// The command that begins it, with `verb`. The first answer goes with it where the mechanism lets the client
    /// begin and the line then has no more than `max_bytes`.
    pub(super) fn command(&mut self, verb: &str, max_bytes: usize) -> String {
        let command = format!("{verb} {}", self.mechanism.name());
        let begins = matches!(self.mechanism, Mechanism::Plain | Mechanism::ScramSha256);
        match self.ready.front() {
            Some(answer) if begins && command.len() + 1 + answer.len() <= max_bytes => {
                let command = format!("{command} {answer}");
                self.ready.pop_front();
                command
            }
            _ => command,
        }
    }

    /// The answer to a challenge; `None` cancels the sign-in.
    pub(super) fn answer(&mut self, challenge: &str) -> Option<String> {
        if let Some(ready) = self.ready.pop_front() {
            return Some(ready);
        }
        let challenge = challenge.trim();
        match self.mechanism {
            Mechanism::CramMd5 if !self.password.is_empty() => {
                let challenge = STANDARD.decode(challenge).ok()?;
                let answer = cram_md5(self.user, self.password, &challenge)?;
                // There is one challenge.
                self.password = "";
                Some(STANDARD.encode(answer))
            }
            Mechanism::ScramSha256 if is_scram(challenge) => {
                step(self.scram.as_mut()?, Some(challenge.as_bytes()))
            }
            _ => None,
        }
    }
}

/// Whether a challenge is one of RFC 5802 that costs little to answer: the server says how long that takes, and nothing
/// else runs meanwhile.
fn is_scram(challenge: &str) -> bool {
    let decoded = STANDARD.decode(challenge).ok().and_then(|text| String::from_utf8(text).ok());
    let Some(text) = decoded else { return false };
    let values = |names: &[&str]| -> Option<Vec<String>> {
        let parts: Vec<_> = text.split(',').collect();
        let are_alike = parts.len() == names.len();
        let values = parts.iter().zip(names).map(|(part, name)| {
            part.strip_prefix(name).filter(|value| !value.is_empty()).map(str::to_owned)
        });
        values.collect::<Option<_>>().filter(|_| are_alike)
    };
    let is_cheap = |iterations: &str| {
        iterations.parse::<u32>().is_ok_and(|count| (1..=MAX_ITERATIONS).contains(&count))
    };
    match values(&["r=", "s=", "i="]) {
        Some(first) => is_cheap(&first[2]),
        None => values(&["v="]).is_some() || values(&["e="]).is_some(),
    }
}

fn scram_session(user: &str, password: &str) -> Option<Session> {
    let config = SASLConfig::with_credentials(None, user.to_owned(), password.to_owned()).ok()?;
    let name = Mechname::parse(Mechanism::ScramSha256.name().as_bytes()).ok()?;
    SASLClient::new(config).start_suggested(&[name]).ok()
}

/// A challenge and its answer, in base64; `None` as well if the server does not prove that it knows the password.
fn step(session: &mut Session, challenge: Option<&[u8]>) -> Option<String> {
    let mut answer = vec![];
    session.step64(challenge, &mut answer).ok()?;
    String::from_utf8(answer).ok()
}

fn cram_md5(user: &str, password: &str, challenge: &[u8]) -> Option<String> {
    let mut hmac = Hmac::<Md5>::new_from_slice(password.as_bytes()).ok()?;
    hmac.update(challenge);
    Some(format!("{user} {}", hex::encode(hmac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_are_sent_byte_for_byte() {
        let password = "€".repeat(256);
        let mut client = SaslClient::new(Mechanism::Plain, "anna", &password);
        assert_eq!(client.command("AUTH", 0), "AUTH PLAIN");
        let sent = client.answer("").unwrap();
        assert_eq!(STANDARD.decode(sent).unwrap(), format!("\0anna\0{password}").into_bytes());
        assert_eq!(client.answer(""), None);
        let mut client = SaslClient::new(Mechanism::Login, "anna", "\"a\\b\" \t'&amp;%41");
        assert_eq!(client.command("AUTH", 999), "AUTH LOGIN");
        assert_eq!(client.answer("VXNlcm5hbWU6").unwrap(), "YW5uYQ==");
        let sent = client.answer("?").unwrap();
        assert_eq!(STANDARD.decode(sent).unwrap(), b"\"a\\b\" \t'&amp;%41");
        assert_eq!(client.answer(""), None);
    }

    #[test]
    fn the_first_answer_goes_with_the_command_where_it_fits() {
        let whole = "AUTH PLAIN AGFubmEAaG9yc2U=";
        let client = || SaslClient::new(Mechanism::Plain, "anna", "horse");
        assert_eq!(client().command("AUTH", whole.len()), whole);
        assert_eq!(client().command("AUTH", whole.len() - 1), "AUTH PLAIN");
    }

    #[test]
    fn cram_md5_answers_as_in_its_rfc() {
        let mut client = SaslClient::new(Mechanism::CramMd5, "tim", "tanstaaftanstaaf");
        assert_eq!(client.command("AUTHENTICATE", 999), "AUTHENTICATE CRAM-MD5");
        let challenge = "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+";
        let answer = "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw";
        assert_eq!(client.answer(challenge).as_deref(), Some(answer));
        assert_eq!(client.answer(challenge), None);
    }

    #[test]
    fn scram_believes_no_server_that_does_not_know_the_password() {
        let mut client = SaslClient::new(Mechanism::ScramSha256, "user", "pencil");
        let command = client.command("AUTH", 999);
        let first = command.strip_prefix("AUTH SCRAM-SHA-256 ").unwrap();
        let first = String::from_utf8(STANDARD.decode(first).unwrap()).unwrap();
        let (_, nonce) = first.split_once("n=user,r=").unwrap();
        let challenge = format!("r={nonce}server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        let answer = client.answer(&STANDARD.encode(challenge)).unwrap();
        let answer = String::from_utf8(STANDARD.decode(answer).unwrap()).unwrap();
        assert!(answer.starts_with("c=biws,r=") && !answer.contains("pencil"), "{answer}");
        assert_eq!(client.answer(&STANDARD.encode(format!("v={}", "A".repeat(43)))), None);
    }

    #[test]
    fn a_server_neither_breaks_scram_nor_decides_how_long_it_takes() {
        for challenge in [
            "r=nonce,s=QUJD,i=4294967295",
            "r=nonce,s=QUJD,i=0",
            "r=nonce,s=QUJD",
            "r=a,",
            "m=x,r=nonce,s=QUJD,i=4096",
            "v=",
            "",
        ] {
            let mut client = SaslClient::new(Mechanism::ScramSha256, "user", "pencil");
            client.command("AUTH", 999);
            assert_eq!(client.answer(&STANDARD.encode(challenge)), None, "{challenge}");
        }
    }
}
