//! What tests of connections may reach.

use crate::probe::{Encryption, ProbeSettings};
use anyhow::{Context, bail};
use clap::Args;
use ipnet::IpNet;
use std::{fs, net::SocketAddr, path::PathBuf};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};

#[derive(Debug, Args)]
pub(super) struct TestSettings {
    /// A network that tests of connections may reach although it is not the internet's, such as
    /// 10.1.0.0/16; several with commas
    #[arg(long = "test-network", env = "PATCHBAY_TEST_NETWORKS", value_delimiter = ',')]
    networks: Vec<IpNet>,
    /// A port of mail servers in those networks beside the usual ones, and its encryption, such as
    /// 1993=tls or 1143=starttls; several with commas
    #[arg(long = "test-port", env = "PATCHBAY_TEST_PORTS", value_delimiter = ',', value_parser = port)]
    ports: Vec<(u16, Encryption)>,
    /// A server of the DNS that is asked in place of the system's, such as 10.1.0.53:53
    #[arg(long = "test-dns", env = "PATCHBAY_TEST_DNS")]
    dns: Option<SocketAddr>,
    /// A file of certificates (PEM) that tests trust beside the system's
    #[arg(long = "test-ca", env = "PATCHBAY_TEST_CA")]
    authorities: Option<PathBuf>,
}

impl TestSettings {
    pub(super) fn settings(&self) -> anyhow::Result<ProbeSettings> {
        let roots = match &self.authorities {
            None => vec![],
            Some(file) => {
                let context = || format!("the certificates of {}", file.display());
                let pem = fs::read(file).with_context(context)?;
                let certificates = CertificateDer::pem_slice_iter(&pem);
                let der = certificates.map(|certificate| Ok(certificate?.to_vec()));
                let roots: Vec<_> = der.collect::<anyhow::Result<_>>().with_context(context)?;
                if roots.is_empty() {
                    bail!("there is no certificate (PEM) in {}", file.display());
                }
                roots
            }
        };
        Ok(ProbeSettings {
            allowed: self.networks.clone(),
            ports: self.ports.clone(),
            roots,
            dns: self.dns,
            ..ProbeSettings::default()
        })
    }
}

fn port(text: &str) -> Result<(u16, Encryption), String> {
    let (port, encryption) = text.split_once('=').unwrap_or((text, ""));
    let encryption = match encryption {
        "tls" => Encryption::Tls,
        "starttls" => Encryption::StartTls,
        _ => return Err("write it as 1993=tls or 1143=starttls".to_owned()),
    };
    let port = port.parse().map_err(|_| format!("{port} is no port"))?;
    Ok((port, encryption))
}
