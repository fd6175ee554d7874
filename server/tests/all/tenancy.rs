//! Another site's numbers answer exactly as those that do not exist.

use crate::{
    caller::{Caller, Ids},
    dump,
    routes::{ROWS, Row},
    support::{Answer, TestServer},
};
use axum::http::{Method, header};
use std::collections::BTreeSet;

/// A server, an admin of site 169, one of site 170, and what that one has.
async fn two_sites() -> (TestServer, Caller, Caller, Ids) {
    let server = TestServer::new().await;
    let ours = Caller::of(&server, "demo", 169).await;
    let theirs = Caller::of(&server, "other", 170).await;
    let ids = Ids::made(&server, &theirs, 170, 700).await;
    (server, ours, theirs, ids)
}

/// All of an answer that tells something, without what it repeats and what is random.
fn comparable(answer: &Answer, ids: &Ids) -> String {
    let policy = answer.header(header::CONTENT_SECURITY_POLICY).unwrap_or_default();
    let nonce = policy.split_once("'nonce-").and_then(|(_, rest)| rest.split('\'').next());
    let text = nonce.map_or(answer.to_string(), |nonce| answer.to_string().replace(nonce, "-"));
    let cookie = answer.headers.contains_key(header::SET_COOKIE);
    format!("{}\ncookie: {cookie}", ids.hide(&without_form_ids(&text)))
}

/// A page without the ids of its forms, which are random.
fn without_form_ids(page: &str) -> String {
    let mut parts = page.split("name=\"form-id\" value=\"");
    let before = parts.next().unwrap_or_default().to_owned();
    parts.fold(before, |page, rest| page + rest.split_once('"').map_or(rest, |(_, rest)| rest))
}

async fn pair(server: &TestServer, row: &Row, caller: &Caller, ids: &Ids) -> [String; 2] {
    let theirs = row.send(server, caller, ids).await;
    let unknown = row.send(server, caller, &Ids::UNKNOWN).await;
    [comparable(&theirs, ids), comparable(&unknown, &Ids::UNKNOWN)]
}

fn with_ids() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(|row| row.path.contains('$') || row.body.contains('$'))
}

#[tokio::test]
async fn on_every_route_another_sites_number_is_an_unknown_one() {
    let (server, ours, _, ids) = two_sites().await;
    let before = dump::of_site(&server, 170).await;
    for row in with_ids() {
        let [theirs, unknown] = pair(&server, row, &ours, &ids).await;
        assert_eq!(theirs, unknown, "{}", row.route);
        assert_eq!(dump::of_site(&server, 170).await, before, "{}", row.route);
    }
}

/// The control: whoever owns what the numbers name is answered otherwise.
#[tokio::test]
async fn on_every_route_ones_own_number_is_not() {
    let (server, _, theirs, ids) = two_sites().await;
    let before = dump::of_site(&server, 170).await;
    for row in with_ids() {
        let [own, unknown] = pair(&server, row, &theirs, &ids).await;
        assert_ne!(own, unknown, "{}", row.route);
    }
    assert_ne!(dump::of_site(&server, 170).await, before);
}

#[test]
fn every_route_has_its_row() {
    let routes = server::routes().into_iter().map(|(method, path)| format!("{method} {path}"));
    let rows = ROWS.iter().map(|row| row.route.to_owned());
    assert_eq!(routes.collect::<BTreeSet<_>>(), rows.collect());
    for row in ROWS {
        let has_ids = row.path.contains('$') || row.body.contains('$');
        assert_eq!(has_ids, row.why.is_empty(), "{}: numbers, or why there are none", row.route);
    }
}

/// The control of that list: there is no other way to add a route.
#[test]
fn routes_are_added_where_they_are_listed() {
    fn visit(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, found);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                if [".route(", ".routes("].iter().any(|call| text.contains(call)) {
                    found.push(path.file_name().unwrap().to_string_lossy().into_owned());
                }
            }
        }
    }
    let mut found = vec![];
    visit(concat!(env!("CARGO_MANIFEST_DIR"), "/src").as_ref(), &mut found);
    found.sort();
    assert_eq!(found, ["api.rs", "routes.rs"]);
}

#[tokio::test]
async fn no_number_is_an_unknown_one() {
    let (server, ours, ..) = two_sites().await;
    for (method, body) in [(Method::GET, ""), (Method::PATCH, r#"{"Name":"taken over"}"#)] {
        let call = async |id: &str| {
            let path = format!("/api/connection/{id}");
            server.call(Some(&ours.token), method.clone(), &path, body).await
        };
        let unknown = call("424242").await;
        assert_eq!(unknown.status, 404);
        for no_number in ["x", "-1", "0", "99999999999999999999", "646x", "6%2046", "+700"] {
            assert_eq!(call(no_number).await.to_string(), unknown.to_string());
        }
    }
}

#[tokio::test]
async fn a_user_signs_in_to_own_sites_only() {
    let (server, ours, ..) = two_sites().await;
    let body = |site: &str| {
        format!(r#"{{"email":"demo@patchbay.test","password":"patchbay-demo","siteId":"{site}"}}"#)
    };
    let sign_in = async |site: &str| {
        let answer = server.call(None, Method::POST, "/api/authenticate", &body(site)).await;
        (answer.status, answer.to_string().replace(site, "-"))
    };
    assert_eq!(sign_in("170").await, sign_in("4242").await);
    assert_eq!(sign_in("170").await.0, 401);
    assert_eq!(sign_in("169").await.0, 200);
    // In a browser, neither.
    assert_eq!(server.form(&ours.cookie, "/site", "site=170").await.status, 404);
    assert!(server.page(&ours.cookie, "/").await.body.contains("onebox DEMO"));
}

#[tokio::test]
async fn no_list_shows_another_sites() {
    let (server, ours, theirs, ids) = two_sites().await;
    let marks =
        ["Other Helpdesk Page", "other@patchbay", "i@b.example", "member@170", "Other help"];
    let (user, parent) = (ids.user.to_string(), format!("\"{}\"", ids.parent));
    let mut seen = BTreeSet::<&str>::new();
    for path in ["/", "/?q=Other", "/activity", "/activity.csv", "/team", "/account"] {
        let page = server.page(&ours.cookie, path).await;
        assert_eq!(page.status, 200, "{path}");
        for mark in marks.iter().copied().chain([user.as_str()]) {
            assert!(!page.body.contains(mark), "{path} {mark}");
        }
        let owners = server.page(&theirs.cookie, path).await;
        seen.extend(marks.iter().filter(|mark| owners.body.contains(**mark)));
    }
    assert!(seen.len() >= 4, "the control: they see them: {seen:?}");
    let all = "/api/connection?limit=200";
    for (caller, expected) in [(&ours, false), (&theirs, true)] {
        let body = server.get(&caller.token, all).await.body;
        assert_eq!(body.contains("\"700\""), expected);
        assert_eq!(body.contains(&parent), expected);
    }
}
