//! Sites, users, memberships and invitations.

use super::{Result, SiteScope, UserId};
use async_trait::async_trait;
use jiff::Timestamp;
use shared::{Role, SiteId};

#[derive(Clone, Debug)]
pub struct User {
    pub id: UserId,
    /// The address in lower case.
    pub email: String,
    /// The Argon2id hash in PHC form.
    pub password: String,
}

/// What a user is on a site. There is none if the user or the membership is disabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The user's e-mail address.
    pub email: String,
    pub site_name: String,
    /// The site's time zone, if it has one of its own.
    pub time_zone: Option<String>,
    /// What the member may do.
    pub role: Role,
    /// Counts what ended all of the member's sessions and tokens on this site.
    pub version: i64,
}

/// A member as the team page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    pub user: UserId,
    /// The user's e-mail address.
    pub email: String,
    /// What the member may do.
    pub role: Role,
    /// Whether the member may sign in to this site.
    pub enabled: bool,
    /// The last sign-in to this site, `YYYY-MM-DD HH:MM:SS`, UTC.
    pub last_sign_in: Option<String>,
}

/// An invitation to be stored.
#[derive(Clone, Debug)]
pub struct NewInvite {
    /// The hash of what the link carries.
    pub token: String,
    /// Whom it is for, in lower case.
    pub email: String,
    /// What the member will be.
    pub role: Role,
    /// The admin; `None` is the operator.
    pub invited_by: Option<UserId>,
    /// When the link ceases to work, in seconds since 1970.
    pub expires_at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteRow {
    pub id: i64,
    pub site: SiteId,
    pub site_name: String,
    /// Whom it is for.
    pub email: String,
    /// What the member will be.
    pub role: Role,
    /// When the link ceases to work, in seconds since 1970.
    pub expires_at: i64,
}

/// Reads of users and sites.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// A user by e-mail address, in lower case.
    async fn user(&self, email: &str) -> Result<Option<User>>;

    /// What a user is on a site.
    async fn membership(&self, user: UserId, site: SiteId) -> Result<Option<Membership>>;

    /// The sites that let a user in, by number.
    async fn sites_of(&self, user: UserId) -> Result<Vec<(SiteId, String)>>;

    /// All sites, by number.
    async fn sites(&self) -> Result<Vec<SiteId>>;

    /// A site's members by e-mail address.
    async fn members(&self, scope: SiteScope) -> Result<Vec<MemberRow>>;

    /// The versions of the memberships that let somebody in to a site.
    async fn versions(&self, scope: SiteScope) -> Result<Vec<(UserId, i64)>>;

    /// A site's invitations that work at `now`, by e-mail address.
    async fn invites(&self, scope: SiteScope, now: i64) -> Result<Vec<InviteRow>>;

    /// The invitation whose link carries what has this hash, if it works at `now`.
    async fn invite(&self, token: &str, now: i64) -> Result<Option<InviteRow>>;

    /// Whether a user has signed in from an address before.
    async fn knows_address(&self, user: UserId, address: &str) -> Result<bool>;
}

/// Writes of users and sites. A `false` says that there is no such row.
#[async_trait]
pub trait UserStoreTx: Send {
    /// Whether there is any site.
    async fn has_sites(&mut self) -> Result<bool>;

    /// Adds a site; `false` if the number is taken.
    async fn insert_site(&mut self, site: SiteId, name: &str, zone: Option<&str>) -> Result<bool>;

    /// Adds a user; `None` if the address is taken.
    async fn insert_user(&mut self, email: &str, password: &str) -> Result<Option<UserId>>;

    /// Gives a user another password and ends the user's sessions and tokens, if the password is
    /// still the one that was read.
    async fn set_password(&mut self, user: &User, password: &str) -> Result<bool>;

    /// What a user is on a site, as this transaction sees it.
    async fn membership(&mut self, user: UserId, site: SiteId) -> Result<Option<Membership>>;

    /// Ends all sessions, tokens and invitations there are.
    async fn end_everything(&mut self) -> Result<()>;

    /// Lets a user in everywhere or nowhere, and ends the user's sessions and tokens.
    async fn set_user_enabled(&mut self, user: UserId, enabled: bool) -> Result<bool>;

    /// Ends all sessions and tokens of a user.
    async fn end_sessions(&mut self, user: UserId) -> Result<bool>;

    /// Lets a user into a site with a role; `false` if there is no such site.
    async fn put_member(&mut self, user: UserId, site: SiteId, role: Role) -> Result<bool>;

    /// A site's member by user.
    async fn member(&mut self, scope: SiteScope, user: UserId) -> Result<Option<MemberRow>>;

    /// Gives a member another role.
    async fn set_role(&mut self, scope: SiteScope, user: UserId, role: Role) -> Result<bool>;

    /// Lets a member in or not, and ends the member's sessions and tokens on the site; `false` if it
    /// is so already.
    async fn set_member_enabled(
        &mut self,
        scope: SiteScope,
        user: UserId,
        enabled: bool,
    ) -> Result<bool>;

    /// Ends a member's sessions and tokens on the site.
    async fn end_member_sessions(&mut self, scope: SiteScope, user: UserId) -> Result<bool>;

    /// The number of a site's admins who may sign in.
    async fn count_admins(&mut self, scope: SiteScope) -> Result<u64>;

    /// Forgets a site's invitations that have expired, and counts those for others than an address.
    async fn count_invites(&mut self, scope: SiteScope, but: &str, now: i64) -> Result<i64>;

    /// Stores an invitation, in place of an earlier one for the same address.
    async fn put_invite(&mut self, scope: SiteScope, invite: &NewInvite) -> Result<bool>;

    /// Forgets an invitation; returns whom it was for.
    async fn delete_invite(&mut self, scope: SiteScope, id: i64) -> Result<Option<String>>;

    /// Forgets the invitation of an address, if there is one.
    async fn delete_invite_of(&mut self, scope: SiteScope, email: &str) -> Result<()>;

    /// Uses up the invitation whose link carries what has this hash, if it works at `now`.
    async fn take_invite(&mut self, token: &str, now: i64) -> Result<Option<InviteRow>>;

    /// Notes that a member has signed in from an address.
    async fn note_sign_in(
        &mut self,
        scope: SiteScope,
        user: UserId,
        address: &str,
        now: Timestamp,
    ) -> Result<()>;
}
