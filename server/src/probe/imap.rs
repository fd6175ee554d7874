//! IMAP, as far as to a mailbox that is open to be read.
//! A conversation is read in one piece.

mod reply;

use super::{
    Encryption, Failure, Finding, Probe, Run, Step, Stopped, Target,
    dial::{broken, encrypt, silent, slow, unanswered, upgrade},
    refusal::meaning,
    sasl::{Answer, Mechanism, SaslClient},
    wire::{Wire, WireError},
};
use crate::wording::connection_test::{Mail, MailCause, Moment, NetworkCause, Refusal};
use reply::{Reply, Status, is_status, literal, response_code};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

const MAIL: Mail = Mail::Inbound;
const TLS_PORT: u16 = 993;

/// Bytes of the longest command, as servers are to take it (RFC 7162, section 4).
const MAX_COMMAND_BYTES: usize = 8192;

/// Connects, encrypts and reads the greeting.
async fn open<'a>(
    probe: &Probe,
    run: &Run<'_>,
    target: &'a Target<'a>,
) -> Result<Imap<'a>, Stopped> {
    let stream = probe.dial(run, target).await?;
    let mute = || silent(target.port, TLS_PORT);
    let mut imap;
    if target.encryption == Encryption::Tls {
        let stream = run.stage(Step::Tls, mute, encrypt(probe, target, stream)).await?;
        imap = Imap::new(target, Wire::new(stream));
        run.stage(Step::Greeting, slow(&imap.wire, mute), imap.greet()).await?;
    } else {
        imap = Imap::new(target, Wire::new(stream));
        run.stage(Step::Greeting, slow(&imap.wire, mute), imap.greet()).await?;
        imap = run
            .stage(Step::Tls, unanswered(Moment::AskingForEncryption), imap.start_tls(probe))
            .await?;
    }
    Ok(imap)
}

/// Looks whether a server takes passwords. Nothing of an account is said to it.
pub(super) async fn look(
    probe: &Probe,
    run: &Run<'_>,
    target: &Target<'_>,
) -> Result<bool, Stopped> {
    let mut imap = open(probe, run, target).await?;
    let look = imap.takes_password();
    let takes_password = run.stage(Step::SignIn, unanswered(Moment::SigningIn), look).await?;
    run.leave(imap.exchange("LOGOUT", &mut |_| None)).await;
    Ok(takes_password)
}

pub(super) async fn test(probe: &Probe, run: &Run<'_>, target: &Target<'_>) -> Result<(), Stopped> {
    let mut imap = open(probe, run, target).await?;
    let has_asked = imap.has_asked.clone();
    let silent = || probe.unanswered_sign_in(target, has_asked.load(Relaxed));
    run.stage(Step::SignIn, silent, imap.sign_in()).await?;
    probe.answered_sign_in(target);
    let open = async { imap.open_inbox().await.map(|()| ((), Finding::last())) };
    run.observe(Step::OpenInbox, unanswered(Moment::OpeningInbox), open).await?;
    run.leave(imap.exchange("LOGOUT", &mut |_| None)).await;
    Ok(())
}

/// A conversation with an IMAP server (RFC 9051).
struct Imap<'a> {
    target: &'a Target<'a>,
    wire: Wire,
    /// Commands so far, which number their tags.
    commands: u32,
    /// What the server can do, in capitals; unknown until it has said so over this encryption.
    capabilities: Option<Vec<String>>,
    /// What the server said when it announced that it ends the connection.
    bye: Option<String>,
    /// Whether the server has been given user and password.
    has_asked: Arc<AtomicBool>,
}

impl<'a> Imap<'a> {
    fn new(target: &'a Target<'a>, wire: Wire) -> Self {
        Self { target, wire, commands: 0, capabilities: None, bye: None, has_asked: Arc::default() }
    }

    async fn greet(&mut self) -> Result<(), Failure> {
        let greeting = self.wire.line().await;
        let greeting = greeting.map_err(|error| self.lost(&error, Moment::BeforeGreeting))?;
        let said = greeting.strip_prefix("* ").ok_or(MailCause::NoSuchServer(MAIL))?;
        self.learn(said);
        let (word, text) = said.split_once(' ').unwrap_or((said, ""));
        match &*word.to_ascii_uppercase() {
            "OK" => Ok(()),
            "PREAUTH" => Err(Failure::from(MailCause::SignsAnybodyIn).saying(text)),
            "BYE" => Err(bye(Step::Greeting, text, Moment::AtOnce)),
            _ => Err(MailCause::NoSuchServer(MAIL).into()),
        }
    }

