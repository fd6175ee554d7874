//! A patch: for each field keep, set or clear.

use crate::{Channel, Connection, Field, FieldMap, Secret, normalise};
use serde::{Deserialize, Serialize};

/// What a patch does to a field that it names. A field that it does not name is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldEdit {
    /// Takes this value. It may be a secret, so it is kept like one.
    Set(Secret),
    /// Becomes null.
    Clear,
}

impl FieldEdit {
    fn new(value: Option<String>) -> Self {
        value.map_or(Self::Clear, |value| Self::Set(Secret::new(value)))
    }

    fn value(&self) -> Option<&str> {
        match self {
            Self::Set(value) => Some(value.expose()),
            Self::Clear => None,
        }
    }
}

/// The fields that a client wants changed. In JSON an absent key keeps, `null` clears, and a
/// string sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionPatch(FieldMap<FieldEdit>);

impl ConnectionPatch {
    /// This patch with one more change: `None` clears.
    #[must_use]
    pub fn with(mut self, field: Field, value: Option<&str>) -> Self {
        self.set(field, value.map(Into::into));
        self
    }

    /// Adds a change: `None` clears.
    pub fn set(&mut self, field: Field, value: Option<String>) {
        self.0.insert(field, FieldEdit::new(value));
    }

    /// Takes a change back.
    pub fn keep(&mut self, field: Field) {
        self.0.remove(field);
    }

    /// What it does to a field; `None` if it keeps it.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&FieldEdit> {
        self.0.get(field)
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().next().is_none()
    }

    /// The fields that it changes.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        self.0.iter().map(|(field, _)| field)
    }

    /// The changes as the values that result: `None` is null.
    pub fn iter(&self) -> impl Iterator<Item = (Field, Option<&str>)> {
        self.0.iter().map(|(field, change)| (field, change.value()))
    }

    /// The same patch with every value in the [normal form](normalise) of its field.
    #[must_use]
    pub fn normalised(&self, channel: Channel) -> Self {
        self.iter()
            .map(|(field, value): (Field, Option<&str>)| {
                let value = value
                    .and_then(|value| normalise::normalise(channel, field, value))
                    .or_else(|| normalise::empty_value(channel, field).map(Into::into));
                (field, value)
            })
            .collect()
    }

    /// Only the changes that make a difference to a connection.
    #[must_use]
    pub fn real_changes(&self, connection: &Connection) -> Self {
        self.iter()
            .filter(|(field, value)| connection.expose(field.key()).as_deref() != *value)
            .map(|(field, value)| (field, value.map(Into::into)))
            .collect()
    }

    /// Changes exactly the fields that it names.
    pub fn apply(&self, connection: &mut Connection) {
        for (field, value) in self.iter() {
            connection.set(field, value.map(Into::into));
        }
    }
}

impl FromIterator<(Field, Option<String>)> for ConnectionPatch {
    fn from_iter<T: IntoIterator<Item = (Field, Option<String>)>>(changes: T) -> Self {
        Self(changes.into_iter().map(|(field, value)| (field, FieldEdit::new(value))).collect())
    }
}

/// The way from the browser to the server. The value is one that its user has typed; no stored
/// secret is ever in a patch.
impl Serialize for FieldEdit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FieldEdit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::new)
    }
}
