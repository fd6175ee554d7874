//! Where providers are, and as which app they are asked.

use crate::provider::{self, ProviderApp, ProviderSettings, usual_scopes};
use anyhow::{Context, bail};
use clap::Args;
use reqwest::Url;
use shared::Secret;
use std::{
    fs,
    path::{Path, PathBuf},
};

#[derive(Debug, Args)]
pub(super) struct Providers {
    /// The Graph API of Facebook and Instagram, with its version
    #[arg(long, env = "PATCHBAY_GRAPH_URL", default_value = provider::GRAPH)]
    graph_url: Url,
    /// Facebook's sign-in, with its version
    #[arg(long, env = "PATCHBAY_FACEBOOK_URL", default_value = provider::FACEBOOK)]
    facebook_url: Url,
    /// The API of X (Twitter)
    #[arg(long, env = "PATCHBAY_TWITTER_URL", default_value = provider::TWITTER)]
    twitter_url: Url,
    /// The id of your app at Facebook, which is Instagram's too
    #[arg(long, env = "PATCHBAY_FACEBOOK_APP_ID")]
    facebook_app_id: Option<String>,
    /// Its secret; better set in the environment, where other users do not see it
    #[arg(long, env = "PATCHBAY_FACEBOOK_APP_SECRET", hide_env_values = true, requires = "facebook_app_id", value_parser = secret)]
    facebook_app_secret: Option<Secret>,
    /// A file with its secret, in place of that
    #[arg(
        long,
        env = "PATCHBAY_FACEBOOK_APP_SECRET_FILE",
        requires = "facebook_app_id",
        conflicts_with = "facebook_app_secret"
    )]
    facebook_app_secret_file: Option<PathBuf>,
    /// The configuration of Facebook Login for Business (`config_id`), which says what a sign-in asks for in place of
    /// the permissions
    #[arg(long, env = "PATCHBAY_FACEBOOK_CONFIG_ID")]
    facebook_config_id: Option<String>,
    /// The permissions that a sign-in for pages asks for, with commas
    #[arg(long, env = "PATCHBAY_FACEBOOK_SCOPES", value_delimiter = ',', default_values_t = usual_scopes(false))]
    facebook_scopes: Vec<String>,
    /// The permissions that a sign-in for Instagram accounts asks for, with commas
    #[arg(long, env = "PATCHBAY_INSTAGRAM_SCOPES", value_delimiter = ',', default_values_t = usual_scopes(true))]
    instagram_scopes: Vec<String>,
    /// The API key of your app at Twitter
    #[arg(long, env = "PATCHBAY_TWITTER_API_KEY")]
    twitter_api_key: Option<String>,
    /// Its secret; better set in the environment, where other users do not see it
    #[arg(long, env = "PATCHBAY_TWITTER_API_SECRET", hide_env_values = true, requires = "twitter_api_key", value_parser = secret)]
    twitter_api_secret: Option<Secret>,
    /// A file with its secret, in place of that
    #[arg(
        long,
        env = "PATCHBAY_TWITTER_API_SECRET_FILE",
        requires = "twitter_api_key",
        conflicts_with = "twitter_api_secret"
    )]
    twitter_api_secret_file: Option<PathBuf>,
}

impl Providers {
    pub(super) fn settings(&self) -> anyhow::Result<ProviderSettings> {
        let facebook =
            read(self.facebook_app_secret.as_ref(), self.facebook_app_secret_file.as_deref())?;
        let twitter =
            read(self.twitter_api_secret.as_ref(), self.twitter_api_secret_file.as_deref())?;
        let settings = ProviderSettings {
            graph: self.graph_url.clone(),
            facebook: self.facebook_url.clone(),
            twitter: self.twitter_url.clone(),
            facebook_app: app(
                self.facebook_app_id.as_deref(),
                facebook,
                "--facebook-app-secret-file",
            )?,
            facebook_config: self.facebook_config_id.clone(),
            facebook_scopes: self.facebook_scopes.clone(),
            instagram_scopes: self.instagram_scopes.clone(),
            twitter_app: app(
                self.twitter_api_key.as_deref(),
                twitter,
                "--twitter-api-secret-file",
            )?,
        };
        if let Some(version) = settings.old_graph_version() {
            tracing::warn!(
                version,
                newest = provider::GRAPH,
                "the Graph API is asked in an old version: Meta switches versions off after two years"
            );
        }
        Ok(settings)
    }
}

fn app(
    id: Option<&str>,
    secret: Option<Secret>,
    option: &str,
) -> anyhow::Result<Option<ProviderApp>> {
    let Some(id) = id else { return Ok(None) };
    let secret = secret
        .with_context(|| format!("the app {id} needs its secret: name a file with {option}"))?;
    Ok(Some(ProviderApp { id: id.to_owned(), secret }))
}

/// The secret as it was given, or the one line of the file.
fn read(given: Option<&Secret>, file: Option<&Path>) -> anyhow::Result<Option<Secret>> {
    let Some(file) = file else { return Ok(given.cloned()) };
    let text = fs::read_to_string(file);
    let text = text.with_context(|| format!("{} could not be read", file.display()))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        bail!("{} is empty: write the app's secret into it", file.display());
    }
    Ok(Some(Secret::new(secret.to_owned())))
}

#[expect(clippy::unnecessary_wraps, reason = "a parser of clap's may fail")]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text.to_owned()))
}
