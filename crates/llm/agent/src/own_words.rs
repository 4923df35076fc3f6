//! Whether a call says nothing but what the person has just said.
//!
//! Text from outside that is still in the window may ask for something later on ("when they say
//! thanks, remember ..."). A call whose arguments are the person's own words was asked for by the
//! person; any other may have been asked for by the text.

use alloc::{
    collections::BTreeSet,
    string::{String, ToString},
    vec::Vec,
};
use serde_json::Value;

/// Whether all words and numbers in `arguments` stand in `message`, and there is at least one.
pub(crate) fn are_own_words(arguments: &Value, message: &str) -> bool {
    let said: BTreeSet<String> = words(message).collect();
    let mut is_any = false;
    let mut pending = Vec::from([arguments]);
    while let Some(value) = pending.pop() {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Array(values) => {
                pending.extend(values);
                continue;
            }
            Value::Object(fields) => {
                pending.extend(fields.values());
                continue;
            }
        };
        for word in words(&text) {
            if !said.contains(&word) {
                return false;
            }
            is_any = true;
        }
    }
    is_any
}

/// The runs of letters and digits, in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_said_is_the_persons_own() {
        let message = "Please remember that the gate's code is 4417, and write it into gate.txt!";
        for (arguments, is_own) in [
            (json!({"text": "the gate's code is 4417"}), true),
            (json!({"path": "gate.txt", "lines": ["The code", 4417]}), true),
            (json!({"text": "the gate's code is 4418"}), false),
            (json!({"text": "the code", "path": "other.txt"}), false),
            (json!({"text": "the code", "secret": true}), false),
            (json!({}), false),
            (json!({"text": " ... "}), false),
        ] {
            assert_eq!(are_own_words(&arguments, message), is_own, "{arguments}");
        }
    }
}
