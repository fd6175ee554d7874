//! The state in which a form is shown: on the first visit, or after a save that failed. The server
//! makes it for browsers without WebAssembly, the island for the others.

use serde::{Deserialize, Serialize};
use shared::{ConnectionView, Field, FieldMap, FieldSpec, FormSection, Violations};

/// The element beside the form that tells what was done: a save changes it, too.
pub const TIMELINE: &str = "history";

/// The element that shows how the connection fares: each answer of the server replaces what is in it.
pub const HEALTH: &str = "health";

/// The event by which the page's script says that a test of the form is over.
pub const TESTED: &str = "tested";

/// How a form is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormState {
    /// What was typed into fields that are no secrets, where it differs from what is stored.
    pub typed: FieldMap<String>,
    /// The secrets whose inputs are open.
    pub replacing: Vec<Field>,
    /// What is wrong.
    pub violations: Violations,
    /// What somebody else changed since the form was read.
    pub conflicts: Vec<Conflict>,
    /// The sentence above the form.
    pub notice: Option<Notice>,
}

/// A field that somebody else changed since the form was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The field.
    pub field: Field,
    /// Its value when the form was read; `None` for a secret.
    pub before: Option<String>,
    /// Its value now; `None` for a secret.
    pub now: Option<String>,
}

/// What a form says above its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// It was saved.
    Saved,
    /// There was nothing to save.
    Unchanged,
    /// The connection was made.
    Created,
    /// A change was undone.
    Undone,
    /// A change cannot be undone, because its fields were changed again since.
    UndoOverlaps,
    /// A change cannot be undone, because what was there before is no longer kept.
    UndoExpired,
    /// Rules are broken.
    Invalid,
    /// Somebody else saved in between.
    Conflict,
    /// Somebody else has just saved.
    Changed,
    /// Somebody else has just saved what is being edited here.
    ChangedToo,
    /// The session has ended.
    SignedOut,
    /// The user's role may not do it.
    Forbidden,
    /// The connection is gone.
    NotFound,
    /// The session has switched to another site.
    OtherSite,
    /// The server was not reached.
    Unreachable,
    /// The server failed.
    Failed,
}

impl Notice {
    /// Whether all is well.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Saved | Self::Unchanged | Self::Created | Self::Undone)
    }

    /// The sentence.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Saved => "Saved.",
            Self::Unchanged => "Nothing was changed.",
            Self::Created => "Connection created.",
            Self::Undone => "The change was undone.",
            Self::UndoOverlaps => {
                "Not undone: the same fields were changed again since. Undo those changes first, \
                 or edit the fields by hand."
            }
            Self::UndoExpired => {
                "Not undone: the value from before is no longer kept. Enter it by hand."
            }
            Self::Forbidden => {
                "Not saved: you may look at this connection, but not change it. Ask an admin of \
                 this site for the role of an editor."
            }
            Self::Invalid => "Not saved yet. Correct these fields, then save again:",
            Self::Conflict => {
                "Not saved yet: somebody else changed this connection while you were editing. \
                 What you typed is still here. Look at what changed, then save again."
            }
            Self::Changed => {
                "Somebody else has just changed this connection. The form shows it now; what you \
                 typed is still here."
            }
            Self::ChangedToo => {
                "Somebody else has just changed what you are editing here. What you typed is still \
                 here: save, and you see both before anything is overwritten."
            }
            Self::SignedOut => {
                "Not saved yet: your session has ended. Sign in again in another tab, come back, \
                 and save. What you typed is still here."
            }
            Self::NotFound => "Not saved: this connection no longer exists.",
            Self::OtherSite => "You switched to another site in another tab. Switch back to save.",
            Self::Unreachable => {
                "Not saved yet: the server was not reached. Check the network, then save again. \
                 What you typed is still here."
            }
            Self::Failed => {
                "Not saved yet: the server could not do it. Save again in a moment. What you \
                 typed is still here."
            }
        }
    }
}

/// The fields of a view's form, in the order in which they are shown.
pub fn fields(view: &ConnectionView) -> impl Iterator<Item = &'static FieldSpec> + use<> {
    view.channel.fields().iter().filter(|spec| spec.group != FormSection::Settings)
}

/// What changed between the view that a form was read at and the one that is stored now.
#[must_use]
pub fn conflicts(read: &ConnectionView, now: &ConnectionView) -> Vec<Conflict> {
    let value = |view: &ConnectionView, field: Field| {
        (!field.is_secret()).then(|| view.value(field).to_owned())
    };
    read.changed_since(now)
        .into_iter()
        .map(|field| Conflict { field, before: value(read, field), now: value(now, field) })
        .collect()
}
