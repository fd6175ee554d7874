//! The channels, and the pairs of codes that stand for them in the record.

use serde::{Deserialize, Serialize};

/// What a connection connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// E-mail that comes in, over IMAP.
    EmailInbound,
    /// E-mail that goes out, over SMTP.
    EmailOutbound,
    /// A Facebook page.
    Facebook,
    /// An Instagram business account.
    Instagram,
    /// A Twitter account.
    Twitter,
    /// Every other medium: readable, and patchable with the generic rules.
    Other,
}

impl Channel {
    /// All channels, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::EmailInbound,
        Self::EmailOutbound,
        Self::Facebook,
        Self::Instagram,
        Self::Twitter,
        Self::Other,
    ];

    /// The channels that have a form.
    pub const WITH_FORM: [Self; 5] =
        [Self::EmailInbound, Self::EmailOutbound, Self::Facebook, Self::Instagram, Self::Twitter];

    /// `MediaId` and `ProviderId`; `None` for [`Channel::Other`], which has many.
    #[must_use]
    pub const fn codes(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::EmailInbound => Some(("EMAIL", "PVD9")),
            Self::EmailOutbound => Some(("EMAIL", "PVD7")),
            Self::Facebook => Some(("FCBK", "PVD12")),
            Self::Instagram => Some(("INST", "PVD28")),
            Self::Twitter => Some(("TWTR", "PVD10")),
            Self::Other => None,
        }
    }

    /// The channel of a pair of codes; [`Channel::Other`] for every pair without a form.
    #[must_use]
    pub fn from_codes(media_id: Option<&str>, provider_id: Option<&str>) -> Self {
        let codes = media_id.zip(provider_id);
        Self::WITH_FORM.into_iter().find(|channel| channel.codes() == codes).unwrap_or(Self::Other)
    }

    /// The name in addresses (`/connections/new?channel=facebook`).
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::EmailInbound => "email-inbound",
            Self::EmailOutbound => "email-outbound",
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Twitter => "twitter",
            Self::Other => "other",
        }
    }

    /// The channel of a name in an address.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.slug() == slug)
    }

    /// The name that staff see.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::EmailInbound => "E-mail inbound",
            Self::EmailOutbound => "E-mail outbound",
            Self::Facebook => "Facebook",
            Self::Instagram => "Instagram",
            Self::Twitter => "Twitter",
            Self::Other => "Other",
        }
    }

    /// One line on what a connection of this channel is for.
    #[must_use]
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::EmailInbound => "Reads customers’ messages from a mailbox (IMAP)",
            Self::EmailOutbound => "Sends answers through a mail server (SMTP)",
            Self::Facebook => "Messages and posts of a Facebook page",
            Self::Instagram => "Messages and comments of a business account",
            Self::Twitter => "Mentions and direct messages of an account",
            Self::Other => "No form for this channel yet",
        }
    }
}

/// The media that a connection may be made for: code and name. The last two are listed by
/// the API without a documented form.
pub const MEDIA: [(&str, &str); 6] = [
    ("EMAIL", "E-mail"),
    ("FCBK", "Facebook"),
    ("INST", "Instagram"),
    ("TWTR", "Twitter"),
    ("WHATP", "WhatsApp"),
    ("YOTB", "YouTube"),
];

/// The name of a medium that has no channel of its own; its code if even that is unknown.
#[must_use]
pub fn media_label(media_id: &str) -> &str {
    MEDIA.iter().find(|(code, _)| *code == media_id).map_or(media_id, |(_, label)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_slugs_lead_back_to_their_channel() {
        for channel in Channel::ALL {
            assert_eq!(Channel::from_slug(channel.slug()), Some(channel));
            let (media, provider) = channel.codes().unzip();
            assert_eq!(Channel::from_codes(media, provider), channel);
        }
    }

    #[test]
    fn a_pair_outside_the_table_is_other() {
        assert_eq!(Channel::from_codes(Some("WHATP"), Some("PVD30")), Channel::Other);
        assert_eq!(Channel::from_codes(Some("EMAIL"), Some("PVD12")), Channel::Other);
        assert_eq!(Channel::from_codes(Some("YOTB"), None), Channel::Other);
    }
}
