use super::*;
use serde_json::json;

fn record(before: Value, now: Value) -> Record {
    let mut data: HashMap<_, _> = serde_json::from_value(now).unwrap();
    data.extend([(NOW.to_owned(), json!([])), (BEFORE.to_owned(), before)]);
    Record { id: Id(1), data, expiry_date: OffsetDateTime::UNIX_EPOCH }
}

#[test]
fn a_request_changes_only_what_it_touched() {
    let before = json!({"caller": {"site": 169}, "seen": 1, "flash": "x"});
    let touched = record(before.clone(), json!({"caller": {"site": 169}, "seen": 2, "flash": "x"}));
    assert_eq!(Value::from(changes(&touched)), json!({"seen": 2}));
    let shown = record(before, json!({"caller": {"site": 169}, "seen": 1}));
    assert_eq!(Value::from(changes(&shown)), json!({"flash": null}));
}
