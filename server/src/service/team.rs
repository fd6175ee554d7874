//! A site's team: who is a member, with which role.

mod manager;

pub use manager::{Manager, TeamError};

use super::{Services, authenticate::normal_email, idempotency::Claim};
use crate::{
    audit::AuditEvent,
    clock::{self, moment},
    random::random,
    store::{
        self, IdempotencyKey, MemberRow, NewInvite, Principal, SiteScope, StoreError, UserId,
        WriteTx,
    },
};
use app::backend::{Invite, Member, Team};
use email_address::{EmailAddress, Options};
use jiff::Timestamp;
use shared::{Role, audit::EventKind};
use std::{future::Future, pin::Pin, sync::Arc};

/// Bytes of the secret that the link of an invitation carries.
const SECRET_LENGTH: usize = 16;

/// Hours for which the link of an invitation works.
pub const INVITE_HOURS: i64 = 72;

/// Invitations of a site that may be open at a time.
pub const MAX_INVITES: i64 = 100;

/// What was done, if anything was.
type Done<'a> = Pin<Box<dyn Future<Output = Result<Option<AuditEvent>, TeamError>> + Send + 'a>>;

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

    /// Invites somebody. Returns the address and the secret of the link, which is nowhere else. Under
    /// an idempotency key of the caller's, the secret follows from the key: a repeated request
    /// gets the same link.
    pub async fn invite(
        &self,
        manager: &Manager,
        email: &str,
        role: Role,
        idempotency_key: Option<&str>,
    ) -> Result<(String, String), TeamError> {
        let email = normal_email(email);
        if !is_address(&email) {
            return Err(TeamError::NotAnAddress);
        }
        let members = self.store.members(manager.scope).await?;
        if members.iter().any(|member| member.email == email) {
            return Err(TeamError::Member(email));
        }
        let caller = manager.caller.clone();
        let claimed = caller.zip(idempotency_key).map(|(caller, key)| {
            (caller, self.idempotency_key(key, &("invitation", &email, role.slug())))
        });
        let token = match &claimed {
            Some((caller, key)) => self.link_secret(caller, key),
            None => hex::encode(random::<SECRET_LENGTH>().map_err(StoreError::from)?),
        };
        let expires_at = self.now().as_second() + INVITE_HOURS * 60 * 60;
        let hash = super::invite::hash(&token);
        let invited_by = manager.caller.as_ref().map(|caller| caller.user);
        let invite =
            NewInvite { token: hash.clone(), email: email.clone(), role, invited_by, expires_at };
        let (scope, services) = (manager.scope, self.clone());
        self.manage(manager, move |tx| {
            let (invite, services, claimed) = (invite.clone(), services.clone(), claimed.clone());
            Box::pin(async move {
                if let Some((caller, key)) = claimed {
                    match services.claim_key(tx, &caller, &key).await? {
                        Claim::New => {}
                        Claim::Repeated(_) => return Ok(None),
                        Claim::Reused => return Err(TeamError::KeyReused),
                    }
                }
                let now = services.now().as_second();
                if tx.count_invites(scope, &invite.email, now).await? >= MAX_INVITES {
                    return Err(TeamError::TooManyInvites);
                }
                if !tx.put_invite(scope, &invite).await? {
                    return Err(TeamError::NoSite);
                }
                let about = format!("{} as {}", invite.email, invite.role);
                Ok(Some(AuditEvent::new(EventKind::MemberInvited, about)))
            })
        })
        .await?;
        // A repeated request may come after the link was used or withdrawn.
        let is_open = self.store.invite(&hash, self.now().as_second()).await?.is_some();
        if is_open { Ok((email, token)) } else { Err(TeamError::NotFound) }
    }

    /// The secret of a link that nobody can compute without the server's own key. The same key gives
    /// another invitation, which it may after a day, another secret.
    fn link_secret(
        &self,
        caller: &Principal,
        IdempotencyKey { key, request }: &IdempotencyKey,
    ) -> String {
        let text = format!("invitation {} {} {key} {request}", caller.site, caller.user.0);
        hex::encode(&self.auditor.code(&text)[..SECRET_LENGTH])
    }

    /// Makes somebody a member at once: a new user with this hash of a password, or without one a
    /// known user. Returns the address. For the operator.
    pub async fn add_member(
        &self,
        manager: &Manager,
        email: &str,
        hashed: Option<String>,
        role: Role,
    ) -> Result<String, TeamError> {
        let email = normal_email(email);
        if !is_address(&email) {
            return Err(TeamError::NotAnAddress);
        }
        let (scope, joining) = (manager.scope, email.clone());
        let known = self.store.user(&email).await?.map(|user| user.id);
        self.manage(manager, move |tx| {
            let (joining, hashed) = (joining.clone(), hashed.clone());
            Box::pin(async move {
                let user = match (known, hashed) {
                    (Some(user), _) => user,
                    (None, Some(hashed)) => {
                        let user = tx.insert_user(&joining, &hashed).await?;
                        user.ok_or_else(|| TeamError::Member(joining.clone()))?
                    }
                    (None, None) => return Err(TeamError::NotFound),
                };
                if tx.member(scope, user).await?.is_some() {
                    return Err(TeamError::Member(joining));
                }
                if !tx.put_member(user, scope.site(), role).await? {
                    return Err(TeamError::NoSite);
                }
                // An invitation from before could give another role.
                tx.delete_invite_of(scope, &joining).await?;
                let about = format!("{joining} as {role}");
                Ok(Some(AuditEvent::new(EventKind::MemberJoined, about)))
            })
        })
        .await?;
        Ok(email)
    }

    /// Withdraws an invitation.
    pub async fn withdraw_invite(&self, manager: &Manager, id: i64) -> Result<(), TeamError> {
        let scope = manager.scope;
        self.manage(manager, move |tx| {
            Box::pin(async move {
                let email = tx.delete_invite(scope, id).await?.ok_or(TeamError::NotFound)?;
                Ok(Some(AuditEvent::new(EventKind::InviteWithdrawn, email)))
            })
        })
        .await
    }

    /// Gives a member another role.
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
                if member.role == role {
                    return Ok(None);
                }
                tx.set_role(scope, user, role).await?;
                assert_admin(tx, scope, member.role).await?;
                let about = format!("{}: {} -> {role}", member.email, member.role);
                Ok(Some(AuditEvent::new(EventKind::RoleChanged, about)))
            })
        })
        .await
    }

    /// Lets a member in or not; either ends the member's sessions and tokens on the site.
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
                if !tx.set_member_enabled(scope, user, enabled).await? {
                    return Ok(None);
                }
                assert_admin(tx, scope, member.role).await?;
                let kind =
                    if enabled { EventKind::MemberEnabled } else { EventKind::MemberDisabled };
                Ok(Some(AuditEvent::new(kind, member.email)))
            })
        })
        .await
    }

    /// Ends a member's sessions and tokens on the site.
    pub async fn sign_out_member(&self, manager: &Manager, user: UserId) -> Result<(), TeamError> {
        let scope = manager.scope;
        self.manage(manager, move |tx| {
            Box::pin(async move {
                let member = tx.member(scope, user).await?.ok_or(TeamError::NotFound)?;
                tx.end_member_sessions(scope, user).await?;
                Ok(Some(AuditEvent::new(EventKind::SignedOutEverywhere, member.email)))
            })
        })
        .await
    }

    /// Does something to the team and writes it down, or neither.
    async fn manage(
        &self,
        manager: &Manager,
        work: impl for<'a> Fn(&'a mut dyn WriteTx) -> Done<'a> + Send + Sync + 'static,
    ) -> Result<(), TeamError> {
        let (manager, work) = (manager.clone(), Arc::new(work));
        self.write(manager.scope.site(), move |services, tx| {
            let (Manager { caller, actor, scope }, work) = (manager.clone(), work.clone());
            Box::pin(async move {
                if let Some(caller) = caller
                    && !Self::still_may(tx, &caller).await?
                {
                    return Err(TeamError::Forbidden);
                }
                let Some(event) = work(tx).await? else { return Ok(()) };
                let now = services.now();
                services.auditor.record(tx, scope.site(), &actor, event, now).await?;
                Ok(())
            })
        })
        .await
    }
}

/// A site keeps an admin, if the member who was changed was one.
async fn assert_admin(
    tx: &mut dyn WriteTx,
    scope: SiteScope,
    before: Role,
) -> Result<(), TeamError> {
    let last = before.may_manage() && tx.count_admins(scope).await? == 0;
    if last { Err(TeamError::LastAdmin) } else { Ok(()) }
}

/// An address as somebody signs in with it: no name before it, and a domain with a dot.
fn is_address(email: &str) -> bool {
    let options = Options::default()
        .without_display_text()
        .without_domain_literal()
        .with_minimum_sub_domains(2);
    EmailAddress::parse_with_options(email, options).is_ok()
}
