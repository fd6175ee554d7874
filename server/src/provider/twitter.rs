//! Twitter's API, whose requests are signed (OAuth 1.0a).

use super::{ProviderError, Providers, answer, below};
use oauth1_request::{Builder, Credentials, HMAC_SHA1};
use reqwest::header::AUTHORIZATION;
use serde::Deserialize;

/// An account at Twitter.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TwitterAccount {
    #[serde(rename = "id_str")]
    pub id: String,
    /// The name that it is known by.
    pub screen_name: String,
}

impl Providers {
    /// Whose a token is; `None` if no app is configured that may ask.
    ///
    /// # Errors
    /// If Twitter does not say.
    pub async fn twitter_account(
        &self,
        token: &str,
        secret: &str,
    ) -> Result<Option<TwitterAccount>, ProviderError> {
        let Some(app) = &self.settings.twitter_app else { return Ok(None) };
        let url = below(&self.settings.twitter, "1.1/account/verify_credentials.json");
        let mut signed = Builder::new(Credentials::new(&*app.id, app.secret.expose()), HMAC_SHA1);
        signed.token(Credentials::new(token, secret));
        let signature = signed.get(&url, &());
        let request = self.client()?.get(url).header(AUTHORIZATION, signature);
        answer::json(request.send().await).await.map(Some)
    }
}
