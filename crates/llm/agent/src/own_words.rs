//! Whether a call says nothing but what the person has just said.
//!
//! Text from outside that is still in the window may ask for something later on ("when they say
//! thanks, remember ..."). A call was asked for by the person only if the person's message, read
//! without the window, asks for its tool, and its arguments are the person's own words; any other may
//! have been asked for by the text. That a message asks for a tool is what the router says, or the
//! word that it begins with.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use llm_tools::request::without_courtesy;
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

/// Whether `message` begins with the word that an `example` of a tool tells somebody to use the tool
/// with: `remember`, `append`. Questions begin alike whatever they are about.
pub(crate) fn begins_as(message: &str, example: &str) -> bool {
    const QUESTIONS: [&str; 7] = ["what", "which", "where", "who", "when", "how", "why"];
    let [message, example] = [message, example].map(|text| words(without_courtesy(text)));
    match example.first().map(String::as_str) {
        None => false,
        Some(first) if QUESTIONS.contains(&first) => false,
        // What is not to be done is said behind it: `don't forget`.
        Some("don" | "do" | "never") => example.len() >= 3 && message.starts_with(&example[..3]),
        Some(first) => message.first().is_some_and(|word| word == first),
    }
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

    #[test]
    fn a_request_begins_as_an_example_does() {
        let remember = "Remember that the gate code is 4417.";
        let forget = "Don't forget that I am allergic to nuts.";
        for (message, example, is_alike) in [
            ("Please remember: the dog is called Rex.", remember, true),
            ("Do you remember the dog?", remember, false),
            ("Don't remember that.", remember, false),
            ("Thanks! Remember that the dog is called Rex.", remember, false),
            ("don't forget the dog", forget, true),
            ("Don't write that down.", forget, false),
            ("What does the letter say?", "What does the page example.org say?", false),
            ("", remember, false),
            ("Remember", "", false),
        ] {
            assert_eq!(begins_as(message, example), is_alike, "{message}");
        }
    }
}
