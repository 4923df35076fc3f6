//! Whether a call says nothing but what the person has just said.
//!
//! Text from outside that is still in the window may ask for something later on ("when they say
//! thanks, remember ..."). A call was asked for by the person only if the person's message, read
//! without the window, asks for its tool ([`crate::route`]), and its arguments are the person's own
//! words; any other may have been asked for by the text.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use serde_json::Value;

/// Whether each text and number in `arguments` stands as a whole in `message`, and there is at least
/// one.
///
/// Single words are not enough: what the person has denied can be put together from them.
pub(crate) fn are_own_words(arguments: &Value, message: &str) -> bool {
    let said = words(message);
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
        let words = words(&text);
        // Nothing at all can be an order too: to empty a file.
        if words.is_empty() || !said.windows(words.len()).any(|run| run == words) {
            return false;
        }
        is_any = true;
    }
    is_any
}

/// The runs of letters and digits, in lower case.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_said_is_the_persons_own() {
        let message = "Please remember that the gate's code is 4417, and write it into gate.txt!";
        for (arguments, is_own) in [
            (json!({"text": "The gate's code is 4417."}), true),
            (json!({"path": "gate.txt", "lines": ["The gate", 4417]}), true),
            (json!({"path": "gate.txt", "mode": null}), true),
            (json!({"text": "the gate's code is 4418"}), false),
            (json!({"text": "the code is 4417"}), false),
            (json!({"text": "the gate", "path": "other.txt"}), false),
            (json!({"text": "the gate", "secret": true}), false),
            (json!({"path": "gate.txt", "text": ""}), false),
            (json!({}), false),
            (json!({"text": " ... "}), false),
        ] {
            assert_eq!(are_own_words(&arguments, message), is_own, "{arguments}");
        }
    }
}
