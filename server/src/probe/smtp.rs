//! SMTP, as far as to a sender that is accepted. No mail is sent.

use super::{
    Encryption, Failure, Kind, Probe, Run, Step, Stopped, Target,
    dial::{dropped, encrypt, of_tls, silent},
};
use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{
            AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
            TlsParametersBuilder,
        },
        commands::{Mail, Rset},
        extension::ClientId,
    },
};
use shared::Key;
use std::{
    error::Error as _,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

const TLS_PORT: u16 = 465;

pub(super) async fn test(probe: &Probe, run: &Run<'_>, target: &Target<'_>) -> Result<(), Stopped> {
    let stream = probe.dial(run, target).await?;
    let mute = || silent(target.port, TLS_PORT);
    let mut server = if target.encryption == Encryption::Tls {
        let stream = run.stage(Step::Tls, mute(), encrypt(probe, target, stream)).await?;
        run.stage(Step::Greeting, mute(), greet(Box::new(Encrypted(stream)))).await?
    } else {
        let mut server = run.stage(Step::Greeting, mute(), greet(Box::new(stream))).await?;
        run.stage(Step::Tls, mute(), start_tls(probe, target, &mut server)).await?;
        server
    };
    run.stage(Step::SignIn, mute(), sign_in(target, &mut server)).await?;
    run.last_stage(Step::Sender, mute(), name_sender(target, &mut server)).await?;
    run.leave(server.quit()).await;
    Ok(())
}

/// Whom the server is told that it talks to: an address of nobody, as the server has no name of its own.
fn client() -> ClientId {
    ClientId::Domain("[127.0.0.1]".to_owned())
}

async fn greet(stream: Box<dyn AsyncTokioStream>) -> Result<AsyncSmtpConnection, Failure> {
    let done = AsyncSmtpConnection::connect_with_transport(stream, &client()).await;
    done.map_err(|error| {
        if error.is_transient() || error.is_permanent() {
            return said(dropped("at once"), &error);
        }
        // The library's words for a line that was not ended.
        let cut_off = error.source().is_some_and(|of| of.to_string() == "incomplete response");
        if error.is_response() && !cut_off {
            return Failure::new(
                Kind::Settings,
                Some(Key::Port),
                "What answers there is no server of outbound mail (SMTP).",
                "Check the host and the port: 465 or 587.",
            );
        }
        dropped("before it said who it is")
    })
}

async fn start_tls(
    probe: &Probe,
    target: &Target<'_>,
    server: &mut AsyncSmtpConnection,
) -> Result<(), Failure> {
    if !server.can_starttls() {
        return Err(Failure::new(
            Kind::Settings,
            Some(Key::Port),
            "The server offers no encryption (STARTTLS) at this port.",
            "Use port 465. The password is not sent without encryption.",
        ));
    }
    let parameters = parameters(probe, target).map_err(|error| of_tls(target, &error))?;
    server.starttls(parameters, &client()).await.map_err(|error| of_tls(target, &error))
}

fn parameters(probe: &Probe, target: &Target<'_>) -> Result<TlsParameters, Error> {
    let mut builder = TlsParametersBuilder::new(target.host.to_owned());
    builder = builder.certificate_store(CertificateStore::None);
    for root in &probe.tls().roots {
        builder = builder.add_root_certificate(Certificate::from_der(root.clone())?);
    }
    builder.build_rustls()
}

async fn sign_in(target: &Target<'_>, server: &mut AsyncSmtpConnection) -> Result<(), Failure> {
    let credentials = Credentials::new(target.user.to_owned(), target.password.to_owned());
    let done = server.auth(DEFAULT_MECHANISMS, &credentials).await;
    done.map(|_| ()).map_err(|error| {
        if error.is_client() {
            return Failure::new(
                Kind::Settings,
                Some(Key::Port),
                "The server offers no sign-in with a password at this port.",
                "Try 465 or 587; port 25 is between servers.",
            );
        }
        if error.is_permanent() {
            let refused = Failure::new(
                Kind::Credentials,
                Some(Key::Password),
                "The server refused the user name or the password.",
                "Enter the password anew. Many providers want an app password, or have to be told \
                 first to allow SMTP.",
            );
            return said(refused, &error);
        }
        said(dropped("at the sign-in"), &error)
    })
}

/// Names the sender, and takes it back.
async fn name_sender(target: &Target<'_>, server: &mut AsyncSmtpConnection) -> Result<(), Failure> {
    let refused = || {
        Failure::new(
            Kind::Settings,
            Some(Key::From),
            format!("The server does not take mail from {}.", target.sender),
            "Enter an address that the account may send as, most often its own.",
        )
    };
    let sender: Address = target.sender.parse().map_err(|_| refused())?;
    server.command(Mail::new(Some(sender), vec![])).await.map_err(|error| {
        let failure = if error.is_permanent() { refused() } else { dropped("at the sender") };
        said(failure, &error)
    })?;
    server.command(Rset).await.map(|_| ()).map_err(|error| said(dropped("at the end"), &error))
}

/// A failure with the server's own words, if it said any.
fn said(failure: Failure, error: &Error) -> Failure {
    let Some(code) = error.status() else { return failure };
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    failure.saying(format!("{code} {words}"))
}

/// A connection that was encrypted before the library has it.
#[derive(Debug)]
struct Encrypted(TlsStream<TcpStream>);

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
