//! A person's request, taken apart: what introduces it, and what it is about.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::ops::Range;
pub use llm_memory::statement::{behind, without_courtesy};
use serde_json::{Map, Value, json};

/// The most words of a request that a text may be chosen from.
const MOST_WORDS: usize = 32;
/// The most words of such a text.
const MOST_SPAN: usize = 8;

/// What stands between the first pair of quotes; `None` if nothing does.
pub fn quoted(request: &str) -> Option<&str> {
    quotations(request).first().map(|quotation| quotation.text)
}

/// A text in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotation<'a> {
    /// What stands between the quotes.
    pub text: &'a str,
    /// Where it stands in the request, in bytes, quotes included.
    pub span: Range<usize>,
}

/// Everything that stands between quotes, in the order of the request. An apostrophe in a word is
/// no quote.
pub fn quotations(request: &str) -> Vec<Quotation<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = request[at..].chars().next() {
        let inside = at + open.len_utf8();
        match closing(request, at, open) {
            Some(end) => {
                let text = &request[inside..end];
                let close = request[end..].chars().next().map_or(0, char::len_utf8);
                if !text.trim().is_empty() {
                    found.push(Quotation { text, span: at..end + close });
                }
                at = end + close;
            }
            None => at = inside,
        }
    }
    found
}

/// Where the quote closes that `open` at `at` begins; `None` if it begins none.
fn closing(request: &str, at: usize, open: char) -> Option<usize> {
    let inside = at + open.len_utf8();
    let rest = &request[inside..];
    let close = match open {
        '"' | '`' => open,
        '“' => '”',
        '«' => '»',
        '\'' => {
            let is_in_word = request[..at].ends_with(char::is_alphanumeric);
            if is_in_word || rest.starts_with(char::is_whitespace) {
                return None;
            }
            let ends_word = |end: &usize| !rest[end + 1..].starts_with(char::is_alphanumeric);
            let end = rest.match_indices('\'').map(|(end, _)| end).find(ends_word)?;
            return Some(inside + end);
        }
        _ => return None,
    };
    rest.find(close).map(|end| inside + end)
}

/// A tool's schema in which texts can only be neighbouring words of a request, and numbers only those
/// in it, if there are any.
pub fn held_to_words(schema: &Value, request: &str) -> Value {
    let mut schema = schema.clone();
    let spans = spans(request);
    let numbers = numbers(request);
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none).clone();
    for (name, property) in properties {
        if property.get("enum").is_some() {
            continue;
        }
        let choices = match property["type"].as_str() {
            Some("string") => spans.iter().map(|span| json!(span)).collect(),
            Some("number") => numbers.clone(),
            Some("integer") => numbers
                .iter()
                .filter(|number| number.is_i64() || number.is_u64())
                .cloned()
                .collect(),
            _ => Vec::new(),
        };
        if !choices.is_empty() {
            schema["properties"][&name] = json!({ "enum": choices });
        }
    }
    schema
}

/// All runs of at most [`MOST_SPAN`] words, without the punctuation around them, each once.
fn spans(request: &str) -> Vec<String> {
    let words: Vec<&str> = request.split_whitespace().take(MOST_WORDS).collect();
    let mut spans: Vec<String> = Vec::new();
    for start in 0..words.len() {
        for end in start + 1..=words.len().min(start + MOST_SPAN) {
            let span = words[start..end].join(" ");
            let span = span.trim_matches(|c: char| ".,;:!?\"'()".contains(c)).to_owned();
            if !span.is_empty() && !spans.contains(&span) {
                spans.push(span);
            }
        }
    }
    spans
}

/// The numbers in a request, each once.
fn numbers(request: &str) -> Vec<Value> {
    let mut numbers: Vec<Value> = Vec::new();
    for word in request.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')) {
        if let Ok(number @ Value::Number(_)) = serde_json::from_str(word.trim_end_matches('.'))
            && !numbers.contains(&number)
        {
            numbers.push(number);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_held_to_the_request() {
        let schema = json!({"type": "object", "properties": {
            "city": {"type": "string"}, "days": {"type": "integer"}, "now": {"type": "boolean"},
            "unit": {"enum": ["C", "F"]}
        }});
        let held = held_to_words(&schema, "Weather in New York, 3 days at 7.5?");
        let cities = held["properties"]["city"]["enum"].as_array().unwrap();
        for span in ["New York", "Weather", "3 days at 7.5"] {
            assert!(cities.contains(&json!(span)), "{span}: {cities:?}");
        }
        assert_eq!(held["properties"]["days"], json!({"enum": [3]}));
        assert_eq!(held["properties"]["now"], schema["properties"]["now"]);
        assert_eq!(held["properties"]["unit"], schema["properties"]["unit"]);
        // Nothing to choose from leaves the schema as it is.
        assert_eq!(held_to_words(&schema, "?")["properties"]["days"], json!({"type": "integer"}));
    }

    #[test]
    fn quotes_are_found() {
        assert_eq!(quoted("say \"hello there\" now"), Some("hello there"));
        assert_eq!(quoted("run `1 + 1`"), Some("1 + 1"));
        assert_eq!(quoted("it's mine"), None);
        assert_eq!(quoted("say \"\""), None);
        assert_eq!(quoted("save 'it's late' to a.txt"), Some("it's late"));
        let spans: Vec<_> = quotations("“a” and 'b'").into_iter().map(|it| it.span).collect();
        assert_eq!(spans, [0..7, 12..15]);
    }
}
