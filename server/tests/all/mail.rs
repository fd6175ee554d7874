//! Mail servers on loopback, real ones and scripted ones, with certificates of an authority of their own.

pub mod scripted;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use server::probe::{Encryption, ProbeSettings, Timeouts};
use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tempfile::TempDir;
use tokio_rustls::rustls::{ServerConfig, pki_types::PrivateKeyDer};

/// The account of every server.
pub const USER: &str = "anna@mail.example";
pub const PASSWORD: &str = "correct#horse 9\"\\";

/// An account whose folders cannot be read.
pub const NO_INBOX: &str = "noinbox@mail.example";

/// What certificates are like.
#[derive(Clone, Copy)]
pub enum Certificate {
    Good,
    Expired,
    OtherName,
    NotYetValid,
    /// With a common name alone.
    Nameless,
    /// An authority's own (CA:TRUE).
    OfAuthority,
}

/// The authority's certificate, as DER.
pub fn authority() -> Vec<u8> {
    issuer().der().to_vec()
}

fn issuer() -> &'static CertifiedIssuer<'static, KeyPair> {
    static ISSUER: OnceLock<CertifiedIssuer<'static, KeyPair>> = OnceLock::new();
    ISSUER.get_or_init(|| {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    })
}

/// What lets tests of connections reach these ports of loopback, where servers have the authority's certificates. It
/// waits for seconds where operators' servers wait for half a minute.
pub fn reachable(ports: Vec<(u16, Encryption)>) -> ProbeSettings {
    let [brief, whole] = [5, 10].map(Duration::from_secs);
    ProbeSettings {
        allowed: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        ports,
        roots: vec![authority()],
        timeouts: Timeouts {
            test: whole,
            connect: brief,
            greeting: brief,
            sign_in: brief,
            message: brief,
            stage: brief,
        },
        ..ProbeSettings::default()
    }
}

/// The authority's certificate, as PEM.
pub fn authority_pem() -> String {
    issuer().pem()
}

/// TLS as `localhost`, for a server of the tests' own.
pub fn server_config() -> Arc<ServerConfig> {
    server_config_as(&["localhost"])
}

/// TLS under these names.
pub fn server_config_as(names: &[&str]) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, issuer());
    let certificates = vec![certificate.unwrap().der().clone()];
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder().with_no_client_auth();
    Arc::new(config.with_single_cert(certificates, key).unwrap())
}

fn write_certificate(folder: &Path, certificate: Certificate) {
    let names = match certificate {
        Certificate::OtherName => vec!["other.example".to_owned()],
        Certificate::Nameless => vec![],
        // And the names under which a domain may have it.
        _ => [
            "localhost",
            "*.srv.example",
            "*.starttls.example",
            "*.auto.example",
            "*.hoster.example",
        ]
        .map(str::to_owned)
        .to_vec(),
    };
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    match certificate {
        Certificate::Expired => {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        Certificate::NotYetValid => params.not_before = date_time_ymd(2999, 1, 1),
        Certificate::OfAuthority => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        _ => {}
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer()).unwrap();
    fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}

/// A server, which ends with this.
pub struct MailServer {
    child: Child,
    pub starttls: u16,
    pub tls: u16,
    folder: TempDir,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // Dovecot's helpers end with it if it is asked to.
        Command::new("kill").arg(self.child.id().to_string()).status().ok();
        self.child.wait().ok();
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Dovecot, an IMAP server, with the ways to sign in that it has by default.
pub fn dovecot(certificate: Certificate) -> MailServer {
    dovecot_with(certificate, "plain")
}

/// Dovecot with other ways to sign in.
pub fn dovecot_with(certificate: Certificate, mechanisms: &str) -> MailServer {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    write_certificate(path, certificate);
    let output = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let (user, group) = (output(&["-un"]), output(&["-gn"]));
    let is_root = user == "root";
    // It refuses to read root's mail.
    let owner = if is_root { "nobody" } else { &user };
    let (uid, gid) = (output(&["-u", owner]), output(&["-g", owner]));
    let (internal, internal_group, login) =
        if is_root { ("dovecot", "dovecot", "dovenull") } else { (&*user, &*group, &*user) };
    let (starttls, tls) = (free_port(), free_port());
    let mut config = include_str!("../mail/dovecot.conf").to_owned();
    for (name, value) in [
        ("$MECHANISMS", mechanisms),
        ("$FOLDER", path.to_str().unwrap()),
        ("$INTERNAL_GROUP", internal_group),
        ("$INTERNAL", internal),
        ("$LOGIN", login),
        ("$STARTTLS", &starttls.to_string()),
        ("$TLS", &tls.to_string()),
    ] {
        config = config.replace(name, value);
    }
    fs::write(path.join("dovecot.conf"), config).unwrap();
    let account = |user: &str, more: &str| {
        format!("{user}:{{PLAIN}}{PASSWORD}:{uid}:{gid}::{}/mail::{more}\n", path.display())
    };
    let users = account(USER, "") + &account(NO_INBOX, "userdb_mail=maildir:/proc/none");
    fs::write(path.join("users"), users).unwrap();
    fs::create_dir(path.join("mail")).unwrap();
    let open =
        |path: &Path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    open(path, 0o755);
    open(&path.join("mail"), 0o777);
    let child = Command::new("/usr/sbin/dovecot")
        .arg("-F")
        .arg("-c")
        .arg(path.join("dovecot.conf"))
        .spawn()
        .expect("Dovecot: setup.sh installs it");
    let server = MailServer { child, starttls, tls, folder };
    for _ in 0..100 {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, tls)).is_ok() {
            return server;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{}", fs::read_to_string(server.folder.path().join("log")).unwrap_or_default());
}

/// An SMTP server.
pub fn smtp(certificate: Certificate) -> MailServer {
    let folder = TempDir::new().unwrap();
    write_certificate(folder.path(), certificate);
    let mut child = Command::new("/usr/bin/python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/smtp.py"))
        .args([folder.path().join("cert.pem"), folder.path().join("key.pem")])
        .args([USER, PASSWORD])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // It tells of each handshake that fails, and is to.
        .stderr(Stdio::null())
        .spawn()
        .expect("aiosmtpd: setup.sh installs it");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let ports: Vec<u16> = line.split_whitespace().map(|port| port.parse().unwrap()).collect();
    MailServer { child, starttls: ports[0], tls: ports[1], folder }
}
