//! Signs users in: with a password for a token or a browser session, then with those.
//! All ways in are here, so that none has a check less.

use super::{Services, detached};
use crate::{
    audit::{Actor, AuditEvent},
    auth::{IssueError, PasswordError, TokenCaller, TokenError},
    keys,
    store::{
        self, Attempt, Limit, Loaded, Principal, SERVER, StoreError, Stored, User, UserId, Wanted,
    },
};
use shared::{
    ConnectionId, SiteId,
    audit::{EventKind, Via},
};
use std::sync::Arc;

/// Sign-ins that fail: of one address in a minute, and of one account in an hour from addresses
/// that it was never signed in from. So nobody can keep its owner out of where the owner works.
const ADDRESS_LIMIT: (u32, i64) = (5, 60);
const ACCOUNT_LIMIT: (u32, i64) = (30, 60 * 60);

/// Failures of nobody known that a site's log tells of in a minute: it keeps them for ever.
const UNKNOWN_USER_LIMIT: (u32, i64) = (10, 60);

/// A user that no database has.
const NOBODY: UserId = UserId(0);

/// Characters of an e-mail address (RFC 5321), and so of what is counted under it.
const LONGEST_EMAIL: usize = 254;

/// What somebody signs in with.
#[derive(Debug)]
pub struct SignIn {
    /// The user's e-mail address.
    pub email: String,
    pub password: String,
    pub site: Option<SiteId>,
    /// The address that it comes from.
    pub address: String,
    pub via: Via,
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// E-mail address, password or site is wrong, whichever.
    #[error("e-mail address, password or site is wrong")]
    Wrong,
    /// Too many attempts; the seconds until the next one.
    #[error("too many attempts")]
    TooMany(i64),
    /// Too many others are signing in.
    #[error("too many sign-ins at once")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PasswordError> for SignInError {
    fn from(_: PasswordError) -> Self {
        Self::Busy
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// The token is not good.
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Services {
    /// The member of a site with this e-mail address and password.
    ///
    /// # Errors
    /// See [`SignInError`]. Whichever of the three is wrong, the work is the same.
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<Principal, SignInError> {
        let SignIn { email, password, site, address, via } = sign_in;
        let email: String = normal_email(&email).chars().take(LONGEST_EMAIL).collect();
        let (user, attempts) = self.known_attempt(&email, &address).await?;
        let hashed = user.as_ref().map(|user| user.password.clone());
        let verified = match self.passwords.verify(password, hashed).await {
            Ok(verified) => verified,
            Err(busy) => {
                self.refund(&attempts, &address).await?;
                return Err(busy.into());
            }
        };
        let member = match (&user, site) {
            (Some(user), Some(site)) if verified => self.member(user, site, via).await?,
            _ => None,
        };
        let Some(principal) = member else {
            self.record_failure_later(user, site, via).await;
            return Err(SignInError::Wrong);
        };
        self.refund(&attempts, &address).await?;
        self.record_sign_in(&principal, address).await?;
        Ok(principal)
    }

    /// The member, if the password that was checked is still the user's: else a session would begin
    /// that outlives the change.
    async fn member(
        &self,
        user: &User,
        site: SiteId,
        via: Via,
    ) -> store::Result<Option<Principal>> {
        let principal = self.principal(user.id, site, via).await?;
        let now = self.store.user(&user.email).await?;
        let same = now.is_some_and(|now| now.password == user.password);
        Ok(principal.filter(|_| same))
    }

    /// The user of an e-mail address, and the attempt as it was counted.
    async fn known_attempt(
        &self,
        email: &str,
        address: &str,
    ) -> Result<(Option<User>, Vec<i64>), SignInError> {
        self.check_refusals(email, address)?;
        let _turn = self.attempts.turn(address).await?;
        let user = self.store.user(email).await?;
        let attempts = self.count_attempt(email, user.as_ref(), address).await?;
        Ok((user, attempts))
    }

    /// Refuses an attempt that the database has just refused, without asking it again. Without an e-mail
    /// address, only the limit of the client's address counts.
    ///
    /// # Errors
    /// If it is refused.
    pub fn check_refusals(&self, email: &str, address: &str) -> Result<(), SignInError> {
        self.attempts.check(&[address, &refused_account(email, address)], self.now().as_second())
    }

    /// Takes attempts back that did not fail.
    pub(super) async fn refund(&self, attempts: &[i64], address: &str) -> store::Result<()> {
        self.store.refund(attempts).await?;
        self.attempts.forget(address);
        Ok(())
    }

    /// Counts an attempt against its limits before any work is done for it.
    pub(super) async fn count_attempt(
        &self,
        email: &str,
        user: Option<&User>,
        address: &str,
    ) -> Result<Vec<i64>, SignInError> {
        let mut limits = vec![self.limit(&format!("address {address}"), ADDRESS_LIMIT)];
        // Nobody's addresses are looked up as well: who has an account must not show by the time.
        let id = user.map_or(NOBODY, |user| user.id);
        if !self.store.knows_address(id, address).await? {
            limits.push(self.limit(&format!("account {email}"), ACCOUNT_LIMIT));
        }
        let now = self.now().as_second();
        match self.store.attempt(&limits, now).await? {
            Attempt::Counted(attempts) => Ok(attempts),
            Attempt::Refused(limit, seconds) => {
                let of_account = || refused_account(email, address);
                let subject = if limit == 0 { address.to_owned() } else { of_account() };
                self.attempts.remember(subject, seconds, now);
                Err(SignInError::TooMany(seconds))
            }
        }
    }

    /// What is counted is not stored: a password in the wrong field would be.
    fn limit(&self, subject: &str, (most, seconds): (u32, i64)) -> Limit {
        Limit { subject: hex::encode(self.auditor.code(subject)), most, seconds }
    }

    pub(super) async fn record_sign_in(
        &self,
        principal: &Principal,
        address: String,
    ) -> store::Result<()> {
        let (work, now) = (Arc::new((principal.clone(), address)), self.now());
        self.write(principal.site, move |services, tx| {
            let work = work.clone();
            Box::pin(async move {
                let (principal, address) = &*work;
                let Principal { user, site, .. } = *principal;
                tx.note_sign_in(principal.scope(), user, address, now).await?;
                let event = AuditEvent::new(EventKind::SignedIn, "");
                let actor = Actor::from(principal);
                services.auditor.record(tx, site, &actor, event, now).await.map(drop)
            })
        })
        .await
    }

    /// Writes a failure down after its answer: what is written differs between members and others, and so
    /// does its time.
    async fn record_failure_later(&self, user: Option<User>, site: Option<SiteId>, via: Via) {
        let permit = self.attempts.failures.clone().acquire_owned().await;
        let services = self.clone();
        let record = async move {
            let _turn = services.attempts.writing().await;
            if let Err(error) = services.record_failure(user, site, via).await {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(error, "a failed sign-in was not written down");
            }
            drop(permit);
        };
        tokio::spawn(record);
    }

    /// Waits until all failed sign-ins so far are in the audit log.
    pub async fn failures_written(&self) {
        self.attempts.written().await;
    }

    /// An unknown address is not written down: it may be a password in the wrong field.
    async fn record_failure(
        &self,
        user: Option<User>,
        site: Option<SiteId>,
        via: Via,
    ) -> store::Result<()> {
        let (services, now) = (self.clone(), self.now());
        detached(async move {
            let sites = services.store.sites().await?;
            let site = site.filter(|site| sites.contains(site)).unwrap_or(SERVER);
            let member = match &user {
                Some(user) => services.store.membership(user.id, site).await?,
                None => None,
            };
            // Of another site's user this one learns nothing.
            let known = user.filter(|_| member.is_some());
            if known.is_none() {
                let limit = services.limit(&format!("strangers at {site}"), UNKNOWN_USER_LIMIT);
                let counted = services.store.attempt(&[limit], now.as_second()).await?;
                if matches!(counted, Attempt::Refused(..)) {
                    return Ok(());
                }
            }
            let actor = known.map_or_else(
                || Actor::unknown(via),
                |User { id, email, .. }| Actor { user: Some(id), who: email, via },
            );
            let write = services.write::<_, StoreError>(site, move |services, tx| {
                let actor = actor.clone();
                Box::pin(async move {
                    let event = AuditEvent::new(EventKind::SignInFailed, "");
                    services.auditor.record(tx, site, &actor, event, now).await.map(drop)
                })
            });
            write.await
        })
        .await
    }

    /// The member that a user is of a site, if that is still so.
    pub async fn principal(
        &self,
        user: UserId,
        site: SiteId,
        via: Via,
    ) -> store::Result<Option<Principal>> {
        let membership = self.store.membership(user, site).await?;
        Ok(membership.map(|member| Principal::new(user, site, member, via)))
    }

    /// A token of the documented kind.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn issue_token(&self, principal: &Principal) -> Result<String, IssueError> {
        let Principal { user, site, version, .. } = *principal;
        self.tokens().issue(TokenCaller { user, site, version }, self.now())
    }

    /// When a token expires, in seconds since 1970.
    ///
    /// # Errors
    /// If the token is not good.
    pub fn token_end(&self, token: &str) -> Result<i64, AuthenticateError> {
        Ok(self.tokens().read_with_end(token, self.now())?.1)
    }

    /// The caller whom a token names.
    ///
    /// # Errors
    /// If the token is not good, or if since then its user was signed out, disabled or removed.
    pub async fn bearer(&self, token: &str) -> Result<Principal, AuthenticateError> {
        Ok(self.bearer_and(token, ConnectionId(0)).await?.0)
    }

    /// Whom a token names, who may have been signed out since.
    ///
    /// # Errors
    /// If the token is not good.
    pub async fn token_caller(&self, token: &str) -> Result<TokenCaller, AuthenticateError> {
        if self.tokens().has_newer_key(token) && self.may_look_for_keys() {
            self.set_tokens(keys::tokens(&*self.store).await?);
        }
        Ok(self.tokens().read(token, self.now())?)
    }

    /// The caller whom a token names, and a connection of its site.
    pub async fn bearer_and(
        &self,
        token: &str,
        connection_id: ConnectionId,
    ) -> Result<(Principal, Option<Stored>), AuthenticateError> {
        let TokenCaller { user, site, version } = self.token_caller(token).await?;
        let Loaded { member, connection, .. } =
            self.load(Wanted { user: Some(user), site, connection_id, parent_id: None }).await?;
        let member = member.filter(|member| member.version == version);
        let member = member.ok_or(TokenError::Invalid)?;
        Ok((Principal::new(user, site, member, Via::Api), connection))
    }
}

/// The subject of refusals for an account's sake, which hold for addresses that it was never signed in from.
fn refused_account(email: &str, address: &str) -> String {
    format!("{address} {email}")
}

/// An e-mail address as it is stored and compared.
#[must_use]
pub fn normal_email(email: &str) -> String {
    // No address has a NUL, and PostgreSQL no text.
    email.trim().to_lowercase().replace('\0', "\u{fffd}")
}
