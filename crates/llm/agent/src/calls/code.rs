//! Calls as code: `name(key=value, ...)`, with values as Python or JSON writes them.
//!
//! Values are texts in either quotes, numbers, `True`, `False`, `None`, lists and dictionaries.
//! Nothing is computed. Arguments whose names cannot stand before an equals sign are in a dictionary:
//! `name(**{"a key": 1})`.

use super::{
    CallError,
    json::{quoted, spaced},
    openings::is_space,
    read::Call,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde_json::{Map, Value};

/// Lists within lists.
const MAX_NESTING: usize = 64;

/// Reads a call; `method` stands behind the name.
///
/// # Errors
/// What is wrong, and where.
pub(super) fn parse(text: &str, method: &str) -> Result<Call, CallError> {
    let mut parser = Parser { text, at: 0 };
    let call = parser.call(method)?;
    match parser.peek() {
        None => Ok(call),
        Some(_) => parser.fail("nothing more"),
    }
}

/// Reads calls, each on a line of its own.
///
/// # Errors
/// As [`parse`], and text without a call.
pub(super) fn parse_lines(text: &str) -> Result<Vec<Call>, CallError> {
    let mut parser = Parser { text, at: 0 };
    let mut calls = Vec::new();
    while parser.peek().is_some() {
        let end = parser.at;
        let has_line_break = text[..end].trim_end_matches([' ', '\t', '\r']).ends_with('\n');
        if !calls.is_empty() && !has_line_break {
            return parser.fail("an end of line");
        }
        calls.push(parser.call("")?);
    }
    if calls.is_empty() { Err(CallError::NoCalls) } else { Ok(calls) }
}

/// Writes a call; `method` stands behind the name. Arguments that are no object are written as a
/// value without a name, which [`parse`] refuses.
pub(super) fn write(name: &str, method: &str, arguments: &Value) -> String {
    let Value::Object(arguments) = arguments else {
        return format!("{name}{method}({})", spaced(arguments));
    };
    let mut others = Map::new();
    let mut parts: Vec<String> = Vec::new();
    for (key, value) in arguments {
        if is_name(key) {
            parts.push(format!("{key}={}", python(value)));
        } else {
            others.insert(key.clone(), value.clone());
        }
    }
    if !others.is_empty() {
        parts.push(format!("**{}", python(&Value::Object(others))));
    }
    format!("{name}{method}({})", parts.join(", "))
}

/// Whether a name can be written as code.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(is_in_name)
}

/// Whether a character may be part of a name. Tools of others have dots, hyphens and slashes in theirs.
const fn is_in_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '/')
}

