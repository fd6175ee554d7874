//! Invitations, roles, revocation, and the limits of signing in.
//! A person goes through all of it, from the invitation to the removal.

use crate::support::{Answer, TestServer};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use server::http::ClientAddr;
use server::store::SERVER;

async fn admin(server: &TestServer) -> String {
    server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await
}

/// The number of a user, as the team's page has it.
async fn user(server: &TestServer, email: &str) -> i64 {
    server.database.store.user(email).await.unwrap().unwrap().id.0
}

async fn invite(server: &TestServer, cookie: &str, email: &str, role: &str) -> String {
    let answer = server.form(cookie, "/team/invite", &format!("email={email}&role={role}")).await;
    let answer = server.follow(cookie, &answer).await;
    let links = answer.body.split("/invite/").skip(1).map(|rest| rest.split('"').next().unwrap());
    let secret = links.into_iter().find(|link| link.len() == 32).expect(&answer.body);
    format!("/invite/{secret}")
}

fn goes_to(answer: &Answer) -> &str {
    answer.header(header::LOCATION).unwrap_or_default()
}

#[tokio::test]
async fn an_invitation_works_once_for_three_days() {
    let server = TestServer::new().await;
    let cookie = admin(&server).await;
    let link = invite(&server, &cookie, "New%40patchbay.test", "viewer").await;
    let page = server.page("", &link).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Demo helpdesk") && page.body.contains("new@patchbay.test"));
    let short = server.form("", &link, "password=short").await;
    assert_eq!(short.status, 422);
    assert!(short.body.contains("12"), "{short}");
    let joined = server.form("", &link, "password=a+long+enough+one").await;
    assert_eq!(goes_to(&joined), "/login?done=joined");
    assert_eq!(server.form("", &link, "password=a+long+enough+one").await.status, 404);
    assert_eq!(server.page("", &link).await.status, 404);
    let new = server.sign_in("new@patchbay.test", "a+long+enough+one", 169).await;
    assert_eq!(server.page(&new, "/connections/612").await.status, 200);
    assert_eq!(server.page(&new, "/team").await.status, 403);

    let late = invite(&server, &cookie, "late%40patchbay.test", "viewer").await;
    server.pass(72 * 3600 - 1);
    assert_eq!(server.page("", &late).await.status, 200);
    server.pass(1);
    assert_eq!(server.page("", &late).await.status, 404);
}

#[tokio::test]
async fn a_site_has_a_hundred_open_invitations_at_most() {
    let server = TestServer::new().await;
    let cookie = admin(&server).await;
    let scope = server::store::SiteScope::operator(shared::SiteId(169));
    let mut tx = server.database.store.begin(scope.site()).await.unwrap();
    for n in 0..99 {
        let invite = server::store::NewInvite {
            token: format!("token {n}"),
            email: format!("{n}@patchbay.test"),
            role: shared::Role::Viewer,
            invited_by: None,
            expires_at: server.now().as_second() + 60,
        };
        assert!(tx.put_invite(scope, &invite).await.unwrap());
    }
    tx.commit().await.unwrap();
    let open = async || server.database.store.invites(scope, 0).await.unwrap().len();
    let post = async |email: &str| {
        server.form(&cookie, "/team/invite", &format!("email={email}&role=viewer")).await
    };
    invite(&server, &cookie, "last%40patchbay.test", "viewer").await;
    let refused = post("more%40patchbay.test").await;
    assert!(refused.body.contains("has 100 open invitations"), "{refused}");
    assert!(refused.body.contains("more@patchbay.test"), "what was typed is kept");
    assert_eq!(open().await, 100);
    invite(&server, &cookie, "last%40patchbay.test", "editor").await;
    assert_eq!(open().await, 100, "one takes the place of an earlier one");
    server.pass(60);
    invite(&server, &cookie, "more%40patchbay.test", "viewer").await;
    assert_eq!(open().await, 2, "those that have expired are forgotten");
}

#[tokio::test]
async fn a_known_user_joins_with_the_password_that_is_there() {
    let server = TestServer::new().await;
    let cookie = admin(&server).await;
    let link = invite(&server, &cookie, "other%40patchbay.test", "editor").await;
    let wrong = server.form("", &link, "password=a+new+password+here").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("not your password"), "{wrong}");
    let joined = server.form("", &link, "password=patchbay-other").await;
    assert_eq!(goes_to(&joined), "/login?done=joined");
    let other = server.sign_in("other@patchbay.test", "patchbay-other", 170).await;
    assert!(server.page(&other, "/").await.body.contains("Other Helpdesk Page"));
    assert_eq!(goes_to(&server.form(&other, "/site", "site=169").await), "/");
}

