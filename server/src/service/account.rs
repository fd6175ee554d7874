//! The caller's own account.

use super::{Services, SignInError, TeamError, authenticate::normal_email};
use crate::{
    audit::{Actor, AuditEvent},
    auth::PasswordError,
    store::{Membership, Principal, SERVER, StoreError, User, WriteTx},
};
use shared::{SiteId, audit::EventKind};
use std::sync::Arc;

/// Why something was not done to an account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The current password is wrong, or there were too many attempts.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The new password was refused.
    #[error(transparent)]
    Password(PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Services {
    /// Changes the caller's password, which ends all of the caller's sessions and tokens. Returns the
    /// caller as of now, for a session that goes on.
    pub async fn change_password(
        &self,
        caller: &Principal,
        current: String,
        new: String,
        address: &str,
    ) -> Result<Principal, AccountError> {
        let user = self.store.user(&caller.email).await?.ok_or(SignInError::Wrong)?;
        self.check_password(&user, current, address).await?;
        let hashed = self.passwords.hash(new).await.map_err(|error| match error {
            PasswordError::Busy => AccountError::SignIn(SignInError::Busy),
            error => AccountError::Password(error),
        })?;
        let change = AccountChange::Password(user, hashed);
        let changed = self.change_account(caller, EventKind::PasswordChanged, change).await?;
        Ok(changed.ok_or(SignInError::Wrong)?)
    }

    /// Ends all sessions and tokens of the caller, on all sites.
    pub async fn sign_out_everywhere(&self, caller: &Principal) -> Result<(), StoreError> {
        let kind = EventKind::SignedOutEverywhere;
        self.change_account(caller, kind, AccountChange::EndSessions).await.map(drop)
    }

    /// Writes down that the caller ended one session.
    pub async fn record_sign_out(&self, caller: &Principal) -> Result<(), StoreError> {
        self.change_account(caller, EventKind::SignedOut, AccountChange::Nothing).await.map(drop)
    }

    /// Writes down that the caller went on from another site, as a sign-in to this one.
    pub async fn record_switch(&self, there: &Principal, from: SiteId) -> Result<(), StoreError> {
        let there = there.clone();
        self.write(there.site, move |services, tx| {
            let there = there.clone();
            Box::pin(async move {
                let event = AuditEvent::new(EventKind::SignedIn, format!("from site {from}"));
                let (actor, now) = (Actor::from(&there), services.now());
                services.auditor.record(tx, there.site, &actor, event, now).await.map(drop)
            })
        })
        .await
    }

    /// Gives a user another password, which ends all of the user's sessions and tokens. For the
    /// operator.
    ///
    /// # Errors
    /// If there is no such user, or the database fails.
    pub async fn reset_password(&self, email: &str, hashed: &str) -> Result<(), TeamError> {
        let user = self.store.user(&normal_email(email)).await?.ok_or(TeamError::NotFound)?;
        let mut tx = self.store.begin(SERVER).await?;
        if !tx.set_password(&user, hashed).await? {
            return Err(TeamError::NotFound);
        }
        self.record_everywhere(&mut *tx, &user, EventKind::PasswordChanged).await?;
        Ok(tx.commit().await?)
    }

    /// Lets a user in or keeps the user out of every site, from this moment on. For the operator.
    ///
    /// # Errors
    /// If there is no such user, or the database fails.
    pub async fn set_user_enabled(&self, email: &str, enabled: bool) -> Result<(), TeamError> {
        let user = self.store.user(&normal_email(email)).await?.ok_or(TeamError::NotFound)?;
        let mut tx = self.store.begin(SERVER).await?;
        tx.set_user_enabled(user.id, enabled).await?;
        let kind = if enabled { EventKind::MemberEnabled } else { EventKind::MemberDisabled };
        self.record_everywhere(&mut *tx, &user, kind).await?;
        Ok(tx.commit().await?)
    }

    /// Writes down what the operator did to a user: for each of the user's sites, and for the server.
    async fn record_everywhere(
        &self,
        tx: &mut dyn WriteTx,
        user: &User,
        kind: EventKind,
    ) -> Result<(), StoreError> {
        let sites = self.store.sites_of(user.id).await?;
        let sites = sites.into_iter().map(|(site, _)| site);
        let sites: Vec<_> = sites.chain([SERVER]).collect();
        for site in sites {
            let event = AuditEvent::new(kind, user.email.clone());
            self.auditor.record(tx, site, &Actor::operator(), event, self.now()).await?;
        }
        Ok(())
    }

    /// Does something to the caller's account and writes it down, unless it is a new password and
    /// the caller is no longer who asked. Returns the caller as of then.
    async fn change_account(
        &self,
        caller: &Principal,
        kind: EventKind,
        change: AccountChange,
    ) -> Result<Option<Principal>, StoreError> {
        let work = Arc::new((caller.clone(), change));
        self.write(caller.site, move |services, tx| {
            let work = work.clone();
            Box::pin(async move {
                let (caller, change) = &*work;
                let done = match change {
                    AccountChange::Password(user, hashed) => {
                        Self::still_may(tx, caller).await? && tx.set_password(user, hashed).await?
                    }
                    // Whoever asks to be signed out is, whatever changed meanwhile.
                    AccountChange::EndSessions => tx.end_sessions(caller.user).await?,
                    AccountChange::Nothing => true,
                };
                if !done {
                    return Ok(None);
                }
                let (actor, event) = (Actor::from(caller), AuditEvent::new(kind, ""));
                services.auditor.record(tx, caller.site, &actor, event, services.now()).await?;
                let now = tx.membership(caller.user, caller.site).await?;
                Ok(now.map(|now: Membership| Principal {
                    version: now.version,
                    role: now.role,
                    ..caller.clone()
                }))
            })
        })
        .await
    }
}

/// What is written with the row that tells of it.
enum AccountChange {
    Password(User, String),
    EndSessions,
    Nothing,
}
