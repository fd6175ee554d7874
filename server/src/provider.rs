//! The providers' own APIs: the Graph API of Facebook and Instagram, and Twitter's. Who is asked is the
//! operator's to say, so that no address of a user's is among them.

mod answer;
mod graph;
mod meaning;
mod sign_in;
mod twitter;
mod whatsapp;

pub use answer::{ApiError, ProviderError};
pub use graph::{GranularScope, InstagramAccount, Named, Page, TokenError, TokenFacts};
pub use meaning::{Api, AppProblem, Meaning, TokenProblem};
pub use twitter::TwitterAccount;
pub use whatsapp::WhatsAppNumber;

use reqwest::{Client, Url, redirect::Policy};
use shared::Secret;
use std::{sync::OnceLock, time::Duration};

/// A provider that says nothing for so long does not answer.
const TIMEOUT: Duration = Duration::from_secs(10);

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
    /// The configuration of Facebook Login for Business, which says what is asked for in place of the permissions.
    pub facebook_config: Option<String>,
    /// The permissions that are asked for, for pages and for Instagram accounts.
    pub facebook_scopes: Vec<String>,
    pub instagram_scopes: Vec<String>,
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
pub const GRAPH: &str = "https://graph.facebook.com/v26.0";
/// Facebook's dialog of the same version.
pub const FACEBOOK: &str = "https://www.facebook.com/v26.0";
/// X's API, which answers under its first name (api.twitter.com), too.
pub const TWITTER: &str = "https://api.x.com";

/// What is asked for, for messages and posts of pages (Facebook's reference of permissions). Pages that their user
/// reaches through a business alone are not listed without `business_management`.
const FACEBOOK_SCOPES: [&str; 7] = [
    "pages_show_list",
    "pages_messaging",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "business_management",
];

/// Beside that, for messages and comments of the Instagram accounts that are linked to pages.
const INSTAGRAM_SCOPES: [&str; 3] =
    ["instagram_basic", "instagram_manage_messages", "instagram_manage_comments"];

/// What is asked for where an operator says nothing else.
#[must_use]
pub fn usual_scopes(is_instagram: bool) -> Vec<String> {
    let more = if is_instagram { &INSTAGRAM_SCOPES[..] } else { &[] };
    FACEBOOK_SCOPES.iter().chain(more).map(|scope| (*scope).to_owned()).collect()
}

impl ProviderSettings {
    /// The permissions that a sign-in asks for.
    #[must_use]
    pub fn scopes(&self, is_instagram: bool) -> &[String] {
        if is_instagram { &self.instagram_scopes } else { &self.facebook_scopes }
    }

    /// The Graph API's version, if it is older than the one that this program was written for. Meta switches versions off
    /// about two years after they appear.
    #[must_use]
    pub fn old_graph_version(&self) -> Option<&str> {
        let number = |url: &str| -> Option<u32> {
            let (_, version) = url.trim_end_matches('/').rsplit_once("/v")?;
            version.split('.').next()?.parse().ok()
        };
        let (_, version) = self.graph.as_str().trim_end_matches('/').rsplit_once('/')?;
        (number(self.graph.as_str())? < number(GRAPH)?).then_some(version)
    }
}

impl Default for ProviderSettings {
    fn default() -> Self {
        let url = |text| Url::parse(text).expect("an address of this file");
        Self {
            graph: url(GRAPH),
            facebook: url(FACEBOOK),
            twitter: url(TWITTER),
            facebook_app: None,
            facebook_config: None,
            facebook_scopes: usual_scopes(false),
            instagram_scopes: usual_scopes(true),
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

    #[test]
    fn an_old_version_is_recognised() {
        let old = |url: &str| {
            let graph = Url::parse(url).unwrap();
            let settings = ProviderSettings { graph, ..ProviderSettings::default() };
            settings.old_graph_version().map(str::to_owned)
        };
        assert_eq!(old("https://graph.example/v19.0/"), Some("v19.0".to_owned()));
        for good in [GRAPH, "https://graph.example/v99.0", "https://graph.example/"] {
            assert_eq!(old(good), None, "{good}");
        }
    }
}
