//! Demo data: two sites, users with each role, and connections shaped as in the API's documents, with
//! invented secrets.

mod health;
mod rows;

use crate::{
    audit::{Actor, AuditEvent, Auditor},
    auth::hash_password,
    clock::{Clock, date},
    store::{SERVER, SiteScope, Store, Stored},
};
use anyhow::Context;
use aws_lc_rs::digest;
use jiff::{Timestamp, ToSpan};
use shared::{Channel, Connection, ConnectionId, Field, Role, SiteId, audit::EventKind};

const ONE: SiteId = SiteId(169);
const OTHER: SiteId = SiteId(170);

/// Rows that are inserted at a time.
const INSERT_BATCH_ROWS: usize = 1000;

const SITES: [(SiteId, &str); 2] = [(ONE, "Demo helpdesk"), (OTHER, "Other helpdesk")];

type User = (&'static str, &'static str, &'static [(SiteId, Role)]);

/// E-mail address and password of each user, and the role on each site.
const USERS: [User; 5] = [
    ("demo@patchbay.test", "patchbay-demo", &[(ONE, Role::Admin)]),
    ("other@patchbay.test", "patchbay-other", &[(OTHER, Role::Admin)]),
    ("editor@patchbay.test", "patchbay-editor", &[(ONE, Role::Editor)]),
    ("viewer@patchbay.test", "patchbay-viewer", &[(ONE, Role::Viewer)]),
    ("both@patchbay.test", "patchbay-both", &[(ONE, Role::Admin), (OTHER, Role::Editor)]),
];

/// Whether all users of a database are a demo's: nobody has an address below `.test` (RFC 2606).
pub const IS_ALONE: &str = "
    SELECT count(*) > 0 AND count(*) = count(CASE WHEN email LIKE '%@patchbay.test' THEN 1 END)
    FROM app_user";

/// What a demo has beside the documented connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct More {
    /// Connections of the first site.
    pub rows: u32,
    /// Further sites, each with as many.
    pub sites: u32,
}

/// Fills a database that has no site, and leaves any other as it is.
pub async fn fill(
    store: &dyn Store,
    auditor: &Auditor,
    clock: &dyn Clock,
    more: More,
) -> anyhow::Result<()> {
    let mut tx = store.begin(SERVER).await?;
    if tx.has_sites().await? {
        tracing::info!("the database is not empty: no demo data was added");
        return Ok(());
    }
    let now = clock.now();
    let operator = Actor::operator();
    for (site, name) in SITES {
        tx.insert_site(site, name, None).await?;
        let event = AuditEvent::new(EventKind::SiteAdded, name);
        auditor.record(&mut *tx, site, &operator, event, now).await?;
    }
    for (email, password, sites) in USERS {
        let user = tx.insert_user(email, &hash_password(password)?).await?;
        let user = user.context("the demo's users are different")?;
        for (site, role) in sites {
            tx.put_member(user, *site, *role).await?;
        }
    }
    for (days, connection) in documented() {
        let scope = SiteScope::operator(connection.site_id);
        tx.insert(scope, &stored(connection, now - (24 * days).hours())).await?;
    }
    tx.commit().await?;
    for nth in 0..=more.sites {
        let site = if nth == 0 { ONE } else { further(nth) };
        if nth > 0 {
            let mut tx = store.begin(SERVER).await?;
            tx.insert_site(site, &format!("Helpdesk {site}"), None).await?;
            tx.commit().await?;
        }
        fill_site(store, site, rows::plausible(site, nth, more.rows), now).await?;
    }
    Ok(store.analyze().await?)
}

/// The number of a further site.
fn further(nth: u32) -> SiteId {
    SiteId(1000 + i64::from(nth))
}

async fn fill_site(
    store: &dyn Store,
    site: SiteId,
    rows: impl Iterator<Item = rows::Row>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let mut rows = (0..).zip(rows).map(|(n, row)| {
        let mut stored = stored(row.connection, now - row.minutes.minutes());
        health::give(&mut stored, n, now);
        stored
    });
    loop {
        let batch: Vec<_> = rows.by_ref().take(INSERT_BATCH_ROWS).collect();
        if batch.is_empty() {
            return Ok(());
        }
        // A transaction each, so that others may write in between.
        let mut tx = store.begin(site).await?;
        tx.insert_all(SiteScope::operator(site), &batch).await?;
        tx.commit().await?;
    }
}

