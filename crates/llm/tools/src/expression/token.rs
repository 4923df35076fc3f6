//! Words, numbers and symbols of a phrase; number words become numbers.

use crate::nearest::nearest;
use alloc::{
    string::{String, ToString},
    vec::Vec,
};

/// A part of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A number, as the calculator reads it.
    Number(String),
    /// A word in lower case.
    Word(String),
    /// A symbol; those of multiplication, division and subtraction are `*`, `/` and `-`.
    Symbol(char),
}

/// The tokens of a text, with runs of number words (`two hundred and fifty thousand`) joined.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<(Token, bool)> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let len = if first.is_ascii_digit() || is_fraction(rest) {
            let (number, len) = number(rest);
            tokens.push((Token::Number(number), false));
            len
        } else if first.is_alphabetic() {
            let end = rest.find(|c: char| !(c.is_alphabetic() || c == '\'')).unwrap_or(rest.len());
            word(&rest[..end].to_lowercase(), &mut tokens);
            end
        } else {
            symbol(first, rest, &mut tokens)
        };
        rest = rest[len..].trim_start();
    }
    joined(tokens)
}

fn is_fraction(text: &str) -> bool {
    text.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// A number with its thousands joined, and its length. An ordinal's ending belongs to it.
fn number(text: &str) -> (String, usize) {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let (mut at, mut number) = (0, String::new());
    while at < bytes.len() {
        let is_group = bytes[at] == b','
            && (1..=3).all(|next| digit(at + next))
            && !digit(at + 4)
            && !number.contains('.');
        if digit(at) || (bytes[at] == b'.' && digit(at + 1) && !number.contains('.')) {
            number.push(char::from(bytes[at]));
        } else if !is_group {
            break;
        }
        at += 1;
    }
    let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
    if matches!(bytes.get(at), Some(b'e' | b'E')) && digit(at + 1 + sign) {
        let digits = bytes[at + 1 + sign..].iter().take_while(|b| b.is_ascii_digit()).count();
        number.push_str(&text[at..at + 1 + sign + digits]);
        at += 1 + sign + digits;
    }
    for ending in ["th", "st", "nd", "rd"] {
        if text[at..].starts_with(ending)
            && !text[at + 2..].starts_with(|c: char| c.is_alphanumeric())
        {
            at += 2;
            break;
        }
    }
    (number, at)
}

fn word(word: &str, tokens: &mut Vec<(Token, bool)>) {
    let word = mended(word);
    tokens.push(match word_value(word) {
        Some(value) => (Token::Number(value.to_string()), true),
        None => (Token::Word(word.into()), false),
    });
}

fn symbol(first: char, rest: &str, tokens: &mut Vec<(Token, bool)>) -> usize {
    let mut push = |token| tokens.push((token, false));
    if rest.starts_with("**") {
        push(Token::Symbol('^'));
        return 2;
    }
    let symbol = match first {
        '×' | '·' | '*' => '*',
        '÷' | '/' | ':' => '/',
        '−' | '–' | '-' => '-',
        // What something costs makes no difference.
        '$' | '€' | '£' => return first.len_utf8(),
        '√' => {
            push(Token::Word("sqrt".into()));
            return first.len_utf8();
        }
        '²' => {
            push(Token::Word("squared".into()));
            return first.len_utf8();
        }
        '³' => {
            push(Token::Word("cubed".into()));
            return first.len_utf8();
        }
        _ => first,
    };
    push(Token::Symbol(symbol));
    first.len_utf8()
}

/// The word that was meant where a finger slipped.
fn mended(word: &str) -> &str {
    const OPERATIONS: [&str; 7] =
        ["times", "minus", "divided", "multiplied", "percent", "squared", "square"];
    const OTHERS: [&str; 6] = ["time", "percents", "divide", "divides", "squares", "multiplies"];
    if word.len() < 4 || OPERATIONS.contains(&word) || OTHERS.contains(&word) {
        return word;
    }
    nearest(word, OPERATIONS).filter(|meant| meant.len().abs_diff(word.len()) <= 1).unwrap_or(word)
}

/// What a number word stands for.
fn word_value(word: &str) -> Option<u64> {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] =
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    if let Some(value) = SMALL.iter().position(|small| *small == word) {
        return Some(value as u64);
    }
    if let Some(tens) = TENS.iter().position(|tens| *tens == word) {
        return Some((tens as u64 + 2) * 10);
    }
    Some(match word {
        "fourty" => 40,
        "dozen" => 12,
        "hundred" => 100,
        "thousand" => 1_000,
        "million" => 1_000_000,
        "billion" => 1_000_000_000,
        _ => return None,
    })
}

