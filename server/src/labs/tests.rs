//! What a lab's parameters may be.

use super::*;
use serde_json::json;

#[test]
fn parameters_are_checked_by_name_and_range() {
    let lab = http10::describe();
    let fill = |value: Value| fill(&lab, value.as_object().cloned().unwrap());
    let filled = fill(json!({"requests": 5})).unwrap();
    assert_eq!((&filled["requests"], &filled["link_ms"]), (&json!(5), &json!(40)));
    for (given, said) in [
        (json!({"requests": 0}), "requests takes a whole number from 1 to 20"),
        (json!({"requests": "3"}), "requests takes a whole number from 1 to 20"),
        (json!({"pause": 1}), "pause takes true or false"),
        (json!({"peer": "cat"}), "peer takes one of browser, agent"),
    ] {
        assert_eq!(fill(given).unwrap_err().to_string(), said);
    }
    assert!(fill(json!({"reqests": 3})).unwrap_err().to_string().contains("it has requests"));
}
