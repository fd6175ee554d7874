//! Forms that are posted without WebAssembly: what was typed survives the end of the session, a form
//! is saved as whom and where it was opened, and a post leads to a page that can be reloaded.
//! Every form is here, so that one that is new is compared with the others.

use crate::{
    dump,
    support::{Answer, TestServer},
    web::Browser,
};
use axum::http::{Method, header};
use serde_json::json;

const SITE: header::HeaderName = header::HeaderName::from_static("sec-fetch-site");
const MODE: header::HeaderName = header::HeaderName::from_static("sec-fetch-mode");

/// What was typed into the form of connection 612 without a script.
const TYPED: &str = "version=1&Name=typed+%22name%22&was-Name=test2-email-in&Port=993&was-Port=993\
    &replacing=Password&Password=canary-3f9a";

fn goes_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{answer}");
    answer.header(header::LOCATION).unwrap()
}

/// The value of a hidden input on a page.
fn hidden(page: &Answer, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&mark).unwrap_or_else(|| panic!("{name}: {page}"));
    html_escape::decode_html_entities(rest.split('"').next().unwrap()).into_owned()
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Signs in on the page that a post without a session was answered with. Returns the page after it.
async fn sign_in_again(browser: &mut Browser, page: &Answer, user: &str) -> Answer {
    let (email, password) = (format!("{user}@patchbay.test"), format!("patchbay-{user}"));
    let (next, form) = (hidden(page, "next"), hidden(page, "form"));
    let body = [
        ("email", email.as_str()),
        ("password", password.as_str()),
        ("siteId", "169"),
        ("next", next.as_str()),
        ("form", form.as_str()),
    ];
    browser.cookie.clear();
    let answer = browser.post("/login", &encoded(&body)).await;
    let cookie = answer.header(header::SET_COOKIE).expect("a session");
    cookie.split(';').next().unwrap().clone_into(&mut browser.cookie);
    browser.server.follow(&browser.cookie, &answer).await
}

