//! IMAP, as far as to a mailbox that is open to be read.

use super::{
    Encryption, Failure, Kind, Probe, Run, Step, Stopped, Target,
    dial::{dropped, encrypt, silent},
};
use async_imap::{
    Client,
    error::Error,
    imap_proto::{Response, Status},
};
use shared::Key;
use std::{fmt::Debug, io::ErrorKind};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

const TLS_PORT: u16 = 993;

pub(super) async fn test(probe: &Probe, run: &Run<'_>, target: &Target<'_>) -> Result<(), Stopped> {
    let stream = probe.dial(run, target).await?;
    let mute = || silent(target.port, TLS_PORT);
    let client = if target.encryption == Encryption::Tls {
        let stream = run.stage(Step::Tls, mute(), encrypt(probe, target, stream)).await?;
        let mut client = Client::new(stream);
        run.stage(Step::Greeting, mute(), greet(&mut client)).await?;
        client
    } else {
        let mut client = Client::new(stream);
        run.stage(Step::Greeting, mute(), greet(&mut client)).await?;
        run.stage(Step::Tls, mute(), start_tls(probe, target, client)).await?
    };
    let mut session = Box::pin(run.stage(Step::SignIn, mute(), sign_in(target, client))).await?;
    let open = async {
        session.examine("INBOX").await.map_err(|error| match words(error) {
            Some(words) => Failure::new(
                Kind::Settings,
                Some(Key::UserId),
                "The account has no folder INBOX that can be opened.",
                "Check with the provider that the account receives mail and that IMAP may read it.",
            )
            .saying(words),
            None => dropped("when INBOX was opened"),
        })
    };
    run.last_stage(Step::OpenInbox, mute(), open).await?;
    run.leave(session.logout()).await;
    Ok(())
}

/// Reads what the server says first.
async fn greet<T: AsyncRead + AsyncWrite + Unpin + Debug + Send>(
    client: &mut Client<T>,
) -> Result<(), Failure> {
    let said = match client.read_response().await {
        Ok(Some(said)) => said,
        // What cannot be read is an error of no kind in particular.
        Err(error) if matches!(error.kind(), ErrorKind::Other | ErrorKind::InvalidData) => {
            return Err(no_imap());
        }
        Ok(None) | Err(_) => return Err(dropped("before it said who it is")),
    };
    match said.parsed() {
        Response::Data { status: Status::Ok | Status::PreAuth, .. } => Ok(()),
        Response::Data { outcome, .. } => {
            let words = outcome.information.as_deref().unwrap_or_default();
            Err(dropped("at once").saying(words))
        }
        _ => Err(no_imap()),
    }
}

fn no_imap() -> Failure {
    Failure::new(
        Kind::Settings,
        Some(Key::Port),
        "What answers there is no server of inbound mail (IMAP).",
        "Check the host and the port: 993 or 143.",
    )
}

async fn start_tls(
    probe: &Probe,
    target: &Target<'_>,
    mut client: Client<TcpStream>,
) -> Result<Client<TlsStream<TcpStream>>, Failure> {
    client.run_command_and_check_ok("STARTTLS", None).await.map_err(|error| {
        match words(error) {
            Some(words) => Failure::new(
                Kind::Settings,
                Some(Key::Port),
                "The server offers no encryption (STARTTLS) at this port.",
                "Use port 993. The password is not sent without encryption.",
            )
            .saying(words),
            None => dropped("when encryption was asked for"),
        }
    })?;
    Ok(Client::new(encrypt(probe, target, client.into_inner()).await?))
}

async fn sign_in(
    target: &Target<'_>,
    client: Client<TlsStream<TcpStream>>,
) -> Result<async_imap::Session<TlsStream<TcpStream>>, Failure> {
    client.login(target.user, target.password).await.map_err(|(error, _)| {
        let Some(words) = words(error) else { return dropped("at the sign-in") };
        if words.contains("UNAVAILABLE") || words.contains("temporar") {
            return dropped("at the sign-in").saying(words);
        }
        Failure::new(
            Kind::Credentials,
            Some(Key::Password),
            "The server refused the user name or the password.",
            "Enter the password anew. Many providers want an app password, or have to be told first \
             to allow IMAP.",
        )
        .saying(words)
    })
}

/// What a server said instead of OK; `None` if it said nothing.
fn words(error: Error) -> Option<String> {
    let (Error::No(text) | Error::Bad(text)) = error else { return None };
    // The library gives the parts of an answer as text of its own.
    let information =
        text.split_once("info: Some(\"").map(|(_, rest)| rest.trim_end_matches("\")"));
    Some(information.unwrap_or(&text).replace("\\\"", "\"").replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_words_are_what_it_said() {
        let said = r#"code: None, info: Some("no \"pass\\word\" here")"#;
        assert_eq!(words(Error::No(said.to_owned())).as_deref(), Some(r#"no "pass\word" here"#));
        assert_eq!(words(Error::Bad("plain".to_owned())).as_deref(), Some("plain"));
        assert_eq!(words(Error::ConnectionLost), None);
    }
}
