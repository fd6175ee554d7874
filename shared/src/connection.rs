//! The connection record: 32 keys in the order in which the API documents them.

use crate::{Channel, ConnectionId, Field, Secret, SiteId};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// How a column of the record turns into text and back.
trait Column {
    fn text(&self) -> Option<Cow<'_, str>>;

    fn secret(&self) -> Option<&Secret> {
        None
    }

    fn set(&mut self, text: Option<String>);
}

impl Column for Option<String> {
    fn text(&self) -> Option<Cow<'_, str>> {
        self.as_deref().map(Cow::Borrowed)
    }

    fn set(&mut self, text: Option<String>) {
        *self = text;
    }
}

impl Column for Option<Secret> {
    fn text(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn secret(&self) -> Option<&Secret> {
        self.as_ref()
    }

    fn set(&mut self, text: Option<String>) {
        *self = text.map(Secret::new);
    }
}

macro_rules! number_column {
    ($($id:ty),*) => {$(
        impl Column for $id {
            fn text(&self) -> Option<Cow<'_, str>> {
                Some(Cow::Owned(self.to_string()))
            }

            /// A text that is no number leaves 0, which no row has.
            fn set(&mut self, text: Option<String>) {
                *self = text.and_then(|text| text.parse().ok()).unwrap_or_default();
            }
        }
    )*};
}
number_column!(ConnectionId, SiteId);

macro_rules! record {
    ($($(#[$doc:meta])+ $key:ident $name:ident: $type:ty,)*) => {
        /// A key of the documented record.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum Key { $($(#[$doc])+ $key,)* }

        impl Key {
            /// All keys in the documented order.
            pub const ALL: [Self; [$(Self::$key),*].len()] = [$(Self::$key),*];

            /// The key as the API spells it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$key => stringify!($key),)* }
            }

            /// The name of the database column that holds it.
            #[must_use]
            pub const fn column(self) -> &'static str {
                match self { $(Self::$key => stringify!($name),)* }
            }
        }

        /// A connection as it is stored. Everything but the two numbers is text or nothing,
        /// as in the documents (`"Port": "993"`, `"Enabled": "1"`).
        ///
        /// It has no `Serialize`: [`wire::Record`](crate::wire::Record) alone renders it, for
        /// the API; [`ConnectionView`](crate::ConnectionView) is what a browser gets.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Connection { $($(#[$doc])+ pub $name: $type,)* }

        impl Connection {
            /// The value of a key as text; of a secret there is none here, but in
            /// [`secret`](Self::secret) and [`expose`](Self::expose).
            #[must_use]
            pub fn text(&self, key: Key) -> Option<Cow<'_, str>> {
                match key { $(Key::$key => self.$name.text(),)* }
            }

            /// The value of a key that holds a secret.
            #[must_use]
            pub fn secret(&self, key: Key) -> Option<&Secret> {
                match key { $(Key::$key => self.$name.secret(),)* }
            }

            /// Sets the value of any key, unchecked: for storage. Clients go through
            /// [`ConnectionPatch`](crate::ConnectionPatch).
            pub fn set_text(&mut self, key: Key, text: Option<String>) {
                match key { $(Key::$key => self.$name.set(text),)* }
            }
        }
    };
}

record! {
    /// The connection's number.
    Id id: ConnectionId,
    /// When a message last came in or went out.
    LastActivity last_activity: Option<String>,
    /// When the last activity was recorded.
    ActivityDate activity_date: Option<String>,
    /// Where the worker that reads the account stands.
    Position position: Option<String>,
    /// The site that owns the connection.
    SiteId site_id: SiteId,
    /// The code of the medium, for example `INST`.
    MediaId media_id: Option<String>,
    /// The code of the provider, for example `PVD28`.
    ProviderId provider_id: Option<String>,
    /// A code of the site's own.
    Code code: Option<String>,
    /// The name that staff see.
    Name name: Option<String>,
    /// The account: user name, page id or screen name.
    UserId user_id: Option<String>,
    /// The account's first secret.
    Password password: Option<Secret>,
    /// The mail server's name or address.
    Host host: Option<String>,
    /// A database name, for media that have one.
    Database database: Option<String>,
    /// The mail server's port, `0` where there is none.
    Port port: Option<String>,
    /// An address, for media that have one.
    Url url: Option<String>,
    /// The sender.
    From from: Option<String>,
    /// The account's second secret.
    Token token: Option<Secret>,
    /// When the connection begins to be used.
    StartDate start_date: Option<String>,
    /// When the connection ceases to be used.
    EndDate end_date: Option<String>,
    /// Rank among the site's connections.
    Priority priority: Option<String>,
    /// `1` if it is in use, `0` if not.
    Enabled enabled: Option<String>,
    /// The code of its state, for example `CNS1`.
    StatusId status_id: Option<String>,
    /// The account's identity at the provider.
    TargetId target_id: Option<String>,
    /// The code of its type.
    TypeId type_id: Option<String>,
    /// The connection that this one belongs to.
    ParentId parent_id: Option<String>,
    /// The incoming counterpart.
    Incoming incoming: Option<String>,
    /// The outgoing counterpart.
    Outgoing outgoing: Option<String>,
    /// When it was made (`YYYY-MM-DD HH:MM:SS`, UTC).
    CreateDate create_date: Option<String>,
    /// When it last changed (`YYYY-MM-DD HH:MM:SS`, UTC).
    ModifyDate modify_date: Option<String>,
    /// The number of errors in a row.
    Error error: Option<String>,
    /// The last error in words.
    Remarks remarks: Option<String>,
    /// The agent it is assigned to.
    AgentId agent_id: Option<String>,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Key {
    /// The key of this exact spelling.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// The field that clients write under this key; `None` if it is read-only.
    #[must_use]
    pub fn field(self) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.key() == self)
    }
}

impl Connection {
    /// A new record with the defaults of the published answers.
    #[must_use]
    pub fn new(media_id: &str, provider_id: Option<&str>) -> Self {
        Self {
            media_id: Some(media_id.into()),
            provider_id: provider_id.map(Into::into),
            port: Some("0".into()),
            priority: Some("1".into()),
            enabled: Some("1".into()),
            status_id: Some("CNS1".into()),
            error: Some("0".into()),
            ..Self::default()
        }
    }

    /// The channel that its codes name.
    #[must_use]
    pub fn channel(&self) -> Channel {
        Channel::from_codes(self.media_id.as_deref(), self.provider_id.as_deref())
    }

    /// The value of any key as text, secrets in clear. Every call is a place to look at in a
    /// review.
    #[must_use]
    pub fn expose(&self, key: Key) -> Option<Cow<'_, str>> {
        self.text(key).or_else(|| Some(Cow::Borrowed(self.secret(key)?.expose())))
    }

    /// Whether a field has a value, secret or not.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.get(field).is_some() || self.secret(field.key()).is_some()
    }

    /// The same record without its secrets.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        Self { password: None, token: None, ..self.clone() }
    }

    /// The value of a field that clients may write and that is no secret.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        match self.text(field.key()) {
            Some(Cow::Borrowed(text)) => Some(text),
            // Only the two numbers are made up on the spot, and no field is one of them.
            Some(Cow::Owned(_)) | None => None,
        }
    }

    /// Sets a field that clients may write.
    pub fn set(&mut self, field: Field, value: Option<String>) {
        self.set_text(field.key(), value);
    }
}
