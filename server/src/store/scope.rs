//! Who calls, and the site whose data that caller reaches.

use shared::SiteId;

/// A user's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserId(pub i64);

/// A caller whose credentials were verified: a member of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user: UserId,
    /// The user's e-mail address.
    pub email: String,
    /// The site that the token or session was made for.
    pub site: SiteId,
    /// The site's name.
    pub site_name: String,
}

impl Principal {
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
    pub fn operator(site: SiteId) -> Self {
        Self(site)
    }

    /// The site.
    #[must_use]
    pub fn site(self) -> SiteId {
        self.0
    }
}
