//! A text in tokens: numbers, words and symbols, each with its place in the text.
//!
//! Whatever is written differently and means the same becomes the same token: `×` and `*`, `1,234`
//! and `1234`, `twenty-five` ([`super::numeral`]) and `25`. Signs of currency are left out.

use super::{ErrorKind, Number, numeral, slip};
use alloc::vec::Vec;

/// The most tokens that are read of a text: the end of a longer one is an error where it comes.
const MAX_TOKENS: usize = 2048;

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Token<'a> {
    pub kind: TokenKind,
    /// What stands in the text.
    pub text: &'a str,
    /// The word that is meant, where a finger slipped.
    pub slip_of: Option<&'static str>,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it begins, in characters from 1.
    pub position: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// A number, in digits or words.
    Number(Number),
    /// A number with the ending of an ordinal (`10th`).
    Ordinal(Number),
    /// Letters, and digits behind them.
    Word,
    /// Any other character; `*`, `/`, `-` and `^` stand for all their forms.
    Symbol(char),
    /// What cannot be read.
    Unreadable(ErrorKind),
}

impl Token<'_> {
    /// Where it ends, in bytes.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this word, whatever the case, or this symbol.
    pub fn is(&self, wanted: &str) -> bool {
        match self.kind {
            TokenKind::Word => self.slip_of.unwrap_or(self.text).eq_ignore_ascii_case(wanted),
            TokenKind::Symbol(symbol) => wanted.chars().eq([symbol]),
            _ => false,
        }
    }

    pub fn is_word(&self) -> bool {
        self.kind == TokenKind::Word
    }

    pub fn is_number(&self) -> bool {
        matches!(self.kind, TokenKind::Number(_))
    }
}

/// The tokens of a text; the last is unreadable if there are too many.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { text, at: 0, position: 1, calls: Vec::new(), tokens: Vec::new() };
    while let Some(token) = lexer.next() {
        if lexer.tokens.len() == MAX_TOKENS {
            lexer.tokens.push(Token { kind: TokenKind::Unreadable(ErrorKind::TooLong), ..token });
            break;
        }
        lexer.tokens.push(token);
    }
    let mut tokens = numeral::join(text, lexer.tokens);
    slip::mend(&mut tokens);
    tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    position: usize,
    /// Whether each open parenthesis holds the arguments of a function, which commas separate.
    calls: Vec<bool>,
    tokens: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        let is_skipped = |c: char| c.is_whitespace() || is_currency(c);
        let mut rest = &self.text[self.at..];
        let skipped = rest.len() - rest.trim_start_matches(is_skipped).len();
        self.advance(skipped);
        rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        let (kind, len) = if first.is_ascii_digit() || first == '.' {
            self.number(rest)
        } else if first.is_alphabetic() {
            (TokenKind::Word, word_len(rest))
        } else {
            self.symbol(first, rest)
        };
        let text = &rest[..len];
        let token = Token { kind, text, slip_of: None, start: self.at, position: self.position };
        self.advance(len);
        Some(token)
    }

    fn advance(&mut self, len_bytes: usize) {
        self.position += self.text[self.at..self.at + len_bytes].chars().count();
        self.at += len_bytes;
    }

    /// Digits with thousands separated, a point, an exponent.
    fn number(&self, rest: &str) -> (TokenKind, usize) {
        let bytes = rest.as_bytes();
        let digits = |at: usize| bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut len = digits(0);
        let is_in_call = self.calls.last().is_some_and(|is_call| *is_call);
        if (1..=3).contains(&len) && !is_in_call {
            while bytes.get(len) == Some(&b',') && digits(len + 1) == 3 {
                len += 4;
            }
        }
        let mut is_whole = true;
        if bytes.get(len) == Some(&b'.') {
            is_whole = false;
            len += 1 + digits(len + 1);
        }
        if matches!(bytes.get(len), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
            let exponent = bytes.get(len + 1 + sign..).map_or(0, |_| digits(len + 1 + sign));
            // `2e` without digits is 2 and the constant e: an error that the parser names.
            if exponent > 0 {
                is_whole = false;
                len += 1 + sign + exponent;
            }
        }
        if bytes.get(len) == Some(&b'.') && !is_whole && digits(len + 1) > 0 {
            return (TokenKind::Unreadable(ErrorKind::MalformedNumber), len);
        }
        let value = match value(&rest[..len], is_whole) {
            Ok(value) => value,
            Err(kind) => return (TokenKind::Unreadable(kind), len),
        };
        let is_ordinal = is_whole
            && ["th", "st", "nd", "rd"].iter().any(|ending| {
                rest.get(len..len + 2).is_some_and(|found| found.eq_ignore_ascii_case(ending))
                    && word_len(&rest[len..]) == 2
            });
        if is_ordinal {
            (TokenKind::Ordinal(value), len + 2)
        } else {
            (TokenKind::Number(value), len)
        }
    }

    fn symbol(&mut self, first: char, rest: &str) -> (TokenKind, usize) {
        if rest.starts_with("**") {
            return (TokenKind::Symbol('^'), 2);
        }
        match first {
            '(' => self.calls.push(self.tokens.last().is_some_and(Token::is_word)),
            ')' => drop(self.calls.pop()),
            _ => {}
        }
        let symbol = match first {
            '×' | '·' => '*',
            '÷' => '/',
            '−' | '–' => '-',
            _ => first,
        };
        (TokenKind::Symbol(symbol), first.len_utf8())
    }
}

