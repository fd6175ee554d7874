//! Sign-in with a provider: Facebook Login, whose result is what the Graph API says, and Twitter's
//! OAuth 1.0a. The result is the documents' session, as JSON.

use super::{ProviderApp, ProviderError, Providers, answer, below};
use crate::random::random;
use oauth1_request::{Builder, Credentials, HMAC_SHA1};
use reqwest::{Url, header::AUTHORIZATION};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::Provider;
use std::collections::HashMap;

/// What is asked for, for messages and posts of pages (Facebook's reference of permissions). Pages that
/// their user reaches through a business alone are not listed without `business_management`.
const PAGES: &str = "pages_show_list,pages_messaging,pages_manage_metadata,pages_read_engagement,\
    pages_read_user_content,pages_manage_engagement,business_management";

/// Beside that, for messages and comments of the Instagram accounts that are linked to them.
const INSTAGRAM: &str = "instagram_basic,instagram_manage_messages,instagram_manage_comments";

const ACCOUNT: &str = "access_token,category,category_list,name,id,tasks";
const LINKED: &str = "instagram_business_account{id,name,username},\
    instagram_accounts{id,username,has_profile_picture,profile_pic}";

/// Pages of a list that are read: 25 accounts each, unless Facebook decides otherwise.
const LISTS: usize = 20;

/// A sign-in that is about to begin: where the browser goes, and what is needed when it comes back.
pub struct AuthorizationRequest {
    pub url: Url,
    /// The secret of Twitter's request token.
    pub request_secret: String,
    /// Twitter's request token, which comes back instead of a state of ours.
    pub state: Option<String>,
}

#[derive(Deserialize)]
struct AccessToken {
    access_token: String,
}

#[derive(Deserialize)]
struct Accounts {
    data: Vec<Value>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    cursors: Option<Cursors>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Cursors {
    after: String,
}

impl Providers {
    /// Whether there is an app to sign in with.
    #[must_use]
    pub const fn can_sign_in(&self, provider: Provider) -> bool {
        self.app(provider).is_some()
    }

    const fn app(&self, provider: Provider) -> Option<&ProviderApp> {
        match provider {
            Provider::Facebook | Provider::Instagram => self.settings.facebook_app.as_ref(),
            Provider::Twitter => self.settings.twitter_app.as_ref(),
        }
    }

    /// Begins a sign-in that comes back to `callback`; `None` if no app is configured.
    ///
    /// # Errors
    /// If Twitter does not let it begin.
    pub async fn begin(
        &self,
        provider: Provider,
        callback: &str,
        state: &str,
    ) -> Result<Option<AuthorizationRequest>, ProviderError> {
        let Some(app) = self.app(provider) else { return Ok(None) };
        if provider == Provider::Twitter {
            return self.begin_twitter(app, callback).await.map(Some);
        }
        let mut url = below(&self.settings.facebook, "dialog/oauth");
        let scope = match provider {
            Provider::Instagram => format!("{PAGES},{INSTAGRAM}"),
            _ => PAGES.to_owned(),
        };
        url.query_pairs_mut()
            .append_pair("client_id", &app.id)
            .append_pair("redirect_uri", callback)
            .append_pair("state", state)
            .append_pair("response_type", "code")
            .append_pair("scope", &scope);
        Ok(Some(AuthorizationRequest { url, request_secret: String::new(), state: None }))
    }

    /// What a sign-in with Facebook, which gave this code, opens.
    ///
    /// # Errors
    /// If Facebook does not say.
    pub async fn facebook_session(
        &self,
        provider: Provider,
        callback: &str,
        code: &str,
    ) -> Result<Value, ProviderError> {
        let app = self.app(provider).ok_or(ProviderError::Unreachable)?;
        let (id, secret) = (app.id.as_str(), app.secret.expose());
        let client = [("client_id", id), ("client_secret", secret)];
        let short = [("redirect_uri", callback), ("code", code)];
        let short = self.access_token(&[client, short].concat()).await?;
        // It lives for an hour or two; the one that it is exchanged for for 60 days.
        let long = [("grant_type", "fb_exchange_token"), ("fb_exchange_token", short.as_str())];
        let token = self.access_token(&[client, long].concat()).await?;
        let profile: Value = self.graph("me", &[("fields", "id,name")], &token).await?;
        let accounts = self.accounts(provider, &token).await?;
        Ok(json!({ "session": name()?, "profile": profile, "token": token, "accounts": accounts }))
    }

