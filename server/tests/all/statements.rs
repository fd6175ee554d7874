//! How many SQL statements a request may cost, on either database. Begins and ends of transactions,
//! and what sets a new connection up, are not counted.

use crate::{sql::Seen, support::TestServer};
use app::backend::BoardQuery;
use axum::http::Method;
use server::store::SiteScope;
use shared::SiteId;

const ONE: &str = "/api/connection/646";
const EMAIL: &str = "/api/connection/612";
const NOBODYS: &str = "/api/connection/1";

/// What a call is, how it is answered, and its budget.
type Row = (&'static str, Method, &'static str, &'static str, u16, usize);

const CALLS: [Row; 6] = [
    ("patch", Method::PATCH, ONE, r#"{"Name":"other"}"#, 200, 4),
    ("patch of nothing", Method::PATCH, ONE, r#"{"Name":"other"}"#, 200, 2),
    ("patch of a secret", Method::PATCH, EMAIL, r#"{"Password":"another"}"#, 200, 6),
    ("patch of what is not there", Method::PATCH, NOBODYS, r#"{"Name":"other"}"#, 404, 2),
    ("get", Method::GET, ONE, "", 200, 2),
    ("find", Method::GET, "/api/connection?offset=1", "", 200, 3),
];

/// Pages are rendered in several tasks, so their parts are counted: who calls, and the board.
const SESSION: usize = 1;
const BOARD: usize = 2;

#[tokio::test]
async fn no_request_costs_more_statements_than_its_budget() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let cookie = server.sign_in("demo@patchbay.test", "patchbay-demo", 169).await;
    let mut seen = vec![];
    for (what, method, path, body, status, budget) in CALLS {
        let statements = Seen::new();
        let answer = statements.within(server.call(Some(&token), method, path, body)).await;
        assert_eq!(answer.status, status, "{what}: {answer}");
        seen.push((what, budget, statements));
    }
    for search in ["", "demo"] {
        let query = BoardQuery { search: search.into(), ..BoardQuery::default() };
        let scope = SiteScope::operator(SiteId(169));
        let statements = Seen::new();
        statements.within(server.services().board(scope, &query)).await.unwrap();
        seen.push(("board", BOARD, statements));
    }
    let statements = Seen::new();
    let answer = statements.within(server.page(&cookie, "/activity.csv")).await;
    assert_eq!(answer.status, 200);
    seen.push(("session, and the lines", SESSION + 1, statements));

    server.database.store.close().await;
    for (what, budget, statements) in seen {
        let statements = statements.statements();
        // Fewer would be none that were seen.
        assert_eq!(statements.len(), budget, "{what}: {statements:#?}");
    }
}
