//! Values as JSON, in the words of Python's `json.dumps`, and back.

use super::{
    render::{Renderer, Values},
    value::{Map, Value, float},
};
use crate::model::TemplateError;
use alloc::{format, string::String, string::ToString, vec::Vec};

/// Spaces before a line for each level, at most.
const MAX_INDENT: usize = 64;

/// How JSON is written. Nothing in HTML's way is escaped, as in transformers' `tojson`.
#[derive(Clone, Debug)]
struct Style {
    /// Spaces before a line for each level; all in one line if there are none given.
    indent: Option<usize>,
    /// Whether what is beyond ASCII is written `\u00fc`.
    is_ascii: bool,
    sorts_keys: bool,
    /// Between items, and between a key and its value.
    separators: [String; 2],
}

/// `value | tojson(ensure_ascii, indent, separators, sort_keys)`.
pub(super) fn write(
    renderer: &mut Renderer<'_>,
    value: &Value,
    arguments: &Values<'_>,
) -> Result<Value, TemplateError> {
    let named = |name: &str| {
        arguments.named.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    };
    // Jinja's own filter has the indent first, and transformers' has a flag there.
    let indent = named("indent")
        .or_else(|| arguments.positional.iter().find(|value| matches!(value, Value::Int(_))));
    let indent = indent.and_then(Value::as_int);
    let indent = indent.map(|width| usize::try_from(width).unwrap_or(0).min(MAX_INDENT));
    let is_set = |name| named(name).is_some_and(Value::is_true);
    let usual = if indent.is_some() { "," } else { ", " };
    let mut style = Style {
        indent,
        is_ascii: is_set("ensure_ascii"),
        sorts_keys: is_set("sort_keys"),
        separators: [usual.into(), ": ".into()],
    };
    if let Some(Value::List(given)) = named("separators") {
        for (separator, given) in style.separators.iter_mut().zip(&given.items) {
            *separator = renderer.print(given)?;
        }
    }
    let pieces = value.weight() / 16;
    let [between, after_key] = &style.separators;
    let piece = indent.unwrap_or(0) * 8 + between.len() + after_key.len();
    renderer.pay(value.weight().saturating_add(pieces.saturating_mul(piece)))?;
    let mut json = String::new();
    style
        .write(value, 0, &mut json)
        .ok_or_else(|| renderer.error(format!("{} in JSON", value.kind())))?;
    renderer.str(json)
}

/// `value | from_json`, which some templates use where tool calls have their arguments as text.
pub(super) fn read(renderer: &mut Renderer<'_>, value: &Value) -> Result<Value, TemplateError> {
    let Value::Str(text) = value else {
        return Err(renderer.error(format!("{} is no JSON", value.kind())));
    };
    // A digit and a comma become a value.
    renderer.pay(text.len().saturating_mul(size_of::<Value>()))?;
    let json = serde_json::from_str(text);
    let json = json.map_err(|error| renderer.error(format!("this is no JSON: {error}")))?;
    Value::from_json(&json).ok_or_else(|| renderer.error("JSON that is too large or too deep"))
}

impl Style {
    /// `None` for values that JSON does not have.
    fn write(&self, value: &Value, level: usize, into: &mut String) -> Option<()> {
        match value {
            Value::None => into.push_str("null"),
            Value::Bool(flag) => into.push_str(if *flag { "true" } else { "false" }),
            Value::Int(number) => into.push_str(&number.to_string()),
            Value::Float(number) if number.is_finite() => into.push_str(&float(*number)),
            Value::Str(text) => self.write_str(text, into),
            Value::List(list) if list.items.is_empty() => into.push_str("[]"),
            Value::List(list) => {
                into.push('[');
                for (index, item) in list.items.iter().enumerate() {
                    into.push_str(if index > 0 { &self.separators[0] } else { "" });
                    self.new_line(level + 1, into);
                    self.write(item, level + 1, into)?;
                }
                self.new_line(level, into);
                into.push(']');
            }
            Value::Map(map) if map.entries.is_empty() => into.push_str("{}"),
            Value::Map(map) => self.write_map(map, level, into)?,
            _ => return None,
        }
        Some(())
    }

    fn write_map(&self, map: &Map, level: usize, into: &mut String) -> Option<()> {
        let mut entries: Vec<_> = map.entries.iter().collect();
        if self.sorts_keys {
            entries.sort_by_key(|(key, _)| key);
        }
        into.push('{');
        for (index, (key, value)) in entries.into_iter().enumerate() {
            into.push_str(if index > 0 { &self.separators[0] } else { "" });
            self.new_line(level + 1, into);
            self.write_str(key, into);
            into.push_str(&self.separators[1]);
            self.write(value, level + 1, into)?;
        }
        self.new_line(level, into);
        into.push('}');
        Some(())
    }

    fn new_line(&self, level: usize, into: &mut String) {
        if let Some(width) = self.indent {
            into.push('\n');
            into.extend(core::iter::repeat_n(' ', width * level));
        }
    }

    fn write_str(&self, text: &str, into: &mut String) {
        into.push('"');
        for character in text.chars() {
            match character {
                '"' => into.push_str("\\\""),
                '\\' => into.push_str("\\\\"),
                '\n' => into.push_str("\\n"),
                '\r' => into.push_str("\\r"),
                '\t' => into.push_str("\\t"),
                '\x08' => into.push_str("\\b"),
                '\x0C' => into.push_str("\\f"),
                '\0'..='\x1F' => into.push_str(&format!("\\u{:04x}", character as u32)),
                _ if self.is_ascii && !character.is_ascii() => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        into.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                _ => into.push(character),
            }
        }
        into.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Context, Template};
    use alloc::string::String;

    fn render(source: &str) -> String {
        Template::parse(source).unwrap().render(&Context::default()).unwrap()
    }

    #[test]
    fn json_is_that_of_json_dumps() {
        let value = r#"{'b': [1, 2.5, "ü\n🦀"], 'a': {}, 'c': [], 'd': none}"#;
        let dumps =
            |arguments: &str| render(&alloc::format!("{{{{ {value} | tojson{arguments} }}}}"));
        let compact = r#"{"b": [1, 2.5, "ü\n🦀"], "a": {}, "c": [], "d": null}"#;
        assert_eq!(dumps(""), compact);
        let indented = "{\n  \"b\": [\n    1,\n    2.5,\n    \"ü\\n🦀\"\n  ],\n  \"a\": {},\n  \
                        \"c\": [],\n  \"d\": null\n}";
        assert_eq!(dumps("(indent=2)"), indented);
        assert_eq!(dumps("(2)"), indented);
        let ascii = r#"{"b":[1,2.5,"\u00fc\n\ud83e\udd80"],"a":{},"c":[],"d":null}"#;
        assert_eq!(dumps("(ensure_ascii=true, separators=(',', ':'))"), ascii);
        let sorted = r#"{"a": {}, "b": [1, 2.5, "ü\n🦀"], "c": [], "d": null}"#;
        assert_eq!(dumps("(sort_keys=true)"), sorted);
    }

    #[test]
    fn what_has_no_json_is_an_error() {
        for source in ["{{ missing | tojson }}", "{{ '{' | from_json }}", "{{ 1 | from_json }}"] {
            assert!(Template::parse(source).unwrap().render(&Context::default()).is_err());
        }
    }

    #[test]
    fn json_is_read_back() {
        assert_eq!(render(r#"{{ ('{"a": [1, null]}' | from_json).a }}"#), "[1, None]");
    }
}
