//! The address under which browsers find the server.

use axum::http::Uri;
use std::str::FromStr;

/// Scheme, host and port, as a browser names them in `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    https: bool,
}

impl PublicUrl {
    /// As in `Origin`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host, if it is a name that the internet may know: no address, and nothing local.
    #[must_use]
    pub fn public_name(&self) -> Option<&str> {
        let (_, host) = self.origin.split_once("://")?;
        let host = host.split(':').next()?;
        let (_, last) = host.rsplit_once('.')?;
        last.starts_with(|char: char| char.is_ascii_alphabetic()).then_some(host)
    }

    /// Whether it is https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }
}

/// What is asked for if it is something else. The text itself is not repeated: it may hold a
/// password.
#[derive(Debug, thiserror::Error)]
#[error("give scheme and host, and a port if needed, for example https://patchbay.example")]
pub struct NoPublicUrl;

impl FromStr for PublicUrl {
    type Err = NoPublicUrl;

    fn from_str(text: &str) -> Result<Self, NoPublicUrl> {
        let uri: Uri = text.trim().parse().map_err(|_| NoPublicUrl)?;
        let (scheme, authority) = (uri.scheme_str(), uri.authority().ok_or(NoPublicUrl)?);
        let (https, default_port) = match scheme {
            Some("https") => (true, 443),
            Some("http") => (false, 80),
            _ => return Err(NoPublicUrl),
        };
        let bare = uri.path() == "/" && uri.query().is_none();
        if !bare || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(NoPublicUrl);
        }
        // Browsers write hosts in small letters and leave the usual port out.
        let host = authority.host().to_ascii_lowercase();
        let scheme = if https { "https" } else { "http" };
        let origin = match authority.port_u16().filter(|port| *port != default_port) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        };
        Ok(Self { origin, https })
    }
}

#[cfg(test)]
mod tests {
    use super::PublicUrl;

    #[test]
    fn it_is_written_as_browsers_write_it() {
        for (text, origin, https) in [
            ("https://patchbay.example", "https://patchbay.example", true),
            (" https://Patchbay.Example:443/ ", "https://patchbay.example", true),
            ("https://patchbay.example:8443", "https://patchbay.example:8443", true),
            ("http://127.0.0.1:3000/", "http://127.0.0.1:3000", false),
            ("http://[::1]:80", "http://[::1]", false),
        ] {
            let url: PublicUrl = text.parse().unwrap();
            assert_eq!((url.origin(), url.is_https()), (origin, https), "{text}");
        }
    }

    #[test]
    fn only_a_name_of_the_internet_is_a_name_for_others() {
        let name =
            |text: &str| text.parse::<PublicUrl>().unwrap().public_name().map(ToOwned::to_owned);
        assert_eq!(name("https://Help.example.com:8443"), Some("help.example.com".to_owned()));
        for text in ["http://localhost:3000", "https://192.0.2.7", "http://[2001:db8::1]:80"] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "patchbay.example",
            "patchbay.example:443",
            "ftp://patchbay.example",
            "https://",
            "https://patchbay.example/path",
            "https://patchbay.example?query",
            "https://user:canary@patchbay.example",
        ] {
            let error = text.parse::<PublicUrl>().unwrap_err().to_string();
            assert!(error.contains("https://patchbay.example") && !error.contains("canary"));
        }
    }
}
