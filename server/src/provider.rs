//! The providers' own APIs: the Graph API of Facebook and Instagram, and Twitter's. Who is asked is the
//! operator's to say, so that no address of a user's is among them.

mod answer;
mod graph;
mod sign_in;
mod twitter;
mod whatsapp;

pub use answer::ProviderError;
pub use graph::{InstagramAccount, Named, Page, TokenFacts};
pub use twitter::TwitterAccount;
pub use whatsapp::WhatsAppNumber;

use reqwest::{Client, Url, redirect::Policy};
use shared::Secret;
use std::{sync::OnceLock, time::Duration};

/// A provider that says nothing for so long does not answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where providers are, and as which app they are asked.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// The Graph API with its version.
    pub graph: Url,
    /// Facebook's pages for people, with the version of their dialog.
    pub facebook: Url,
    pub twitter: Url,
    /// The app at Facebook.
    pub facebook_app: Option<ProviderApp>,
    /// The app at Twitter.
    pub twitter_app: Option<ProviderApp>,
}

/// An app that the operator registered with a provider.
#[derive(Clone, Debug)]
pub struct ProviderApp {
    /// The app's id; Twitter calls it the API key.
    pub id: String,
    pub secret: Secret,
}

/// The Graph API's version is the newest that its documentation names (2026-11).
pub const GRAPH: &str = "https://graph.facebook.com/v25.0";
/// Facebook's dialog of the same version.
pub const FACEBOOK: &str = "https://www.facebook.com/v25.0";
/// Twitter's API, which answers under its first name, too.
pub const TWITTER: &str = "https://api.twitter.com";

impl Default for ProviderSettings {
    fn default() -> Self {
        let url = |text| Url::parse(text).expect("an address of this file");
        Self {
            graph: url(GRAPH),
            facebook: url(FACEBOOK),
            twitter: url(TWITTER),
            facebook_app: None,
            twitter_app: None,
        }
    }
}

#[derive(Debug, Default)]
pub struct Providers {
    settings: ProviderSettings,
    client: OnceLock<Client>,
}

impl Providers {
    /// With the operator's settings.
    #[must_use]
    pub fn new(settings: ProviderSettings) -> Self {
        Self { settings, client: OnceLock::new() }
    }

    #[must_use]
    pub const fn settings(&self) -> &ProviderSettings {
        &self.settings
    }

    /// Made at the first use: it reads all certificates of the system.
    fn client(&self) -> Result<&Client, ProviderError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build();
        let client = client.map_err(|_| ProviderError::Unreachable)?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// An address below a base.
fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let whole = format!("{}/{path}", base.path().trim_end_matches('/'));
    url.set_path(&whole);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_bases_version() {
        let base = Url::parse("https://graph.example/v25.0/").unwrap();
        assert_eq!(below(&base, "me/accounts").as_str(), "https://graph.example/v25.0/me/accounts");
        let base = Url::parse("https://api.example").unwrap();
        assert_eq!(below(&base, "1.1/a.json").as_str(), "https://api.example/1.1/a.json");
    }

    #[test]
    fn the_addresses_of_providers_are_addresses() {
        assert_eq!(ProviderSettings::default().graph.as_str(), GRAPH);
    }
}