/// The id of a form on a page.
fn form_id(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("name=\"form-id\" value=\"").expect("a form");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_typed_survives_the_end_of_the_session_but_secrets() {
    let mut browser = Browser::signed_in().await;
    browser.server.pass(30 * 60);
    let page = browser.post("/connections/612", TYPED).await;
    assert_eq!(page.status, 401, "{page}");
    assert!(page.body.contains("Your session has ended"), "{page}");
    assert!(page.body.contains("except passwords and tokens"), "{page}");
    assert!(!page.body.contains("canary"), "{page}");
    assert_eq!(hidden(&page, "next"), "/connections/612");

    let form = sign_in_again(&mut browser, &page, "demo").await;
    assert_eq!(form.status, 200, "{form}");
    assert!(form.body.contains("value=\"typed &quot;name&quot;\""), "{form}");
    assert!(form.body.contains("Nothing was saved"), "{form}");
    assert!(form.body.contains("Enter the password or token again"), "{form}");
    assert!(form.body.contains("type=\"password\""), "its input is open");
    let token = browser.server.token().await;
    let record = browser.server.get(&token, "/api/connection/612").await.json();
    assert_eq!(record["Name"], "test2-email-in", "nothing is saved by itself");
    // It is shown once.
    let again = browser.get("/connections/612").await;
    assert!(
        !again.body.contains("typed &quot;") && !again.body.contains("signed in again"),
        "{again}"
    );
}

#[tokio::test]
async fn a_new_connections_form_survives_too_and_a_wrong_password_loses_nothing() {
    let mut browser = Browser::signed_in().await;
    let id = form_id(&browser.get("/connections/new?channel=twitter").await);
    browser.server.pass(30 * 60);
    let body = format!("form-id={id}&Name=typed&UserId=12&Token=canary-3f9a&replacing=Token");
    let page = browser.post("/connections/new?channel=twitter", &body).await;
    assert_eq!(hidden(&page, "next"), "/connections/new?channel=twitter");
    let form = hidden(&page, "form");
    let wrong = [
        ("email", "demo@patchbay.test"),
        ("password", "wrong"),
        ("siteId", "169"),
        ("next", "/connections/new?channel=twitter"),
        ("form", form.as_str()),
    ];
    let page = browser.post("/login", &encoded(&wrong)).await;
    assert_eq!(page.status, 401);
    assert_eq!(hidden(&page, "form"), form);
    let shown = sign_in_again(&mut browser, &page, "demo").await;
    assert!(shown.body.contains("value=\"typed\""), "{shown}");
    assert!(!shown.body.contains("canary"), "{shown}");
}

#[tokio::test]
async fn what_others_changed_meanwhile_is_shown_beside_what_was_typed() {
    let mut browser = Browser::signed_in().await;
    let token = browser.server.token().await;
    browser.server.patch(&token, 612, r#"{"Name":"theirs"}"#).await;
    // A button that only opens a secret's input.
    let opened = browser.post("/connections/612", &format!("{TYPED}&replace=Password")).await;
    assert_eq!(opened.status, 409, "{opened}");
    browser.server.pass(30 * 60);
    let page = browser.post("/connections/612", TYPED).await;
    let form = sign_in_again(&mut browser, &page, "demo").await;
    assert_eq!(form.status, 409, "{form}");
    assert!(form.body.contains("theirs") && form.body.contains("typed"), "{form}");
}

#[tokio::test]
async fn an_invitations_address_survives_too() {
    let mut browser = Browser::signed_in().await;
    browser.server.pass(30 * 60);
    let page = browser.post("/team/invite", "email=new%40b.example&role=editor").await;
    assert_eq!(hidden(&page, "next"), "/team");
    let team = sign_in_again(&mut browser, &page, "demo").await;
    assert_eq!(team.status, 200, "{team}");
    assert!(team.body.contains("value=\"new@b.example\""), "{team}");
    assert_eq!(dump::number(&browser.server, "SELECT count(*) FROM invite").await, 0);
}

#[tokio::test]
async fn a_form_that_holds_too_much_or_nothing_leads_to_the_sign_in() {
    let browser = Browser::new().await;
    let long = format!("version=1&Name={}&was-Name=x", "%E2%82%AC".repeat(1000));
    for (path, body) in [
        ("/connections/612", "version=1&Name=x&was-Name=x"),
        ("/connections/612", long.as_str()),
        ("/account/password", "current=canary-3f9a&new=canary-3f9a"),
    ] {
        let answer = browser.post(path, body).await;
        assert!(goes_to(&answer).starts_with("/login?next=%2F"), "{answer}");
    }
    // The control: somewhat less is carried.
    let body = format!("version=1&Name={}&was-Name=x", "%E2%82%AC".repeat(256));
    assert_eq!(browser.post("/connections/612", &body).await.status, 401);
}

#[tokio::test]
async fn a_form_is_not_saved_as_another_user_unasked() {
    let mut browser = Browser::signed_in().await;
    let id = form_id(&browser.get("/connections/612").await);
    let as_demo = browser.cookie.clone();
    browser.cookie = browser.server.sign_in("editor@patchbay.test", "patchbay-editor", 169).await;
    let body = format!("form-id={id}&{TYPED}");
    let asked = browser.post("/connections/612", &body).await;
    assert_eq!(asked.status, 409, "{asked}");
    for text in ["opened under another account", "signed in as editor@patchbay.test", "typed"] {
        assert!(asked.body.contains(text), "{text}: {asked}");
    }
    assert!(!asked.body.contains("canary"), "{asked}");
    let rpc = json!({ "id": 612, "version": 1, "patch": { "Name": "rpc" }, "form_id": id });
    let refused = browser.rpc(Method::PATCH, "patch", &rpc.to_string()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.body.as_str()),
        (401, r#"{"Refused":"SignedOut"}"#)
    );
    // Whoever saves the form that is shown then has been asked.
    let body = format!("form-id={}&{TYPED}", form_id(&asked));
    assert_eq!(
        goes_to(&browser.post("/connections/612", &body).await),
        "/connections/612?done=saved"
    );
    // Other posts are not done either, and say so.
    let id = form_id(&browser.server.page(&as_demo, "/account").await);
    let body = format!("form-id={id}&version=1&enabled=0");
    let answer = browser.post("/connections/646/enabled", &body).await;
    let page = browser.server.follow(&browser.cookie, &answer).await;
    assert!(page.body.contains("Nothing was done"), "{page}");
    let token = browser.server.token().await;
    let record = browser.server.get(&token, "/api/connection/646").await.json();
    assert_eq!(record["Enabled"], "1");
}

/// Somebody of two sites, on site 170, with a form of connection 646 of site 169.
async fn on_another_site() -> (Browser, String) {
    let mut browser = Browser::new().await;
    browser.cookie = browser.server.sign_in("both@patchbay.test", "patchbay-both", 169).await;
    let id = form_id(&browser.get("/connections/646").await);
    assert_eq!(goes_to(&browser.post("/site", "site=170").await), "/");
    (browser, id)
}

#[tokio::test]
async fn a_form_of_the_site_that_was_left_offers_to_switch_back() {
    let (browser, id) = on_another_site().await;
    let body = format!("form-id={id}&version=1&Name=typed&was-Name=onebox+DEMO");
    let asked = browser.post("/connections/646", &body).await;
    assert_eq!(asked.status, 409, "{asked}");
    for text in [
        "You switched to site 170 in another tab. Switch back to save.",
        "Switch back to site 169 and save",
        "value=\"typed\"",
    ] {
        assert!(asked.body.contains(text), "{text}: {asked}");
    }
    let token = browser.server.token().await;
    let name =
        async || browser.server.get(&token, "/api/connection/646").await.json()["Name"].clone();
    assert_eq!(name().await, "onebox DEMO");
    // For a site that the form is not of, the button does nothing.
    let other = browser.post("/connections/646", &format!("{body}&switch=170")).await;
    assert_eq!(other.status, 409);
    let saved = browser.post("/connections/646", &format!("{body}&switch=169")).await;
    assert_eq!(goes_to(&saved), "/connections/646?done=saved");
    assert_eq!(name().await, "typed");
    let page = browser.get("/connections/646").await;
    assert!(page.status == 200 && page.body.contains("Site 169"), "the session is there now");
}

#[tokio::test]
async fn a_server_function_of_the_site_that_was_left_says_so() {
    let (browser, id) = on_another_site().await;
    let rpc = json!({ "id": 646, "version": 1, "patch": { "Name": "rpc" }, "form_id": id });
    let refused = browser.rpc(Method::PATCH, "patch", &rpc.to_string()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.body.as_str()),
        (409, r#"{"Refused":"OtherSite"}"#)
    );
    let rpc = json!({ "channel": "Twitter", "patch": {}, "form_id": id }).to_string();
    assert_eq!(browser.rpc(Method::POST, "create", &rpc).await.status, 409);
}

#[tokio::test]
async fn a_page_of_another_site_of_ones_own_offers_to_switch() {
    let (browser, _) = on_another_site().await;
    let missing = browser.get("/connections/646").await;
    assert_eq!(missing.status, 404);
    assert!(missing.body.contains("Switch to site 169 · Demo helpdesk"), "{missing}");
    let switched = browser.post("/site", "site=169&next=%2Fconnections%2F646").await;
    assert_eq!(goes_to(&switched), "/connections/646");
    assert!(!browser.get("/connections/424242").await.body.contains("Switch to site 170 ·</"));
    let elsewhere = browser.post("/site", "site=170&next=%2F%2Fevil.example").await;
    assert_eq!(goes_to(&elsewhere), "/");
    // Who is not a member there learns nothing of it.
    let demo = browser.server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    let page = browser.server.page(&demo, "/connections/700").await;
    assert!(page.status == 404 && !page.body.contains("170"), "{page}");
}

#[tokio::test]
async fn several_are_disabled_and_the_board_is_shown_as_it_was() {
    let browser = Browser::signed_in().await;
    let board = browser.get("/?q=test2").await;
    let from = hidden(&board, "from");
    assert_eq!(from, "/?q=test2");
    let body = [("id", "612"), ("id", "613"), ("do", "disable"), ("from", from.as_str())];
    let asked = browser.post("/connections/bulk", &encoded(&body)).await;
    let preview = browser.get(goes_to(&asked)).await;
    assert!(preview.body.contains("Disable 2 connections?"), "{preview}");
    assert!(preview.body.contains("href=\"/?q=test2\""), "Cancel and the way back keep the filter");
    assert_eq!(hidden(&preview, "from"), "/?q=test2");
    let done = browser.post("/connections/bulk", &format!("{}&confirmed=1", encoded(&body))).await;
    assert_eq!(goes_to(&done), "/?q=test2");
    // A page that nobody looks at does not take the message away.
    let unattended = header::HeaderName::from_static("x-unattended");
    let headers = [(unattended, "1"), (header::COOKIE, browser.cookie.as_str())];
    browser.server.call_with(None, Method::GET, "/?q=test2", "", &headers).await;
    let shown = browser.get("/?q=test2").await;
    assert!(shown.body.contains("Disabled 2 connections."), "{shown}");
    assert!(!browser.get("/?q=test2").await.body.contains("Disabled 2"), "it is said once");
    // Once more, as after going back: nothing is done, and it says so.
    let again = browser.post("/connections/bulk", &format!("{}&confirmed=1", encoded(&body))).await;
    let page = browser.server.follow(&browser.cookie, &again).await;
    assert!(page.body.contains("Disabled 0 connections."), "{page}");
    // The way back leads to the board alone.
    for evil in ["https://evil.example/", "//evil.example", "/team"] {
        let body = [("id", "612"), ("do", "enable"), ("confirmed", "1"), ("from", evil)];
        assert_eq!(goes_to(&browser.post("/connections/bulk", &encoded(&body)).await), "/");
    }
}

#[tokio::test]
async fn the_link_of_an_invitation_is_shown_once_and_stored_nowhere_in_clear() {
    let browser = Browser::signed_in().await;
    let answer = browser.post("/team/invite", "email=new%40b.example&role=viewer").await;
    assert_eq!(goes_to(&answer), "/team");
    let stored = dump::sessions(&browser.server).await;
    assert!(stored.iter().any(|row| row.contains("flash")), "control: {stored:?}");
    let page = browser.get("/team").await;
    let link = page.body.split("/invite/").map(|rest| rest.get(..32).unwrap_or_default());
    let link = link.filter(|link| link.bytes().all(|b| b.is_ascii_hexdigit())).last().unwrap();
    assert!(!stored.iter().any(|row| row.contains(link) || row.contains("new@b.example")));
    let again = browser.get("/team").await;
    assert!(!again.body.contains(link), "{again}");
    assert!(again.body.contains("new@b.example"), "control: the invitation is there");
    assert!(!dump::sessions(&browser.server).await.iter().any(|row| row.contains("flash")));
}

#[tokio::test]
async fn a_changed_password_leads_to_the_account() {
    let mut browser = Browser::signed_in().await;
    let body = "current=patchbay-demo&new=four+other+server_message+here";
    let answer = browser.post("/account/password", body).await;
    assert_eq!(goes_to(&answer), "/account");
    let cookie = answer.header(header::SET_COOKIE).unwrap().split(';').next().unwrap();
    cookie.clone_into(&mut browser.cookie);
    assert!(browser.get("/account").await.body.contains("Your password was changed."));
    assert!(!browser.get("/account").await.body.contains("Your password was changed."));
}

/// What a browser sends when somebody follows a link on another site's page: not the cookie.
async fn follow_a_link(server: &TestServer, cookie: &str, path: &str, site: &str) -> Answer {
    let headers = [(SITE, site), (MODE, "navigate"), (header::COOKIE, cookie)];
    server.call_with(None, Method::GET, path, "", &headers).await
}

#[tokio::test]
async fn a_link_on_another_sites_page_opens_the_page() {
    let browser = Browser::signed_in().await;
    let path = "/connections/646?done=%22%3E%3Cscript%3E&a=1";
    let hop = follow_a_link(&browser.server, "", path, "cross-site").await;
    assert_eq!(hop.status, 200, "{hop}");
    let expected = "content=\"0;url=/connections/646?done=%22%3E%3Cscript%3E&amp;a=1\"";
    assert!(hop.body.contains(expected), "{hop}");
    assert!(hop.body.contains("<a href=\"/connections/646?"), "also without the refresh: {hop}");
    let page = follow_a_link(&browser.server, &browser.cookie, path, "same-origin").await;
    assert!(page.status == 200 && page.body.contains("onebox DEMO"), "{page}");
    // Who is not signed in gets to the sign-in, and no further page in between.
    let answer = follow_a_link(&browser.server, "", "/connections/646", "same-origin").await;
    assert_eq!(goes_to(&answer), "/login?next=%2Fconnections%2F646");
    // A page leads nowhere else, and what is no page that somebody opens is not led on.
    for evil in ["//evil.example/x", "/\\evil.example"] {
        let hop = follow_a_link(&browser.server, "", evil, "cross-site").await;
        assert!(hop.status == 404 && !hop.body.contains("evil.example"), "{evil}: {hop}");
    }
    let headers = [(SITE, "cross-site"), (MODE, "no-cors")];
    let answer = browser.server.call_with(None, Method::GET, "/activity.csv", "", &headers).await;
    assert_eq!(goes_to(&answer), "/login?next=%2Factivity.csv");
}

#[tokio::test]
async fn a_form_that_is_posted_twice_creates_one() {
    let browser = Browser::signed_in().await;
    let path = "/connections/new?channel=email-inbound";
    let page = browser.get(path).await;
    let form = |name: &str, form_id: &str| {
        format!(
            "form-id={form_id}&Name={name}&UserId=a%40b.example&From=a%40b.example\
             &Host=mail.b.example&Port=993&replacing=Password&Password=pw-1"
        )
    };
    let id = form_id(&page);
    let body = form("new", &id);
    let (first, second) = tokio::join!(browser.post(path, &body), browser.post(path, &body));
    let made = first.header(header::LOCATION).map(ToOwned::to_owned);
    assert_eq!(made.as_deref(), Some("/connections/701?done=created"), "{first}");
    assert_eq!(second.header(header::LOCATION), made.as_deref(), "{second}");
    // Back in the form, with other values: it is shown again as a new one.
    let other = browser.post(path, &form("other", &id)).await;
    assert_eq!(other.status, 422);
    assert!(other.body.contains("has created a connection already"), "{other}");
    assert!(other.body.contains("value=\"other\""), "{other}");
    let again = form_id(&other);
    assert_ne!(again, id);
    let answer = browser.post(path, &form("other", &again)).await;
    assert_eq!(answer.header(header::LOCATION), Some("/connections/702?done=created"));
}

#[tokio::test]
async fn a_server_function_that_is_called_twice_creates_one() {
    let browser = Browser::signed_in().await;
    let id = form_id(&browser.get("/connections/new?channel=email-inbound").await);
    let patch = json!({ "Name": "in", "UserId": "a@b.example", "From": "a@b.example",
        "Host": "mail.b.example", "Port": "993", "Password": "pw-1" });
    let body = json!({ "channel": "EmailInbound", "patch": patch, "form_id": id }).to_string();
    let first = browser.rpc(Method::POST, "create", &body).await;
    assert_eq!(first.status, 200, "{first}");
    let second = browser.rpc(Method::POST, "create", &body).await;
    assert_eq!((second.status, second.json()), (first.status, first.json()));
    let other = json!({ "Name": "other", "UserId": "a@b.example", "From": "a@b.example",
        "Host": "mail.b.example", "Port": "993", "Password": "pw-1" });
    let body = json!({ "channel": "EmailInbound", "patch": other, "form_id": id }).to_string();
    let refused = browser.rpc(Method::POST, "create", &body).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("has created a connection already"), "{refused}");
}

#[tokio::test]
async fn an_invitation_that_is_posted_twice_is_one_with_one_link() {
    let browser = Browser::signed_in().await;
    let id = form_id(&browser.get("/team").await);
    let body = format!("email=new%40b.example&role=viewer&form-id={id}");
    let link = async |answer: Answer| {
        let page = browser.server.follow(&browser.cookie, &answer).await;
        let mut links = page.body.split("/invite/").skip(1).map(|rest| &rest[..32]);
        links.find(|link| link.bytes().all(|b| b.is_ascii_hexdigit())).expect("a link").to_owned()
    };
    let first = link(browser.post("/team/invite", &body).await).await;
    let second = link(browser.post("/team/invite", &body).await).await;
    assert_eq!(first, second);
    assert_eq!(browser.server.page("", &format!("/invite/{first}")).await.status, 200);
    let sql = "SELECT count(*) FROM audit WHERE site_id = 169 AND kind = 'member-invited'";
    assert_eq!(dump::number(&browser.server, sql).await, 1);
    // Another address from the same form, and the same one after it was withdrawn.
    let other = browser.post("/team/invite", &body.replace("new", "other")).await;
    assert_eq!(other.status, 422);
    assert!(other.body.contains("press Invite again"), "{other}");
    let invite = dump::number(&browser.server, "SELECT id FROM invite").await;
    browser.post("/team/invite/withdraw", &format!("id={invite}")).await;
    assert_eq!(browser.post("/team/invite", &body).await.status, 422);
}

#[tokio::test]
async fn what_is_unusual_is_said_once_after_it_was_saved() {
    let browser = Browser::signed_in().await;
    let path = "/connections/612";
    let body = "version=1&Port=143&was-Port=993&replacing=Password&Password=abcd+efgh+ijkl+mnop";
    let saved = browser.post(path, body).await;
    assert_eq!(saved.status, 303, "{saved}");
    let page = saved.header(axum::http::header::LOCATION).unwrap().to_owned();
    let shown = browser.get(&page).await.body;
    for text in ["Port 143 is unusual here", "app password with the spaces"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(!shown.contains("abcd efgh"), "{shown}");
    assert!(!browser.get(&page).await.body.contains("app password with the spaces"), "once");
}
