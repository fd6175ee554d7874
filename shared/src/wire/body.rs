//! The bodies of PATCH and POST: an object with some of the record's keys.
//!
//! serde's own error texts quote the input, which may be a secret, so every error here has a fixed
//! text and names at most a key.

use crate::{ConnectionPatch, Field, Key};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// The entries of a body, each of the type that its key takes; `None` is null.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Entries(Vec<(Key, Option<String>)>);

/// Body parsing error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is not JSON.
    NotJson,
    /// It is JSON, but no object.
    NotAnObject,
    /// It has a key that no record has.
    UnknownKey {
        /// The key, if it is short and plain enough to be no secret.
        key: Option<String>,
        /// The key that was probably meant.
        nearest: Option<Key>,
    },
    /// It has a key twice.
    DuplicateKey(Key),
    /// The value is of a type that the key does not take.
    WrongType(Key),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => f.write_str("the body is not valid JSON"),
            Self::NotAnObject => f.write_str("the body must be a JSON object of connection fields"),
            Self::UnknownKey { key, nearest } => {
                match key {
                    Some(key) => write!(f, "unknown key {key}")?,
                    None => f.write_str("the body has a key that no connection has")?,
                }
                nearest.map_or(Ok(()), |nearest| write!(f, "; did you mean {nearest}?"))
            }
            Self::DuplicateKey(key) => write!(f, "the key {key} is given twice"),
            Self::WrongType(key) if takes_integer(*key) => {
                write!(f, "{key} takes a string, a whole number or null")
            }
            Self::WrongType(key) => write!(f, "{key} takes a string or null"),
        }
    }
}

impl std::error::Error for BodyError {}

impl Entries {
    /// Reads a body.
    ///
    /// # Errors
    /// If it is no object of known keys with values of their types.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        let Pairs(pairs) = serde_json::from_slice(body).map_err(|error| {
            if error.is_data() { BodyError::NotAnObject } else { BodyError::NotJson }
        })?;
        let mut entries = Self::default();
        for (name, value) in pairs {
            let key = Key::parse(&name).ok_or_else(|| unknown_key(&name))?;
            if entries.0.iter().any(|(earlier, _)| *earlier == key) {
                return Err(BodyError::DuplicateKey(key));
            }
            entries.0.push((key, text_of(key, value)?));
        }
        Ok(entries)
    }

    /// The value under a key: absent, null or a text.
    #[must_use]
    pub fn get(&self, key: Key) -> Option<Option<&str>> {
        self.0.iter().find(|(given, _)| *given == key).map(|(_, value)| value.as_deref())
    }

    /// All entries in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (Key, Option<&str>)> {
        self.0.iter().map(|(key, value)| (*key, value.as_deref()))
    }

    /// The entries that clients may write.
    #[must_use]
    pub fn patch(&self) -> ConnectionPatch {
        self.iter()
            .filter_map(|(key, value): (Key, Option<&str>)| {
                Some((key.field()?, value.map(Into::into)))
            })
            .collect()
    }

    /// The entries that clients may not write: fine as long as they say what is so.
    pub fn read_only(&self) -> impl Iterator<Item = (Key, Option<&str>)> {
        self.iter().filter(|(key, _)| key.field().is_none())
    }
}

fn takes_integer(key: Key) -> bool {
    key.field().is_some_and(Field::takes_integer)
}

fn text_of(key: Key, value: Value) -> Result<Option<String>, BodyError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) if takes_integer(key) && !number.is_f64() => {
            Ok(Some(number.to_string()))
        }
        _ => Err(BodyError::WrongType(key)),
    }
}

/// Names a key only if it looks like one: a secret may stand where a key belongs.
fn unknown_key(name: &str) -> BodyError {
    let short = name.len() <= 24;
    let plain = short && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let distance =
        |key: &Key| strsim::damerau_levenshtein(&key.name().to_lowercase(), &name.to_lowercase());
    // Two slips, or a third of a long name: beyond that a guess would mislead.
    let nearest = Key::ALL
        .into_iter()
        .filter(|_| short)
        .min_by_key(distance)
        .filter(|key: &Key| distance(key) <= (key.name().len() / 3).max(2));
    BodyError::UnknownKey { key: (plain || nearest.is_some()).then(|| name.to_owned()), nearest }
}

/// An object's pairs as they stand: a map would drop all but the last of a key's values.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(body: &str) -> String {
        Entries::parse(body.as_bytes()).err().expect("it is refused").to_string()
    }

    #[test]
    fn a_patch_names_a_subset() {
        let entries =
            Entries::parse(br#"{"Name":"a","Token":null,"Port":993,"Id":"646"}"#).unwrap();
        let patch: Vec<_> =
            entries.patch().iter().map(|(f, v)| (f, v.map(str::to_owned))).collect();
        assert_eq!(
            patch,
            [
                (Field::Name, Some("a".into())),
                (Field::Port, Some("993".into())),
                (Field::Token, None)
            ]
        );
        assert_eq!(entries.read_only().collect::<Vec<_>>(), [(Key::Id, Some("646"))]);
    }

    #[test]
    fn what_is_no_body_is_refused_without_quoting_it() {
        assert_eq!(error("{canary"), "the body is not valid JSON");
        assert_eq!(error(""), "the body is not valid JSON");
        assert_eq!(error(r#"["canary"]"#), "the body must be a JSON object of connection fields");
        assert_eq!(error(r#""canary""#), "the body must be a JSON object of connection fields");
        assert_eq!(error(r#"{"Name":["canary"]}"#), "Name takes a string or null");
        assert_eq!(error(r#"{"Port":9.5}"#), "Port takes a string, a whole number or null");
        assert_eq!(error(r#"{"UserId":241794770143249}"#), "UserId takes a string or null");
        assert_eq!(error(r#"{"Name":"a","Name":"b"}"#), "the key Name is given twice");
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_known_one() {
        assert_eq!(error(r#"{"Pasword":"x"}"#), "unknown key Pasword; did you mean Password?");
        assert_eq!(error(r#"{"userid":"x"}"#), "unknown key userid; did you mean UserId?");
        assert_eq!(error(r#"{"User-Id":"x"}"#), "unknown key User-Id; did you mean UserId?");
        assert_eq!(error(r#"{"Colour":"x"}"#), "unknown key Colour");
        assert_eq!(error(r#"{"one#two#123":"x"}"#), "the body has a key that no connection has");
    }
}
