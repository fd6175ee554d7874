//! A site's team: who is a member, with which role.

use super::{Ended, Services, authenticate::normal_email, detached};
use crate::{
    audit::{Actor, Deed},
    clock::{self, moment},
    random::random,
    store::{self, MemberRow, NewInvite, Principal, SiteScope, StoreError, UserId, WriteTx},
};
use app::backend::{EventKind, Invite, Member, Team};
use email_address::EmailAddress;
use jiff::Timestamp;
use shared::Role;
use std::{future::Future, pin::Pin};

/// Hours for which the link of an invitation works.
pub const INVITE_HOURS: i64 = 72;

/// Why something was not done to a team. The sentences are for those who asked.
#[derive(Debug, thiserror::Error)]
pub enum TeamError {
    /// The caller's role may not do it.
    #[error("Only admins look after the team. Ask one of this site.")]
    Forbidden,
    /// There is no such member or invitation.
    #[error("There is no such member or invitation any more. Look at the list below.")]
    NotFound,
    /// The site would be left without an admin.
    #[error("This is the last admin of the site. Make somebody else an admin first.")]
    LastAdmin,
    /// That is no e-mail address.
    #[error("This is not an e-mail address. Enter one such as ann@helpdesk.example.")]
    NotAnAddress,
    /// There is no such site.
    #[error("There is no such site. Add it with patchbay site add.")]
    NoSite,
    /// The user is a member already.
    #[error("{0} is a member already. Change the role in the list below.")]
    Member(String),
    /// The database failed.
    #[error("The server could not do this. Try again in a moment.")]
    Store(#[from] StoreError),
}

impl From<Ended> for TeamError {
    fn from(ended: Ended) -> Self {
        Self::Store(ended.into())
    }
}

/// Who looks after a team: one of its admins, or the operator.
#[derive(Clone, Debug)]
pub struct Manager {
    actor: Actor,
    scope: SiteScope,
}

impl Manager {
    /// A caller, if the role may do it.
    ///
    /// # Errors
    /// If it may not.
    pub fn of(caller: &Principal) -> Result<Self, TeamError> {
        let manager = Self { actor: caller.into(), scope: caller.scope() };
        caller.role.may_manage().then_some(manager).ok_or(TeamError::Forbidden)
    }

    /// The operator, on any site.
    #[must_use]
    pub fn operator(scope: SiteScope) -> Self {
        Self { actor: Actor::operator(), scope }
    }
}

type Done<'a> = Pin<Box<dyn Future<Output = Result<Deed, TeamError>> + Send + 'a>>;

impl Services {
    /// The team as its page shows it.
    ///
    /// # Errors
    /// If the caller may not see it, or the database fails.
    pub async fn team(&self, caller: &Principal) -> Result<Team, TeamError> {
        Manager::of(caller)?;
        let (scope, now) = (caller.scope(), self.now());
        let member = |row: MemberRow| Member {
            is_you: row.user == caller.user,
            user: row.user.0,
            email: row.email,
            role: row.role,
            enabled: row.enabled,
            last_sign_in: row.last_sign_in.and_then(|date| moment(&date, now)),
        };
        let invite = |row: store::InviteRow| Invite {
            id: row.id,
            email: row.email,
            role: row.role,
            expires: Timestamp::from_second(row.expires_at).map(clock::date).unwrap_or_default(),
        };
        let members = self.store.members(scope).await?;
        let invites = self.store.invites(scope, now.as_second()).await?;
        Ok(Team {
            members: members.into_iter().map(member).collect(),
            invites: invites.into_iter().map(invite).collect(),
        })
    }

    /// Invites somebody. Returns the address and the secret of the link, which is nowhere else.
    ///
    /// # Errors
    /// See [`TeamError`].
    pub async fn invite(
        &self,
        manager: &Manager,
        email: &str,
        role: Role,
    ) -> Result<(String, String), TeamError> {
        let email = normal_email(email);
        if !EmailAddress::is_valid(&email) {
            return Err(TeamError::NotAnAddress);
        }
        let members = self.store.members(manager.scope).await?;
        if members.iter().any(|member| member.email == email) {
            return Err(TeamError::Member(email));
        }
        let token = hex::encode(random::<16>().map_err(StoreError::from)?);
        let expires_at = self.now().as_second() + INVITE_HOURS * 60 * 60;
        let hash = super::invite::hash(&token);
        let invite = NewInvite { token: hash, email: email.clone(), role, expires_at };
        let scope = manager.scope;
        self.manage(manager, move |tx| {
            Box::pin(async move {
                tx.put_invite(scope, &invite).await?;
                let about = format!("{} as {}", invite.email, invite.role);
                Ok(Deed::new(EventKind::MemberInvited, about))
            })
        })
        .await?;
        Ok((email, token))
    }

