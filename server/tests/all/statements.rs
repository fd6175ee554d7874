//! How many SQL statements a request may cost, on either database, by the budget of `end2end`. Begins
//! and ends of transactions, and what sets a new connection up, are not counted.

use crate::{sql::Seen, support::TestServer};
use axum::http::Method;
use serde_json::Value;
use server::store::SiteScope;
use shared::{SiteId, board::BoardQuery};

const ONE: &str = "/api/connection/646";
const EMAIL: &str = "/api/connection/612";
const NOBODYS: &str = "/api/connection/1";

/// What a call is, and how it is answered.
type Row = (&'static str, Method, &'static str, &'static str, u16);

const CALLS: [Row; 6] = [
    ("patch", Method::PATCH, ONE, r#"{"Name":"other"}"#, 200),
    ("patch of nothing", Method::PATCH, ONE, r#"{"Name":"other"}"#, 200),
    ("patch of a secret", Method::PATCH, EMAIL, r#"{"Password":"another"}"#, 200),
    ("patch of what is not there", Method::PATCH, NOBODYS, r#"{"Name":"other"}"#, 404),
    ("get", Method::GET, ONE, "", 200),
    ("find", Method::GET, "/api/connection?offset=1", "", 200),
];

/// The statements that a request of this name may cost.
fn budget(what: &str) -> usize {
    let budget: Value = serde_json::from_str(include_str!("../../../end2end/budget.json")).unwrap();
    let statements = budget["statements"][what].as_u64();
    usize::try_from(statements.expect("a budget")).unwrap()
}

#[tokio::test]
async fn no_request_costs_more_statements_than_its_budget() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    let mut seen = vec![];
    for (what, method, path, body, status) in CALLS {
        let statements = Seen::new();
        let answer = statements.within(server.call(Some(&token), method, path, body)).await;
        assert_eq!(answer.status, status, "{what}: {answer}");
        seen.push((what, budget(what), statements));
    }
    // Pages are rendered in several tasks, so their parts are counted: who calls, and the board.
    for search in ["", "demo"] {
        let query = BoardQuery { search: search.into(), ..BoardQuery::default() };
        let scope = SiteScope::operator(SiteId(169));
        let statements = Seen::new();
        statements.within(server.services().board(scope, &query)).await.unwrap();
        seen.push(("board", budget("board"), statements));
    }
    let statements = Seen::new();
    let answer = statements.within(server.page(&cookie, "/activity.csv")).await;
    assert_eq!(answer.status, 200);
    seen.push(("session, and the lines", budget("session") + 1, statements));

    server.database.store.close().await;
    for (what, budget, statements) in seen {
        let statements = statements.statements();
        // Fewer would be none that were seen.
        assert_eq!(statements.len(), budget, "{what}: {statements:#?}");
    }
}