/// Joins numbers that are parts of one: `two hundred and fifty`, `twenty-five`, `3 million`. Each token
/// comes with whether it was a number word: digits are joined with nothing but a scale.
fn joined(tokens: Vec<(Token, bool)>) -> Vec<Token> {
    let mut joined: Vec<Token> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((value, len)) = compound(&tokens[at..]) else {
            joined.push(tokens[at].0.clone());
            at += 1;
            continue;
        };
        joined.push(Token::Number(value));
        at += len;
    }
    joined
}

/// A number of several tokens, and how many they are.
fn compound(tokens: &[(Token, bool)]) -> Option<(String, usize)> {
    let is_word = |at: usize, wanted: &str| matches!(tokens.get(at), Some((Token::Word(word), _)) if word == wanted);
    if let Some((Token::Number(number), _)) = tokens.first()
        && is_word(1, "and")
        && is_word(2, "a")
        && is_word(3, "half")
    {
        return Some((alloc::format!("({number}+0.5)"), 4));
    }
    let spelled = |at: usize| match tokens.get(at) {
        Some((Token::Number(text), true)) => text.parse::<u64>().ok(),
        _ => None,
    };
    let is_scale = |value: u64| matches!(value, 100 | 1_000 | 1_000_000 | 1_000_000_000);
    let (Token::Number(first), is_spelled) = tokens.first()? else {
        return None;
    };
    let Ok(mut value) = first.parse::<u64>() else {
        // 2.5 million
        let scale = spelled(1).filter(|scale| is_scale(*scale))?;
        return Some((alloc::format!("({first}*{scale})"), 2));
    };
    if !is_spelled && !spelled(1).is_some_and(is_scale) {
        return None;
    }
    let mut len = 1;
    let (mut total, mut group) = (0_u64, 0_u64);
    loop {
        if is_scale(value) && (len > 1 || group > 0) {
            let base = group.max(1);
            if value == 100 {
                group = base.checked_mul(100)?;
            } else {
                total = total.checked_add(base.checked_mul(value)?)?;
                group = 0;
            }
        } else {
            group = group.checked_add(value)?;
        }
        let is_symbol =
            |symbol| matches!(tokens.get(len), Some((Token::Symbol(it), _)) if *it == symbol);
        let is_and = matches!(tokens.get(len), Some((Token::Word(word), _)) if word == "and");
        let hyphen = usize::from(is_symbol('-'));
        let and = usize::from(is_and && (group >= 100 || total > 0));
        let Some(next) = spelled(len + hyphen + and) else { break };
        let fits = if is_scale(next) {
            hyphen + and == 0 && (next > group || total == 0)
        } else if hyphen == 1 {
            (20..100).contains(&(group % 100)) && group % 10 == 0 && (1..10).contains(&next)
        } else {
            let room = match group {
                0 => 1000,
                group if group % 100 == 0 => 100,
                group if group % 10 == 0 && group % 100 >= 20 => 10,
                _ => 0,
            };
            next < room && next > 0
        };
        if !fits {
            break;
        }
        len += hyphen + and + 1;
        value = next;
    }
    (len > 1).then(|| (total.saturating_add(group).to_string(), len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn shown(text: &str) -> String {
        let shown = tokens(text).into_iter().map(|token| match token {
            Token::Number(number) => format!("#{number}"),
            Token::Word(word) => word,
            Token::Symbol(symbol) => symbol.to_string(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn numbers_are_read_however_they_are_written() {
        for (text, expected) in [
            ("1,234.5 × $20", "#1234.5 * #20"),
            ("3, 5 and 10", "#3 , #5 and #10"),
            ("twenty-five plus two hundred and fifty thousand", "#25 plus #250000"),
            ("three million four hundred thousand and six", "#3400006"),
            ("2.5 million", "#(2.5*1000000)"),
            ("the 10th", "the #10"),
            ("7-3", "#7 - #3"),
            ("50-8", "#50 - #8"),
            ("two and three", "#2 and #3"),
            ("add 20 5", "add #20 #5"),
            ("five six", "#5 #6"),
            ("one hundred times two", "#100 times #2"),
            ("1.5e3 ** 2", "#1.5e3 ^ #2"),
            ("12²", "#12 squared"),
            ("a dozen", "a #12"),
            (".5", "#.5"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
