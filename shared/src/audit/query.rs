//! The activity's query, which is its address.

use super::EventKind;
use crate::{Channel, ConnectionId, EntryId};
use std::collections::HashMap;

/// The keys of an address that filter the activity.
const FILTERS: [&str; 6] = ["person", "connection", "channel", "kind", "since", "until"];

/// What the activity shows. Whatever an address says that is not understood counts as not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityQuery {
    /// Only what this user did.
    pub person: Option<i64>,
    /// Only what is about this connection.
    pub connection: Option<ConnectionId>,
    /// Only what is about connections of this channel.
    pub channel: Option<Channel>,
    /// Only this kind.
    pub kind: Option<EventKind>,
    /// From this day on, `YYYY-MM-DD`, UTC.
    pub since: Option<String>,
    /// Up to and with this day, `YYYY-MM-DD`, UTC.
    pub until: Option<String>,
    /// Only events with a smaller number: the next page.
    pub before: Option<i64>,
}

impl ActivityQuery {
    /// Reads an address's query.
    #[must_use]
    pub fn from_query(query: &str) -> Self {
        let pairs: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let get = |key: &str| pairs.get(key).map(|value| value.trim());
        let number = |key| get(key)?.parse().ok().map(|EntryId(number)| number);
        let day = |key| get(key).filter(|text| is_day(text)).map(ToOwned::to_owned);
        Self {
            person: number("person"),
            connection: number("connection").map(ConnectionId),
            channel: get("channel").and_then(Channel::from_slug),
            kind: get("kind").and_then(EventKind::from_slug),
            since: day("since"),
            until: day("until"),
            before: number("before"),
        }
    }

    /// Reads the query of a download, which must say what it means: nobody sees that a filter was left out.
    ///
    /// # Errors
    /// The first key that is unknown, or whose value is not understood.
    pub fn parse(query: &str) -> Result<Self, String> {
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let pair =
                form_urlencoded::Serializer::new(String::new()).append_pair(&key, &value).finish();
            // The page's form posts its empty fields, too.
            let is_left_empty = FILTERS.contains(&&*key) && value.trim().is_empty();
            if !is_left_empty && Self::from_query(&pair) == Self::default() {
                return Err(key.into_owned());
            }
        }
        Ok(Self::from_query(query))
    }

    /// Whether it leaves events out, apart from the page.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        Self { before: None, ..self.clone() } != Self::default()
    }

    /// The address of this view of the activity.
    #[must_use]
    pub fn href(&self) -> String {
        self.address("/activity")
    }

    /// The address of all events of this view as CSV, whatever the page.
    #[must_use]
    pub fn csv_href(&self) -> String {
        Self { before: None, ..self.clone() }.address("/activity.csv")
    }

    fn address(&self, path: &str) -> String {
        let pairs = [
            ("person", self.person.map(|id| id.to_string())),
            ("connection", self.connection.map(|id| id.to_string())),
            ("channel", self.channel.map(|channel| channel.slug().to_owned())),
            ("kind", self.kind.map(|kind| kind.slug().to_owned())),
            ("since", self.since.clone()),
            ("until", self.until.clone()),
            ("before", self.before.map(|number| number.to_string())),
        ];
        let said = pairs.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// Whether a text has the shape of a day that a date input sends.
fn is_day(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').map(|part| (part.len(), part.parse::<u16>())).collect();
    matches!(parts[..], [(4, Ok(_)), (2, Ok(1..=12)), (2, Ok(1..=31))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_has_an_address_that_leads_back_to_it() {
        let full = ActivityQuery {
            person: Some(7),
            connection: Some(ConnectionId(646)),
            channel: Some(Channel::Facebook),
            kind: Some(EventKind::RoleChanged),
            since: Some("2026-03-01".into()),
            until: Some("2026-03-31".into()),
            before: Some(99),
        };
        for query in [full, ActivityQuery::default()] {
            let href = query.href();
            let (_, read) = href.split_once('?').unwrap_or_default();
            assert_eq!(ActivityQuery::from_query(read), query);
        }
    }

    #[test]
    fn what_is_not_understood_counts_as_not_said() {
        for query in ["person=x&channel=fax&kind=x&before=0", "since=yesterday&until=2026-13-01"] {
            assert_eq!(ActivityQuery::from_query(query), ActivityQuery::default(), "{query}");
        }
    }

    #[test]
    fn a_download_names_the_first_filter_that_is_not_understood() {
        for query in
            ["", "person=3&connection=12&channel=twitter&since=2026-03-02", "connection=&kind="]
        {
            assert_eq!(
                ActivityQuery::parse(query),
                Ok(ActivityQuery::from_query(query)),
                "{query}"
            );
        }
        for (query, key) in [
            ("connection=x", "connection"),
            ("connection=-1", "connection"),
            ("person=3&connection=99999999999999999999", "connection"),
            ("person=x", "person"),
            ("since=zz", "since"),
            ("from=2026-03-02", "from"),
            ("conection=612", "conection"),
            ("conection=", "conection"),
        ] {
            assert_eq!(ActivityQuery::parse(query), Err(key.to_owned()), "{query}");
        }
    }
}
