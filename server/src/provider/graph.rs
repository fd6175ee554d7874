//! The Graph API: what a token is for.

use super::{Api, ApiError, ProviderError, Providers, answer, below};
use aws_lc_rs::hmac;
use serde::{Deserialize, de::DeserializeOwned};
use shared::Secret;

/// Somebody or something with a number: a user, a page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Named {
    pub id: String,
    #[serde(default)]
    pub name: String,
}

/// What a page's token sees.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Page {
    #[serde(flatten)]
    pub page: Named,
    /// The business account at Instagram that is linked to it.
    pub instagram_business_account: Option<InstagramAccount>,
    /// Instagram accounts that are linked to it in the older way.
    pub instagram_accounts: Option<List<InstagramAccount>>,
}

impl Page {
    /// The accounts at Instagram that are linked to it.
    pub fn instagram(&self) -> impl Iterator<Item = &InstagramAccount> {
        let others = self.instagram_accounts.iter().flat_map(|list| &list.data);
        self.instagram_business_account.iter().chain(others)
    }
}

/// An account at Instagram.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InstagramAccount {
    pub id: String,
    /// The name that it is known by.
    #[serde(default)]
    pub username: String,
}

/// A list of the Graph API.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct List<T> {
    /// What is on this page of it.
    pub data: Vec<T>,
}

/// What Facebook knows of a token. Times are seconds since 1970; 0 is never.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TokenFacts {
    /// Whether it is good, if that is said.
    pub is_valid: Option<bool>,
    /// Why it is not.
    pub error: Option<TokenError>,
    pub expires_at: Option<i64>,
    /// When its app may not look at the user's data any more.
    pub data_access_expires_at: Option<i64>,
    /// What it may do.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Which pages and accounts it may do it to.
    #[serde(default)]
    pub granular_scopes: Vec<GranularScope>,
}

/// Why a token is not good.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TokenError {
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    #[serde(default)]
    pub message: String,
}

impl From<TokenError> for ProviderError {
    fn from(TokenError { code, subcode, message }: TokenError) -> Self {
        Self::Refused(ApiError { code, subcode, server_message: message, ..ApiError::default() })
    }
}

/// What a token may do, and to what: to all, if there are no targets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GranularScope {
    pub scope: String,
    pub target_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

const PAGE: &str =
    "id,name,instagram_business_account{id,username},instagram_accounts{id,username}";

impl Providers {
    /// Who a user's token belongs to.
    ///
    /// # Errors
    /// If Facebook does not say.
    pub async fn user(&self, token: &str) -> Result<Named, ProviderError> {
        self.graph("me", &[("fields", "id,name")], token).await
    }

    /// Which page a page's token belongs to, and what is linked to it.
    ///
    /// # Errors
    /// If Facebook does not say.
    pub async fn page(&self, token: &str) -> Result<Page, ProviderError> {
        self.graph("me", &[("fields", PAGE)], token).await
    }

    /// What Facebook knows of a token; `None` if no app is configured that may ask.
    ///
    /// # Errors
    /// If Facebook does not say.
    pub async fn token_facts(&self, token: &str) -> Result<Option<TokenFacts>, ProviderError> {
        let Some(app) = &self.settings.facebook_app else { return Ok(None) };
        let access = Secret::new(format!("{}|{}", app.id, app.secret.expose()));
        let query = [("input_token", token)];
        let Data { data } = self.graph("debug_token", &query, access.expose()).await?;
        Ok(Some(data))
    }

    /// Asks the Graph API with a token, and proves that it is the app that asks: apps may require it. A token of
    /// another app is asked with without the proof, which would be wrong for it.
    pub(super) async fn graph<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        token: &str,
    ) -> Result<T, ProviderError> {
        let Some(proof) = self.proof(token) else { return self.ask(path, query, token).await };
        let proven = [query, &[("appsecret_proof", &*proof)]].concat();
        match self.ask(path, &proven, token).await {
            Err(ProviderError::Refused(error))
                if error.server_message.contains("appsecret_proof") =>
            {
                self.ask(path, query, token).await
            }
            answer => answer,
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        token: &str,
    ) -> Result<T, ProviderError> {
        let mut url = below(&self.settings.graph, path);
        url.query_pairs_mut().extend_pairs(query);
        answer::json(Api::Meta, self.client()?.get(url).bearer_auth(token).send().await).await
    }

    /// `appsecret_proof`: that who has the token has the app's secret, too. The app's own token needs none.
    fn proof(&self, token: &str) -> Option<String> {
        let app = self.settings.facebook_app.as_ref()?;
        if token.split_once('|').is_some_and(|(id, _)| id == app.id) {
            return None;
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, app.secret.expose().as_bytes());
        Some(hex::encode(hmac::sign(&key, token.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{ProviderApp, ProviderSettings};

    #[test]
    fn the_proof_is_the_tokens_hmac_under_the_apps_secret() {
        let secret = Secret::new("hush".into());
        let app = Some(ProviderApp { id: "1045".into(), secret });
        let settings = ProviderSettings { facebook_app: app, ..ProviderSettings::default() };
        let providers = Providers::new(settings);
        // printf EAAGx | openssl dgst -sha256 -hmac hush
        let expected = "7ddbcc2da2df4ea39d7656d9303adc1e17930e51995af912e28960ac6c0d43a0";
        assert_eq!(providers.proof("EAAGx").as_deref(), Some(expected));
        assert_eq!(providers.proof("1045|hush"), None);
        assert_eq!(Providers::default().proof("EAAGx"), None);
    }
}