fn value(digits: &str, is_whole: bool) -> Result<Number, ErrorKind> {
    let digits: alloc::string::String = digits.chars().filter(|c| *c != ',').collect();
    if is_whole && let Ok(value) = digits.parse::<i128>() {
        return Ok(Number::Integer(value));
    }
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Number::from_f64(value)),
        Ok(_) => Err(ErrorKind::TooLarge),
        Err(_) => Err(ErrorKind::MalformedNumber),
    }
}

/// Letters, and digits and apostrophes among them; the `x` of `3x4` stands alone.
fn word_len(text: &str) -> usize {
    let mut bytes = text.bytes();
    if matches!(bytes.next(), Some(b'x' | b'X')) && bytes.next().is_some_and(|b| b.is_ascii_digit())
    {
        return 1;
    }
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’');
    let len = text.find(|c| !is_inside(c)).unwrap_or(text.len());
    text[..len].trim_end_matches(['\'', '’']).len()
}

/// What something costs makes no difference.
pub fn is_currency(c: char) -> bool {
    matches!(c, '$' | '€' | '£')
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{
        format,
        string::{String, ToString},
    };

    fn shown(text: &str) -> String {
        let shown = tokens(text).into_iter().map(|token| match token.kind {
            TokenKind::Number(number) => format!("#{number}"),
            TokenKind::Ordinal(number) => format!("#{number}th"),
            TokenKind::Word => token.text.to_string(),
            TokenKind::Symbol(symbol) => symbol.to_string(),
            TokenKind::Unreadable(kind) => format!("{kind:?}"),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn numbers_are_read_however_they_are_written() {
        for (text, expected) in [
            ("1,234.5 × $20", "#1234.5 * #20"),
            ("1,234,567", "#1234567"),
            ("3, 5 and 10", "#3 , #5 and #10"),
            ("max(1,234)", "max ( #1 , #234 )"),
            ("1234,567", "#1234 , #567"),
            ("twenty-five plus two hundred and fifty thousand", "#25 plus #250000"),
            ("three million four hundred thousand and six", "#3400006"),
            ("one billion two", "#1000000002"),
            ("2.5 million", "#2500000"),
            ("the 10th", "the #10th"),
            ("7-3", "#7 - #3"),
            ("twenty - five", "#20 - #5"),
            ("two and three", "#2 and #3"),
            ("five six", "#5 #6"),
            ("a dozen and two dozen", "a #12 and #24"),
            ("three point one four", "#3.14"),
            ("1.5e3 ** 2", "#1500 ^ #2"),
            ("12x12", "#12 x #12"),
            ("log10(5) what's", "log10 ( #5 ) what's"),
            ("1.2.3", "MalformedNumber #0.3"),
            ("5km", "#5 km"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn places_count_characters_and_bytes() {
        let tokens = tokens("é × twenty-one");
        assert_eq!((tokens[2].position, tokens[2].start, tokens[2].text), (5, 6, "twenty-one"));
    }
}
