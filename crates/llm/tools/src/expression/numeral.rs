//! Numbers in words: `two hundred and fifty thousand`, `twenty-five`, `2.5 million`, `two dozen`,
//! `three point one four`.

use super::{
    Number,
    token::{Token, TokenKind},
};
use crate::number_words::{SMALL, TENS};
use alloc::vec::Vec;

/// What a word adds to a number.
#[derive(Clone, Copy)]
enum Part {
    /// 0 to 19.
    Small(i128),
    /// 20, 30 ... 90.
    Tens(i128),
    Hundred,
    /// A power of a thousand.
    Scale(i128),
    Dozen,
}

/// The tokens of `text` with every run of words that is one number joined to one token.
pub fn join<'a>(text: &'a str, tokens: Vec<Token<'a>>) -> Vec<Token<'a>> {
    let mut joined = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(first) = tokens.get(at) {
        let Some((value, len)) = numeral(&tokens[at..]) else {
            joined.push(first.clone());
            at += 1;
            continue;
        };
        let end = tokens[at + len - 1].end();
        let kind = TokenKind::Number(value);
        joined.push(Token { kind, text: &text[first.start..end], ..*first });
        at += len;
    }
    joined
}

/// The number that `tokens` begin with, and how many they are; `None` if it has no word in it.
fn numeral(tokens: &[Token]) -> Option<(Number, usize)> {
    if let TokenKind::Number(value) = tokens[0].kind {
        let scale = match part(tokens.get(1)?)? {
            Part::Hundred => 100,
            Part::Scale(scale) => scale,
            Part::Dozen => 12,
            Part::Small(_) | Part::Tens(_) => return None,
        };
        return Some((value.times(Number::Integer(scale)), 2));
    }
    if let [half, a, dozen, ..] = tokens
        && half.is("half")
        && a.is("a")
        && dozen.is("dozen")
    {
        return Some((Number::Integer(6), 3));
    }
    let (value, len) = whole(tokens)?;
    Some(with_decimals(value, len, tokens))
}

fn whole(tokens: &[Token]) -> Option<(i128, usize)> {
    let (mut total, mut group, mut smallest_scale) = (0, None, i128::MAX);
    let mut len = 0;
    loop {
        let link = link(tokens, len, total, group);
        let Some(part) = tokens.get(len + link).and_then(part) else { break };
        let is_linked = link > 0;
        group = match (part, group) {
            (Part::Small(value) | Part::Tens(value), None) => Some(value),
            (Part::Small(value @ 1..10), Some(group)) if group % 10 == 0 && group % 100 >= 20 => {
                Some(group + value)
            }
            (Part::Small(value @ 1..) | Part::Tens(value), Some(group))
                if group >= 100 && group % 100 == 0 =>
            {
                Some(group + value)
            }
            (Part::Hundred, None) if !is_linked => Some(100),
            (Part::Hundred, Some(group @ 1..100)) if !is_linked => Some(group * 100),
            (Part::Scale(scale), group) if !is_linked && scale < smallest_scale => {
                if total > 0 && group.is_none() {
                    break;
                }
                total += group.unwrap_or(1) * scale;
                smallest_scale = scale;
                None
            }
            (Part::Dozen, group) if !is_linked && total == 0 => {
                return Some((group.unwrap_or(1) * 12, len + 1));
            }
            _ => break,
        };
        len += link + 1;
    }
    (len > 0).then(|| (total + group.unwrap_or(0), len))
}

/// How many tokens at `at` only link parts: the hyphen of `twenty-five`, the `and` of `a hundred and
/// five`.
fn link(tokens: &[Token], at: usize, total: i128, group: Option<i128>) -> usize {
    let (Some(link), Some(next)) = (tokens.get(at), tokens.get(at + 1)) else { return 0 };
    let Some(before) = at.checked_sub(1).map(|before| &tokens[before]) else { return 0 };
    let is_tight = before.end() == link.start && link.end() == next.start;
    let is_hyphen = link.is("-")
        && is_tight
        && matches!(part(before), Some(Part::Tens(_)))
        && matches!(part(next), Some(Part::Small(1..10)));
    let is_and = link.is("and")
        && matches!(part(next), Some(Part::Small(1..) | Part::Tens(_)))
        && group.map_or(total > 0, |group| group >= 100 && group % 100 == 0);
    usize::from(is_hyphen || is_and)
}

/// `value` with the digits behind a `point`, if there are any.
fn with_decimals(value: i128, len: usize, tokens: &[Token]) -> (Number, usize) {
    /// More would not change a float.
    const MOST: usize = 15;
    let (mut digits, mut divisor, mut end) = (value, 1_i128, len + 1);
    if tokens.get(len).is_some_and(|token| token.is("point")) {
        while let Some(Part::Small(digit @ 0..10)) = tokens.get(end).and_then(part) {
            if end - len > MOST {
                break;
            }
            (digits, divisor, end) = (digits * 10 + digit, divisor * 10, end + 1);
        }
    }
    if divisor == 1 {
        return (Number::Integer(value), len);
    }
    (Number::Integer(digits).divided_by(Number::Integer(divisor)), end)
}

fn part(token: &Token) -> Option<Part> {
    const SCALES: [(&str, i128); 4] = [
        ("thousand", 1_000),
        ("million", 1_000_000),
        ("billion", 1_000_000_000),
        ("trillion", 1_000_000_000_000),
    ];
    if !token.is_word() {
        return None;
    }
    if let Some(value) = SMALL.iter().position(|word| token.is(word)) {
        return Some(Part::Small(value as i128));
    }
    if let Some(tens) = TENS.iter().position(|word| token.is(word)) {
        return Some(Part::Tens((tens as i128 + 2) * 10));
    }
    if let Some((_, scale)) = SCALES.iter().find(|(word, _)| token.is(word)) {
        return Some(Part::Scale(*scale));
    }
    if token.is("hundred") {
        return Some(Part::Hundred);
    }
    token.is("dozen").then_some(Part::Dozen)
}
