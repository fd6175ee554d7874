//! SMTP, as far as to a sender that is accepted, or to a test message that the server has taken.
//! A conversation is read in one piece.

mod reply;

use super::{
    Encryption, Failure, Finding, Letter, Probe, Run, Step, Stopped, Target,
    dial::{broken, encrypt, silent, slow, unanswered, upgrade},
    letter::queue_id,
    refusal::meaning,
    sasl::{Answer, Mechanism, SaslClient},
    wire::{Wire, WireError},
};
use crate::wording::connection_test::{Found, Mail, MailCause, Moment, NetworkCause, Refusal};
use reply::{Reply, read_reply};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

const MAIL: Mail = Mail::Outbound;
const TLS_PORT: u16 = 465;

/// Where servers give mail to each other.
const RELAY_PORT: u16 = 25;

/// Bytes of the longest command without its end (RFC 5321, section 4.5.3.1.4).
const MAX_COMMAND_BYTES: usize = 510;

/// Connects, encrypts and reads the greeting.
async fn open<'a>(
    probe: &Probe,
    run: &Run<'_>,
    target: &'a Target<'a>,
) -> Result<Smtp<'a>, Stopped> {
    let stream = probe.dial(run, target).await?;
    let mute = || silent(target.port, TLS_PORT);
    let mut smtp;
    if target.encryption == Encryption::Tls {
        let stream = run.stage(Step::Tls, mute, encrypt(probe, target, stream)).await?;
        smtp = Smtp::new(target, Wire::new(stream));
        run.stage(Step::Greeting, slow(&smtp.wire, mute), smtp.greet()).await?;
    } else {
        smtp = Smtp::new(target, Wire::new(stream));
        run.stage(Step::Greeting, slow(&smtp.wire, mute), smtp.greet()).await?;
        smtp = run
            .stage(Step::Tls, unanswered(Moment::AskingForEncryption), smtp.start_tls(probe))
            .await?;
    }
    Ok(smtp)
}

/// Looks whether a server takes passwords. Nothing of an account is said to it.
pub(super) async fn look(
    probe: &Probe,
    run: &Run<'_>,
    target: &Target<'_>,
) -> Result<bool, Stopped> {
    let mut smtp = open(probe, run, target).await?;
    let look = smtp.takes_password();
    let takes_password = run.stage(Step::SignIn, unanswered(Moment::SigningIn), look).await?;
    run.leave(smtp.exchange("QUIT", &mut |_| None)).await;
    Ok(takes_password)
}

/// With a letter, as far as to one that the server has taken.
pub(super) async fn test(
    probe: &Probe,
    run: &Run<'_>,
    target: &Target<'_>,
    letter: Option<&Letter<'_>>,
) -> Result<(), Stopped> {
    let mut smtp = open(probe, run, target).await?;
    let has_asked = smtp.has_asked.clone();
    let silent = || probe.unanswered_sign_in(target, has_asked.load(Relaxed));
    run.stage(Step::SignIn, silent, smtp.sign_in()).await?;
    probe.answered_sign_in(target);
    if let Some(letter) = letter {
        run.stage(Step::Sender, unanswered(Moment::NamingSender), smtp.name_sender()).await?;
        let send = async { Ok(((), accepted_message(run, &smtp.send(letter).await?))) };
        let silent = || NetworkCause::MessageUnanswered.into();
        run.observe(Step::Message, silent, send).await?;
        run.leave(smtp.leave()).await;
        return Ok(());
    }
    let name = async { smtp.name_sender().await.map(|()| ((), accepted(target))) };
    run.observe(Step::Sender, unanswered(Moment::NamingSender), name).await?;
    run.leave(smtp.leave()).await;
    Ok(())
}

/// What the server says of a message that it took.
fn accepted_message(run: &Run<'_>, reply: &Reply) -> Finding {
    let words = run.scrubber.clean_name(&reply.text());
    let id = queue_id(&words);
    Finding { found: vec![Found::Queued { id, words: &words }.to_string()], ..Finding::last() }
}

/// What can be said of a sender that was accepted: servers may look at it only when there is a mail.
fn accepted(target: &Target<'_>) -> Finding {
    let is_own = target.sender.eq_ignore_ascii_case(target.user);
    let found = (!is_own).then(|| Found::OtherSender.to_string());
    Finding { found: found.into_iter().collect(), ..Finding::last() }
}

