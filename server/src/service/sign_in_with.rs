//! Signs in with a provider for somebody who looks after connections, and keeps the result, sealed, for a
//! short time. What belongs together is bound by a cookie: the browser that comes back must be the one
//! that left.

use super::{Services, invite::hash};
use crate::{
    provider::ProviderError,
    random::random,
    store::{self, Principal, ProviderSession, SiteScope, StoreError, UserId},
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use shared::{
    Provider, Secret, SiteId,
    audit::Via,
    session::{Accounts, NoSession, accounts},
};
use std::collections::HashMap;

/// Seconds for which a sign-in may be under way.
pub const UNDER_WAY: i64 = 10 * 60;

/// Seconds for which its result is kept: to choose an account, and to look before one saves.
const KEPT: i64 = 30 * 60;

/// What is to be known when the browser comes back. It travels in a cookie, with a code that nobody
/// else can make.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    site: SiteId,
    user: i64,
    session: String,
    provider: String,
    going: String,
    callback: String,
    state: String,
    request_secret: String,
    expires_at: i64,
}

/// Why a sign-in did not begin, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum SignInWithError {
    /// The caller may not look after connections.
    #[error("the caller may not change connections")]
    Forbidden,
    /// No app is configured for it.
    #[error("sign-in with this provider is not set up")]
    NotSetUp,
    /// It was not begun in this browser, or too long ago.
    #[error("no such sign-in is under way")]
    NotUnderWay,
    /// The provider refused. The browser can go on to where it was going.
    #[error("the provider refused")]
    Provider {
        /// Where the browser was going.
        going: String,
        source: ProviderError,
    },
    /// The browser came back without a code.
    #[error("the provider gave no code")]
    NoCode { going: String, problem: NoCode },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a browser came back without a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCode {
    /// Its user declined.
    Declined,
    /// The app may not ask for what it asked for.
    Scopes,
    Other,
}

impl NoCode {
    /// By what the provider added to the address (RFC 6749, section 4.1.2.1, and Facebook's own).
    fn of(query: &HashMap<String, String>) -> Self {
        let get = |key: &str| query.get(key).map(String::as_str).unwrap_or_default();
        let said = get("error_message").to_lowercase();
        if query.contains_key("denied") || get("error") == "access_denied" {
            Self::Declined
        } else if get("error") == "invalid_scope" || said.contains("scope") {
            Self::Scopes
        } else {
            Self::Other
        }
    }
}

/// A sign-in that somebody wants to begin.
pub struct SignInRequest {
    pub provider: Provider,
    /// A hash of the browser session that begins it, and that alone can end it.
    pub session: String,
    /// Where the provider sends the browser.
    pub callback: String,
    /// Where the browser goes on to.
    pub going: String,
}

/// A sign-in that has begun.
pub struct SignInBegun {
    /// What the provider sends back, by which it is recognised.
    pub state: String,
    pub url: String,
    /// What the browser has to bring back.
    pub cookie: String,
}

impl Services {
    /// Whether one can sign in with a provider.
    #[must_use]
    pub fn can_sign_in_with(&self, provider: Provider) -> bool {
        self.providers.can_sign_in(provider)
    }

    /// Begins to sign in with a provider.
    pub async fn begin_sign_in_with(
        &self,
        caller: &Principal,
        SignInRequest { provider, session, callback, going }: SignInRequest,
    ) -> Result<SignInBegun, SignInWithError> {
        if !caller.role.may_edit() {
            return Err(SignInWithError::Forbidden);
        }
        let state = hex::encode(random::<32>().map_err(StoreError::from)?);
        let begun = match self.providers.begin(provider, &callback, &state).await {
            Ok(begun) => begun.ok_or(SignInWithError::NotSetUp)?,
            Err(error) => return Err(SignInWithError::Provider { going, source: error }),
        };
        let pending = Pending {
            site: caller.site,
            user: caller.user.0,
            session,
            provider: provider.slug().to_owned(),
            going,
            callback,
            state: begun.state.unwrap_or(state),
            request_secret: begun.request_secret,
            expires_at: self.now().as_second() + UNDER_WAY,
        };
        let json = serde_json::to_string(&pending).unwrap_or_default();
        let code = hex::encode(self.auditor.code(&json));
        let cookie = format!("{}.{code}", URL_SAFE_NO_PAD.encode(json));
        Ok(SignInBegun { state: pending.state, url: begun.url.into(), cookie })
    }

