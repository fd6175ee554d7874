//! Who calls, and the site (the tenant) whose data that caller reaches.

use super::Membership;
use shared::{Role, SiteId, UserId, audit::Via};

/// What belongs to no site but to the whole server is stored under this one, which no site has.
pub const SERVER: SiteId = SiteId(0);

/// A caller whose credentials were verified: a member of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub user: UserId,
    /// The user's e-mail address.
    pub email: String,
    /// The site that the token or session was made for.
    pub site: SiteId,
    pub site_name: String,
    /// The site's time zone, if it has one of its own.
    pub time_zone: Option<String>,
    /// What the caller may do on it.
    pub role: Role,
    /// The membership's version, which tokens and sessions carry.
    pub version: i64,
    /// The way by which the caller came.
    pub via: Via,
}

impl Principal {
    /// A user as the member of a site.
    #[must_use]
    pub fn new(user: UserId, site: SiteId, member: Membership, via: Via) -> Self {
        let Membership { email, site_name, time_zone, role, version } = member;
        Self { user, email, site, site_name, time_zone, role, version, via }
    }

    /// What this caller reaches.
    #[must_use]
    pub fn scope(&self) -> SiteScope {
        SiteScope(self.site)
    }
}

/// The right to one site's data. Every method of the store that touches a site's rows asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteScope(SiteId);

impl SiteScope {
    /// For the operator at the command line, who may reach every site.
    #[must_use]
    pub const fn operator(site: SiteId) -> Self {
        Self(site)
    }

    #[must_use]
    pub const fn site(self) -> SiteId {
        self.0
    }
}
