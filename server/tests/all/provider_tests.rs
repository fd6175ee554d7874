//! Tests of connections that providers are asked about.

pub mod stub;

use crate::{
    dump,
    probe::{ends, outcome, test},
    support::TestServer,
};
use serde_json::{Value, json};
use server::{provider::ProviderSettings, service::Settings};
use stub::{LINKED, NUMBER, PAGE};

/// The demo's connections of each channel.
pub const FACEBOOK: i64 = 583;
const INSTAGRAM: i64 = 646;
pub const TWITTER: i64 = 576;

async fn server(providers: ProviderSettings) -> (TestServer, String) {
    let settings = Settings { providers, ..Settings::default() };
    let server = TestServer::with_settings(settings).await;
    let token = server.token().await;
    (server, token)
}

/// A token as long as those of the documents, with what the stub is to answer in it.
pub fn token(word: &str) -> String {
    format!("EAAG{word:x<180}")
}

pub fn facebook(page: &str, user: &str) -> Value {
    json!({ "UserId": PAGE, "From": PAGE, "TargetId": PAGE, "Password": token(page),
        "Token": token(user) })
}

fn instagram(page: &str, user: &str) -> Value {
    json!({ "UserId": PAGE, "TargetId": LINKED, "Password": token(user), "Token": token(page) })
}

pub fn twitter(word: &str) -> Value {
    json!({ "Token": format!("738567483435556864-{word:x<31}"), "Password": "s".repeat(45) })
}

fn strings<const N: usize>(of: [&str; N]) -> Vec<String> {
    of.map(String::from).to_vec()
}

#[tokio::test]
async fn tokens_that_are_right_pass_and_tell_what_they_see() {
    let (server, bearer) = server(stub::start().await).await;
    let before = dump::everything(&server).await;
    let answer = test(&server, &bearer, FACEBOOK, &facebook("PAGESOON", "USER")).await;
    assert_eq!(outcome(&answer), (strings(["page", "user", "permissions"]), None), "{answer}");
    for found in ["Page: Jamku (110334703943674)", "Signed in: Example User (508654789659284)"] {
        assert!(answer.body.contains(found), "{found}: {answer}");
    }
    assert!(answer.body.contains("Page access token: it ends on 2027-01-15"), "{answer}");
    assert!(answer.body.contains("User access token: it never ends"), "{answer}");
    assert!(answer.body.contains("may pages_messaging, pages_show_list"), "{answer}");
    // What ends first: the page's token, a day before the access to data.
    assert_eq!(answer.json()["stages"][2]["expires"], "2027-01-15 08:00:00");

    let answer = test(&server, &bearer, INSTAGRAM, &instagram("PAGELINKED", "USER")).await;
    let stages = strings(["page", "account", "user", "permissions"]);
    assert_eq!(outcome(&answer), (stages, None), "{answer}");
    assert!(answer.body.contains("Instagram account: @trycloudy123 (17841432079529884)"));

    let answer = test(&server, &bearer, TWITTER, &twitter("GOOD")).await;
    assert_eq!(outcome(&answer), (strings(["account"]), None), "{answer}");
    assert!(answer.body.contains("Account: @trial_corp (738567483435556864)"), "{answer}");
    assert_eq!(answer.json()["stages"][0]["expires"], "never");
    assert_eq!(dump::everything(&server).await, before, "nothing is stored");
}

