//! SMTP, as far as to a sender that is accepted. No mail is sent.

mod reply;

use super::{
    Encryption, Failure, Kind, Probe, Run, Step, Stopped, Target,
    dial::{broken, busy, encrypt, silent, upgrade},
    sasl::Mechanism,
    wire::{Wire, WireError},
};
use reply::{Reply, read_reply};
use shared::Key;

const TLS_PORT: u16 = 465;

/// Where servers give mail to each other.
const RELAY_PORT: u16 = 25;

/// How this program introduces itself: with an address of nobody, as it may have no name of its own.
const CLIENT: &str = "[127.0.0.1]";

/// Bytes of the longest command without its end (RFC 5321, section 4.5.3.1.4).
const MAX_COMMAND_BYTES: usize = 510;

pub(super) async fn test(probe: &Probe, run: &Run<'_>, target: &Target<'_>) -> Result<(), Stopped> {
    let stream = probe.dial(run, target).await?;
    let mute = || silent(target.port, TLS_PORT);
    let mut smtp;
    if target.encryption == Encryption::Tls {
        let stream = run.stage(Step::Tls, mute(), encrypt(probe, target, stream)).await?;
        smtp = Smtp::new(target, Wire::new(stream));
        run.stage(Step::Greeting, mute(), smtp.greet()).await?;
    } else {
        smtp = Smtp::new(target, Wire::new(stream));
        run.stage(Step::Greeting, mute(), smtp.greet()).await?;
        smtp = run.stage(Step::Tls, mute(), smtp.start_tls(probe)).await?;
    }
    run.stage(Step::SignIn, mute(), smtp.sign_in()).await?;
    run.last_stage(Step::Sender, mute(), smtp.name_sender()).await?;
    run.leave(smtp.leave()).await;
    Ok(())
}

/// A conversation with an SMTP server (RFC 5321).
struct Smtp<'a> {
    target: &'a Target<'a>,
    wire: Wire,
    /// What the server can do, in capitals; unknown until this program has introduced itself over this
    /// encryption.
    extensions: Option<Vec<String>>,
}

impl<'a> Smtp<'a> {
    fn new(target: &'a Target<'a>, wire: Wire) -> Self {
        Self { target, wire, extensions: None }
    }

    /// Reads the greeting, and introduces this program.
    async fn greet(&mut self) -> Result<(), Failure> {
        let greeting = match read_reply(&mut self.wire).await {
            Ok(reply) => reply,
            Err(WireError::Malformed) => return Err(no_smtp()),
            Err(error) => return Err(broken(self.target, &error, "before it said who it is")),
        };
        match greeting.code {
            220 => self.introduce("at once").await,
            400.. => Err(turned_away(&greeting)),
            _ => Err(no_smtp()),
        }
    }

    async fn introduce(&mut self, when: &str) -> Result<(), Failure> {
        let mut reply = self.command(&[&format!("EHLO {CLIENT}")], when).await?;
        // A server from before there were extensions.
        if [500, 502].contains(&reply.code) {
            reply = self.command(&[&format!("HELO {CLIENT}")], when).await?;
            reply.lines.truncate(1);
        }
        if !reply.is_positive() {
            return Err(turned_away(&reply));
        }
        // The first line is the server's name.
        let extensions = reply.lines.iter().skip(1).map(|line| line.trim().to_ascii_uppercase());
        self.extensions = Some(extensions.collect());
        Ok(())
    }

    async fn start_tls(mut self, probe: &Probe) -> Result<Self, Failure> {
        if !self.offers("STARTTLS") {
            return Err(no_encryption());
        }
        let reply = self.command(&["STARTTLS"], "when encryption was asked for").await?;
        if reply.code != 220 {
            return Err(busy("The server did not begin to encrypt.").saying(reply.text()));
        }
        let target = self.target;
        // What was said in clear text is forgotten.
        Ok(Self::new(target, upgrade(probe, target, self.wire).await?))
    }

