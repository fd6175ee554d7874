//! A site's calls are counted exactly, whoever asks at once and however often the server starts.

use crate::{
    dump::{number, tamper},
    sql::Seen,
    support::{Answer, TestServer},
};
use axum::http::header;
use futures_util::future::join_all;
use server::store::{SERVER, UserId};
use shared::{Role, SiteId};

const PATH: &str = "/api/connection/646";

/// From half past nine to six in the evening.
const UNTIL_SIX: &str = "30600";

async fn parallel(server: &TestServer, token: &str, calls: usize) -> Vec<Answer> {
    join_all(
        (0..calls).map(|_| {
            let request = axum::http::Request::get(PATH)
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .body(axum::body::Body::empty())
                .unwrap();
            let router = server.router();
            async move {
                tokio::spawn(async move { crate::support::send(&router, request).await }).await
            }
        }),
    )
    .await
    .into_iter()
    .map(Result::unwrap)
    .collect()
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_ten_left_ten_of_64_pass_also_after_a_restart() {
    let server = TestServer::with_quota(Some(20)).await;
    let token = server.token().await;
    assert_eq!(count(&parallel(&server, &token, 6).await, 200), 6);
    let server = server.restart(Some(20)).await;
    assert_eq!(count(&parallel(&server, &token, 4).await, 200), 4);
    let answers = parallel(&server, &token, 64).await;
    assert_eq!((count(&answers, 200), count(&answers, 401)), (10, 54));
    for refused in answers.iter().filter(|answer| answer.status == 401) {
        assert_eq!(
            refused.body,
            r#"{"_meta":{"status":"ERROR","count":1},"records":{"errorCode":401,"userMessage":"time limit reached please try again tomorrow at 18:00 - 06:00","devMessage":"","more":null,"applicationCode":""}}"#
        );
        assert_eq!(refused.header(header::RETRY_AFTER), Some(UNTIL_SIX));
    }
    let server = server.restart(Some(20)).await;
    assert_eq!(count(&parallel(&server, &token, 8).await, 401), 8);
    // Another site has calls of its own; and without a quota, or in the window, all pass.
    let other = server.token_of("other@patchbay.test", "patchbay-other", "170").await;
    assert_eq!(server.get(&other, "/api/connection/700").await.status, 200);
    let server = server.restart(None).await;
    assert_eq!(count(&parallel(&server, &token, 64).await, 200), 64);
    let server = server.restart(Some(20)).await;
    server.pass(UNTIL_SIX.parse().unwrap());
    let token = server.token().await;
    assert_eq!(count(&parallel(&server, &token, 8).await, 200), 8);
}

#[tokio::test]
async fn calls_that_wait_together_are_counted_by_one_statement() {
    let server = TestServer::with_quota(Some(20)).await;
    let token = server.token().await;
    let seen = Seen::new();
    let answers = seen.within(join_all((0..32).map(|_| server.get(&token, PATH)))).await;
    assert_eq!((count(&answers, 200), count(&answers, 401)), (20, 12));
    server.database.store.close().await;
    let statements = seen.statements();
    let counted = statements.iter().filter(|statement| statement.contains("INTO quota"));
    assert_eq!(counted.count(), 1, "{statements:#?}");
}

/// The call is counted after the token was looked at, and before the patch is decided.
#[tokio::test]
async fn whoever_is_signed_out_while_the_call_is_counted_is_nobody() {
    let server = TestServer::with_quota(Some(20)).await;
    let token = server.token().await;
    let sign_out = "UPDATE membership SET version = version + 1 WHERE site_id = 169";
    let trigger = if server.database.postgres().is_some() {
        format!(
            "CREATE FUNCTION sign_out() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN {sign_out}; RETURN NULL; END $$;
             CREATE TRIGGER sign_out AFTER INSERT ON quota
             FOR EACH ROW EXECUTE FUNCTION sign_out()"
        )
    } else {
        format!("CREATE TRIGGER sign_out AFTER INSERT ON quota BEGIN {sign_out}; END")
    };
    tamper(&server, &trigger).await;
    let answer = server.patch(&token, 612, r#"{"Name":"other"}"#).await;
    assert_eq!(answer.status, 401, "{answer}");
    assert_eq!(number(&server, "SELECT version FROM connection WHERE id = 612").await, 1);
}

#[tokio::test]
async fn the_window_is_in_the_sites_own_time_zone() {
    let server = TestServer::with_quota(Some(1)).await;
    let mut tx = server.database.store.begin(SERVER).await.unwrap();
    // It is 9:30 in UTC, 10:30 in Berlin, 18:30 in Tokyo, and 4:30 in New York.
    for (id, zone) in [(1, "Europe/Berlin"), (2, "Asia/Tokyo"), (3, "America/New_York")] {
        let site = SiteId(id);
        assert!(tx.insert_site(site, zone, Some(zone)).await.unwrap());
        assert!(tx.put_member(UserId(1), site, Role::Viewer).await.unwrap());
    }
    tx.commit().await.unwrap();
    for (site, retry_after) in
        [("1", Some("27000")), ("2", None), ("3", None), ("169", Some(UNTIL_SIX))]
    {
        let token = server.token_of("demo@patchbay.test", "patchbay-demo", site).await;
        let call = async || server.get(&token, "/api/connection").await;
        assert_eq!(call().await.status, 200, "{site}");
        let second = call().await;
        assert_eq!(second.status == 401, retry_after.is_some(), "{site}");
        assert_eq!(second.header(header::RETRY_AFTER), retry_after, "{site}");
    }
}