/// A conversation with an SMTP server (RFC 5321).
struct Smtp<'a> {
    target: &'a Target<'a>,
    wire: Wire,
    /// What the server can do, in capitals; unknown until this program has introduced itself over this
    /// encryption.
    extensions: Option<Vec<String>>,
    /// Whether the server has been given user and password.
    has_asked: Arc<AtomicBool>,
}

impl<'a> Smtp<'a> {
    fn new(target: &'a Target<'a>, wire: Wire) -> Self {
        Self { target, wire, extensions: None, has_asked: Arc::default() }
    }

    /// Reads the greeting, and introduces this program.
    async fn greet(&mut self) -> Result<(), Failure> {
        let greeting = match read_reply(&mut self.wire).await {
            Ok(reply) => reply,
            Err(WireError::Malformed) => return Err(MailCause::NoSuchServer(MAIL).into()),
            Err(error) => return Err(broken(self.target, &error, Moment::BeforeGreeting)),
        };
        match greeting.code {
            220 => self.introduce(Moment::AtOnce).await,
            400.. => Err(refused(Step::Greeting, &greeting)),
            _ => Err(MailCause::NoSuchServer(MAIL).into()),
        }
    }

    async fn introduce(&mut self, moment: Moment) -> Result<(), Failure> {
        let name = self.target.client_name;
        let mut reply = self.simple(&format!("EHLO {name}"), moment).await?;
        // A server from before there were extensions.
        if [500, 502].contains(&reply.code) {
            reply = self.simple(&format!("HELO {name}"), moment).await?;
            reply.lines.truncate(1);
        }
        if !reply.is_positive() {
            let text = reply.text();
            return Err(match meaning(Step::Greeting, &text) {
                Refusal::Connection => Failure::from(MailCause::NameRefused(name)).saying(text),
                meaning => Failure::from(meaning).saying(text),
            });
        }
        // The first line is the server's name.
        let extensions = reply.lines.iter().skip(1).map(|line| line.trim().to_ascii_uppercase());
        self.extensions = Some(extensions.collect());
        Ok(())
    }

    async fn start_tls(mut self, probe: &Probe) -> Result<Self, Failure> {
        if !self.offers("STARTTLS") {
            return Err(MailCause::NoStartTls(MAIL).into());
        }
        let reply = self.simple("STARTTLS", Moment::AskingForEncryption).await?;
        if reply.code != 220 {
            return Err(refused(Step::Tls, &reply));
        }
        let target = self.target;
        // What was said in clear text is forgotten.
        Ok(Self::new(target, upgrade(probe, target, self.wire).await?))
    }

    async fn sign_in(&mut self) -> Result<(), Failure> {
        let moment = Moment::SigningIn;
        if self.extensions.is_none() {
            self.introduce(moment).await?;
        }
        let Target { user, password, .. } = *self.target;
        self.has_asked.store(true, Relaxed);
        let mut last = None;
        for mechanism in Mechanism::ALL {
            if !self.mechanisms().any(|name| name == mechanism.name()) {
                continue;
            }
            for max_bytes in [MAX_COMMAND_BYTES, 0] {
                let mut client = SaslClient::new(mechanism, user, password);
                let command = client.command("AUTH", max_bytes);
                let mut answer = |challenge: &str| client.answer(challenge);
                let reply = self.command(&command, &mut answer, moment).await?;
                if reply.is_positive() {
                    return Ok(());
                }
                let meaning = meaning(Step::SignIn, &reply.text());
                let failure = Failure::from(meaning.of_password(password)).saying(reply.text());
                // Else the password has not been looked at.
                if !matches!(meaning, Refusal::OtherMechanism | Refusal::NotUnderstood) {
                    return Err(failure);
                }
                last = Some(failure);
                // Some servers want to ask before they are answered.
                if meaning == Refusal::OtherMechanism || !mechanism.is_begun_by(&command) {
                    break;
                }
            }
        }
        Err(last.unwrap_or_else(|| self.no_sign_in()))
    }