#[tokio::test]
async fn facebooks_errors_are_explained_in_plain_words() {
    let ours = server(stub::start().await).await;
    let credentials = ["page", "Password", "credentials"];
    for (word, end, server_message) in [
        ("EXPIRED", credentials, "page access token has expired"),
        ("CHANGED", credentials, "changed their password"),
        ("REMOVED", credentials, "removed the app"),
        ("BROKEN", credentials, "Facebook refused the page access token"),
        ("FORBIDDEN", credentials, "may not see this"),
        ("BUSY", ["page", "", "temporary"], "asked too often"),
        ("DOWN", ["page", "", "temporary"], "Service temporarily unavailable"),
        ("PAGEUSER", ["page", "Password", "settings"], "is a user’s token, not the page’s"),
        ("OTHER", ["page", "UserId", "settings"], "is for Jamku (1903864646522191)"),
    ] {
        ends(&ours, FACEBOOK, &facebook(word, "USER"), end, server_message).await;
    }
    let end = ["user", "Token", "credentials"];
    ends(&ours, FACEBOOK, &facebook("PAGE", "EXPIREDUSER"), end, "user access token").await;
    let end = ["permissions", "Password", "credentials"];
    ends(&ours, FACEBOOK, &facebook("PAGEDEAD", "USER"), end, "not valid any more").await;
    let end = ["permissions", "Password", "credentials"];
    for (word, server_message) in [
        ("PAGEPAST", "page access token has expired"),
        ("PAGEOLDPASSWORD", "changed their password"),
        ("PAGEUNSCOPED", "lacks the permission pages_messaging"),
        ("PAGEELSEWHERE", "has the permission pages_messaging for other pages or accounts"),
    ] {
        ends(&ours, FACEBOOK, &facebook(word, "USER"), end, server_message).await;
    }
    // The server's own words may quote the token.
    let answer = test(&ours.0, &ours.1, FACEBOOK, &facebook("BROKEN", "USER")).await;
    assert!(!answer.body.contains(&token("BROKEN")), "{answer}");
}

#[tokio::test]
async fn tokens_of_another_kind_are_recognised() {
    let ours = server(stub::start().await).await;
    let end = ["page", "Password", "settings"];
    ends(&ours, FACEBOOK, &facebook("USER", "PAGE"), end, "are swapped").await;
    let end = ["user", "Token", "settings"];
    ends(&ours, FACEBOOK, &facebook("PAGE", "PAGE"), end, "is the page’s token, not a user’s")
        .await;
    let mut own = facebook("PAGE", "USER");
    own["Password"] = format!("IGAA{:z<60}", "").into();
    let end = ["page", "Password", "settings"];
    ends(&ours, FACEBOOK, &own, end, "Instagram’s own sign-in").await;
    let end = ["page", "Token", "settings"];
    ends(&ours, INSTAGRAM, &instagram("USER", "LINKED"), end, "are swapped").await;
}

#[tokio::test]
async fn an_apps_own_fault_is_its_operators() {
    let ours = server(stub::start().await).await;
    let end = ["permissions", "", "notTestable"];
    ends(&ours, FACEBOOK, &facebook("PAGEAPPSECRET", "USER"), end, "secret of this server’s app")
        .await;
    // An app may require proof that it is it who asks.
    let answer = test(&ours.0, &ours.1, FACEBOOK, &facebook("PAGEPROOF", "USERPROOF")).await;
    assert_eq!(outcome(&answer).1, None, "{answer}");
    let end = ["account", "", "notTestable"];
    ends(&ours, TWITTER, &twitter("PLAN"), end, "includes no tests").await;
    ends(&ours, TWITTER, &twitter("CREDITS"), end, "includes no tests").await;
    ends(&ours, TWITTER, &twitter("CLOCK"), end, "clock of this server").await;
    // What the first version of the API still answers, the second need not.
    let answer = test(&ours.0, &ours.1, TWITTER, &twitter("FIRST")).await;
    assert_eq!(outcome(&answer).1, None, "{answer}");
}

#[tokio::test]
async fn an_instagram_account_has_to_be_linked_to_its_page() {
    let ours = server(stub::start().await).await;
    // The page's token is the other field here.
    let end = ["page", "Token", "credentials"];
    ends(&ours, INSTAGRAM, &instagram("EXPIRED", "USER"), end, "page access token").await;
    let end = ["user", "Password", "credentials"];
    ends(&ours, INSTAGRAM, &instagram("LINKED", "EXPIREDUSER"), end, "user access token").await;
    let end = ["account", "TargetId", "settings"];
    ends(&ours, INSTAGRAM, &instagram("PAGE", "USER"), end, "No Instagram account is linked").await;
    let server_message = "linked to @older123 (4887037594655873)";
    ends(&ours, INSTAGRAM, &instagram("OLDER", "USER"), end, server_message).await;
}

