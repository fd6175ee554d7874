//! The JSON of the documents: the record, the bodies that clients send, and the error envelope.

mod body;
mod envelope;

pub use body::{BodyError, Entries};
pub use envelope::{BrokenRule, Envelope, ErrorCode, ErrorRecords, Meta, More};

use crate::{Connection, Key};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// The documented record: all 32 keys in order, secrets in clear. The one place that renders a
/// stored secret; only the API's answer to a bearer of the site's token may hold it.
#[derive(Clone, Copy)]
pub struct Record<'a>(pub &'a Connection);

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Key::ALL.len()))?;
        for key in Key::ALL {
            map.serialize_entry(key.name(), &self.0.expose(key))?;
        }
        map.end()
    }
}
