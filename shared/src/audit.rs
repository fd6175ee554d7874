//! The activity: what was done on a site, by whom, newest first.

mod query;

pub use query::ActivityQuery;

use crate::{Channel, ConnectionId, Field, view::Moment};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// Events on a page.
pub const EVENTS: u32 = 50;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "the label says it")]
pub enum EventKind {
    ConnectionCreated,
    ConnectionChanged,
    ConnectionTested,
    TestMessageSent,
    SignedIn,
    SignInFailed,
    SignedOut,
    SignedOutEverywhere,
    PasswordChanged,
    MemberInvited,
    InviteWithdrawn,
    MemberJoined,
    RoleChanged,
    MemberDisabled,
    MemberEnabled,
    SiteAdded,
    KeyAdded,
    KeysRotated,
    BackupRestored,
    SecretsExported,
}

impl EventKind {
    /// All of them, as they are offered.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name in the database and in addresses.
    #[must_use]
    pub fn slug(self) -> &'static str {
        self.into()
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }

    /// The name that staff see.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::ConnectionCreated => "Connection created",
            Self::ConnectionChanged => "Connection changed",
            Self::ConnectionTested => "Connection tested",
            Self::TestMessageSent => "Test message sent",
            Self::SignedIn => "Signed in",
            Self::SignInFailed => "Sign-in failed",
            Self::SignedOut => "Signed out",
            Self::SignedOutEverywhere => "Signed out everywhere",
            Self::PasswordChanged => "Password changed",
            Self::MemberInvited => "Member invited",
            Self::InviteWithdrawn => "Invitation withdrawn",
            Self::MemberJoined => "Member joined",
            Self::RoleChanged => "Role changed",
            Self::MemberDisabled => "Member disabled",
            Self::MemberEnabled => "Member enabled",
            Self::SiteAdded => "Site added",
            Self::KeyAdded => "Key added",
            Self::KeysRotated => "Keys rotated",
            Self::BackupRestored => "Backup restored",
            Self::SecretsExported => "Secrets exported",
        }
    }
}

/// The way by which somebody did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Via {
    /// In the browser.
    Ui,
    /// A program with a token.
    Api,
    /// The operator at the command line.
    Cli,
    /// The server by itself, from time to time.
    Schedule,
}

impl Via {
    /// All of them, as they are offered.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name in the database.
    #[must_use]
    pub fn slug(self) -> &'static str {
        self.into()
    }

    /// The name that staff see.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ui => "browser",
            Self::Api => "API",
            Self::Cli => "command line",
            Self::Schedule => "schedule",
        }
    }
}

/// A field that changed. Of a secret there is only that it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field.
    pub field: Field,
    /// Its value before; `None` if it had none, or if it is a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its value after; `None` if it has none, or if it is a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The connection that an event is about, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventConnection {
    /// Its number.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Its channel, which names the fields.
    pub channel: Channel,
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number on the site, from 1 without a gap.
    pub number: i64,
    /// When.
    pub at: Moment,
    /// Who: an e-mail address, or what stands for it. `you` if it is the caller.
    pub who: String,
    /// How.
    pub via: Via,
    /// What.
    pub kind: EventKind,
    /// The connection, if it is about one.
    pub connection: Option<EventConnection>,
    /// The fields that changed.
    pub changes: Vec<FieldChange>,
    /// What else there is to say, for example the member concerned; may be empty.
    pub about: String,
    /// The number of the event that this one undid.
    pub undid: Option<i64>,
    /// Whether the caller can undo it now.
    pub can_undo: bool,
}

/// Somebody to filter by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The user's number.
    pub id: i64,
    /// The user's e-mail address.
    pub email: String,
}

/// A page of the activity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityPage {
    /// Its events, newest first.
    pub events: Vec<Event>,
    /// Whether there are older ones.
    pub more: bool,
    /// Everybody who ever did something on the site, by e-mail address.
    pub people: Vec<Person>,
}
