//! The channels. What a channel is stands in a module of its own, and in a row of `channels!`; beside these, only the
//! probe that tests connections of its kind knows it.

mod spec;

pub use spec::TestKind;

use crate::{Connection, Field, FieldKind, FieldSpec, Provider, Violations, validate::Checkable};
use serde::{Deserialize, Serialize};
use spec::ChannelSpec;

/// Makes [`Channel`] from its rows, each a name and the module with its [`ChannelSpec`], and the feature that it needs,
/// if it needs one. The last row stands for every medium that has no channel of its own.
macro_rules! channels {
    ($($(#[$doc:meta])+ $name:ident in $module:ident $(with $feature:literal)?,)+ _ => $(#[$other_doc:meta])+ $other:ident in $other_module:ident) => {
        $($(#[cfg(feature = $feature)])? mod $module;)+
        mod $other_module;

        /// What a connection connects to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Channel {
            $($(#[$doc])+ $(#[cfg(feature = $feature)])? $name,)+
            $(#[$other_doc])+ $other,
        }

        impl Channel {
            /// The channels that have a form.
            pub const WITH_FORM: [Self; [$($(#[cfg(feature = $feature)])? Self::$name),+].len()] =
                [$($(#[cfg(feature = $feature)])? Self::$name),+];

            /// All channels, in the order in which they are shown.
            pub const ALL: [Self; Self::WITH_FORM.len() + 1] =
                [$($(#[cfg(feature = $feature)])? Self::$name,)+ Self::$other];
        }

        /// Evaluates an expression with `Spec` as a channel's [`ChannelSpec`].
        macro_rules! of_channel {
            ($channel:expr, $value:expr) => {
                match $channel {
                    $($(#[cfg(feature = $feature)])? Channel::$name => { use $module::Spec; $value })+
                    Channel::$other => { use $other_module::Spec; $value }
                }
            };
        }
    };
}

channels! {
    /// Email that comes in, over IMAP.
    EmailInbound in email_inbound,
    /// Email that goes out, over SMTP.
    EmailOutbound in email_outbound,
    /// A Facebook page.
    Facebook in facebook,
    /// An Instagram business account.
    Instagram in instagram,
    /// A Twitter account.
    Twitter in twitter,
    /// A phone number at WhatsApp.
    WhatsApp in whatsapp,
    /// What tests prove a channel to be.
    Example in example with "example-channel",
    _ =>
    /// Every other medium: readable, and patchable with the generic rules.
    Other in other
}

impl Channel {
    /// The channel whose connections others can belong to (`ParentId`).
    pub const PARENT: Self = Self::EmailInbound;

    /// `MediaId` and `ProviderId`; `None` for [`Channel::Other`], which has many.
    #[must_use]
    pub const fn codes(self) -> Option<(&'static str, &'static str)> {
        of_channel!(self, Spec::CODES)
    }

    /// The channel of a pair of codes; [`Channel::Other`] for every pair without a form.
    #[must_use]
    pub fn from_codes(media_id: Option<&str>, provider_id: Option<&str>) -> Self {
        let codes = media_id.zip(provider_id);
        Self::WITH_FORM.into_iter().find(|channel| channel.codes() == codes).unwrap_or(Self::Other)
    }

    /// The name in addresses (`/connections/new?channel=facebook`), and in the database.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        of_channel!(self, Spec::SLUG)
    }

    /// The channel of a name in an address.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.slug() == slug)
    }

    /// The name that staff see.
    #[must_use]
    pub const fn label(self) -> &'static str {
        of_channel!(self, Spec::LABEL)
    }

    /// The name of its medium, which several channels may share.
    #[must_use]
    pub const fn medium(self) -> &'static str {
        of_channel!(self, Spec::MEDIUM)
    }

    /// One line on what a connection of this channel is for.
    #[must_use]
    pub const fn purpose(self) -> &'static str {
        of_channel!(self, Spec::PURPOSE)
    }

    /// Its icon: a path in a square of 16, drawn with a stroke.
    #[must_use]
    pub const fn icon(self) -> &'static str {
        of_channel!(self, Spec::ICON)
    }

    /// Its fields, in the order of its form.
    #[must_use]
    pub const fn fields(self) -> &'static [FieldSpec] {
        of_channel!(self, Spec::FIELDS)
    }

    /// Where a provider's sign-in result has the value of a field, in the documents' notation. It is no part of the
    /// list of fields, which the browser has as well.
    #[must_use]
    pub fn source(self, field: Field) -> Option<&'static str> {
        let sources = of_channel!(self, Spec::SOURCES);
        sources.iter().find(|(of, _)| *of == field).map(|(_, source)| *source)
    }

    /// Fields that hold what another one holds, unless they are given when the connection is created.
    #[must_use]
    pub const fn copies(self) -> &'static [(Field, Field)] {
        of_channel!(self, Spec::COPIES)
    }

    /// The rules between its fields.
    pub(crate) fn check(self, draft: &impl Checkable, violations: &mut Violations) {
        of_channel!(self, Spec::check(draft, violations));
    }

    /// Whether its connections belong to one of [`Channel::PARENT`].
    #[must_use]
    pub fn has_parent(self) -> bool {
        self.spec(Field::ParentId).is_some_and(|spec| spec.kind == FieldKind::InboundConnection)
    }

    /// The account in the form in which staff know it.
    #[must_use]
    pub fn account_label(self, connection: &Connection) -> String {
        of_channel!(self, Spec::account_label(connection))
    }

    /// How its connections are tested; `None` if they cannot be.
    #[must_use]
    pub const fn test_kind(self) -> Option<TestKind> {
        of_channel!(self, Spec::TEST)
    }

    /// Whether its credentials end by themselves some day.
    #[must_use]
    pub const fn credentials_expire(self) -> bool {
        of_channel!(self, Spec::CREDENTIALS_EXPIRE)
    }

    /// The provider whose sign-in fills its connections.
    #[must_use]
    pub const fn provider(self) -> Option<Provider> {
        of_channel!(self, Spec::PROVIDER)
    }

    /// What of a secret is secret: a token may begin with what everybody knows.
    #[must_use]
    pub fn secret_part(self, secret: &str) -> &str {
        of_channel!(self, Spec::secret_part(secret))
    }
}

/// Media that no channel is of: code and name.
const OTHER_MEDIA: [(&str, &str); 1] = [("YOTB", "YouTube")];

/// The media that a connection may be created for, each once: code and name.
pub fn media() -> impl Iterator<Item = (&'static str, &'static str)> {
    let channels = Channel::WITH_FORM.into_iter().enumerate();
    let of_channels = channels.filter_map(|(index, channel)| {
        let (code, _) = channel.codes()?;
        let mut before = Channel::WITH_FORM[..index].iter();
        let is_first = before.all(|other| other.codes().is_none_or(|(known, _)| known != code));
        is_first.then(|| (code, channel.medium()))
    });
    of_channels.chain(OTHER_MEDIA)
}

/// The name of a medium; its code if even that is unknown.
#[must_use]
pub fn media_label(media_id: &str) -> &str {
    media().find(|(code, _)| *code == media_id).map_or(media_id, |(_, label)| label)
}

#[cfg(test)]
mod tests;