    async fn access_token(&self, form: &[(&str, &str)]) -> Result<String, ProviderError> {
        let url = below(&self.settings.graph, "oauth/access_token");
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        // In the body: what an address holds ends up in logs.
        let request = self.client()?.post(url).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let AccessToken { access_token } = answer::json(request.send().await).await?;
        Ok(access_token)
    }

    async fn accounts(&self, provider: Provider, token: &str) -> Result<Vec<Value>, ProviderError> {
        let fields = match provider {
            Provider::Instagram => format!("{ACCOUNT},{LINKED}"),
            _ => ACCOUNT.to_owned(),
        };
        let (mut accounts, mut after) = (vec![], None);
        for _ in 0..LISTS {
            let mut query = vec![("fields", fields.as_str())];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let list: Accounts = self.graph("me/accounts", &query, token).await?;
            accounts.extend(list.data.into_iter().map(plain));
            let next = list.paging.filter(|paging| paging.next.is_some());
            after = next.and_then(|paging| paging.cursors).map(|cursors| cursors.after);
            if after.is_none() {
                break;
            }
        }
        Ok(accounts)
    }

    async fn begin_twitter(
        &self,
        app: &ProviderApp,
        callback: &str,
    ) -> Result<AuthorizationRequest, ProviderError> {
        let mut signed = builder(app);
        signed.callback(callback);
        let fields = self.twitter("oauth/request_token", &signed).await?;
        let token = field(&fields, "oauth_token")?;
        let mut url = below(&self.settings.twitter, "oauth/authorize");
        url.query_pairs_mut().append_pair("oauth_token", &token);
        let request_secret = field(&fields, "oauth_token_secret")?;
        Ok(AuthorizationRequest { url, request_secret, state: Some(token) })
    }

    /// What a sign-in with Twitter, which verified a request token, opens.
    ///
    /// # Errors
    /// If Twitter does not say.
    pub async fn twitter_session(
        &self,
        token: &str,
        secret: &str,
        verifier: &str,
    ) -> Result<Value, ProviderError> {
        let app = self.app(Provider::Twitter).ok_or(ProviderError::Unreachable)?;
        let mut signed = builder(app);
        signed.token(Credentials::new(token, secret)).verifier(verifier);
        let fields = self.twitter("oauth/access_token", &signed).await?;
        let mut profile = serde_json::Map::new();
        for key in ["oauth_token", "oauth_token_secret", "user_id", "screen_name"] {
            profile.insert(key.to_owned(), field(&fields, key)?.into());
        }
        Ok(json!({ "session": name()?, "profile": profile }))
    }

    async fn twitter(
        &self,
        path: &str,
        signed: &Builder<'_, oauth1_request::HmacSha1, &str, &str>,
    ) -> Result<HashMap<String, String>, ProviderError> {
        let url = below(&self.settings.twitter, path);
        let signature = signed.clone().post(&url, &());
        let request = self.client()?.post(url).header(AUTHORIZATION, signature);
        let bytes = answer::bytes(request.send().await).await?;
        Ok(form_urlencoded::parse(&bytes).into_owned().collect())
    }
}

fn builder(app: &ProviderApp) -> Builder<'_, oauth1_request::HmacSha1, &str, &str> {
    Builder::new(Credentials::new(&*app.id, app.secret.expose()), HMAC_SHA1)
}

fn field(fields: &HashMap<String, String>, key: &str) -> Result<String, ProviderError> {
    fields.get(key).cloned().ok_or(ProviderError::Malformed)
}

/// The Graph API wraps lists; the documents do not.
fn plain(mut account: Value) -> Value {
    if let Some(list) = account.pointer_mut("/instagram_accounts/data").map(Value::take) {
        account["instagram_accounts"] = list;
    }
    account
}

/// A session's name has this form in the documents, and means nothing.
fn name() -> Result<String, ProviderError> {
    let part =
        || random::<18>().map(|bytes| base64(&bytes)).map_err(|_| ProviderError::Unreachable);
    Ok(format!("{}:{}", part()?, part()?))
}

/// Of a multiple of three bytes, which needs no padding.
fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
