//! A key that clients may not write stays what it is.

use crate::{dump, support::TestServer};
use serde_json::json;
use shared::Key;

#[tokio::test]
async fn a_read_only_key_takes_its_own_value_alone() {
    let server = TestServer::new().await;
    let token = server.token().await;
    let record = server.get(&token, "/api/connection/646").await;
    let before = dump::everything(&server).await;
    let keys: Vec<_> = Key::ALL.into_iter().filter(|key| key.field().is_none()).collect();
    assert_eq!(keys.len(), 21);
    for key in keys {
        let current = record.json()[key.name()].clone();
        for other in [json!("9999"), json!(null), json!("")] {
            // Nothing and the empty text are one value, as they are for fields.
            if other == current || (current.is_null() && other == "") {
                continue;
            }
            let body = json!({ "Name": "x", (key.name()): other }).to_string();
            let answer = server.patch(&token, 646, &body).await;
            assert_eq!(answer.status, 400, "{body}");
            let named = format!("{key} is read-only: leave it out, or send its current value");
            assert_eq!(answer.message(), named);
        }
        let body = json!({ (key.name()): current }).to_string();
        let answer = server.patch(&token, 646, &body).await;
        assert_eq!(answer.to_string(), record.to_string(), "{body}");
    }
    assert_eq!(dump::everything(&server).await, before, "version and dates, too");
    // The control: the same with a key that may be written.
    assert_eq!(server.patch(&token, 646, r#"{"Name":"9999"}"#).await.status, 200);
    assert_ne!(dump::everything(&server).await, before);
}
