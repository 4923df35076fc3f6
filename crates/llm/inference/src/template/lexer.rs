//! Template source to tokens, with Jinja's rules for white space.
//!
//! As everywhere where chat templates are used, `trim_blocks` and `lstrip_blocks` are on: the line
//! feed after a block is dropped, and so is the indentation before one.

use crate::model::TemplateError;
use alloc::{format, string::String, vec::Vec};

/// A piece of the source.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// Copied to the output.
    Text(String),
    /// `{%`.
    BlockStart,
    /// `%}`.
    BlockEnd,
    /// `{{`.
    OutputStart,
    /// `}}`.
    OutputEnd,
    /// A name or keyword.
    Name(String),
    /// A string literal, without quotes and escapes.
    Str(String),
    /// An integer.
    Int(i64),
    /// A number with a point or an exponent.
    Float(f64),
    /// Punctuation.
    Op(&'static str),
}

/// Longer ones first.
const OPERATORS: &[&str] = &[
    "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "(", ")", "[", "]", "{", "}",
    "<", ">", "=", ".", ":", "|", ",",
];

/// A token and the line it stands in, from 1.
pub(super) type Spanned = (Token, usize);

/// Cuts `source` into tokens.
///
/// # Errors
/// A tag, comment or string that is not closed, or a character that belongs nowhere.
pub(super) fn tokenize(source: &str) -> Result<Vec<Spanned>, TemplateError> {
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let source = source.strip_suffix('\n').unwrap_or(&source);
    Lexer { rest: source, line: 1, at_line_start: true, tokens: Vec::new() }.run()
}

struct Lexer<'s> {
    rest: &'s str,
    line: usize,
    /// Whether `rest` stands at the start of a line.
    at_line_start: bool,
    tokens: Vec<Spanned>,
}

impl<'s> Lexer<'s> {
    fn run(mut self) -> Result<Vec<Spanned>, TemplateError> {
        while let Some(tag) = self.find_tag() {
            let text = self.take(tag);
            let opening = self.take(2);
            let line = self.line;
            let sign = self.rest.chars().next().filter(|c| matches!(c, '-' | '+'));
            self.push_text(text, opening, sign);
            self.take(sign.map_or(0, char::len_utf8));
            match opening {
                "{#" => self.comment(line)?,
                "{%" if self.is_raw() => self.raw(line)?,
                "{%" => self.tag(Token::BlockStart, Token::BlockEnd, "%}", line)?,
                _ => self.tag(Token::OutputStart, Token::OutputEnd, "}}", line)?,
            }
        }
        let text = self.take(self.rest.len());
        self.push_text(text, "", None);
        Ok(self.tokens)
    }

    /// Where the next tag or comment starts.
    fn find_tag(&self) -> Option<usize> {
        let bytes = self.rest.as_bytes();
        bytes.windows(2).position(|pair| matches!(pair, b"{{" | b"{%" | b"{#"))
    }

