//! The identifiers. Each is its own type, so that none can stand where another belongs.

use serde::{Deserialize, Serialize};
use std::{fmt, num::ParseIntError, str::FromStr};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                // A sign would make a second spelling of the same number.
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                if digits { text } else { "" }.parse().map(Self)
            }
        }
    };
}

number! {
    /// A connection's number. On the wire it is a string of digits (`"646"`).
    ConnectionId
}
number! {
    /// The number of a site, the tenant that owns connections and users.
    SiteId
}
number! {
    /// Counts a connection's real changes, from 1. It is the `ETag` of the API, because
    /// `ModifyDate` cannot tell two changes within one second apart.
    Version
}
