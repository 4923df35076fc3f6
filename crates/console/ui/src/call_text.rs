//! A tool call in few words.

use alloc::string::String;

use console_graphics::width::text_cells;

use crate::format::ellipsize;
use crate::view::ToolCall;

/// Arguments without the ceremony of JSON: `{"expr":"1+2"}` becomes `1+2`, several become
/// `key=value` pairs. What is no flat JSON object stays as it is.
pub fn brief_arguments(arguments: &str) -> String {
    flat_pairs(arguments).unwrap_or_else(|| arguments.into())
}

/// The pairs of a flat JSON object, joined; `None` when it is none.
fn flat_pairs(arguments: &str) -> Option<String> {
    let mut rest = arguments.trim().strip_prefix('{')?.strip_suffix('}')?.trim_start();
    let mut keys = 0;
    let (mut pairs, mut only_value) = (String::new(), String::new());
    while !rest.is_empty() {
        let (key, after) = scalar(rest)?;
        let (value, after) = scalar(after.trim_start().strip_prefix(':')?.trim_start())?;
        keys += 1;
        if keys > 1 {
            pairs.push(' ');
        }
        pairs.push_str(&key);
        pairs.push('=');
        pairs.push_str(&value);
        only_value = value;
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => "",
            None => return None,
        };
    }
    Some(if keys == 1 { only_value } else { pairs })
}

/// A JSON string, number or word at the beginning of `text`, and what follows it.
fn scalar(text: &str) -> Option<(String, &str)> {
    if let Some(inside) = text.strip_prefix('"') {
        let mut value = String::new();
        let mut characters = inside.char_indices();
        while let Some((index, character)) = characters.next() {
            match character {
                '"' => return Some((value, &inside[index + 1..])),
                '\\' => match characters.next()?.1 {
                    'n' | 't' | 'r' => value.push(' '),
                    // Spelled-out characters are left as they stand.
                    'u' => value.push_str("\\u"),
                    escaped => value.push(escaped),
                },
                _ => value.push(character),
            }
        }
        return None;
    }
    let end = text.find([',', ':', '}', '{', '[', ']', ' ', '"']).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].into(), &text[end..]))
}

/// `arguments → result` in at most `cells` cells. The result is what counts: of two that do not
/// fit together, the arguments give way first.
pub fn detail(call: &ToolCall, cells: usize) -> String {
    const ARROW: &str = " → ";
    let arguments = brief_arguments(&call.arguments);
    if call.result.is_empty() || arguments.is_empty() {
        let only = if call.result.is_empty() { &arguments } else { &call.result };
        return ellipsize(only, cells);
    }
    let (argument_cells, result_cells) = (text_cells(&arguments), text_cells(&call.result));
    let arrow_cells = text_cells(ARROW);
    let room = cells.saturating_sub(arrow_cells);
    let for_result = result_cells.min(room.saturating_sub(argument_cells.min(room / 3)));
    let for_arguments = argument_cells.min(room - for_result);
    if for_arguments < 4 && for_arguments < argument_cells {
        return ellipsize(&call.result, cells);
    }
    let mut text = ellipsize(&arguments, for_arguments);
    text.push_str(ARROW);
    text.push_str(&ellipsize(&call.result, for_result));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{ClockTime, Outcome, View};

    #[test]
    fn flat_objects_lose_their_ceremony_and_others_stay() {
        for (arguments, brief) in [
            (r#"{"expr": "0.15*240"}"#, "0.15*240"),
            (r#"{"key":"gate","value":4417}"#, "key=gate value=4417"),
            (r#"{"text":"say \"hi\""}"#, "say \"hi\""),
            ("{}", ""),
            (r#"{"a":{"b":1}}"#, r#"{"a":{"b":1}}"#),
            (r#"{"a":"#, r#"{"a":"#),
            ("6*7", "6*7"),
        ] {
            assert_eq!(brief_arguments(arguments), brief);
        }
    }

    #[test]
    fn the_result_is_seen_however_long_the_arguments_are() {
        let mut view = View::new();
        let long = "x".repeat(200);
        let id = view.begin_call("store", &long, ClockTime::default());
        view.finish_call(id, "stored #128", 10, Outcome::Done);
        let text = detail(&view.calls()[0], 30);
        assert!(text.ends_with("→ stored #128") && text_cells(&text) <= 30, "{text}");
        assert!(text_cells(&detail(&view.calls()[0], 8)) <= 8);
    }
}
