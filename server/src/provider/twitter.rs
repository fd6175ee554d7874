//! X's API (Twitter's), whose requests are signed (OAuth 1.0a).

use super::{Api, ApiError, ProviderApp, ProviderError, Providers, answer, below};
use oauth1_request::{Builder, Credentials, HMAC_SHA1};
use reqwest::{StatusCode, header::AUTHORIZATION};
use serde::{Deserialize, de::DeserializeOwned};

/// An account at X.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TwitterAccount {
    pub id: String,
    /// The name that it is known by.
    pub username: String,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

/// As version 1.1 has it, whose `id` is a number.
#[derive(Deserialize)]
struct FirstAccount {
    id_str: String,
    screen_name: String,
}

impl Providers {
    /// Whose a token is; `None` if no app is configured that may ask. Which version of the API an app may ask depends on
    /// its plan: the first one is asked where the second is not allowed, or is not there.
    ///
    /// # Errors
    /// If X does not say.
    pub async fn twitter_account(
        &self,
        token: &str,
        secret: &str,
    ) -> Result<Option<TwitterAccount>, ProviderError> {
        let Some(app) = &self.settings.twitter_app else { return Ok(None) };
        let signer = Signer { app, token, secret };
        let error = match self.signed::<Data<TwitterAccount>>("2/users/me", &signer).await {
            Ok(Data { data }) => return Ok(Some(data)),
            Err(ProviderError::Refused(error)) if is_of_plan(&error) => error,
            Err(error) => return Err(error),
        };
        let path = "1.1/account/verify_credentials.json";
        match self.signed::<FirstAccount>(path, &signer).await {
            Ok(FirstAccount { id_str, screen_name }) => {
                Ok(Some(TwitterAccount { id: id_str, username: screen_name }))
            }
            // A path that is not there says nothing of the account.
            Err(ProviderError::Refused(first)) if first.status == StatusCode::NOT_FOUND => {
                Err(ProviderError::Refused(error))
            }
            Err(error) => Err(error),
        }
    }

    async fn signed<T: DeserializeOwned>(
        &self,
        path: &str,
        Signer { app, token, secret }: &Signer<'_>,
    ) -> Result<T, ProviderError> {
        let url = below(&self.settings.twitter, path);
        let mut signed = Builder::new(Credentials::new(&*app.id, app.secret.expose()), HMAC_SHA1);
        signed.token(Credentials::new(*token, *secret));
        let signature = signed.get(&url, &());
        let request = self.client()?.get(url).header(AUTHORIZATION, signature);
        answer::json(Api::X, request.send().await).await
    }
}

/// The app, and the tokens of the account that it asks for.
struct Signer<'a> {
    app: &'a ProviderApp,
    token: &'a str,
    secret: &'a str,
}

/// Whether the app may not ask this version of the API, or it has no such path.
fn is_of_plan(error: &ApiError) -> bool {
    let is_not_enrolled = error.problem.contains("client-forbidden") || error.code == Some(453);
    is_not_enrolled
        || [StatusCode::NOT_FOUND, StatusCode::GONE, StatusCode::PAYMENT_REQUIRED]
            .contains(&error.status)
}
