//! Who looks after a team, and why they cannot.

use super::{super::Retry, MAX_INVITES};
use crate::{
    audit::Actor,
    store::{Principal, SiteScope, StoreError},
};

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
    /// The site has as many open invitations as it may have.
    #[error(
        "This site has {MAX_INVITES} open invitations, and may not have more. Withdraw one below first."
    )]
    TooManyInvites,
    /// The user is a member already.
    #[error("{0} is a member already. Change the role in the list below.")]
    Member(String),
    /// The idempotency key was used for another invitation.
    #[error(
        "This form has invited somebody already. Check what you entered, and press Invite again."
    )]
    KeyReused,
    #[error("The server could not do this. Try again in a moment.")]
    Store(#[from] StoreError),
}

impl Retry for TeamError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(StoreError::Conflict))
    }
}

/// Who looks after a team: one of its admins, or the operator.
#[derive(Clone, Debug)]
pub struct Manager {
    /// `None` is the operator.
    pub(super) caller: Option<Principal>,
    pub(super) actor: Actor,
    pub(super) scope: SiteScope,
}

impl Manager {
    /// A caller, if the role may do it.
    ///
    /// # Errors
    /// If it may not.
    pub fn of(caller: &Principal) -> Result<Self, TeamError> {
        let (actor, scope) = (caller.into(), caller.scope());
        let manager = Self { caller: Some(caller.clone()), actor, scope };
        caller.role.may_manage().then_some(manager).ok_or(TeamError::Forbidden)
    }

    /// The operator, on any site.
    #[must_use]
    pub fn operator(scope: SiteScope) -> Self {
        Self { caller: None, actor: Actor::operator(), scope }
    }
}
