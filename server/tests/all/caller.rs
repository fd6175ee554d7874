//! Callers of each kind, and the numbers of a site that they can send.

use crate::{
    dump::{number, tamper},
    support::TestServer,
};
use axum::http::Method;
use server::{
    audit::{Actor, AuditEvent},
    clock::Clock,
    store::{SERVER, UserId},
};
use shared::{
    Role, SiteId,
    audit::{EventKind, Via},
};

/// Somebody who is signed in, as a program and in a browser.
pub struct Caller {
    pub token: String,
    pub cookie: String,
}

impl Caller {
    /// A user of the demo data.
    pub async fn of(server: &TestServer, name: &str, site: i64) -> Self {
        let (email, password) = (format!("{name}@patchbay.test"), format!("patchbay-{name}"));
        let token = server.token_of(&email, &password, &site.to_string()).await;
        Self { token, cookie: server.sign_in(&email, &password, site).await }
    }
}

/// The numbers that stand in a request for what begins with a dollar.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    pub id: i64,
    pub version: i64,
    pub event: i64,
    pub invite: i64,
    pub user: i64,
    pub site: i64,
    pub parent: i64,
}

impl Ids {
    /// What nobody has.
    pub const UNKNOWN: Self = Self {
        id: 424_242,
        version: 2,
        event: 424_243,
        invite: 424_244,
        user: 424_245,
        site: 424_246,
        parent: 424_247,
    };

    /// Gives a site's admin a changed connection, an inbound one, an invitation and a member.
    pub async fn made(server: &TestServer, admin: &Caller, site: i64, id: i64) -> Self {
        let mailbox = r#"{"MediaId":"EMAIL","ProviderId":"PVD9","Name":"in","UserId":"a@b.example",
            "From":"a@b.example","Host":"mail.b.example","Port":"993","Password":"pw-1"}"#;
        let parent = server.post(&admin.token, mailbox).await.json();
        assert_eq!(server.patch(&admin.token, id, r#"{"Name":"changed"}"#).await.status, 200);
        let last = format!(
            "SELECT max(number) FROM audit WHERE site_id = {site} AND connection_id = {id}"
        );
        let event = number(server, &last).await;
        // Numbers that a page could hold for another reason would tell nothing.
        tamper(server, far_numbers(server)).await;
        let invited = server.form(&admin.cookie, "/team/invite", "email=i%40b.example&role=viewer");
        assert_eq!(invited.await.status, 303);
        let invite = number(server, &format!("SELECT id FROM invite WHERE site_id = {site}")).await;
        let mut tx = server.database.store.begin(SERVER).await.unwrap();
        let email = format!("member@{site}.example");
        let UserId(user) = tx.insert_user(&email, "no hash").await.unwrap().unwrap();
        assert!(tx.put_member(UserId(user), SiteId(site), Role::Viewer).await.unwrap());
        let actor = Actor { user: Some(UserId(user)), who: email, via: Via::Cli };
        let signed_out = AuditEvent::new(EventKind::SignedOut, "");
        let now = server.clock.now();
        server.auditor.record(&mut *tx, SiteId(site), &actor, signed_out, now).await.unwrap();
        tx.commit().await.unwrap();
        let parent = parent["Id"].as_str().unwrap().parse().unwrap();
        Self { id, version: 2, event, invite, user, site, parent }
    }

    /// The same with the version that the connection has now.
    pub async fn now(self, server: &TestServer, token: &str) -> Self {
        let path = format!("/api/connection/{}", self.id);
        let answer = server.call(Some(token), Method::GET, &path, "").await;
        Self { version: answer.version(), ..self }
    }

    /// Puts the numbers into a text.
    pub fn fill(&self, text: &str) -> String {
        self.names()
            .iter()
            .fold(text.to_owned(), |text, (name, number)| text.replace(name, &number.to_string()))
    }

    /// Takes them out again where a text repeats what was asked for.
    pub fn hide(&self, text: &str) -> String {
        let long = self.names().into_iter().filter(|(_, number)| *number >= 100);
        long.fold(text.to_owned(), |text, (name, number)| text.replace(&number.to_string(), name))
    }

    fn names(&self) -> [(&'static str, i64); 7] {
        let Self { id, version, event, invite, user, site, parent } = *self;
        [
            ("$id", id),
            ("$version", version),
            ("$event", event),
            ("$invite", invite),
            ("$user", user),
            ("$site", site),
            ("$parent", parent),
        ]
    }
}

/// Makes the next users' numbers large.
fn far_numbers(server: &TestServer) -> &'static str {
    if server.database.postgres().is_some() {
        "SELECT setval('app_user_id_seq', nextval('app_user_id_seq') + 550000)"
    } else {
        "UPDATE sqlite_sequence SET seq = seq + 550000 WHERE name = 'app_user'"
    }
}
