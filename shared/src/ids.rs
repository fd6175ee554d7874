//! The identifiers. Each is its own type, so that none can stand where another belongs.
//!
//! Whatever comes from outside is read here, so that one bound holds at every entrance.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::{fmt, ops::RangeInclusive, str::FromStr};

/// 2^53 - 1: the greatest whole number that every JSON reader holds exactly (RFC 8259, 6).
pub const MAX_NUMBER: i64 = (1 << 53) - 1;

/// A text or number that is not a whole number in the range. What it was is not repeated: it may
/// be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber {
    from: i64,
}

impl fmt::Display for NotANumber {
    /// To end a sentence: "Id takes a whole number from 1 to 9007199254740991".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {} to {MAX_NUMBER}", self.from)
    }
}

impl std::error::Error for NotANumber {}

/// Reads digits. A sign would make a second spelling of the same number.
fn digits(text: &str, range: RangeInclusive<i64>) -> Result<i64, NotANumber> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| plain && range.contains(number));
    number.ok_or(NotANumber { from: *range.start() })
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Reads a number after which to go on; 0 begins with the first.
            ///
            /// # Errors
            /// If it is not 0 to [`MAX_NUMBER`] in digits.
            pub fn parse_after(text: &str) -> Result<Self, NotANumber> {
                digits(text, 0..=MAX_NUMBER).map(Self)
            }

            /// The next one; `None` after [`MAX_NUMBER`].
            #[must_use]
            pub fn next(self) -> Option<Self> {
                self.0.checked_add(1).filter(|next| *next <= MAX_NUMBER).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotANumber;

            fn from_str(text: &str) -> Result<Self, NotANumber> {
                digits(text, 1..=MAX_NUMBER).map(Self)
            }
        }

        /// Also 0, which stands for what has no number yet.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let number = i64::deserialize(deserializer)?;
                let known = (0..=MAX_NUMBER).contains(&number);
                known.then_some(Self(number)).ok_or_else(|| D::Error::custom(NotANumber { from: 0 }))
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
    /// A user's number.
    UserId
}
number! {
    /// The number of an event or an invitation, within its site.
    EntryId
}
number! {
    /// Counts a connection's real changes, from 1. It is the first part of the API's `ETag`, because
    /// `ModifyDate` cannot tell two changes within one second apart.
    Version
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Neither text nor number gets past the bound, whichever way it comes.
    #[test]
    fn numbers_from_outside_are_bounded() {
        for (text, number) in [("1", 1), ("9007199254740991", MAX_NUMBER), ("0612", 612)] {
            assert_eq!(text.parse(), Ok(ConnectionId(number)), "{text}");
            assert_eq!(ConnectionId::parse_after(text), Ok(ConnectionId(number)), "{text}");
        }
        assert_eq!(ConnectionId::parse_after("0"), Ok(ConnectionId(0)));
        assert_eq!("0".parse::<ConnectionId>(), Err(NotANumber { from: 1 }));
        for text in [
            "",
            "-1",
            "+1",
            " 1",
            "1e3",
            "1.0",
            "0x1",
            "١",
            "9007199254740992",
            "9223372036854775807",
            "9223372036854775808",
            "1000000000000000000000000000000",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
            assert!(Version::parse_after(text).is_err(), "{text}");
        }
        for json in ["-1", "1e3", "1.0", "9007199254740992", "9223372036854775808", "1e30", "\"1\""]
        {
            assert!(serde_json::from_str::<Version>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::from_str::<Version>("0").unwrap(), Version(0));
        let error = "x".parse::<SiteId>().unwrap_err().to_string();
        assert_eq!(error, "a whole number from 1 to 9007199254740991");
    }

    #[test]
    fn the_last_number_has_no_next() {
        assert_eq!(ConnectionId(646).next(), Some(ConnectionId(647)));
        assert_eq!(ConnectionId(MAX_NUMBER).next(), None);
        assert_eq!(ConnectionId(i64::MAX).next(), None);
    }
}
