//! A connection as a line of JSON: the documented record, and beside it what is stored with it.

use crate::{clock::parse_date, store::Stored};
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    Connection, Field, Key, MAX_NUMBER, Version, mask::is_mask, rules::is_no_id, wire::Record,
};
use std::{borrow::Cow, ops::RangeInclusive};

/// The greatest `Id` and `Version` that are taken. What is above is for those that the server counts
/// on from there: a single line must not use up the numbers of all sites.
const MAX_TAKEN: i64 = MAX_NUMBER - (1 << 32);

/// Bytes of a line: several patches of 64 KiB can fill a record's texts.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// The keys beside the documented 32. A host of the API does not have them.
const VERSION: &str = "Version";
const STAMPS: [(Field, &str, &str); 2] = [
    (Field::Password, "PasswordDate", "PasswordVersion"),
    (Field::Token, "TokenDate", "TokenVersion"),
];

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    #[serde(flatten)]
    record: Record<'a>,
    version: Version,
    password_date: Option<&'a str>,
    password_version: Version,
    token_date: Option<&'a str>,
    token_version: Version,
}

/// What is wrong with a line. No message quotes a value, which may be a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It is no object.
    #[error("it is no JSON object")]
    NotAnObject,
    /// It has a key that connections do not have.
    #[error("it has a key that connections do not have")]
    UnknownKey,
    /// A value cannot be taken.
    #[error("{0} takes {1}")]
    Value(&'static str, Cow<'static, str>),
}

fn takes(key: &'static str, expected: &'static str) -> LineError {
    LineError::Value(key, expected.into())
}

fn takes_number(key: &'static str, range: &RangeInclusive<i64>) -> LineError {
    let expected = format!("a whole number from {} to {}", range.start(), range.end());
    LineError::Value(key, expected.into())
}

/// Writes a connection, without its secrets or with them in clear.
///
/// # Errors
/// None: a record is always JSON.
pub fn write(stored: &Stored, with_secrets: bool) -> serde_json::Result<String> {
    let mut stored = stored.clone();
    if !with_secrets {
        for (field, ..) in STAMPS {
            stored.connection.set(field, None);
        }
    }
    serde_json::to_string(&Line {
        record: Record(&stored.connection),
        version: stored.version,
        password_date: stored.password.date.as_deref(),
        password_version: stored.password.version,
        token_date: stored.token.date.as_deref(),
        token_version: stored.token.version,
    })
}

/// Reads a connection. Its number and its two dates must be there, other keys may be left out; a number may be a text or a number, as hosts
/// differ in that.
pub fn read(value: Value) -> Result<Stored, LineError> {
    let Value::Object(mut object) = value else { return Err(LineError::NotAnObject) };
    let mut connection = Connection::default();
    for key in Key::ALL {
        let value = object.remove(key.name()).unwrap_or_default();
        connection.set_text(key, text(key, value)?);
    }
    let ids = 1..=MAX_TAKEN;
    if !ids.contains(&connection.id.0) {
        return Err(takes_number(Key::Id.name(), &ids));
    }
    let mut stored = Stored::new(connection);
    if let Some(version) = number(&mut object, VERSION, 1)? {
        stored.version = version;
    }
    for (field, date, version) in STAMPS {
        let place = if field == Field::Password { &mut stored.password } else { &mut stored.token };
        if let Some((date, version)) = stamp(&mut object, date, version)? {
            (place.date, place.version) = (date, version);
        }
    }
    if object.is_empty() { Ok(stored) } else { Err(LineError::UnknownKey) }
}

/// A value as it can be stored.
fn text(key: Key, value: Value) -> Result<Option<String>, LineError> {
    let is_date = matches!(key, Key::CreateDate | Key::ModifyDate);
    let text = match value {
        Value::Null if !is_date => return Ok(None),
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ if is_date => return Err(takes(key.name(), "YYYY-MM-DD HH:MM:SS")),
        _ => return Err(takes(key.name(), "a text, a number or null")),
    };
    if text.contains('\0') {
        return Err(takes(key.name(), "no NUL"));
    }
    if matches!(key, Key::Password | Key::Token) && is_mask(&text) {
        return Err(takes(key.name(), "the secret itself, not what is shown in its place"));
    }
    if key == Key::ParentId && is_no_id(&text) {
        return Err(takes_number(key.name(), &(1..=MAX_NUMBER)));
    }
    if is_date && parse_date(&text).is_none_or(|date| date != text) {
        return Err(takes(key.name(), "YYYY-MM-DD HH:MM:SS"));
    }
    Ok(Some(text))
}

fn stamp(
    object: &mut Map<String, Value>,
    date: &'static str,
    version: &'static str,
) -> Result<Option<(Option<String>, Version)>, LineError> {
    let date = match object.remove(date).unwrap_or_default() {
        Value::Null => None,
        Value::String(text) if parse_date(&text).is_some_and(|date| date == text) => Some(text),
        _ => return Err(takes(date, "YYYY-MM-DD HH:MM:SS or null")),
    };
    Ok(number(object, version, 0)?.map(|version| (date, version)))
}

fn number(
    object: &mut Map<String, Value>,
    key: &'static str,
    from: i64,
) -> Result<Option<Version>, LineError> {
    let Some(value) = object.remove(key) else { return Ok(None) };
    let range = from..=MAX_TAKEN;
    let number = value.as_i64().filter(|number| range.contains(number));
    number.map(|number| Some(Version(number))).ok_or_else(|| takes_number(key, &range))
}