#[tokio::test]
async fn twitters_errors_are_explained_in_plain_words() {
    let ours = server(stub::start().await).await;
    let end = ["account", "Token", "credentials"];
    ends(&ours, TWITTER, &twitter("EXPIRED"), end, "Invalid or expired token.").await;
    ends(&ours, TWITTER, &twitter("LOCKED"), end, "suspended or locked the account").await;
    ends(&ours, TWITTER, &twitter("BUSY"), ["account", "", "temporary"], "asked too often").await;
    let mut other = twitter("GOOD");
    other["TargetId"] = "1290561158944968704".into();
    other["Token"] = format!("1290561158944968704-{:x<31}", "GOOD").into();
    let server_message = "those of @trial_corp (738567483435556864), not of 1290561158944968704";
    ends(&ours, TWITTER, &other, ["account", "TargetId", "settings"], server_message).await;
    let mut other = twitter("GOOD");
    other["UserId"] = "KuCamera".into();
    let end = ["account", "UserId", "settings"];
    ends(&ours, TWITTER, &other, end, "not of @KuCamera").await;
}

#[tokio::test]
async fn without_an_app_expiry_is_unknown_and_twitter_is_not_asked() {
    let mut providers = stub::start().await;
    (providers.facebook_app, providers.twitter_app) = (None, None);
    let ours = server(providers).await;
    let answer = test(&ours.0, &ours.1, FACEBOOK, &facebook("PAGE", "USER")).await;
    assert_eq!(outcome(&answer).1, None, "{answer}");
    assert!(answer.body.contains("expiry are unknown"), "{answer}");
    assert_eq!(answer.json()["stages"][2].get("expires"), None);
    let end = ["account", "", "notTestable"];
    ends(&ours, TWITTER, &twitter("GOOD"), end, "PATCHBAY_TWITTER_API_KEY").await;
}

#[tokio::test]
async fn another_apps_token_passes_with_what_is_known_of_it() {
    let ours = server(stub::start().await).await;
    let answer = test(&ours.0, &ours.1, FACEBOOK, &facebook("STRANGER", "USER")).await;
    assert_eq!(outcome(&answer).1, None, "{answer}");
    assert!(answer.body.contains("Facebook says nothing about it"), "{answer}");
    let answer = test(&ours.0, &ours.1, FACEBOOK, &facebook("PAGEUNSAID", "USER")).await;
    assert_eq!(outcome(&answer).1, None, "{answer}");
    assert!(answer.body.contains("Facebook says nothing about it (no answer)"), "{answer}");
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_a_temporary_failure() {
    let port = crate::mail::free_port();
    let nowhere = format!("http://127.0.0.1:{port}").parse::<reqwest::Url>().unwrap();
    let mut providers = stub::start().await;
    (providers.graph, providers.twitter) = (nowhere.clone(), nowhere);
    let ours = server(providers).await;
    for (id, values, stage) in
        [(FACEBOOK, facebook("PAGE", "USER"), "page"), (TWITTER, twitter("GOOD"), "account")]
    {
        ends(&ours, id, &values, [stage, "", "temporary"], "cannot be reached").await;
    }
}

#[tokio::test]
async fn a_number_at_whatsapp_is_one_that_may_send_and_that_its_account_lists() {
    let ours = server(stub::start().await).await;
    let record = json!({ "MediaId": "WHATP", "ProviderId": "PVD30", "Name": "hotline",
        "UserId": NUMBER, "TargetId": "104996122399160", "From": "+49 30 1234567",
        "Token": token("WABA"), "Password": "f3a9c0d18b7e42658ad1c9e07f5b2a64" });
    let created = ours.0.post(&ours.1, &record.to_string()).await;
    assert_eq!(created.status, 200, "{created}");
    let id: i64 = created.json()["Id"].as_str().unwrap().parse().unwrap();
    let answer = test(&ours.0, &ours.1, id, &json!({})).await;
    assert_eq!(outcome(&answer), (strings(["number", "account"]), None), "{answer}");
    for found in ["Number: Jamku (+49 30 1234567)", "Quality: green"] {
        assert!(answer.body.contains(found), "{found}: {answer}");
    }
    let with = |key: &str, value: &str| json!({ key: value });
    let end = ["number", "Token", "credentials"];
    ends(&ours, id, &with("Token", &token("EXPIRED")), end, "access token has expired").await;
    let end = ["number", "UserId", "settings"];
    ends(&ours, id, &with("Token", &token("BLOCKED")), end, "Add a payment method.").await;
    let end = ["account", "TargetId", "settings"];
    ends(&ours, id, &with("UserId", "106540352242001"), end, "does not have the phone number")
        .await;
}