#[tokio::test]
async fn a_withdrawn_or_replaced_invitation_is_none() {
    let server = TestServer::new().await;
    let cookie = admin(&server).await;
    let first = invite(&server, &cookie, "new%40patchbay.test", "viewer").await;
    let second = invite(&server, &cookie, "new%40patchbay.test", "editor").await;
    assert_eq!(server.page("", &first).await.status, 404);
    assert_eq!(server.page("", &second).await.status, 200);
    let scope = server::store::SiteScope::operator(shared::SiteId(169));
    let id = server.database.store.invites(scope, 0).await.unwrap()[0].id;
    let withdrawn = server.form(&cookie, "/team/invite/withdraw", &format!("id={id}")).await;
    assert_eq!(goes_to(&withdrawn), "/team?done=withdrawn");
    assert_eq!(server.page("", &second).await.status, 404);
}

#[tokio::test]
async fn an_invitation_gives_nothing_to_a_member_and_ends_with_who_made_it() {
    let server = TestServer::new().await;
    let cookie = admin(&server).await;
    let both = server.sign_in("both@patchbay.test", "patchbay-both", 169).await;
    let other = invite(&server, &both, "other%40patchbay.test", "admin").await;
    // Made a viewer by the operator, then disabled: the link from before changes neither.
    let scope = server::store::SiteScope::operator(shared::SiteId(169));
    let manager = server::service::team::Manager::operator(scope);
    let role = shared::Role::Viewer;
    server.services().add_member(&manager, "other@patchbay.test", None, role).await.unwrap();
    let user_id = user(&server, "other@patchbay.test").await;
    server.form(&cookie, "/team/enabled", &format!("user={user_id}&enabled=0")).await;
    assert_eq!(server.form("", &other, "password=patchbay-other").await.status, 404);
    let members = server.database.store.members(scope).await.unwrap();
    let member = members.iter().find(|member| member.user.0 == user_id).unwrap();
    assert_eq!((member.role, member.enabled), (role, false));

    let new = invite(&server, &both, "new%40patchbay.test", "admin").await;
    assert_eq!(server.page("", &new).await.status, 200, "control");
    let demote = format!("user={}&role=editor", user(&server, "both@patchbay.test").await);
    server.form(&cookie, "/team/role", &demote).await;
    assert_eq!(server.page("", &new).await.status, 404);
    assert_eq!(server.form("", &new, "password=a+long+enough+one").await.status, 404);
}

/// An invitation that was made in the same moment in which its user became a member.
#[tokio::test]
async fn an_invitation_changes_no_member() {
    let server = TestServer::new().await;
    let scope = server::store::SiteScope::operator(shared::SiteId(169));
    let secret = "0123456789abcdef0123456789abcdef";
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
    let mut invite = server::store::NewInvite {
        token: hex::encode(digest),
        email: "viewer@patchbay.test".into(),
        role: shared::Role::Admin,
        invited_by: None,
        expires_at: i64::MAX,
    };
    let accept = async |password: &str| {
        let body = format!("password={password}");
        server.form("", &format!("/invite/{secret}"), &body).await
    };
    let put = async |invite: &server::store::NewInvite| {
        let mut tx = server.database.store.begin(SERVER).await.unwrap();
        tx.put_invite(scope, invite).await.unwrap();
        tx.commit().await.unwrap();
    };
    put(&invite).await;
    assert_eq!(accept("patchbay-viewer").await.status, 422);
    let viewer = server.sign_in("viewer@patchbay.test", "patchbay-viewer", 169).await;
    assert_eq!(server.page(&viewer, "/team").await.status, 403, "still a viewer");
    "other@patchbay.test".clone_into(&mut invite.email);
    let mut tx = server.database.store.begin(SERVER).await.unwrap();
    tx.delete_invite_of(scope, "viewer@patchbay.test").await.unwrap();
    tx.commit().await.unwrap();
    put(&invite).await;
    assert_eq!(goes_to(&accept("patchbay-other").await), "/login?done=joined", "control");
}

