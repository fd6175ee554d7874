//! Signs users in: with a password for a token or a browser session, then with those.

use super::Services;
use crate::{
    auth::TokenError,
    store::{self, Principal, StoreError, UserId},
};
use shared::SiteId;

/// Why a bearer is none.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// The token is not good.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Services {
    /// The member of a site with this e-mail address and password; `None` whichever of the three
    /// is wrong, after the same work.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        site: Option<SiteId>,
    ) -> store::Result<Option<Principal>> {
        let user = self.store.user(&email.trim().to_lowercase()).await?;
        let hashed = user.as_ref().map(|user| user.password.clone());
        let verified = self.passwords.verify(password, hashed).await;
        match (user, site) {
            (Some(user), Some(site)) if verified => self.principal(user.id, site).await,
            _ => Ok(None),
        }
    }

    /// The member that a user is of a site, if that is still so.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn principal(&self, user: UserId, site: SiteId) -> store::Result<Option<Principal>> {
        self.store.principal(user, site).await
    }

    /// A token of the documented kind.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn issue_token(&self, principal: &Principal) -> store::Result<String> {
        self.tokens.issue(principal.user, principal.site, self.clock.now())
    }

    /// The caller whom a token names.
    ///
    /// # Errors
    /// If the token is not good, or its user is no longer a member of its site.
    pub async fn bearer(&self, token: &str) -> Result<Principal, AuthenticateError> {
        let (user, site) = self.tokens.read(token, self.clock.now())?;
        Ok(self.store.principal(user, site).await?.ok_or(TokenError::Invalid)?)
    }
}
