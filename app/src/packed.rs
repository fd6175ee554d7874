//! Props of islands.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

/// An island's props as JSON within a string. Leptos reads props from a text and server functions
/// read answers from bytes: with this, both go through the same reader, and the WebAssembly has the
/// code to read a connection once (13 kB less, compressed).
#[derive(Clone, Debug)]
pub struct Packed<T>(pub T);

impl<T: Serialize> Serialize for Packed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = serde_json::to_string(&self.0).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&json)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Packed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = String::deserialize(deserializer)?;
        serde_json::from_slice(json.as_bytes()).map(Self).map_err(serde::de::Error::custom)
    }
}