#[tokio::test]
async fn bad_invitations_are_refused_with_words_and_nothing_is_lost() {
    let server = TestServer::new().await;
    let cookie = admin(&server).await;
    for (email, server_message) in
        [("nobody", "not an e-mail address"), ("viewer%40patchbay.test", "is a member already")]
    {
        let body = format!("email={email}&role=editor");
        let answer = server.form(&cookie, "/team/invite", &body).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains(server_message), "{answer}");
        assert!(answer.body.contains(&email.replace("%40", "@")), "what was typed stays");
    }
}

#[tokio::test]
async fn the_last_admin_stays() {
    let server = TestServer::new().await;
    let cookie = admin(&server).await;
    let both = user(&server, "both@patchbay.test").await;
    let demo = user(&server, "demo@patchbay.test").await;
    let demote = format!("user={both}&role=viewer");
    let demoted = server.form(&cookie, "/team/role", &demote).await;
    assert_eq!(goes_to(&demoted), "/team?done=role");
    for (path, body) in [
        ("/team/role", format!("user={demo}&role=editor")),
        ("/team/enabled", format!("user={demo}&enabled=0")),
    ] {
        let refused = server.form(&cookie, path, &body).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("the last admin"), "{refused}");
    }
    assert_eq!(server.page(&cookie, "/team").await.status, 200);
}

/// What ends a user's sessions and tokens ends them at once, here but not elsewhere.
#[tokio::test]
async fn sessions_and_tokens_end_at_once() {
    let server = TestServer::new().await;
    let cookie = admin(&server).await;
    let both = user(&server, "both@patchbay.test").await;
    let actions: [(&str, String, bool); 4] = [
        ("/team/sign-out", format!("user={both}"), false),
        ("/team/enabled", format!("user={both}&enabled=0"), false),
        ("/account/sign-out-everywhere", String::new(), true),
        ("/account/password", "current=patchbay-both&new=patchbay-both-new".into(), true),
    ];
    for (path, body, everywhere) in actions {
        let enable = format!("user={both}&enabled=1");
        server.form(&cookie, "/team/enabled", &enable).await;
        let (email, password) = ("both@patchbay.test", "patchbay-both");
        let here = server.sign_in(email, password, 169).await;
        let there = server.sign_in(email, password, 170).await;
        let (token, token_there) = (
            server.token_of(email, password, "169").await,
            server.token_of(email, password, "170").await,
        );
        assert_eq!(server.page(&here, "/").await.status, 200);
        assert_eq!(server.get(&token, "/api/connection").await.status, 200);
        let by = if everywhere { &server.sign_in(email, password, 169).await } else { &cookie };
        let done = server.form(by, path, &body).await;
        assert!(done.status.is_redirection() || done.status == 200, "{path}: {done}");
        assert_eq!(goes_to(&server.page(&here, "/").await), "/login", "{path}");
        assert_eq!(server.get(&token, "/api/connection").await.message(), "Invalid token");
        let elsewhere = if everywhere { 303 } else { 200 };
        assert_eq!(server.page(&there, "/").await.status, elsewhere, "{path}");
        let elsewhere = if everywhere { 401 } else { 200 };
        assert_eq!(server.get(&token_there, "/api/connection").await.status, elsewhere, "{path}");
    }
}

/// Somebody whose role is changed in the moment of signing out is signed out all the same.
#[tokio::test]
async fn a_sign_out_everywhere_is_never_silently_left_out() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let mut caller = server.services().bearer(&token).await.unwrap();
    caller.role = shared::Role::Viewer;
    server.services().sign_out_everywhere(&caller).await.unwrap();
    assert_eq!(server.get(&token, "/api/connection").await.status, 401);
}

#[tokio::test]
async fn a_changed_password_leaves_this_session_and_no_other() {
    let server = TestServer::new().await;
    let (here, elsewhere) = (admin(&server).await, admin(&server).await);
    let post = async |current: &str, new: &str| {
        let body = format!("current={current}&new={new}");
        server.form(&here, "/account/password", &body).await
    };
    assert_eq!(post("wrong-password", "another-password").await.status, 422);
    assert_eq!(post("patchbay-demo", "short").await.status, 422);
    assert_eq!(server.page(&elsewhere, "/").await.status, 200);
    let changed = post("patchbay-demo", "another-password").await;
    let cookie = changed.header(header::SET_COOKIE).expect("a new session").to_owned();
    let cookie = cookie.split(';').next().unwrap();
    assert_ne!(cookie, here);
    assert_eq!(server.page(cookie, "/").await.status, 200);
    assert_eq!(server.page(&here, "/").await.status, 303, "the old id is no longer one");
    assert_eq!(server.page(&elsewhere, "/").await.status, 303);
    server.sign_in("demo@patchbay.test", "another-password", 169).await;
}