    /// Ends a sign-in when the browser comes back with the cookie, in the session with this hash, and
    /// with what the provider added to the address. Returns where it goes on to, and the id of the result.
    pub async fn end_sign_in_with(
        &self,
        provider: Provider,
        cookie: &str,
        session: &str,
        query: &HashMap<String, String>,
    ) -> Result<(String, String), SignInWithError> {
        let pending = self.pending(provider, cookie).filter(|pending| pending.session == session);
        let pending = pending.ok_or(SignInWithError::NotUnderWay)?;
        let get = |key: &str| query.get(key).map(String::as_str);
        let is_ours = |key| get(key) == Some(&*pending.state);
        let going = pending.going.clone();
        let no_code =
            || SignInWithError::NoCode { going: going.clone(), problem: NoCode::of(query) };
        let answer = if provider == Provider::Twitter {
            if get("denied") == Some(&pending.state) {
                return Err(no_code());
            }
            if !is_ours("oauth_token") {
                return Err(SignInWithError::NotUnderWay);
            }
            let verifier = get("oauth_verifier").ok_or_else(no_code)?;
            self.providers.twitter_session(&pending.state, &pending.request_secret, verifier).await
        } else {
            if !is_ours("state") {
                return Err(SignInWithError::NotUnderWay);
            }
            let code = get("code").ok_or_else(no_code)?;
            self.providers.facebook_session(provider, &pending.callback, code).await
        };
        let session = answer
            .map_err(|error| SignInWithError::Provider { going: going.clone(), source: error })?;
        let caller = self.principal(UserId(pending.user), pending.site, Via::Ui).await?;
        let caller = caller.filter(|now| now.role.may_edit()).ok_or(SignInWithError::Forbidden)?;
        let id = self.keep_session(&caller, provider, session.to_string()).await?;
        Ok((going, id))
    }

    fn pending(&self, provider: Provider, cookie: &str) -> Option<Pending> {
        let (json, code) = cookie.split_once('.')?;
        let json = String::from_utf8(URL_SAFE_NO_PAD.decode(json).ok()?).ok()?;
        let code = hex::decode(code).ok()?;
        let is_ours = verify_slices_are_equal(&self.auditor.code(&json), &code).is_ok();
        let pending: Pending = serde_json::from_str(&json).ok().filter(|_| is_ours)?;
        let is_alive = pending.expires_at > self.now().as_second();
        (is_alive && pending.provider == provider.slug()).then_some(pending)
    }

    /// Keeps what somebody pasted: the id of a session that is kept, or the JSON of one. Returns the id.
    ///
    /// # Errors
    /// If the caller may not, or if it is neither.
    pub async fn keep_pasted(
        &self,
        caller: &Principal,
        provider: Provider,
        pasted: &str,
    ) -> Result<Option<String>, SignInWithError> {
        if !caller.role.may_edit() {
            return Err(SignInWithError::Forbidden);
        }
        let pasted = pasted.trim();
        if let Some(session) = self.session(caller.scope(), provider, pasted).await? {
            if session.user == caller.user {
                return Ok(Some(pasted.to_owned()));
            }
            // Whoever has the id may use it; what it opens is then that user's own.
            let json = session.result.expose().to_owned();
            return Ok(Some(self.keep_session(caller, provider, json).await?));
        }
        if accounts(provider, pasted) == Err(NoSession) {
            return Ok(None);
        }
        Ok(Some(self.keep_session(caller, provider, pasted.to_owned()).await?))
    }

    async fn keep_session(
        &self,
        caller: &Principal,
        provider: Provider,
        json: String,
    ) -> store::Result<String> {
        let id = hex::encode(random::<32>()?);
        let (scope, hashed) = (caller.scope(), hash(&id));
        let session = ProviderSession { user: caller.user, result: Secret::new(json) };
        self.write::<_, StoreError>(caller.site, move |services, tx| {
            let (hashed, session) = (hashed.clone(), session.clone());
            Box::pin(async move {
                let end = services.now().as_second() + KEPT;
                tx.insert_provider_session(scope, provider, &hashed, &session, end).await
            })
        })
        .await?;
        Ok(id)
    }

    /// The result of a sign-in on the site, as the documents have it: for any bearer of the site.
    pub async fn provider_session(
        &self,
        scope: SiteScope,
        provider: Provider,
        id: &str,
    ) -> store::Result<Option<Secret>> {
        Ok(self.session(scope, provider, id).await?.map(|session| session.result))
    }

    /// The accounts of the caller's own sign-in; `None` if it is not kept.
    pub async fn accounts(
        &self,
        caller: &Principal,
        provider: Provider,
        id: &str,
    ) -> store::Result<Option<Accounts>> {
        let session = self.session(caller.scope(), provider, id).await?;
        let own = session.filter(|session| session.user == caller.user);
        Ok(own.map(|own| accounts(provider, own.result.expose()).unwrap_or_default()))
    }

    async fn session(
        &self,
        scope: SiteScope,
        provider: Provider,
        id: &str,
    ) -> store::Result<Option<ProviderSession>> {
        self.store.provider_session(scope, provider, &hash(id), self.now().as_second()).await
    }
}
