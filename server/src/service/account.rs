//! The caller's own account.

use super::{Services, SignInError, TeamError, authenticate::normal_email, detached};
use crate::{
    audit::{Actor, Deed},
    auth::PasswordError,
    store::{Principal, StoreError},
};
use app::backend::EventKind;
use shared::SiteId;

/// Why something was not done to an account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The current password is wrong, or there were too many attempts.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The new password was refused.
    #[error(transparent)]
    Password(PasswordError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Services {
    /// Changes the caller's password, which ends all of the caller's sessions and tokens.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub async fn change_password(
        &self,
        caller: &Principal,
        current: String,
        new: String,
        address: &str,
    ) -> Result<(), AccountError> {
        let user = self.store.user(&caller.email).await?.ok_or(SignInError::Wrong)?;
        self.check_password(&user, current, address).await?;
        let hashed = self.passwords.hash(new).await.map_err(AccountError::Password)?;
        let change = Change::Password(hashed);
        Ok(self.change_account(caller, EventKind::PasswordChanged, change).await?)
    }

    /// Ends all sessions and tokens of the caller, on all sites.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sign_out_everywhere(&self, caller: &Principal) -> Result<(), StoreError> {
        self.change_account(caller, EventKind::SignedOutEverywhere, Change::EndSessions).await
    }

    /// Writes down that the caller ended one session.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn record_sign_out(&self, caller: &Principal) -> Result<(), StoreError> {
        self.change_account(caller, EventKind::SignedOut, Change::Nothing).await
    }

    /// Gives a user another password, which ends all of the user's sessions and tokens. For the
    /// operator; each site of the user has it in its log.
    ///
    /// # Errors
    /// If there is no such user, or the database fails.
    pub async fn reset_password(&self, email: &str, hashed: &str) -> Result<(), TeamError> {
        let user = self.store.user(&normal_email(email)).await?.ok_or(TeamError::NotFound)?;
        let sites = self.store.sites_of(user.id).await?;
        let mut tx = self.store.begin().await?;
        tx.set_password(user.id, hashed).await?;
        for (site, _) in sites {
            let deed = Deed::new(EventKind::PasswordChanged, user.email.clone());
            let operator = Actor::operator();
            self.auditor.record(&mut *tx, site, &operator, deed, self.now()).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn change_account(
        &self,
        caller: &Principal,
        kind: EventKind,
        change: Change,
    ) -> Result<(), StoreError> {
        let (services, caller) = (self.clone(), caller.clone());
        detached(async move {
            let mut tx = services.store.begin().await?;
            match change {
                Change::Password(hashed) => tx.set_password(caller.user, &hashed).await?,
                Change::EndSessions => tx.end_sessions(caller.user).await?,
                Change::Nothing => true,
            };
            let (actor, deed) = (Actor::from(&caller), Deed::new(kind, ""));
            services.auditor.record(&mut *tx, caller.site, &actor, deed, services.now()).await?;
            tx.commit().await
        })
        .await
    }

    /// The sites that the caller may switch to, with their names.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sites_of(&self, caller: &Principal) -> Result<Vec<(SiteId, String)>, StoreError> {
        self.store.sites_of(caller.user).await
    }
}

/// What is written with the row that tells of it.
enum Change {
    Password(String),
    EndSessions,
    Nothing,
}