#[tokio::test]
async fn each_sign_in_has_an_id_of_its_own() {
    let server = TestServer::new().await;
    let first = admin(&server).await;
    let body = "email=demo@patchbay.test&password=patchbay-demo&siteId=169";
    let again = server.form(&first, "/login", body).await;
    let second = again.header(header::SET_COOKIE).unwrap().split(';').next().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(server.page(&first, "/").await.status, 303, "an id from before is worth nothing");
    assert_eq!(server.page(&second, "/").await.status, 200);
    server.form(&second, "/logout", "").await;
    assert_eq!(server.page(&second, "/").await.status, 303);
}

/// A sign-in by the API from an address.
async fn attempt(server: &TestServer, address: &str, email: &str, password: &str) -> Answer {
    let body = serde_json::json!({ "email": email, "password": password, "siteId": "169" });
    let request = Request::builder().method(Method::POST).uri("/api/authenticate");
    let mut request = request
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-forwarded-for", "203.0.113.9")
        .body(Body::from(body.to_string()))
        .unwrap();
    request.extensions_mut().insert(ClientAddr(address.parse().unwrap()));
    server.send(request).await
}

#[tokio::test]
async fn an_address_has_five_failures_a_minute() {
    let server = TestServer::new().await;
    let wrong = async |address: &str| attempt(&server, address, "demo@patchbay.test", "x").await;
    for _ in 0..5 {
        assert_eq!(wrong("192.0.2.1").await.status, 401);
        server.pass(2);
    }
    let refused = wrong("192.0.2.1").await;
    assert_eq!((refused.status.as_u16(), refused.header(header::RETRY_AFTER)), (429, Some("50")));
    let right = attempt(&server, "192.0.2.1", "demo@patchbay.test", "patchbay-demo").await;
    assert_eq!(right.status, 429, "the right password has to wait, too");
    assert_eq!(wrong("192.0.2.2").await.status, 401, "another address does not");
    server.pass(49);
    assert_eq!(wrong("192.0.2.1").await.status, 429);
    server.pass(1);
    assert_eq!(wrong("192.0.2.1").await.status, 401);
    // One customer's network counts as one address.
    for host in 0..5 {
        assert_eq!(wrong(&format!("2001:db8::{host}")).await.status, 401);
    }
    assert_eq!(wrong("2001:db8::ffff:1").await.status, 429);
    assert_eq!(wrong("2001:db8:0:1::1").await.status, 401);
}

#[tokio::test]
async fn sign_ins_that_succeed_are_not_counted() {
    let server = TestServer::new().await;
    for _ in 0..12 {
        let good = attempt(&server, "192.0.2.1", "demo@patchbay.test", "patchbay-demo").await;
        assert_eq!(good.status, 200);
    }
}

#[tokio::test]
async fn an_account_has_thirty_failures_an_hour_and_its_owner_still_gets_in() {
    let server = TestServer::new().await;
    let (email, password) = ("demo@patchbay.test", "patchbay-demo");
    assert_eq!(attempt(&server, "198.51.100.7", email, password).await.status, 200);
    let mut checked = 0;
    for host in 0..60 {
        let guess = attempt(&server, &format!("192.0.2.{host}"), email, "x").await;
        checked += u32::from(guess.status == 401);
    }
    assert_eq!(checked, 30);
    let stranger = attempt(&server, "192.0.2.200", email, password).await;
    assert_eq!(stranger.status, 429, "from an address that is not known");
    let owner = attempt(&server, "198.51.100.7", email, password).await;
    assert_eq!(owner.status, 200, "from one that is");
    // Somebody who is not there is limited in the same way.
    let mut checked = 0;
    for host in 0..40 {
        let address = format!("203.0.113.{host}");
        let guess = attempt(&server, &address, "nobody@patchbay.test", "x").await;
        checked += u32::from(guess.status == 401);
    }
    assert_eq!(checked, 30);
}
