//! Where providers are, and as which app they are asked.

use crate::provider::{self, ProviderApp, ProviderSettings};
use clap::Args;
use reqwest::Url;
use shared::Secret;

#[derive(Debug, Args)]
pub(super) struct Providers {
    /// The Graph API of Facebook and Instagram, with its version
    #[arg(long, env = "PATCHBAY_GRAPH_URL", default_value = provider::GRAPH)]
    graph_url: Url,
    /// Facebook's sign-in, with its version
    #[arg(long, env = "PATCHBAY_FACEBOOK_URL", default_value = provider::FACEBOOK)]
    facebook_url: Url,
    /// Twitter's API
    #[arg(long, env = "PATCHBAY_TWITTER_URL", default_value = provider::TWITTER)]
    twitter_url: Url,
    /// The id of your app at Facebook, which is Instagram's too
    #[arg(long, env = "PATCHBAY_FACEBOOK_APP_ID", requires = "facebook_app_secret")]
    facebook_app_id: Option<String>,
    /// Its secret; better set in the environment, where other users do not see it
    #[arg(long, env = "PATCHBAY_FACEBOOK_APP_SECRET", hide_env_values = true, requires = "facebook_app_id", value_parser = secret)]
    facebook_app_secret: Option<Secret>,
    /// The API key of your app at Twitter
    #[arg(long, env = "PATCHBAY_TWITTER_API_KEY", requires = "twitter_api_secret")]
    twitter_api_key: Option<String>,
    /// Its secret; better set in the environment, where other users do not see it
    #[arg(long, env = "PATCHBAY_TWITTER_API_SECRET", hide_env_values = true, requires = "twitter_api_key", value_parser = secret)]
    twitter_api_secret: Option<Secret>,
}

impl Providers {
    pub(super) fn settings(&self) -> ProviderSettings {
        ProviderSettings {
            graph: self.graph_url.clone(),
            facebook: self.facebook_url.clone(),
            twitter: self.twitter_url.clone(),
            facebook_app: app(self.facebook_app_id.as_ref(), self.facebook_app_secret.as_ref()),
            twitter_app: app(self.twitter_api_key.as_ref(), self.twitter_api_secret.as_ref()),
        }
    }
}

fn app(id: Option<&String>, secret: Option<&Secret>) -> Option<ProviderApp> {
    Some(ProviderApp { id: id?.clone(), secret: secret?.clone() })
}

#[expect(clippy::unnecessary_wraps, reason = "a parser of clap's may fail")]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text.to_owned()))
}