    async fn start_tls(mut self, probe: &Probe) -> Result<Self, Failure> {
        let moment = Moment::AskingForEncryption;
        if !self.has("STARTTLS", moment).await? {
            return Err(MailCause::NoStartTls(MAIL).into());
        }
        let reply = self.simple("STARTTLS", moment).await?;
        if reply.status != Status::Ok {
            return Err(refused(Step::Tls, reply));
        }
        let target = self.target;
        // What was said in clear text is forgotten.
        Ok(Self::new(target, upgrade(probe, target, self.wire).await?))
    }

    async fn sign_in(&mut self) -> Result<(), Failure> {
        let moment = Moment::SigningIn;
        let Target { user, password, .. } = *self.target;
        let max_bytes = if self.has("SASL-IR", moment).await? { MAX_COMMAND_BYTES } else { 0 };
        // As they are before anything of the account is sent: nothing of it can be among them.
        let offered: Vec<_> = self.mechanisms().into_iter().map(str::to_owned).collect();
        let offers_known = self.offers_known();
        self.has_asked.store(true, Relaxed);
        let mut last = None;
        for mechanism in Mechanism::ALL {
            if !self.has(&format!("AUTH={}", mechanism.name()), moment).await? {
                continue;
            }
            for max_bytes in [max_bytes, 0] {
                let mut client = SaslClient::new(mechanism, user, password);
                let command = client.command("AUTHENTICATE", max_bytes);
                // A challenge that has no answer ends the sign-in.
                let mut answer =
                    |challenge: &str| Some(client.answer(challenge).unwrap_or("*".into()));
                let reply = self.command(&command, &mut answer, moment).await?;
                if reply.status == Status::Ok {
                    return Ok(());
                }
                if is_final(&reply) {
                    return Err(self.sign_in_refused(reply));
                }
                // The password has not been looked at.
                let is_bad = reply.status == Status::Bad;
                last = Some(reply);
                // Some servers want to ask before they are answered.
                if !is_bad || !mechanism.is_begun_by(&command) {
                    break;
                }
            }
        }
        if !self.has("LOGINDISABLED", moment).await? {
            let mut lines = login(user, password).into_iter();
            let command = lines.next().unwrap_or_default();
            let reply = self.command(&command, &mut |_| lines.next(), moment).await?;
            if reply.status == Status::Ok {
                return Ok(());
            }
            last = Some(reply);
        }
        // LOGIN may be refused only because the server does not announce it.
        let is_way_unknown =
            |reply: &Reply| !offers_known && !offered.is_empty() && !is_final(reply);
        match last.filter(|reply| !is_way_unknown(reply)) {
            Some(reply) => Err(self.sign_in_refused(reply)),
            None => Err(no_sign_in(&offered)),
        }
    }

    /// The ways to sign in that the server announces.
    fn mechanisms(&self) -> Vec<&str> {
        let known = self.capabilities.iter().flatten();
        known.filter_map(|known| known.strip_prefix("AUTH=")).collect()
    }

    async fn takes_password(&mut self) -> Result<bool, Failure> {
        let is_login_off = self.has("LOGINDISABLED", Moment::SigningIn).await?;
        Ok(self.offers_known() || !is_login_off)
    }

    fn offers_known(&self) -> bool {
        let offered = self.mechanisms();
        Mechanism::ALL.iter().any(|mechanism| offered.contains(&mechanism.name()))
    }

    fn sign_in_refused(&self, reply: Reply) -> Failure {
        let meaning = match meaning(Step::SignIn, &reply.text) {
            Refusal::SignIn if reply.status == Status::Bad => Refusal::NotUnderstood,
            Refusal::SignIn if reply.text.is_empty() => Refusal::WrongPassword,
            meaning => meaning.of_password(self.target.password),
        };
        Failure::from(meaning).saying(reply.text)
    }

