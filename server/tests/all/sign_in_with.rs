//! Sign-in with a provider: from our page to the provider's and back, what becomes of its result, and
//! who else gets it.
//! Each step needs the ones before it.

use crate::{
    dump,
    provider_tests::stub::{self, LINKED, LONG, PAGE},
    support::{Answer, TestServer},
};
use axum::http::{Method, header};
use serde_json::{Value, json};
use server::{
    http::WebConfig,
    service::{Services, Settings},
};
use shared::{ConnectionId, Provider};

const GOING: &str = "/connections/583/fill";

async fn server() -> (TestServer, String) {
    let settings = Settings { providers: stub::start().await, ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    (server, cookie)
}

/// Leaves for the provider. Returns where to, and the cookies of the browser from now on.
async fn leave(server: &TestServer, cookie: &str, provider: Provider) -> (reqwest::Url, String) {
    let path = format!("/{}/auth?redirectUrl={GOING}", provider.slug());
    let answer = server.page(cookie, &path).await;
    let state = answer.header(header::SET_COOKIE).unwrap();
    assert!(state.contains("; Path=/; ") && state.contains("HttpOnly; SameSite=Strict"), "{state}");
    let state = state.split(';').next().unwrap();
    (goes_to(&answer), format!("{cookie}; {state}"))
}

/// Where a page goes on to by itself.
fn goes_to(answer: &Answer) -> reqwest::Url {
    assert_eq!(answer.status, 200, "a redirect would be one of the form before: {answer}");
    let (_, rest) = answer.body.split_once("content=\"0;url=").expect("it goes on");
    let address = rest.split_once('"').unwrap().0.replace("&amp;", "&");
    let base = reqwest::Url::parse("http://patchbay.test").unwrap();
    base.join(&address).unwrap()
}

fn param(url: &reqwest::Url, key: &str) -> String {
    url.query_pairs().find(|(name, _)| name == key).unwrap().1.into_owned()
}

/// Comes back as the provider sends the browser, without cookies; what answers goes on to the same
/// address, with them.
async fn come_back(server: &TestServer, cookies: &str, path: &str) -> Answer {
    let page = goes_to(&server.page("", path).await);
    assert!(page.as_str().starts_with("http://patchbay.test/"), "{page}");
    let address = format!("{}?{}", page.path(), page.query().unwrap_or_default());
    server.page(cookies, &address).await
}

fn good(provider: Provider, left: &reqwest::Url) -> String {
    match provider {
        Provider::Twitter => {
            "/twitter/auth/callback?oauth_token=requested&oauth_verifier=good".into()
        }
        _ => format!("/{}/auth/callback?code=good&state={}", provider.slug(), param(left, "state")),
    }
}

/// A whole sign-in. Returns the session's id.
async fn sign_in(server: &TestServer, cookie: &str, provider: Provider) -> String {
    let (left, carrier) = leave(server, cookie, provider).await;
    let back = come_back(server, &carrier, &good(provider, &left)).await;
    let over = back.header(header::SET_COOKIE).unwrap();
    assert!(over.starts_with("patchbay-sign-in-") && over.contains("=; "), "{over}");
    assert!(over.contains("Max-Age=0"), "{over}");
    let url = goes_to(&back);
    assert!(url.as_str().starts_with(&format!("http://patchbay.test{GOING}?sessionId=")), "{url}");
    param(&url, "sessionId")
}

async fn session(server: &TestServer, token: &str, provider: Provider, id: &str) -> Answer {
    server.get(token, &format!("/api/{}/session/{id}", provider.slug())).await
}

#[tokio::test]
async fn a_sign_in_with_facebook_gives_pages_and_their_tokens() {
    let (server, cookie) = server().await;
    let (left, _) = leave(&server, &cookie, Provider::Facebook).await;
    assert_eq!(left.path(), "/v25.0/dialog/oauth");
    assert_eq!(param(&left, "client_id"), "1045");
    assert_eq!(param(&left, "redirect_uri"), "http://patchbay.test/facebook/auth/callback");
    for scope in ["pages_messaging", "business_management"] {
        assert!(param(&left, "scope").contains(scope), "{left}");
    }
    let id = sign_in(&server, &cookie, Provider::Facebook).await;
    let token = server.token().await;
    let answer = session(&server, &token, Provider::Facebook, &id).await;
    assert_eq!(answer.status, 200, "{answer}");
    let mut found: Value = answer.json();
    let name = found["session"].take();
    assert!(
        name.as_str().unwrap().split_once(':').is_some_and(|(a, b)| a.len() == 24 && b.len() == 24)
    );
    let account = |id: &str, name: &str| {
        json!({ "access_token": format!("EAAG{id:x<180}"), "id": id, "name": name, "category": "Shop",
            "tasks": ["MANAGE"] })
    };
    let profile = json!({ "id": "508654789659284", "name": "Example User" });
    let accounts = [account(PAGE, "Jamku"), account("1903864646522191", "Second page")];
    let expected =
        json!({ "session": null, "profile": profile, "token": LONG, "accounts": accounts });
    assert_eq!(found, expected);
    let all = format!("{:?}", dump::everything(&server).await);
    assert!(!all.contains(LONG) && !all.contains(&id), "it is sealed, and its id hashed");
}

#[tokio::test]
async fn what_a_sign_in_lists_is_kept_whatever_else_fails() {
    let (server, cookie) = server().await;
    let sign_in = async |code: &str| {
        let (left, carrier) = leave(&server, &cookie, Provider::Facebook).await;
        let path = good(Provider::Facebook, &left).replace("good", code);
        param(&goes_to(&come_back(&server, &carrier, &path).await), "sessionId")
    };
    // No list, but a page that was granted by name.
    let page = format!("{GOING}?sessionId={}", sign_in("granted").await);
    let page = server.page(&cookie, &page).await;
    assert!(page.body.contains("Granted"), "{page}");
    // A page without a token, and a list that leads to one that fails.
    let page = format!("{GOING}?sessionId={}", sign_in("cut").await);
    let page = server.page(&cookie, &page).await;
    for shown in ["Jamku", "Not yours", "gave no token for it", "has more accounts than it listed"]
    {
        assert!(page.body.contains(shown), "{shown}: {page}");
    }
}

#[tokio::test]
async fn a_sign_in_for_instagram_gives_the_linked_accounts() {
    let (server, cookie) = server().await;
    let (left, _) = leave(&server, &cookie, Provider::Instagram).await;
    assert!(param(&left, "scope").contains("instagram_manage_messages"));
    let id = sign_in(&server, &cookie, Provider::Instagram).await;
    let token = server.token().await;
    let found = session(&server, &token, Provider::Instagram, &id).await.json();
    let account = &found["accounts"][0];
    assert_eq!(account["instagram_business_account"]["id"], LINKED);
    assert_eq!(account["instagram_accounts"][0]["username"], "older123");
    // It is no sign-in with Facebook.
    assert_eq!(session(&server, &token, Provider::Facebook, &id).await.status, 404);
}

#[tokio::test]
async fn a_sign_in_with_twitter_gives_the_account() {
    let (server, cookie) = server().await;
    let (left, _) = leave(&server, &cookie, Provider::Twitter).await;
    assert_eq!((left.path(), &*param(&left, "oauth_token")), ("/oauth/authorize", "requested"));
    let id = sign_in(&server, &cookie, Provider::Twitter).await;
    let found = session(&server, &server.token().await, Provider::Twitter, &id).await.json();
    let profile = json!({ "oauth_token": "738567483435556864-granted", "screen_name": "trial_corp",
        "oauth_token_secret": "granted-secret", "user_id": "738567483435556864" });
    assert_eq!(found["profile"], profile);
}

#[tokio::test]
async fn a_session_is_for_its_site_and_those_who_may_change_it_and_ends() {
    let (server, cookie) = server().await;
    let id = sign_in(&server, &cookie, Provider::Facebook).await;
    let unknown = session(&server, &server.token().await, Provider::Facebook, "nothing").await;
    assert_eq!(unknown.status, 404);
    let other = server.token_of("other@patchbay.test", "patchbay-other", "170").await;
    let answer = session(&server, &other, Provider::Facebook, &id).await;
    assert_eq!((answer.status, &answer.body), (unknown.status, &unknown.body));
    let viewer = server.token_of("viewer@patchbay.test", "patchbay-viewer", "169").await;
    assert_eq!(session(&server, &viewer, Provider::Facebook, &id).await.status, 403);
    server.pass(30 * 60);
    let token = server.token().await;
    let answer = session(&server, &token, Provider::Facebook, &id).await;
    assert_eq!((answer.status, &answer.body), (unknown.status, &unknown.body));
    server.services().maintain().await.unwrap();
    assert!(!format!("{:?}", dump::everything(&server).await).contains("instagraph"));
    assert_eq!(server.get(&token, "/api/fax/session/1").await.status, 404);
}

#[tokio::test]
async fn who_comes_back_must_be_who_left() {
    let (server, cookie) = server().await;
    let (left, carrier) = leave(&server, &cookie, Provider::Facebook).await;
    let path = good(Provider::Facebook, &left);
    let refused = async |carrier: &str, path: &str| {
        let answer = come_back(&server, carrier, path).await;
        assert_eq!(answer.status, 400, "{path}: {answer}");
        assert!(answer.body.contains("was not begun in this browser"), "{answer}");
    };
    // Another browser, a made-up state, none, another provider, and a cookie that was changed.
    refused("", &path).await;
    refused(&carrier, "/facebook/auth/callback?code=good&state=00").await;
    refused(&carrier, "/facebook/auth/callback?code=good").await;
    refused(&carrier, &path.replace("/facebook/", "/instagraph/")).await;
    let (session, state) = carrier.split_once("; ").unwrap();
    let (name, value) = state.split_once('=').unwrap();
    refused(&format!("{session}; {name}=A{value}"), &path).await;
    // Another session of the same user, and none.
    let other = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    refused(&format!("{other}; {state}"), &path).await;
    refused(state, &path).await;
    server.pass(10 * 60);
    refused(&carrier, &path).await;
}

#[tokio::test]
async fn two_sign_ins_of_one_browser_both_come_back() {
    let (server, cookie) = server().await;
    let (first, after_first) = leave(&server, &cookie, Provider::Facebook).await;
    let (second, after_second) = leave(&server, &cookie, Provider::Facebook).await;
    let cookies = format!("{after_first}; {}", after_second.split_once("; ").unwrap().1);
    for left in [first, second] {
        let back = come_back(&server, &cookies, &good(Provider::Facebook, &left)).await;
        assert!(goes_to(&back).as_str().contains("?sessionId="), "{back}");
    }
}

#[tokio::test]
async fn a_browser_keeps_few_sign_ins_under_way() {
    let (server, cookie) = server().await;
    let mut cookies = cookie;
    for _ in 0..3 {
        cookies = leave(&server, &cookies, Provider::Facebook).await.1;
    }
    let oldest = cookies.split("; ").nth(1).unwrap().split('=').next().unwrap();
    let path = format!("/facebook/auth?redirectUrl={GOING}");
    let answer = server.page(&cookies, &path).await;
    let set: Vec<_> = answer.headers.get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(set.len(), 2);
    let dropped = set[0].to_str().unwrap();
    assert!(dropped.starts_with(oldest) && dropped.contains("Max-Age=0"), "{dropped}");
}

#[tokio::test]
async fn behind_https_no_other_host_can_set_the_state_cookie() {
    let (server, cookie) = server().await;
    let public_url = Some("https://patchbay.test".parse().unwrap());
    let config = WebConfig { public_url, ..WebConfig::default() };
    let router = server::router(server.services().clone(), &config);
    let request = axum::http::Request::builder()
        .uri(format!("/facebook/auth?redirectUrl={GOING}"))
        .header(header::COOKIE, format!("__Host-{cookie}"))
        .body(axum::body::Body::empty())
        .unwrap();
    let answer = crate::support::send(&router, request).await;
    let state = answer.header(header::SET_COOKIE).unwrap();
    assert!(state.starts_with("__Host-patchbay-sign-in-"), "{state}");
    assert!(state.contains("; Path=/; ") && state.ends_with("; Secure"), "{state}");
}

#[tokio::test]
async fn a_sign_in_returns_only_to_where_it_may() {
    let (server, cookie) = server().await;
    for going in [
        "https://evil.example/",
        "//evil.example/x",
        "javascript:alert(1)",
        "http://patchbay.test.evil.example/",
    ] {
        let answer = server.page(&cookie, &format!("/facebook/auth?redirectUrl={going}")).await;
        assert_eq!(answer.status, 400, "{going}");
        assert_eq!(answer.header(header::LOCATION), None);
        assert!(answer.body.contains("redirectUrl leads to where"), "{answer}");
    }
    assert_eq!(server.page(&cookie, "/facebook/auth").await.status, 400);
    // Who is not signed in signs in first, and who may only look does not.
    assert_eq!(server.page("", "/facebook/auth?redirectUrl=/").await.status, 303);
    let viewer = server.sign_in("viewer@patchbay.test", "patchbay-viewer", 169).await;
    assert_eq!(server.page(&viewer, "/facebook/auth?redirectUrl=/").await.status, 400);

    let config = WebConfig {
        sign_in_origins: vec!["https://helpdesk.example".parse().unwrap()],
        ..WebConfig::default()
    };
    let services: Services = server.services().clone();
    let router = server::router(services, &config);
    let request = |cookie: &str, path: &str| {
        axum::http::Request::builder()
            .method(Method::GET)
            .uri(path)
            .header(header::HOST, "patchbay.test")
            .header(header::COOKIE, cookie)
            .body(axum::body::Body::empty())
            .unwrap()
    };
    let path = "/facebook/auth?redirectUrl=https://helpdesk.example/back?a=b";
    let left = crate::support::send(&router, request(&cookie, path)).await;
    let state = left.header(header::SET_COOKIE).unwrap().split(';').next().unwrap();
    let path = good(Provider::Facebook, &goes_to(&left)).replace('?', "?back=1&");
    let back = crate::support::send(&router, request(&format!("{cookie}; {state}"), &path)).await;
    let location = back.header(header::LOCATION).unwrap();
    assert!(location.starts_with("https://helpdesk.example/back?a=b&sessionId="), "{location}");
}

#[tokio::test]
async fn a_sign_in_that_ends_badly_goes_back_and_says_so() {
    let (server, cookie) = server().await;
    let ends = async |provider: Provider, query: &str, word: &str| {
        let (left, carrier) = leave(&server, &cookie, provider).await;
        let query = query.replace(
            "$state",
            &left
                .query_pairs()
                .find(|(key, _)| key == "state")
                .map(|(_, state)| state.into_owned())
                .unwrap_or_default(),
        );
        let path = format!("/{}/auth/callback?{query}", provider.slug());
        let back = come_back(&server, &carrier, &path).await;
        assert!(back.body.contains(&format!("{GOING}?error={word}")), "{back}");
    };
    ends(Provider::Facebook, "error=access_denied&state=$state", "declined").await;
    let scopes = "error_code=1349048&error_message=Invalid+Scopes&state=$state";
    ends(Provider::Facebook, scopes, "scopes").await;
    ends(Provider::Facebook, "error=invalid_scope&state=$state", "scopes").await;
    ends(Provider::Facebook, "error=server_error&state=$state", "refused").await;
    ends(Provider::Facebook, "code=used&state=$state", "refused").await;
    ends(Provider::Facebook, "code=busy&state=$state", "failed").await;
    ends(Provider::Twitter, "denied=requested", "declined").await;
    ends(Provider::Twitter, "oauth_token=requested&oauth_verifier=bad", "refused").await;
    let settings = Settings::default();
    let bare = TestServer::with_settings(settings).await;
    let cookie = bare.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    for provider in Provider::ALL {
        let path = format!("/{}/auth?redirectUrl=/", provider.slug());
        let answer = bare.page(&cookie, &path).await;
        assert_eq!(answer.status, 501);
        assert!(answer.body.contains("PATCHBAY_FACEBOOK_APP_ID"), "{answer}");
    }
}

#[tokio::test]
async fn a_voucher_becomes_the_secret_of_its_account_in_a_browser_alone() {
    let (server, cookie) = server().await;
    let id = sign_in(&server, &cookie, Provider::Facebook).await;
    let voucher = |field: &str| format!("from-sign-in:facebook:{field}:{id}:1");
    let (password, token) = (voucher("Password"), voucher("Token"));
    let body = format!(
        "version=1&moves=1903864646522191+1903864646522191&UserId=1903864646522191&was-UserId=x&From=1903864646522191&was-From=x\
         &TargetId=1903864646522191&was-TargetId=x&replacing=Password&Password={password}\
         &replacing=Token&Token={token}"
    );
    let saved = server.form(&cookie, "/connections/583", &body).await;
    assert_eq!(saved.status, 303, "{saved}");
    let bearer = server.token().await;
    let record = server.get(&bearer, "/api/connection/583").await.json();
    assert_eq!(record["Password"], format!("EAAG{:x<180}", "1903864646522191"));
    assert_eq!(record["Token"], LONG);

    // The API takes a token as it is, and a voucher of nothing is no token.
    let api = server.token().await;
    let patch = json!({ "Token": token }).to_string();
    server.patch(&api, 583, &patch).await;
    assert_eq!(server.get(&api, "/api/connection/583").await.json()["Token"], token);
    let nothing = "from-sign-in:facebook:Token:nothing:0".to_owned();
    for bad in [nothing, format!("from-sign-in:facebook:Token:{id}:9")] {
        let body = format!("version=3&replacing=Token&Token={bad}");
        let refused = server.form(&cookie, "/connections/583", &body).await;
        assert!(refused.body.contains("Fill the form from a new sign-in"), "{refused}");
        assert!(!refused.body.contains(&bad), "typed secrets do not go back");
    }
    let other = server::store::SiteScope::operator(shared::SiteId(170));
    let session = server.services().provider_session(other, Provider::Facebook, &id).await;
    assert!(session.unwrap().is_none(), "another site's");
    assert!(server.services().get(other, ConnectionId(583)).await.unwrap().is_none());
}
