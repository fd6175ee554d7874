//! The other end of an invitation: its link.

use super::{Retry, Services, SignInError};
use crate::{
    audit::{Actor, AuditEvent},
    auth::PasswordError,
    store::{InviteRow, SiteScope, StoreError, User, WriteTx},
};
use aws_lc_rs::digest;
use shared::audit::{EventKind, Via};
use std::sync::Arc;

/// Why an invitation was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The link never worked, works no longer, or was used.
    #[error("no such invitation")]
    NotFound,
    /// The user is a member of the site already, as somebody decided who did not use this link.
    #[error("a member already")]
    Member,
    /// The new password was refused.
    #[error(transparent)]
    Password(PasswordError),
    /// The password that the user has is another one, or there were too many attempts.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Retry for InviteError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(StoreError::Conflict))
    }
}

/// What the database has of the secret of a link: who reads it cannot use it.
pub(super) fn hash(token: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, token.as_bytes()))
}

impl Services {
    /// The invitation of a link, and whether its user has a password already.
    pub async fn invitation(&self, token: &str) -> Result<Option<(InviteRow, bool)>, StoreError> {
        let now = self.now().as_second();
        let Some(invite) = self.store.invite(&hash(token), now).await? else { return Ok(None) };
        let is_known = self.store.user(&invite.email).await?.is_some();
        Ok(Some((invite, is_known)))
    }

    /// Makes the invited a member: a new user with this password, or a known user whose password
    /// it is.
    ///
    /// # Errors
    /// See [`InviteError`]. The link still works then, unless it is the link.
    pub async fn accept_invite(
        &self,
        token: &str,
        password: String,
        address: &str,
    ) -> Result<(), InviteError> {
        let (invite, _) = self.invitation(token).await?.ok_or(InviteError::NotFound)?;
        let user = self.store.user(&invite.email).await?;
        let hashed = if let Some(user) = &user {
            self.check_password(user, password, address).await?;
            None
        } else {
            let hashed = self.passwords.hash(password).await;
            Some(hashed.map_err(|error| match error {
                PasswordError::Busy => InviteError::SignIn(SignInError::Busy),
                error => InviteError::Password(error),
            })?)
        };
        let joining = Arc::new((hash(token), user, hashed));
        self.write(invite.site, move |services, tx| {
            let joining = joining.clone();
            Box::pin(async move {
                let (token, user, hashed) = &*joining;
                join(services, tx, token, user.as_ref(), hashed.as_deref()).await
            })
        })
        .await
    }

    /// Whether a password is a user's, counted as an attempt to sign in.
    pub(super) async fn check_password(
        &self,
        user: &User,
        password: String,
        address: &str,
    ) -> Result<(), SignInError> {
        let attempts = {
            self.check_refusals(&user.email, address)?;
            let _turn = self.attempts.turn(address).await?;
            self.count_attempt(&user.email, Some(user), address).await?
        };
        let verified = self.passwords.verify(password, Some(user.password.clone())).await;
        if !matches!(verified, Ok(false)) {
            self.refund(&attempts, address).await?;
        }
        if verified? { Ok(()) } else { Err(SignInError::Wrong) }
    }
}

async fn join(
    services: &Services,
    tx: &mut dyn WriteTx,
    token: &str,
    user: Option<&User>,
    hashed: Option<&str>,
) -> Result<(), InviteError> {
    let now = services.now();
    let invite = tx.take_invite(token, now.as_second()).await?.ok_or(InviteError::NotFound)?;
    let user = match (user, hashed) {
        (Some(user), _) => user.id,
        (None, Some(hashed)) => {
            let user = tx.insert_user(&invite.email, hashed).await?;
            // Somebody else made this user meanwhile: the page will ask for that password.
            user.ok_or(InviteError::SignIn(SignInError::Wrong))?
        }
        (None, None) => return Err(InviteError::NotFound),
    };
    let scope = SiteScope::operator(invite.site);
    if tx.member(scope, user).await?.is_some() {
        return Err(InviteError::Member);
    }
    tx.put_member(user, invite.site, invite.role).await?;
    let actor = Actor { user: Some(user), who: invite.email.clone(), via: Via::Ui };
    let event = AuditEvent::new(EventKind::MemberJoined, format!("as {}", invite.role));
    services.auditor.record(tx, invite.site, &actor, event, now).await?;
    Ok(())
}