    async fn open_inbox(&mut self) -> Result<(), Failure> {
        let moment = Moment::OpeningInbox;
        // Some providers open no folder for a program that does not give its name (RFC 2971).
        if self.has("ID", moment).await? {
            self.simple(r#"ID ("name" "Patchbay")"#, moment).await?;
        }
        let reply = self.simple("EXAMINE INBOX", moment).await?;
        if reply.status == Status::Ok { Ok(()) } else { Err(refused(Step::OpenInbox, reply)) }
    }

    /// Whether the server has a capability. It is asked if it has not said what it can do.
    async fn has(&mut self, capability: &str, moment: Moment) -> Result<bool, Failure> {
        if self.capabilities.is_none() {
            self.simple("CAPABILITY", moment).await?;
        }
        let known = self.capabilities.get_or_insert_default();
        Ok(known.iter().any(|known| known == capability))
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
        self.exchange(command, answer).await.map_err(|error| self.lost(&error, moment))
    }

    /// Sends a command, and what the server asks for beside it; reads how it ends.
    async fn exchange(&mut self, command: &str, answer: Answer<'_>) -> Result<Reply, WireError> {
        self.commands += 1;
        let tag = format!("P{}", self.commands);
        self.wire.send(&format!("{tag} {command}")).await?;
        loop {
            let line = self.wire.line().await?;
            let (word, said) = line.split_once(' ').unwrap_or((&line, ""));
            if word == tag {
                let is_ok = said.get(..2).is_some_and(|status| status.eq_ignore_ascii_case("OK"));
                // A refusal may repeat what it refuses.
                if is_ok {
                    self.learn(said);
                }
                return Reply::parse(said).ok_or(WireError::Malformed);
            }
            match word {
                "*" => {
                    self.read_data(said).await?;
                    if self.bye.is_some() && command != "LOGOUT" {
                        return Err(WireError::Lost(io::ErrorKind::ConnectionAborted.into()));
                    }
                }
                "+" => {
                    if let Some(line) = answer(said) {
                        self.wire.send(&line).await?;
                    }
                }
                // Extensions that this program does not know.
                _ => {}
            }
        }
    }

    async fn read_data(&mut self, said: &str) -> Result<(), WireError> {
        self.learn(said);
        // A status has no literals: its text may end as it likes.
        let mut announced = if is_status(said) { None } else { literal(said) };
        while let Some(bytes) = announced {
            self.wire.skip(bytes).await?;
            announced = literal(&self.wire.line().await?);
        }
        Ok(())
    }

    /// Takes note of capabilities, wherever they stand, and of a goodbye.
    fn learn(&mut self, said: &str) {
        let said_upper = said.to_ascii_uppercase();
        let server_message = response_code(&said_upper).unwrap_or(&said_upper);
        if let Some(capabilities) = server_message.strip_prefix("CAPABILITY ") {
            let capabilities = capabilities.split_ascii_whitespace().map(str::to_owned);
            self.capabilities = Some(capabilities.collect());
        }
        if said_upper.starts_with("BYE") {
            self.bye = Some(said["BYE".len()..].trim().to_owned());
        }
    }

    fn lost(&self, error: &WireError, moment: Moment) -> Failure {
        let step = match moment {
            Moment::SigningIn => Step::SignIn,
            Moment::OpeningInbox => Step::OpenInbox,
            _ => Step::Greeting,
        };
        match (&self.bye, error) {
            (Some(text), WireError::Lost(_)) => bye(step, text, moment),
            _ => broken(self.target, error, moment),
        }
    }
}

/// The lines of LOGIN. A value is a quoted string, or, where that cannot hold it, a literal: its length, and
/// in the next line itself (RFC 9051, section 4.3).
fn login(user: &str, password: &str) -> Vec<String> {
    let mut lines = vec![];
    let mut line = "LOGIN".to_owned();
    for value in [user, password] {
        if value.is_ascii() && !value.contains(|char: char| char.is_ascii_control()) {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            line = format!("{line} \"{escaped}\"");
        } else {
            lines.push(format!("{line} {{{}}}", value.len()));
            value.clone_into(&mut line);
        }
    }
    lines.push(line);
    lines
}

fn no_sign_in(offered: &[String]) -> Failure {
    Failure::from(MailCause::NoPasswordSignIn { others: offered }).saying(offered.join(" "))
}

fn refused(step: Step, reply: Reply) -> Failure {
    Failure::from(meaning(step, &reply.text)).saying(reply.text)
}

/// A server that ends the connection, and may say why.
fn bye(step: Step, text: &str, moment: Moment) -> Failure {
    let failure = match meaning(step, text) {
        Refusal::Connection | Refusal::SignIn | Refusal::Inbox => {
            NetworkCause::Dropped(moment).into()
        }
        meaning => Failure::from(meaning),
    };
    failure.saying(text)
}

/// Whether there is no use in another way to sign in: the password was looked at, or the server is busy.
fn is_final(reply: &Reply) -> bool {
    match meaning(Step::SignIn, &reply.text) {
        Refusal::OtherMechanism | Refusal::NotUnderstood => false,
        Refusal::SignIn | Refusal::WrongPassword => reply.status == Status::No,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
