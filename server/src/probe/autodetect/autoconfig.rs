//! Mozilla's autoconfig: a file of settings that a domain publishes (draft-bucksch-autoconfig).

use super::{Candidate, Source};
use crate::probe::Probe;
use futures_util::future::join_all;
use reqwest::{Client, StatusCode, Url, header::LOCATION, redirect::Policy};
use roxmltree::{Document, Node};
use shared::{Channel, Field, rules::check_value};
use std::{net::SocketAddr, time::Duration};

/// The longest file that is read.
const MAX_BYTES: usize = 64 << 10;

/// Addresses that lead to another one.
const MAX_REDIRECTS: usize = 3;

/// For one file.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The port of https.
pub(in super::super) const HTTPS_PORT: u16 = 443;

impl Probe {
    /// What a domain publishes for its addresses. The address itself is not sent: the file is the same for all.
    pub(super) async fn autoconfig(
        &self,
        domain: &str,
        (address, local): (&str, &str),
        is_inbound: bool,
    ) -> Vec<Candidate> {
        let urls = [
            format!("https://autoconfig.{domain}/mail/config-v1.1.xml"),
            format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"),
        ];
        let files = urls.map(async |url| self.fetch(Url::parse(&url).ok()?).await);
        let files = join_all(files).await.into_iter().flatten();
        let mut found = files.map(|xml| parse(&xml, (address, local, domain), is_inbound));
        found.find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// A file over https, by hosts whose addresses may be connected to alone.
    async fn fetch(&self, mut url: Url) -> Option<String> {
        for _ in 0..=MAX_REDIRECTS {
            let host = url.domain().filter(|_| url.scheme() == "https" && url.port().is_none())?;
            let port = self.settings.https_port.unwrap_or(HTTPS_PORT);
            let addrs = self.judged(host, port, port == HTTPS_PORT).await.ok()?;
            let mut response = self.client(host, &addrs)?.get(url.clone()).send().await.ok()?;
            if response.status().is_redirection() {
                let location = response.headers().get(LOCATION)?.to_str().ok()?;
                url = url.join(location).ok()?;
                continue;
            }
            if response.status() != StatusCode::OK {
                return None;
            }
            let mut bytes = vec![];
            while let Some(chunk) = response.chunk().await.ok()? {
                bytes.extend_from_slice(&chunk);
                if bytes.len() > MAX_BYTES {
                    return None;
                }
            }
            return String::from_utf8(bytes).ok();
        }
        None
    }

    /// A client that connects to these addresses and no others: no proxy of the system's, and no look-up of its own.
    fn client(&self, host: &str, addrs: &[SocketAddr]) -> Option<Client> {
        Client::builder()
            .tls_backend_preconfigured((*self.tls()).clone())
            .resolve_to_addrs(host, addrs)
            .redirect(Policy::none())
            .https_only(true)
            .no_proxy()
            .timeout(TIMEOUT)
            .build()
            .ok()
    }
}

/// The servers of a file that are encrypted and take passwords. XML with a document type is not read, so there are no
/// entities.
fn parse(
    xml: &str,
    (address, local, domain): (&str, &str, &str),
    is_inbound: bool,
) -> Vec<Candidate> {
    let Ok(document) = Document::parse(xml) else { return vec![] };
    let (tag, kind) =
        if is_inbound { ("incomingServer", "imap") } else { ("outgoingServer", "smtp") };
    let text = |node: Node<'_, '_>, tag: &str| {
        let child = node.children().find(|child| child.has_tag_name(tag))?;
        let text = child.text()?.trim();
        let text = text.replace("%EMAILADDRESS%", address).replace("%EMAILLOCALPART%", local);
        Some(text.replace("%EMAILDOMAIN%", domain))
    };
    let servers = document.descendants().filter(|node: &Node<'_, '_>| {
        node.has_tag_name(tag) && node.attribute("type") == Some(kind)
    });
    let candidates = servers.filter_map(|server| {
        let is_encrypted = ["SSL", "STARTTLS"].contains(&&*text(server, "socketType")?);
        let host = text(server, "hostname")?.to_ascii_lowercase();
        let port = text(server, "port")?.parse().ok()?;
        let user = text(server, "username").unwrap_or_else(|| address.to_owned());
        let mut ways = server.children().filter(|child| child.has_tag_name("authentication"));
        let takes_password = ways.clone().count() == 0
            || ways.any(|way| way.text().is_some_and(|way| way.trim().starts_with("password")));
        let spec = Channel::EmailInbound.spec(Field::Host)?;
        let user_spec = Channel::EmailInbound.spec(Field::UserId)?;
        let is_good = is_encrypted
            && takes_password
            && check_value(spec, &host).is_empty()
            && check_value(user_spec, &user).is_empty();
        is_good.then(|| super::guess(host, port, &user, Source::Autoconfig))
    });
    candidates.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(servers: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="x.co">
            <domain>x.co</domain>{servers}</emailProvider></clientConfig>"#
        )
    }

    fn found(xml: &str, is_inbound: bool) -> Vec<(String, u16, String)> {
        let all = parse(xml, ("anna@x.co", "anna", "x.co"), is_inbound);
        all.into_iter().map(|of| (of.host, of.port, of.user)).collect()
    }

    #[test]
    fn encrypted_servers_that_take_passwords_are_read() {
        let xml = file(
            r#"<incomingServer type="pop3"><hostname>pop.x.co</hostname><port>995</port>
                <socketType>SSL</socketType></incomingServer>
            <incomingServer type="imap"><hostname>IMAP.%EMAILDOMAIN%</hostname><port>993</port>
                <socketType>SSL</socketType><username>%EMAILLOCALPART%</username>
                <authentication>password-cleartext</authentication></incomingServer>
            <incomingServer type="imap"><hostname>plain.x.co</hostname><port>143</port>
                <socketType>plain</socketType></incomingServer>
            <incomingServer type="imap"><hostname>oauth.x.co</hostname><port>993</port>
                <socketType>SSL</socketType><authentication>OAuth2</authentication></incomingServer>
            <outgoingServer type="smtp"><hostname>smtp.x.co</hostname><port>587</port>
                <socketType>STARTTLS</socketType></outgoingServer>"#,
        );
        assert_eq!(found(&xml, true), [("imap.x.co".into(), 993, "anna".into())]);
        assert_eq!(found(&xml, false), [("smtp.x.co".into(), 587, "anna@x.co".into())]);
    }

    #[test]
    fn what_is_no_file_of_settings_is_nothing() {
        let entity = r#"<!DOCTYPE a [<!ENTITY b "imap.x.co">]>"#;
        let server = r#"<incomingServer type="imap"><hostname>$HOST</hostname><port>993</port>
            <socketType>SSL</socketType></incomingServer>"#;
        let with = |host: &str| file(&server.replace("$HOST", host));
        assert_eq!(found(&with("imap.x.co"), true).len(), 1);
        for xml in [
            String::new(),
            "<html>".into(),
            with("a b"),
            with("imap.x.co:993"),
            with(""),
            format!("{entity}{}", with("imap.x.co").replace("<?xml version=\"1.0\"?>", "")),
        ] {
            assert_eq!(found(&xml, true), [], "{xml}");
        }
    }
}
