use super::*;
use serde_json::json;

#[test]
fn a_request_changes_only_what_it_touched() {
    let data = |value| serde_json::from_value::<HashMap<_, _>>(value).unwrap();
    let before = data(json!({"caller": {"site": 169}, "seen": 1, "flash": "x"}));
    let touched = data(json!({"caller": {"site": 169}, "seen": 2, "flash": "x"}));
    assert_eq!(Value::from(changes(&before, &touched)), json!({"seen": 2}));
    let shown = data(json!({"caller": {"site": 169}, "seen": 1}));
    assert_eq!(Value::from(changes(&before, &shown)), json!({"flash": null}));
}