    async fn sign_in(&mut self) -> Result<(), Failure> {
        let when = "at the sign-in";
        if self.extensions.is_none() {
            self.introduce(when).await?;
        }
        let Target { user, password, .. } = *self.target;
        let mut last = None;
        for mechanism in Mechanism::ALL {
            if !self.mechanisms().any(|name| name == mechanism.name()) {
                continue;
            }
            let lines = mechanism.lines("AUTH", user, password, MAX_COMMAND_BYTES);
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            let reply = self.command(&lines, when).await?;
            match reply.code {
                200..400 => return Ok(()),
                // The command was not understood: the password has not been looked at.
                500..=504 => last = Some(reply.text()),
                _ => return Err(refused(&reply)),
            }
        }
        let server_message =
            last.unwrap_or_else(|| self.mechanisms().collect::<Vec<_>>().join(" "));
        Err(self.no_password().saying(server_message))
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
            return Err(unusable_sender(sender));
        }
        // Letters beyond ASCII in an address (RFC 6531).
        let is_international = !sender.is_ascii() && self.offers("SMTPUTF8");
        let parameter = if is_international { " SMTPUTF8" } else { "" };
        let command = format!("MAIL FROM:<{sender}>{parameter}");
        let reply = self.command(&[&command], "at the sender").await?;
        match reply.code {
            200..400 => Ok(()),
            400..500 => {
                Err(busy("The server cannot take mail from this sender now.").saying(reply.text()))
            }
            _ => Err(unusable_sender(sender).saying(reply.text())),
        }
    }

    /// Takes the sender back and says goodbye.
    async fn leave(&mut self) -> Result<(), WireError> {
        self.exchange(&["RSET"]).await?;
        self.exchange(&["QUIT"]).await.map(|_| ())
    }

    async fn command(&mut self, lines: &[&str], when: &str) -> Result<Reply, Failure> {
        self.exchange(lines).await.map_err(|error| broken(self.target, &error, when))
    }

    /// Sends a command, and each further line when the server asks for more; reads how it ends.
    async fn exchange(&mut self, lines: &[&str]) -> Result<Reply, WireError> {
        let mut lines = lines.iter().copied();
        self.wire.send(lines.next().unwrap_or_default()).await?;
        loop {
            let reply = read_reply(&mut self.wire).await?;
            if reply.code != 334 {
                return Ok(reply);
            }
            // There is no answer to a further challenge: the sign-in is cancelled.
            self.wire.send(lines.next().unwrap_or("*")).await?;
        }
    }

    fn no_password(&self) -> Failure {
        let (field, advice) = if self.target.port == RELAY_PORT {
            (Some(Key::Port), "Try 465 or 587; port 25 is between servers.")
        } else {
            (None, "Ask the provider how mail programs sign in with a password (SMTP).")
        };
        let explanation = "The server offers this program no sign-in with user and password.";
        Failure::new(Kind::Settings, field, explanation, advice)
    }
}

fn no_smtp() -> Failure {
    Failure::new(
        Kind::Settings,
        Some(Key::Port),
        "What answers there is no server of outbound mail (SMTP).",
        "Check the host and the port: 465 or 587.",
    )
}

/// A server that takes no connection from this program, for now or for good.
fn turned_away(reply: &Reply) -> Failure {
    let failure = if reply.is_temporary() {
        busy("The server cannot take a connection now.")
    } else {
        Failure::new(
            Kind::Settings,
            None,
            "The server takes no connection from this program.",
            "Ask the provider, or the operator of this program, with what the server said.",
        )
    };
    failure.saying(reply.text())
}

fn no_encryption() -> Failure {
    Failure::new(
        Kind::Settings,
        Some(Key::Port),
        "The server offers no encryption (STARTTLS) at this port.",
        "Use port 465. The password is not sent without encryption.",
    )
}

fn refused(reply: &Reply) -> Failure {
    let failure = if reply.is_temporary() {
        busy("The server cannot sign anybody in now.")
    } else {
        Failure::new(
            Kind::Credentials,
            Some(Key::Password),
            "The server refused the user name or the password.",
            "Enter the password again. Many providers want an app password, or SMTP has to be \
             allowed there first.",
        )
    };
    failure.saying(reply.text())
}

fn unusable_sender(sender: &str) -> Failure {
    Failure::new(
        Kind::Settings,
        Some(Key::From),
        format!("The server does not take mail from {sender}."),
        "Enter an address that the account may send as, most often its own.",
    )
}

#[cfg(test)]
mod tests;
