//! What each role may do, on every route that changes something.

use crate::{
    caller::{Caller, Ids},
    dump,
    routes::{ROWS, Row},
    support::TestServer,
};
use axum::http::Method;
use serde_json::Value;
use shared::Role;

/// Routes that change nothing of a site: what is the caller's own, what only reads, and what needs no
/// caller.
const OWN: [&str; 16] = [
    "POST /account/password",
    "POST /account/sign-out-everywhere",
    "POST /site",
    "POST /rpc/connection/read",
    "POST /api/connection/{id}/test",
    "POST /connections/new/settings",
    "POST /connections/{id}/message",
    "POST /connections/{id}/test",
    "POST /login",
    "POST /logout",
    "POST /api/authenticate",
    "POST /invite/{token}",
    "POST /api/",
    "PUT /api/",
    "PATCH /api/",
    "DELETE /api/",
];

fn writes() -> impl Iterator<Item = (&'static Row, Role)> {
    ROWS.iter().filter_map(|row| Some((row, row.least?)))
}

async fn site() -> (TestServer, Caller, Ids) {
    let server = TestServer::new().await;
    let admin = Caller::of(&server, "demo", 169).await;
    let ids = Ids::made(&server, &admin, 169, 646).await;
    (server, admin, ids)
}

#[test]
fn every_unsafe_route_is_a_roles_or_ones_own() {
    for (method, path) in server::routes() {
        let route = format!("{method} {path}");
        let is_write = writes().any(|(row, _)| row.route == route);
        assert!(method == Method::GET || is_write || OWN.contains(&route.as_str()), "{route}");
    }
}

#[tokio::test]
async fn a_role_changes_what_it_may_and_nothing_else() {
    for (name, role) in [("viewer", Role::Viewer), ("editor", Role::Editor), ("demo", Role::Admin)]
    {
        let (server, admin, ids) = site().await;
        let caller = Caller::of(&server, name, 169).await;
        for (row, least) in writes() {
            let ids = ids.now(&server, &admin.token).await;
            let before = dump::everything(&server).await;
            let answer = row.send(&server, &caller, &ids).await;
            let changed = dump::everything(&server).await != before;
            assert_eq!(changed, role >= least, "{role} {}: {answer}", row.route);
            assert_eq!(answer.status == 403, role < least, "{role} {}: {answer}", row.route);
        }
    }
}

#[tokio::test]
async fn a_viewer_reads_no_secret() {
    let (server, _, _) = site().await;
    let secrets = async |name: &str| {
        let token = Caller::of(&server, name, 169).await.token;
        let mut rows = server.get(&token, "/api/connection?paging=0&limit=200").await.json();
        rows.as_array_mut().unwrap().push(server.get(&token, "/api/connection/646").await.json());
        let found = |key: &str| rows.as_array().unwrap().iter().any(|r| r[key] != Value::Null);
        assert!(found("Name"));
        (found("Password"), found("Token"))
    };
    assert_eq!(secrets("viewer").await, (false, false));
    assert_eq!(secrets("editor").await, (true, true));
}

#[tokio::test]
async fn a_page_has_the_forms_that_its_reader_may_send() {
    let (server, _, _) = site().await;
    for (name, role) in [("viewer", Role::Viewer), ("editor", Role::Editor), ("demo", Role::Admin)]
    {
        let caller = Caller::of(&server, name, 169).await;
        let paths = ["/", "/connections/646", "/connections/new?channel=twitter", "/activity"];
        let mut forms = vec![];
        for path in paths.into_iter().chain(["/team"]) {
            let page = server.page(&caller.cookie, path).await;
            let may = match path {
                "/team" => role.may_manage(),
                "/connections/new?channel=twitter" => role.may_edit(),
                _ => true,
            };
            assert_eq!(page.status == 200, may, "{role} {path}");
            forms.extend(posts(&page.body));
        }
        let connections = forms.iter().filter(|form| !is_own(form) && !is_team(form)).count();
        assert_eq!(connections > 0, role.may_edit(), "{role}: {forms:?}");
        assert_eq!(forms.iter().any(|form| is_team(form)), role.may_manage(), "{role}: {forms:?}");
        assert!(forms.iter().any(|form| is_own(form)), "{role}");
    }
}

/// The tags of a page's forms that post.
fn posts(page: &str) -> Vec<String> {
    let forms = page.split("<form").skip(1).filter_map(|rest| rest.split('>').next());
    forms.filter(|form| form.contains("method=\"post\"")).map(ToOwned::to_owned).collect()
}

fn is_own(form: &str) -> bool {
    ["/logout", "/site"].iter().any(|path| form.contains(&format!("action=\"{path}\"")))
}

fn is_team(form: &str) -> bool {
    form.contains("action=\"/team/")
}
