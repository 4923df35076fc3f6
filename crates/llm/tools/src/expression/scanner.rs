//! Reads an expression character by character and counts positions.

use super::{ErrorKind, ExpressionError, Number};

/// The text still to be read. White space before a token is skipped.
pub struct Scanner<'a> {
    rest: &'a str,
    /// Characters read so far.
    read: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text, read: 0 }
    }

    /// Position of the next token, from 1.
    pub fn position(&mut self) -> usize {
        self.skip_space();
        self.read + 1
    }

    /// The first character of the next token.
    pub fn peek(&mut self) -> Option<char> {
        self.skip_space();
        self.rest.chars().next()
    }

    /// Takes `wanted` if it comes next.
    pub fn take(&mut self, wanted: char) -> bool {
        let is_next = self.peek() == Some(wanted);
        if is_next {
            self.advance(wanted.len_utf8());
        }
        is_next
    }

    pub fn take_minus(&mut self) -> bool {
        self.take('-') || self.take('−')
    }

    pub fn take_times(&mut self) -> bool {
        self.skip_space();
        let is_power = self.rest.starts_with("**");
        !is_power && (self.take('*') || self.take('×') || self.take('·'))
    }

    pub fn take_divide(&mut self) -> bool {
        self.take('/') || self.take('÷')
    }

    pub fn take_power(&mut self) -> bool {
        self.skip_space();
        if self.rest.starts_with("**") {
            self.advance(2);
            return true;
        }
        self.take('^')
    }

    /// Takes a `%` that no operand follows: one that means "hundredths".
    pub fn take_percent(&mut self) -> bool {
        self.skip_space();
        let Some(after) = self.rest.strip_prefix('%') else {
            return false;
        };
        let after = after.trim_start();
        let is_operand = after.starts_with(|c: char| c.is_alphanumeric() || c == '.' || c == '(');
        let is_percent = !is_operand || leading_word(after) == "of";
        is_percent && self.take('%')
    }

    /// Takes `wanted` if it is the next word.
    pub fn take_word(&mut self, wanted: &str) -> bool {
        self.skip_space();
        let is_next = leading_word(self.rest) == wanted;
        if is_next {
            self.advance(wanted.len());
        }
        is_next
    }

    /// Letters and digits from here.
    pub fn word(&mut self) -> &'a str {
        self.skip_space();
        let word = leading_word(self.rest);
        self.advance(word.len());
        word
    }

    /// Digits, a point, an exponent.
    pub fn number(&mut self) -> Result<Number, ExpressionError> {
        let position = self.position();
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut len = digits(self.rest);
        let is_whole = !self.rest[len..].starts_with('.');
        if !is_whole {
            len += 1;
            len += digits(&self.rest[len..]);
        }
        let mantissa = len;
        if self.rest[len..].starts_with(['e', 'E']) {
            let sign = usize::from(self.rest[len + 1..].starts_with(['+', '-']));
            let exponent = digits(&self.rest[len + 1 + sign..]);
            // `2e` without digits is "2, then the constant e": an error the parser names.
            if exponent > 0 {
                len += 1 + sign + exponent;
            }
        }
        let text = &self.rest[..len];
        self.advance(len);
        let malformed = ExpressionError { position, kind: ErrorKind::MalformedNumber };
        if self.rest.starts_with('.') {
            return Err(malformed);
        }
        if is_whole
            && mantissa == len
            && let Ok(value) = text.parse::<i128>()
        {
            return Ok(Number::Integer(value));
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Number::from_f64(value)),
            Ok(_) => Err(ExpressionError { position, kind: ErrorKind::TooLarge }),
            Err(_) => Err(malformed),
        }
    }

    fn skip_space(&mut self) {
        let space = self.rest.len() - self.rest.trim_start().len();
        self.advance(space);
    }

    fn advance(&mut self, len_bytes: usize) {
        let (passed, rest) = self.rest.split_at(len_bytes);
        self.read += passed.chars().count();
        self.rest = rest;
    }
}

fn leading_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}
