//! Sign-in with a provider: Facebook Login, whose result is what the Graph API says, and Twitter's
//! OAuth 1.0a. The result is the documents' session, as JSON.
//! A sign-in is read from its beginning to its end.

use super::{Api, ProviderApp, ProviderError, Providers, answer, below};
use crate::random::random;
use oauth1_request::{Builder, Credentials, HMAC_SHA1};
use reqwest::{Url, header::AUTHORIZATION};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::Provider;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

const ACCOUNT: &str = "access_token,category,category_list,name,id,tasks";
const LINKED: &str = "instagram_business_account{id,name,username},\
    instagram_accounts{id,username,has_profile_picture,profile_pic}";

/// Pages of a list that are read: 25 accounts each, unless Facebook decides otherwise.
const MAX_LISTS: usize = 20;

/// Pages that are asked for one by one, where there is no list of them.
const MAX_SINGLE_PAGES: usize = 25;

/// Time for all lists: somebody waits.
const LISTS_TIMEOUT: Duration = Duration::from_secs(20);

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
    after: Option<String>,
}

impl Paging {
    /// Where the next list begins, if there is one. Some answers have it in the address of the next alone.
    fn after(&self) -> Option<String> {
        let next = self.next.as_deref()?;
        let cursor = self.cursors.as_ref().and_then(|cursors| cursors.after.clone());
        cursor.or_else(|| {
            let next = Url::parse(next).ok()?;
            next.query_pairs().find(|(key, _)| key == "after").map(|(_, after)| after.into_owned())
        })
    }
}

/// The pages that a token sees.
struct AccountList {
    accounts: Vec<Value>,
    /// Whether there are more, or may be.
    is_cut: bool,
}

/// What is asked of a page.
fn fields(provider: Provider) -> String {
    match provider {
        Provider::Instagram => format!("{ACCOUNT},{LINKED}"),
        _ => ACCOUNT.to_owned(),
    }
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
        url.query_pairs_mut()
            .append_pair("client_id", &app.id)
            .append_pair("redirect_uri", callback)
            .append_pair("state", state)
            .append_pair("response_type", "code");
        let scopes = self.settings.scopes(provider == Provider::Instagram).join(",");
        let (key, value) = match &self.settings.facebook_config {
            Some(config) => ("config_id", config),
            None => ("scope", &scopes),
        };
        url.query_pairs_mut().append_pair(key, value);
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
        let mut list = self.accounts(provider, &token).await?;
        if list.accounts.is_empty() && !list.is_cut {
            list = self.granted_pages(provider, &token).await;
        }
        let AccountList { accounts, is_cut } = list;
        let mut session = json!({
            "session": name()?, "profile": profile, "token": token, "accounts": accounts,
        });
        // Not in the documents: there were more, and the page says so.
        if is_cut {
            session["accountsCut"] = true.into();
        }
        Ok(session)
    }

    async fn access_token(&self, form: &[(&str, &str)]) -> Result<String, ProviderError> {
        let url = below(&self.settings.graph, "oauth/access_token");
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        // In the body: what an address holds ends up in logs.
        let request = self.client()?.post(url).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let AccessToken { access_token } = answer::json(Api::Meta, request.send().await).await?;
        Ok(access_token)
    }

    /// The pages that a token sees. What came before a list that fails, is too long or repeats another is kept.
    async fn accounts(
        &self,
        provider: Provider,
        token: &str,
    ) -> Result<AccountList, ProviderError> {
        let fields = fields(provider);
        let deadline = Instant::now() + LISTS_TIMEOUT;
        let (mut accounts, mut after) = (vec![], None::<String>);
        let mut seen = HashSet::new();
        for _ in 0..MAX_LISTS {
            let mut query = vec![("fields", &*fields)];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let list = timeout_at(deadline, self.graph("me/accounts", &query, token)).await;
            let list: Accounts = match list.unwrap_or(Err(ProviderError::Unreachable)) {
                Ok(list) => list,
                Err(error) if accounts.is_empty() => return Err(error),
                Err(_) => return Ok(AccountList { accounts, is_cut: true }),
            };
            let known = accounts.len();
            accounts.extend(list.data.into_iter().map(plain).filter(|account: &Value| {
                account.get("id").is_none_or(|id| seen.insert(id.to_string()))
            }));
            let next = list.paging.as_ref().and_then(Paging::after);
            let is_repeated = next == after || (accounts.len() == known && known > 0);
            match next {
                None => {
                    let is_cut = list.paging.is_some_and(|paging| paging.next.is_some());
                    return Ok(AccountList { accounts, is_cut });
                }
                Some(_) if is_repeated => return Ok(AccountList { accounts, is_cut: true }),
                next => after = next,
            }
        }
        Ok(AccountList { accounts, is_cut: true })
    }

    /// The pages that a token was granted by name: Facebook Login for Business lists them nowhere else.
    async fn granted_pages(&self, provider: Provider, token: &str) -> AccountList {
        let mut list = AccountList { accounts: vec![], is_cut: false };
        let Ok(Some(facts)) = self.token_facts(token).await else { return list };
        let scopes = facts.granular_scopes.into_iter().filter(|of| of.scope.starts_with("pages_"));
        let ids: BTreeSet<_> = scopes.filter_map(|of| of.target_ids).flatten().collect();
        let (fields, deadline) = (fields(provider), Instant::now() + LISTS_TIMEOUT);
        list.is_cut = ids.len() > MAX_SINGLE_PAGES;
        // An id comes from Facebook, and becomes part of an address.
        let ids = ids.into_iter().filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
        for id in ids.take(MAX_SINGLE_PAGES) {
            let query = [("fields", &*fields)];
            match timeout_at(deadline, self.graph(&id, &query, token)).await {
                Ok(Ok(page)) => list.accounts.push(plain(page)),
                Ok(Err(_)) | Err(_) => list.is_cut = true,
            }
        }
        list
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
        let bytes = answer::bytes(Api::X, request.send().await).await?;
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