/// How to sign in, a line for each user.
#[must_use]
pub fn sign_ins() -> Vec<String> {
    USERS
        .iter()
        .map(|(email, password, sites): &(&str, &str, &[(SiteId, Role)])| {
            let sites: Vec<_> =
                sites.iter().map(|(site, role)| format!("site {site} ({role})")).collect();
            format!("sign in as {email} with the password {password} on {}", sites.join(" or "))
        })
        .collect()
}

fn stored(mut connection: Connection, changed: Timestamp) -> Stored {
    connection.create_date = Some(date(changed));
    connection.modify_date = Some(date(changed));
    Stored::new(connection)
}

/// A connection of a channel on a site.
fn connection(id: i64, site: i64, channel: Channel, values: &[(Field, &str)]) -> Connection {
    let (media, provider) = channel.codes().unwrap_or(("YOTB", "PVD31"));
    let mut connection = Connection::new(media, Some(provider));
    connection.id = ConnectionId(id);
    connection.site_id = SiteId(site);
    for (field, value) in values {
        connection.set(*field, Some((*value).to_owned()));
    }
    connection
}

/// The six connections that the documentation and the tests know, with their age in days.
fn documented() -> [(i64, Connection); 6] {
    use Field::{From, Host, Name, ParentId, Password, Port, TargetId, Token, UserId};
    [
        (
            9,
            connection(
                576,
                169,
                Channel::Twitter,
                &[
                    (Name, "trial_corp Official"),
                    (UserId, "trial_corp"),
                    (Password, &invented("576 secret", "", 45)),
                    (From, "trial_corp"),
                    (Token, &invented("576 token", "738567483435556864-", 50)),
                    (TargetId, "738567483435556864"),
                ],
            ),
        ),
        (
            40,
            connection(
                583,
                169,
                Channel::Facebook,
                &[
                    (Name, "Garden Centre Page"),
                    (UserId, "469218373611012"),
                    (Password, &facebook_token("583 page", "EAAG")),
                    (From, "469218373611012"),
                    (Token, &facebook_token("583 user", "EAAG")),
                    (TargetId, "469218373611012"),
                ],
            ),
        ),
        (
            3,
            connection(
                612,
                169,
                Channel::EmailInbound,
                &[
                    (Name, "test2-email-in"),
                    (UserId, "test2@mail.patchbay.test"),
                    (Password, &invented("612", "one#", 11)),
                    (Host, "mail.patchbay.test"),
                    (Port, "993"),
                    (From, "test2@mail.patchbay.test"),
                ],
            ),
        ),
        (
            3,
            connection(
                613,
                169,
                Channel::EmailOutbound,
                &[
                    (Name, "test2-email-out"),
                    (UserId, "test2@mail.patchbay.test"),
                    (Password, &invented("613", "two#", 11)),
                    (Host, "mail.patchbay.test"),
                    (Port, "587"),
                    (From, "test2@mail.patchbay.test"),
                    (ParentId, "612"),
                ],
            ),
        ),
        (
            0,
            connection(
                646,
                169,
                Channel::Instagram,
                &[
                    (Name, "onebox DEMO"),
                    (UserId, "110334703943674"),
                    (Password, &facebook_token("646 user", "EAAO")),
                    (From, "onebox.demo"),
                    (Token, &facebook_token("646 page", "EAAO")),
                    (TargetId, "17841432079529884"),
                ],
            ),
        ),
        (
            12,
            connection(
                700,
                170,
                Channel::Facebook,
                &[
                    (Name, "Other Helpdesk Page"),
                    (UserId, "508654789659284"),
                    (Password, &facebook_token("700 page", "EAAH")),
                    (From, "508654789659284"),
                    (Token, &facebook_token("700 user", "EAAH")),
                    (TargetId, "508654789659284"),
                ],
            ),
        ),
    ]
}

/// A text that looks random and is the same on every start.
fn invented(seed: &str, head: &str, length: usize) -> String {
    let mut text = head.to_owned();
    for round in 0.. {
        if text.len() >= length {
            break;
        }
        let seed = format!("patchbay demo {seed} {round}");
        text += &hex::encode(digest::digest(&digest::SHA256, seed.as_bytes()));
    }
    text.truncate(length);
    text
}

/// The shape of Facebook's tokens: a head of its own, some 180 characters, and a tail.
fn facebook_token(seed: &str, head: &str) -> String {
    format!("{}ZDZD", invented(seed, head, 176))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::validate;

    #[test]
    fn demo_connections_keep_all_rules_without_a_warning() {
        let rows = rows::plausible(ONE, 0, 500).map(|row| row.connection);
        for connection in documented().map(|(_, connection)| connection).into_iter().chain(rows) {
            assert_eq!(validate::check(connection.channel(), &connection).0, [], "{connection:?}");
        }
    }
}