    /// Steps over `len_bytes` and counts lines.
    fn take(&mut self, len_bytes: usize) -> &'s str {
        let (taken, rest) = self.rest.split_at(len_bytes);
        self.line += taken.bytes().filter(|&byte| byte == b'\n').count();
        self.rest = rest;
        taken
    }

    /// The text before a tag, without the white space that the tag takes away.
    fn push_text(&mut self, text: &str, opening: &str, sign: Option<char>) {
        let text = match (sign, opening) {
            (Some('-'), _) => text.trim_end(),
            (None, "{%" | "{#") => {
                let line_start = text.rfind('\n').map_or(0, |at| at + 1);
                let is_indentation = (line_start > 0 || self.at_line_start)
                    && text[line_start..].chars().all(char::is_whitespace);
                if is_indentation { &text[..line_start] } else { text }
            }
            _ => text,
        };
        if !text.is_empty() {
            self.tokens.push((Token::Text(String::from(text)), self.line));
        }
    }

    /// Steps over the end of a tag and the white space it takes away.
    fn close(&mut self, closing: &str) -> bool {
        let (sign, end) = match self.rest.as_bytes().first() {
            Some(b'-') => ('-', self.rest.get(1..)),
            Some(b'+') => ('+', self.rest.get(1..)),
            _ => (' ', Some(self.rest)),
        };
        if !end.is_some_and(|end| end.starts_with(closing)) {
            return false;
        }
        self.take(closing.len() + usize::from(sign != ' '));
        let skipped = match sign {
            '-' => self.rest.len() - self.rest.trim_start().len(),
            ' ' if closing != "}}" && self.rest.starts_with('\n') => 1,
            _ => 0,
        };
        self.at_line_start = self.take(skipped).ends_with('\n');
        true
    }

    fn comment(&mut self, line: usize) -> Result<(), TemplateError> {
        let end = self.rest.find("#}").ok_or_else(|| error("comment is not closed", line))?;
        // The sign before the end belongs to the end.
        let has_sign = end > 0 && matches!(self.rest.as_bytes()[end - 1], b'-' | b'+');
        self.take(end - usize::from(has_sign));
        self.close("#}");
        Ok(())
    }

    /// Whether a block that was just opened is `raw`.
    fn is_raw(&self) -> bool {
        let after = self.rest.trim_start().strip_prefix("raw").map(str::trim_start);
        after.is_some_and(|end| end.trim_start_matches(['-', '+']).starts_with("%}"))
    }

    /// `{% raw %}` to `{% endraw %}`: text, whatever it looks like.
    fn raw(&mut self, line: usize) -> Result<(), TemplateError> {
        let name = self.rest.find("raw").map_or(0, |at| at + 3);
        self.take(name);
        self.take(self.rest.len() - self.rest.trim_start().len());
        self.close("%}");
        let body = self.rest;
        let mut from = 0;
        while let Some(found) = body[from..].find("{%") {
            let start = from + found;
            let inner = body[start + 2..].trim_start_matches(['-', '+']).trim_start();
            if let Some(after) = inner.strip_prefix("endraw") {
                let sign = body[start + 2..].chars().next().filter(|c| matches!(c, '-' | '+'));
                self.push_text(&body[..start], "{%", sign);
                let end = body.len() - after.trim_start().len();
                self.take(end);
                if self.close("%}") {
                    return Ok(());
                }
                break;
            }
            from = start + 2;
        }
        Err(error("raw block is not closed", line))
    }

    /// The tokens of a tag whose opening was stepped over.
    fn tag(
        &mut self,
        start: Token,
        end: Token,
        closing: &str,
        line: usize,
    ) -> Result<(), TemplateError> {
        self.tokens.push((start, line));
        // `}}` closes two dictionaries before it closes a tag.
        let mut open_brackets = 0_usize;
        loop {
            self.take(self.rest.len() - self.rest.trim_start().len());
            if open_brackets == 0 && self.close(closing) {
                self.tokens.push((end, self.line));
                return Ok(());
            }
            let here = self.line;
            let Some(first) = self.rest.chars().next() else {
                return Err(error(format!("{closing} is missing"), line));
            };
            let token = match first {
                '\'' | '"' => self.string(first)?,
                '0'..='9' => self.number()?,
                _ if first == '_' || first.is_alphabetic() => self.name(),
                _ => self.operator()?,
            };
            match token {
                Token::Op("(" | "[" | "{") => open_brackets += 1,
                Token::Op(")" | "]" | "}") => open_brackets = open_brackets.saturating_sub(1),
                _ => {}
            }
            self.tokens.push((token, here));
        }
    }

    fn name(&mut self) -> Token {
        let end = self.rest.find(|c: char| c != '_' && !c.is_alphanumeric());
        Token::Name(String::from(self.take(end.unwrap_or(self.rest.len()))))
    }

    fn operator(&mut self) -> Result<Token, TemplateError> {
        match OPERATORS.iter().find(|operator| self.rest.starts_with(**operator)) {
            Some(operator) => {
                self.take(operator.len());
                Ok(Token::Op(operator))
            }
            None => {
                let character = self.rest.chars().next().unwrap_or(' ');
                Err(error(format!("unexpected {character:?}"), self.line))
            }
        }
    }

    fn number(&mut self) -> Result<Token, TemplateError> {
        let digits =
            |text: &str| text.find(|c: char| c != '_' && !c.is_ascii_digit()).unwrap_or(text.len());
        let mut end = digits(self.rest);
        let mut is_float = false;
        if self.rest[end..].starts_with('.') && digits(&self.rest[end + 1..]) > 0 {
            end += 1 + digits(&self.rest[end + 1..]);
            is_float = true;
        }
        if let Some(exponent) = self.rest[end..].strip_prefix(['e', 'E']) {
            let unsigned = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            if digits(unsigned) > 0 {
                end += 1 + (exponent.len() - unsigned.len()) + digits(unsigned);
                is_float = true;
            }
        }
        let text = self.take(end).replace('_', "");
        let number = if is_float {
            text.parse().ok().map(Token::Float)
        } else {
            text.parse().ok().map(Token::Int)
        };
        number.ok_or_else(|| error(format!("{text} is too large a number"), self.line))
    }

    /// A string literal, with Python's escapes.
    fn string(&mut self, quote: char) -> Result<Token, TemplateError> {
        let line = self.line;
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, character)) = chars.next() {
            if character == quote {
                self.take(at + 1);
                return Ok(Token::Str(text));
            }
            if character != '\\' {
                text.push(character);
                continue;
            }
            let Some((escape_at, escape)) = chars.next() else { break };
            let hex_digits = match escape {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                _ => 0,
            };
            if hex_digits > 0 {
                let hex = self.rest.get(escape_at + 1..escape_at + 1 + hex_digits);
                let code = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok());
                let decoded = code.and_then(char::from_u32);
                text.push(decoded.ok_or_else(|| error("escape names no character", line))?);
                chars.nth(hex_digits - 1);
                continue;
            }
            match escape {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                'a' => text.push('\x07'),
                'b' => text.push('\x08'),
                'f' => text.push('\x0C'),
                'v' => text.push('\x0B'),
                '0' => text.push('\0'),
                '\n' => {}
                '\\' | '\'' | '"' => text.push(escape),
                _ => text.extend(['\\', escape]),
            }
        }
        Err(error("string is not closed", line))
    }
}

/// A template error.
pub(super) fn error(message: impl Into<String>, line: usize) -> TemplateError {
    TemplateError { message: message.into(), line }
}