    /// Makes somebody a member at once: a new user with this hash of a password, or a known one,
    /// who keeps the own. Returns the address. For the operator.
    ///
    /// # Errors
    /// See [`TeamError`].
    pub async fn add_member(
        &self,
        manager: &Manager,
        email: &str,
        hashed: Option<String>,
        role: Role,
    ) -> Result<String, TeamError> {
        let email = normal_email(email);
        if !EmailAddress::is_valid(&email) {
            return Err(TeamError::NotAnAddress);
        }
        let (scope, joining) = (manager.scope, email.clone());
        let known = self.store.user(&email).await?.map(|user| user.id);
        self.manage(manager, move |tx| {
            Box::pin(async move {
                let user = match (known, hashed) {
                    (Some(user), _) => user,
                    (None, Some(hashed)) => {
                        let user = tx.insert_user(&joining, &hashed).await?;
                        user.ok_or_else(|| TeamError::Member(joining.clone()))?
                    }
                    (None, None) => return Err(TeamError::NotFound),
                };
                if !tx.put_member(user, scope.site(), role).await? {
                    return Err(TeamError::NoSite);
                }
                assert_admin(tx, scope).await?;
                Ok(Deed::new(EventKind::MemberJoined, format!("{joining} as {role}")))
            })
        })
        .await?;
        Ok(email)
    }

    /// Withdraws an invitation.
    ///
    /// # Errors
    /// See [`TeamError`].
    pub async fn withdraw_invite(&self, manager: &Manager, id: i64) -> Result<(), TeamError> {
        let scope = manager.scope;
        self.manage(manager, move |tx| {
            Box::pin(async move {
                let email = tx.delete_invite(scope, id).await?.ok_or(TeamError::NotFound)?;
                Ok(Deed::new(EventKind::InviteWithdrawn, email))
            })
        })
        .await
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// See [`TeamError`].
    pub async fn set_role(
        &self,
        manager: &Manager,
        user: UserId,
        role: Role,
    ) -> Result<(), TeamError> {
        let scope = manager.scope;
        self.manage(manager, move |tx| {
            Box::pin(async move {
                let member = tx.member(scope, user).await?.ok_or(TeamError::NotFound)?;
                tx.set_role(scope, user, role).await?;
                assert_admin(tx, scope).await?;
                let about = format!("{}: {} -> {role}", member.email, member.role);
                Ok(Deed::new(EventKind::RoleChanged, about))
            })
        })
        .await
    }

    /// Lets a member in or not; either ends the member's sessions and tokens on the site.
    ///
    /// # Errors
    /// See [`TeamError`].
    pub async fn set_member_enabled(
        &self,
        manager: &Manager,
        user: UserId,
        enabled: bool,
    ) -> Result<(), TeamError> {
        let scope = manager.scope;
        self.manage(manager, move |tx| {
            Box::pin(async move {
                let member = tx.member(scope, user).await?.ok_or(TeamError::NotFound)?;
                tx.set_member_enabled(scope, user, enabled).await?;
                assert_admin(tx, scope).await?;
                let kind =
                    if enabled { EventKind::MemberEnabled } else { EventKind::MemberDisabled };
                Ok(Deed::new(kind, member.email))
            })
        })
        .await
    }

    /// Ends a member's sessions and tokens on the site.
    ///
    /// # Errors
    /// See [`TeamError`].
    pub async fn sign_out_member(&self, manager: &Manager, user: UserId) -> Result<(), TeamError> {
        let scope = manager.scope;
        self.manage(manager, move |tx| {
            Box::pin(async move {
                let member = tx.member(scope, user).await?.ok_or(TeamError::NotFound)?;
                tx.end_member_sessions(scope, user).await?;
                Ok(Deed::new(EventKind::SignedOutEverywhere, member.email))
            })
        })
        .await
    }

    /// Does something to the team and writes it down, or neither.
    async fn manage(
        &self,
        manager: &Manager,
        work: impl for<'a> FnOnce(&'a mut dyn WriteTx) -> Done<'a> + Send + 'static,
    ) -> Result<(), TeamError> {
        let (services, Manager { actor, scope }) = (self.clone(), manager.clone());
        detached(async move {
            let mut tx = services.store.begin().await?;
            let deed = work(&mut *tx).await?;
            let now = services.now();
            services.auditor.record(&mut *tx, scope.site(), &actor, deed, now).await?;
            Ok(tx.commit().await?)
        })
        .await
    }
}

async fn assert_admin(tx: &mut dyn WriteTx, scope: SiteScope) -> Result<(), TeamError> {
    if tx.count_admins(scope).await? == 0 { Err(TeamError::LastAdmin) } else { Ok(()) }
}
