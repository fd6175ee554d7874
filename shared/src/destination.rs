//! Where a connection's secrets are sent: the binding that keeps a stored password from being redirected.
//!
//! Whoever may edit a connection may not read its password. If saving another host were enough to have the
//! server sign in there, editing would be reading (a *pass-back* attack). So each stored secret remembers
//! the destination that it was given for, and the server sends it nowhere else. Only giving the secret
//! again changes it.

use crate::{Channel, Connection, Field, normalise::normalise};
use std::fmt;

/// The normalised values of a channel's destination fields as a JSON array: host, port and user name of a
/// mail server. Tokens go to their provider alone, whose host is the operator's, so theirs is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination(String);

impl Destination {
    /// The destination that a connection names now.
    #[must_use]
    pub fn of(connection: &Connection) -> Self {
        let channel = connection.channel();
        let values: Vec<_> = channel
            .destination()
            .map(|field| {
                let text = connection.get(field).unwrap_or_default();
                // An imported record may hold a text that a form would have normalised.
                normalise(channel, field, text).unwrap_or_default()
            })
            .collect();
        Self(serde_json::to_string(&values).unwrap_or_default())
    }

    /// As it was stored.
    #[must_use]
    pub const fn stored(text: String) -> Self {
        Self(text)
    }
}

impl AsRef<str> for Destination {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Channel {
    /// The fields that say where the channel's secrets are sent.
    pub fn destination(self) -> impl Iterator<Item = Field> {
        self.fields().iter().filter(|spec| spec.destination).map(|spec| spec.field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(host: &str, port: &str, user: &str) -> Connection {
        let mut connection = Connection::new("EMAIL", Some("PVD9"));
        for (field, value) in [(Field::Host, host), (Field::Port, port), (Field::UserId, user)] {
            connection.set(field, Some(value.to_owned()));
        }
        connection
    }

    #[test]
    fn the_destination_of_mail_is_host_port_and_user() {
        let destination = |host, port, user| Destination::of(&mail(host, port, user));
        let of = destination("mail.example", "993", "ann@mail.example");
        assert_eq!(of.as_ref(), r#"["ann@mail.example","mail.example","993"]"#);
        assert_eq!(destination(" Mail.Example", "0993", "ann@mail.example"), of, "normalised");
        for (host, port, user) in [
            ("other.example", "993", "ann@mail.example"),
            ("mail.example", "143", "ann@mail.example"),
            ("mail.example", "993", "bob@mail.example"),
            // No value can reach into its neighbour.
            ("mail.example\",\"993", "", "ann@mail.example"),
        ] {
            assert_ne!(destination(host, port, user), of, "{host} {port} {user}");
        }
    }

    #[test]
    fn a_name_or_a_sender_is_no_part_of_it() {
        let before = mail("mail.example", "993", "ann");
        let mut after = before.clone();
        after.set(Field::Name, Some("other".into()));
        after.set(Field::From, Some("other@mail.example".into()));
        assert_eq!(Destination::of(&before), Destination::of(&after));
    }

    #[test]
    fn tokens_go_to_their_provider_alone() {
        for (media, provider) in [("FCBK", "PVD12"), ("INST", "PVD28"), ("TWTR", "PVD10")] {
            let mut connection = Connection::new(media, Some(provider));
            let before = Destination::of(&connection);
            connection.set(Field::UserId, Some("110334703943674".into()));
            assert_eq!(Destination::of(&connection), before);
        }
    }
}
