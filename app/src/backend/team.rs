//! The team of a site, the caller's own account, and invitations.

use shared::{Role, SiteId, view::Moment};

/// A member of the caller's site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The user's number.
    pub user: i64,
    /// The user's e-mail address.
    pub email: String,
    /// What the member may do on this site.
    pub role: Role,
    /// Whether the member may sign in to this site.
    pub enabled: bool,
    /// The last sign-in to this site, by browser or API.
    pub last_sign_in: Option<Moment>,
    /// Whether it is the caller.
    pub is_you: bool,
}

/// An invitation that nobody has used yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Its number.
    pub id: i64,
    /// Whom it is for.
    pub email: String,
    /// What the member will be.
    pub role: Role,
    /// When its link ceases to work, as `2026-03-05 09:30:00`, UTC.
    pub expires: String,
}

/// The team page's data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// The members by e-mail address.
    pub members: Vec<Member>,
    /// The open invitations by e-mail address.
    pub invites: Vec<Invite>,
}

/// What a post to the team page led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TeamOutcome {
    /// An invitation was made. Its link is shown this once.
    Invited {
        /// Whom it is for.
        email: String,
        /// The address that the invited opens.
        link: String,
    },
    /// Nothing was done, but this was typed into the invitation before.
    Typed {
        /// The address.
        email: String,
        /// The role that was chosen.
        role: Option<Role>,
    },
    /// It was not done; the sentence says why and what to do. What was typed is kept.
    Refused {
        /// The sentence.
        message: String,
        /// The address that was typed into the invitation.
        email: String,
        /// The role that was chosen for it.
        role: Option<Role>,
    },
}

/// What a post to the account page led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountOutcome {
    /// The password was changed and all other sessions and tokens were ended.
    PasswordChanged,
    /// The current password is wrong.
    WrongPassword,
    /// The new password was refused; the sentence says why and what to do.
    BadPassword(String),
    /// Too many attempts; the number of seconds to wait.
    TooMany(i64),
}

/// A link of an invitation that is good, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The secret of the link, which the page posts back: `/invite/{token}`.
    pub token: String,
    /// Whom it is for.
    pub email: String,
    /// What the member will be.
    pub role: Role,
    /// The site's number.
    pub site: SiteId,
    /// The site's name.
    pub site_name: String,
    /// Whether this user has a password already, from another site: it is asked for then, instead
    /// of a new one.
    pub is_known: bool,
    /// Why the last post did not work; says what to do.
    pub problem: Option<String>,
}
