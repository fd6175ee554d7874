//! Transactions that PostgreSQL could not put in an order. SQLite has one writer, and so none.

use crate::{
    dump::{number, tamper},
    support::TestServer,
};

/// Makes the database refuse the first three rows of the audit log.
fn refuse(code: &str) -> String {
    format!(
        "CREATE SEQUENCE tried;
         CREATE FUNCTION refuse_at_first() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF nextval('tried') <= 3 THEN RAISE EXCEPTION USING ERRCODE = '{code}'; END IF;
             RETURN new;
         END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON audit
         FOR EACH ROW EXECUTE FUNCTION refuse_at_first()"
    )
}

#[tokio::test]
async fn what_could_not_be_put_in_order_is_done_again() {
    for (code, status, tries) in [("40001", 200, 4), ("40P01", 200, 4), ("0A000", 500, 1)] {
        let server = TestServer::new().await;
        if server.database.postgres().is_none() {
            return;
        }
        let token = server.token().await;
        let rows = "SELECT count(*) FROM audit WHERE connection_id = 612";
        let before = number(&server, rows).await;
        tamper(&server, &refuse(code)).await;
        let answer = server.patch(&token, 612, r#"{"Name":"again"}"#).await;
        assert_eq!(answer.status, status, "{code}");
        assert_eq!(number(&server, "SELECT last_value FROM tried").await, tries, "{code}");
        let written = number(&server, rows).await - before;
        assert_eq!(written, i64::from(status == 200), "{code}: once, or not at all");
    }
}