    async fn takes_password(&mut self) -> Result<bool, Failure> {
        if self.extensions.is_none() {
            self.introduce(Moment::SigningIn).await?;
        }
        Ok(Mechanism::ALL.iter().any(|known| self.mechanisms().any(|name| name == known.name())))
    }

    fn no_sign_in(&self) -> Failure {
        let others: Vec<_> = self.mechanisms().map(str::to_owned).collect();
        let cause = if self.target.port == RELAY_PORT {
            MailCause::RelayPort
        } else {
            MailCause::NoPasswordSignIn { others: &others }
        };
        Failure::from(cause).saying(others.join(" "))
    }

    /// The ways to sign in that the server offers. Older servers write `AUTH=`.
    fn mechanisms(&self) -> impl Iterator<Item = &str> {
        let lines = self.extensions.iter().flatten();
        let names =
            lines.filter_map(|line| line.strip_prefix("AUTH")?.strip_prefix([' ', '\t', '=']));
        names.flat_map(str::split_ascii_whitespace)
    }

    fn offers(&self, extension: &str) -> bool {
        let mut lines = self.extensions.iter().flatten();
        lines.any(|line| line.split_ascii_whitespace().next() == Some(extension))
    }

    async fn name_sender(&mut self) -> Result<(), Failure> {
        let sender = self.target.sender;
        if sender.contains(['<', '>']) || !sender.contains('@') {
            return Err(Refusal::SenderMalformed.into());
        }
        // Letters beyond ASCII in an address (RFC 6531).
        let is_international = !sender.is_ascii() && self.offers("SMTPUTF8");
        let parameter = if is_international { " SMTPUTF8" } else { "" };
        let command = format!("MAIL FROM:<{sender}>{parameter}");
        let reply = self.simple(&command, Moment::NamingSender).await?;
        if reply.is_positive() { Ok(()) } else { Err(refused(Step::Sender, &reply)) }
    }

    /// Sends a message. The server has it when it says so to the last line, and not before.
    async fn send(&mut self, letter: &Letter<'_>) -> Result<Reply, Failure> {
        let moment = Moment::SendingMessage;
        let reply = self.simple(&format!("RCPT TO:<{}>", letter.to), moment).await?;
        if !reply.is_positive() {
            let text = reply.text();
            let refusal = match meaning(Step::Message, &text) {
                Refusal::Message => Refusal::Recipient,
                other => other,
            };
            return Err(Failure::from(refusal).saying(text));
        }
        let reply = self.simple("DATA", moment).await?;
        if reply.code != 354 {
            return Err(refused(Step::Message, &reply));
        }
        for line in letter.lines(self.target.sender) {
            let sent = self.wire.send(&line).await;
            sent.map_err(|error| broken(self.target, &error, moment))?;
        }
        let reply = self.simple(".", moment).await?;
        if reply.is_positive() { Ok(reply) } else { Err(refused(Step::Message, &reply)) }
    }

    /// Takes the sender back and says goodbye.
    async fn leave(&mut self) -> Result<(), WireError> {
        self.exchange("RSET", &mut |_| None).await?;
        self.exchange("QUIT", &mut |_| None).await.map(|_| ())
    }

    async fn simple(&mut self, command: &str, moment: Moment) -> Result<Reply, Failure> {
        self.command(command, &mut |_| None, moment).await
    }

    async fn command(
        &mut self,
        command: &str,
        answer: Answer<'_>,
        moment: Moment,
    ) -> Result<Reply, Failure> {
        let done = self.exchange(command, answer).await;
        done.map_err(|error| broken(self.target, &error, moment))
    }

    /// Sends a command, and what the server asks for beside it; reads how it ends.
    async fn exchange(&mut self, command: &str, answer: Answer<'_>) -> Result<Reply, WireError> {
        self.wire.send(command).await?;
        loop {
            let reply = read_reply(&mut self.wire).await?;
            if reply.code != 334 {
                return Ok(reply);
            }
            // A challenge that has no answer ends the sign-in.
            let line = answer(&reply.lines.join(" ")).unwrap_or_else(|| "*".to_owned());
            self.wire.send(&line).await?;
        }
    }
}

fn refused(step: Step, reply: &Reply) -> Failure {
    Failure::from(meaning(step, &reply.text())).saying(reply.text())
}

#[cfg(test)]
mod tests;