/// A value as Python writes it.
fn python(value: &Value) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => format!("[{}]", list(items.iter().map(python).collect())),
        Value::Object(entries) => {
            let entry =
                |(key, value): (&String, &Value)| format!("{}: {}", quoted(key), python(value));
            format!("{{{}}}", list(entries.iter().map(entry).collect()))
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    /// Bytes that were read.
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// The next character after white space.
    fn peek(&mut self) -> Option<char> {
        self.at = self.text.len() - self.rest().trim_start_matches(is_space).len();
        self.rest().chars().next()
    }

    fn fail<T>(&self, expected: &'static str) -> Result<T, CallError> {
        let position = self.text[..self.at].chars().count() + 1;
        Err(CallError::NotCode { position, expected })
    }

    /// Takes `text` if it comes next, after white space.
    fn take(&mut self, text: &str) -> bool {
        self.peek();
        let is_next = self.rest().starts_with(text);
        self.at += if is_next { text.len() } else { 0 };
        is_next
    }

    fn name(&mut self, expected: &'static str) -> Result<&'t str, CallError> {
        self.peek();
        let rest = self.rest();
        let name = &rest[..rest.find(|next| !is_in_name(next)).unwrap_or(rest.len())];
        if !is_name(name) {
            return self.fail(expected);
        }
        self.at += name.len();
        Ok(name)
    }

    fn call(&mut self, method: &str) -> Result<Call, CallError> {
        let written = self.name("the name of a tool")?;
        let name = match written.strip_suffix(method) {
            Some(name) if !name.is_empty() => String::from(name),
            _ => return self.fail("\".call\" and an opening parenthesis"),
        };
        if !self.rest().starts_with('(') {
            return self.fail("an opening parenthesis");
        }
        self.at += 1;
        let mut arguments = Map::new();
        if self.take(")") {
            return Ok(Call { id: None, name, arguments: Value::Object(arguments) });
        }
        loop {
            self.argument(&mut arguments)?;
            if self.take(")") {
                return Ok(Call { id: None, name, arguments: Value::Object(arguments) });
            }
            if !self.take(",") {
                return self.fail("a comma or a closing parenthesis");
            }
        }
    }

    fn argument(&mut self, into: &mut Map<String, Value>) -> Result<(), CallError> {
        let mut add = |name: String, value| match into.insert(name.clone(), value) {
            None => Ok(()),
            Some(_) => Err(CallError::RepeatedArgument { name }),
        };
        if self.take("**") {
            if self.peek() != Some('{') {
                return self.fail("a dictionary");
            }
            let Value::Object(entries) = self.value(0)? else {
                return self.fail("a dictionary");
            };
            return entries.into_iter().try_for_each(|(name, value)| add(name, value));
        }
        let name = self.name("an argument as name=value")?;
        if !self.take("=") {
            return self.fail("an equals sign: arguments are named");
        }
        add(name.into(), self.value(0)?)
    }

    fn value(&mut self, nesting: usize) -> Result<Value, CallError> {
        if nesting > MAX_NESTING {
            return self.fail("less nesting");
        }
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.string(quote).map(Value::String),
            Some('-' | '0'..='9') => self.number(),
            Some('[') => self.list(nesting),
            Some('{') => self.dictionary(nesting),
            _ => {
                const WORDS: [(&str, Value); 6] = [
                    ("True", Value::Bool(true)),
                    ("true", Value::Bool(true)),
                    ("False", Value::Bool(false)),
                    ("false", Value::Bool(false)),
                    ("None", Value::Null),
                    ("null", Value::Null),
                ];
                let rest = self.rest();
                let word = &rest[..rest.find(|next| !is_in_name(next)).unwrap_or(rest.len())];
                match WORDS.into_iter().find(|(known, _)| *known == word) {
                    Some((_, value)) => {
                        self.at += word.len();
                        Ok(value)
                    }
                    None => self.fail("a text in quotes, a number, True, False, None, [ or {"),
                }
            }
        }
    }

    fn list(&mut self, nesting: usize) -> Result<Value, CallError> {
        self.at += 1;
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(nesting + 1)?);
            if self.take("]") {
                return Ok(Value::Array(items));
            }
            if !self.take(",") {
                return self.fail("a comma or a closing bracket");
            }
        }
    }

    fn dictionary(&mut self, nesting: usize) -> Result<Value, CallError> {
        self.at += 1;
        let mut entries = Map::new();
        if self.take("}") {
            return Ok(Value::Object(entries));
        }
        loop {
            let key = match self.peek() {
                Some(quote @ ('"' | '\'')) => self.string(quote)?,
                _ => return self.fail("a key in quotes"),
            };
            if !self.take(":") {
                return self.fail("a colon");
            }
            entries.insert(key, self.value(nesting + 1)?);
            if self.take("}") {
                return Ok(Value::Object(entries));
            }
            if !self.take(",") {
                return self.fail("a comma or a closing brace");
            }
        }
    }

    fn number(&mut self) -> Result<Value, CallError> {
        let is_part =
            |next: char| next.is_ascii_digit() || matches!(next, '+' | '-' | '.' | 'e' | 'E');
        let rest = self.rest();
        let number = &rest[..rest.find(|next| !is_part(next)).unwrap_or(rest.len())];
        match serde_json::from_str(number) {
            Ok(value) => {
                self.at += number.len();
                Ok(value)
            }
            Err(_) => self.fail("a number"),
        }
    }

    /// A text in quotes. Escapes are those that Python and JSON have in common or that only one of
    /// them has; where both halves of a pair of surrogates are escaped, they are one character.
    fn string(&mut self, quote: char) -> Result<String, CallError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(character) = self.next() else {
                return self.fail("a closing quote");
            };
            match character {
                _ if character == quote => return Ok(text),
                '\\' => self.escape(&mut text)?,
                _ => text.push(character),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let character = self.rest().chars().next()?;
        self.at += character.len_utf8();
        Some(character)
    }

    /// What stands behind a backslash.
    fn escape(&mut self, into: &mut String) -> Result<(), CallError> {
        let character = match self.next() {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('b') => '\u{8}',
            Some('f') => '\u{C}',
            Some(same @ ('"' | '\'' | '\\' | '/')) => same,
            Some('x') => self.code(2)?,
            Some('u') => self.code(4)?,
            Some('U') => self.code(8)?,
            _ => return self.fail("an escape such as \\n or \\\""),
        };
        into.push(character);
        Ok(())
    }

    /// The character of so many hexadecimal digits.
    fn code(&mut self, digits: usize) -> Result<char, CallError> {
        let first = self.hex(digits)?;
        let is_high = digits == 4 && (0xD800..0xDC00).contains(&first);
        let point = if is_high && self.rest().starts_with("\\u") {
            self.at += 2;
            match self.hex(4)? {
                low @ 0xDC00..0xE000 => 0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00),
                _ => return self.fail("the other half of a character"),
            }
        } else {
            first
        };
        match char::from_u32(point) {
            Some(character) => Ok(character),
            None => self.fail("the code of a character"),
        }
    }

    fn hex(&mut self, digits: usize) -> Result<u32, CallError> {
        let number = self.rest().get(..digits);
        let is_hex = |text: &&str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match number.filter(is_hex).and_then(|text| u32::from_str_radix(text, 16).ok()) {
            Some(number) => {
                self.at += digits;
                Ok(number)
            }
            None => self.fail("hexadecimal digits"),
        }
    }
}
