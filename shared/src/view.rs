//! What a browser may see of a connection. No secret can be in these types: for one there is only
//! whether it is set, a token's last four characters, and when it changed.

use crate::{
    Channel, ConnectionId, ConnectionPatch, Field, FieldMap, Version, Violations,
    patch::FieldEdit,
    validate::{self, Checkable, Content},
};
use serde::{Deserialize, Serialize};

/// A connection as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// `None` for one that has not been made yet.
    pub id: Option<ConnectionId>,
    /// The version that it was read at.
    pub version: Version,
    /// The channel, which decides the form.
    pub channel: Channel,
    /// The channel's name; for other media the medium's.
    pub channel_label: String,
    /// The values that are no secrets.
    pub values: FieldMap<String>,
    /// The secrets, without their values.
    pub secrets: FieldMap<SecretView>,
    /// When it last changed.
    pub modified: Option<Moment>,
    /// The inbound e-mail connection that this one answers for.
    pub parent: Option<Related>,
    /// The outbound e-mail connections that answer for this one.
    pub children: Vec<Related>,
    /// The connections that may become its parent.
    pub parents: Vec<Related>,
}

/// What may be known of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretView {
    /// The last four characters of a token.
    pub tail: Option<String>,
    /// When it last changed.
    pub changed: Option<Moment>,
    /// The connection's version at its last change: tells two changes apart.
    pub version: Version,
}

/// A time, in the two forms in which it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// `2020-09-09 09:52:57`, UTC.
    pub exact: String,
    /// `3 days ago`.
    pub ago: String,
}

/// Another connection, to link to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Its number.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
}

impl ConnectionView {
    /// An empty form for a new connection of a channel.
    #[must_use]
    pub fn blank(channel: Channel, parents: Vec<Related>) -> Self {
        Self {
            id: None,
            version: Version(0),
            channel,
            channel_label: channel.label().to_owned(),
            values: [Field::Enabled, Field::Priority]
                .map(|field| (field, "1".to_owned()))
                .into_iter()
                .collect(),
            secrets: FieldMap::default(),
            modified: None,
            parent: None,
            children: vec![],
            parents,
        }
    }

    /// The value of a field that is no secret; empty if it has none.
    #[must_use]
    pub fn value(&self, field: Field) -> &str {
        self.values.get(field).map_or("", String::as_str)
    }

    /// The name, or what stands for it where there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        match self.value(Field::Name) {
            "" => "(no name)",
            name => name,
        }
    }

    /// Whether the connection is in use.
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.value(Field::Enabled) == "1"
    }

    /// The form's fields that differ between this view and a later one.
    #[must_use]
    pub fn changed_since(&self, later: &Self) -> Vec<Field> {
        let secret = |view: &Self, field| view.secrets.get(field).map(|secret| secret.version);
        self.channel
            .fields()
            .iter()
            .map(|spec| spec.field)
            .filter(|&field| {
                self.value(field) != later.value(field)
                    || secret(self, field) != secret(later, field)
            })
            .collect()
    }
}

/// A view with a patch on top: what a form holds, to be checked in the browser.
#[derive(Clone, Copy, Debug)]
pub struct Edited<'a> {
    /// What was read.
    pub view: &'a ConnectionView,
    /// What was changed since.
    pub patch: &'a ConnectionPatch,
}

impl Edited<'_> {
    /// Checks the form as the server does: of a connection that is there already, what was not touched may
    /// be as wrong as it was.
    #[must_use]
    pub fn check(&self) -> Violations {
        let Self { view, patch } = self;
        if view.id.is_none() {
            return validate::check(view.channel, self);
        }
        let before = Edited { view, patch: &ConnectionPatch::default() };
        validate::check_patch(view.channel, &before, patch, self)
    }
}

impl Checkable for Edited<'_> {
    fn content(&self, field: Field) -> Content<'_> {
        match self.patch.get(field) {
            Some(FieldEdit::Set(value)) => Content::Text(value.expose()),
            Some(FieldEdit::Clear) => Content::Empty,
            None if self.view.secrets.get(field).is_some() => Content::Hidden,
            None => self.view.values.get(field).map_or(Content::Empty, |text| Content::Text(text)),
        }
    }
}
