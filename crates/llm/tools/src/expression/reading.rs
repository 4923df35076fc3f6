//! Finds what can be computed in a person's request.
//!
//! From every token where an operand may begin the parser reads as far as it can: what it reads is a
//! reading, if it has an operation in it and nothing around it says that it is something else (a date,
//! a score, a telephone number, a part of a formula).

use super::{
    ErrorKind, ExpressionError, compute,
    conversion::Conversion,
    parser::Parser,
    question, source,
    token::{Token, TokenKind, tokens},
    words,
};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use core::{cmp::Reverse, ops::Range};

/// Longer requests are texts.
const MAX_TOKENS: usize = 256;
/// The most tokens that are given to the parser, counted again whenever it is given them again.
const MAX_PARSED: usize = 20_000;
/// The most tokens of an amount that is converted.
const MAX_AMOUNT: usize = 16;
/// The most tokens that may follow a conversion and still belong to it.
const MAX_REST: usize = 8;
/// How far a price may be from what it is reduced by, in tokens.
const MAX_PRICE_DISTANCE: usize = 16;

/// The parts of a request that can be computed, best first: those with the most operations, of these
/// the longest. Empty if there are none. Each is an expression, if perhaps one whose numbers have no
/// value (`1/0`).
pub fn readings(request: &str) -> Vec<String> {
    let tokens = tokens(request);
    if tokens.len() > MAX_TOKENS {
        return Vec::new();
    }
    let mut finder = Finder { request, tokens: &tokens, found: Vec::new(), parsed: 0 };
    finder.find_conversions();
    finder.find_expressions();
    finder.find_price_changes();
    let mut found = finder.found;
    found.sort_by_key(|found| Reverse((found.operations, found.text.len())));
    let mut texts: Vec<String> = Vec::new();
    for Found { text, .. } in found {
        // Out of its surroundings a text may read differently: `1,234` are two arguments of a function.
        let is_understood =
            || compute(&text).map_or_else(|error| error.is_about_values(), |_| true);
        if !texts.contains(&text) && is_understood() {
            texts.push(text);
        }
    }
    texts
}

struct Finder<'t, 'a> {
    request: &'a str,
    tokens: &'t [Token<'a>],
    found: Vec<Found>,
    /// Tokens given to the parser so far.
    parsed: usize,
}

struct Found {
    /// The tokens.
    span: Range<usize>,
    operations: usize,
    text: String,
}

impl Finder<'_, '_> {
    fn find_conversions(&mut self) {
        for end in 1..=self.tokens.len() {
            for start in end.saturating_sub(MAX_AMOUNT)..end {
                let first = &self.tokens[start];
                let is_start = first.is_number()
                    || ["how", "number", "half", "quarter", "a", "an", "-", "minus", "negative"]
                        .iter()
                        .any(|word| first.is(word));
                if !is_start || self.parsed > MAX_PARSED || self.is_taken(start) {
                    continue;
                }
                let tokens = &self.tokens[start..end];
                let conversion = Conversion::find(self.request, tokens);
                if conversion.is_some_and(|it| it.compute(self.request).is_ok()) {
                    self.parsed += tokens.len();
                    // More may still come: `miles per hour`, `3 hours and 20 minutes`.
                    let last = (end + MAX_REST).min(self.tokens.len());
                    let longer = (end + 1..=last).rev().find(|end| {
                        let longer = &self.tokens[start..*end];
                        Conversion::find(self.request, longer)
                            .is_some_and(|it| it.compute(self.request).is_ok())
                    });
                    let span = start..longer.unwrap_or(end);
                    if !self.is_part_of_amount(&span) {
                        let text = self.text(&span);
                        self.found.push(Found { span, operations: 1, text });
                    }
                    break;
                }
            }
        }
    }

    /// Whether a conversion leaves out some of the amount: `48 hours plus 36 hours in days`, `how many
    /// cups are in a litre and a half`.
    fn is_part_of_amount(&self, span: &Range<usize>) -> bool {
        const SIGNS: [&str; 8] = ["+", "-", "*", "/", "plus", "minus", "times", "less"];
        let parser = Parser::new(self.tokens);
        let is_at = |at: usize, words: &[&str]| {
            words.iter().any(|word| parser.phrase_len(at, word).is_some())
        };
        let is_amount_last = is_at(span.start, &["how", "number"]);
        let goes_on = is_at(span.end, &["and a half"])
            || is_at(span.end, &["and"])
                && self.tokens.get(span.end + 1).is_some_and(Token::is_number);
        span.start.checked_sub(1).is_some_and(|before| is_at(before, &SIGNS))
            || (is_amount_last && goes_on)
    }

    fn find_expressions(&mut self) {
        for start in 0..self.tokens.len() {
            if self.is_taken(start) || !self.may_start(start) {
                continue;
            }
            let Some((span, operations, is_certain)) = self.parse(start) else { continue };
            let is_meant = is_certain || self.is_asked(&span) || self.is_all(&span);
            if is_meant && !self.is_something_else(&span) {
                let text = self.text(&span);
                self.found.push(Found { span, operations, text });
            }
        }
    }

    /// `A jacket costs 80 euros. It is 35% off`: the price and its change, apart from one another.
    fn find_price_changes(&mut self) {
        // What something costs without what is in its price takes more than a percentage of that.
        let is_backwards = |token: &Token| ["without", "before"].iter().any(|it| token.is(it));
        if self.tokens.iter().any(is_backwards) {
            return;
        }
        for at in 0..self.tokens.len() {
            if self.is_taken(at) {
                continue;
            }
            let parser = Parser::new(self.tokens);
            let after = |at: usize, phrases: &[&str]| {
                phrases.iter().filter_map(|phrase| parser.phrase_len(at, phrase)).max()
            };
            let is_number = self.tokens[at].is_number();
            let Some(percent) = after(at + 1, &["%", "percent", "per cent"]).filter(|_| is_number)
            else {
                continue;
            };
            let end = at + 1 + percent;
            let is_reduced = after(end, &["off", "discount", "cheaper"]).is_some();
            let kinds = words::PERCENT_OF_WHAT;
            let kind = kinds.iter().find(|kind| parser.phrase_len(end, kind).is_some());
            if !is_reduced && kind.is_none() {
                continue;
            }
            let is_added = [1, 2].iter().any(|back| {
                let word = at.checked_sub(*back).map(|before| &self.tokens[before]);
                word.is_some_and(|word| ["add", "plus", "with"].iter().any(|it| word.is(it)))
            });
            let nearest = at.saturating_sub(MAX_PRICE_DISTANCE)..at;
            let is_price = |at: &usize| {
                self.tokens[*at].is_number() && after(at + 1, &["%", "percent"]).is_none()
            };
            let later = end..(end + MAX_PRICE_DISTANCE).min(self.tokens.len());
            let Some(price) = nearest.rev().find(is_price).or_else(|| later.clone().find(is_price))
            else {
                continue;
            };
            let price_end = price + 1 + after(price + 1, words::COUNTED).unwrap_or(0);
            let (percent, price) = (&self.tokens[at], self.text(&(price..price_end)));
            let percent = percent.text;
            let text = match kind {
                _ if is_reduced => format!("{percent}% off {price}"),
                _ if is_added => format!("{price} plus {percent}%"),
                Some(kind) => format!("{percent}% {kind} on {price}"),
                None => continue,
            };
            self.found.push(Found { span: at..end, operations: 1, text });
        }
    }

    /// What the parser reads from `start` on: its tokens, its operations, and whether one of them is
    /// certainly arithmetic.
    fn parse(&mut self, start: usize) -> Option<(Range<usize>, usize, bool)> {
        let mut end = self.tokens.len();
        while end > start && self.parsed < MAX_PARSED {
            let tokens = &self.tokens[start..end];
            let mut parser = Parser::new(tokens);
            parser.is_lenient = true;
            let result = question(&mut parser);
            self.parsed += 1 + parser.at;
            let error = match result {
                Ok(_) => {
                    let mut span = start..start + parser.at;
                    // Behind more than one number, `!` is no factorial but the end of the sentence.
                    if parser.operations > 1 && span.end == self.tokens.len() {
                        let last = &self.tokens[span.end - 1];
                        if last.is("!") {
                            span.end -= 1;
                            parser.operations -= 1;
                        }
                    }
                    let is_operation = parser.operations > 0;
                    return is_operation.then_some((span, parser.operations, parser.is_certain));
                }
                Err(ExpressionError { kind: ErrorKind::TooDeep | ErrorKind::TooLong, .. }) => {
                    return None;
                }
                Err(error) => error,
            };
            // Without what is to blame, and at least without the last token.
            let blamed = tokens.iter().position(|token| token.position >= error.position);
            end = start + blamed.unwrap_or(tokens.len() - 1).min(tokens.len() - 1);
        }
        None
    }

    fn may_start(&self, at: usize) -> bool {
        let starts = ["-", "minus", "what", "percentage", "how"];
        starts.iter().any(|word| self.tokens[at].is(word))
            || Parser::new(self.tokens).starts_operand(at)
    }

    fn is_taken(&self, at: usize) -> bool {
        self.found.iter().any(|found| found.span.contains(&at))
    }

    /// Whether the words before ask for a result.
    fn is_asked(&self, span: &Range<usize>) -> bool {
        const QUESTIONS: [&[&str]; 16] = [
            &["what", "is"],
            &["what", "are"],
            &["what's"],
            &["what’s"],
            &["whats"],
            &["what"],
            &["much", "is"],
            &["much", "are"],
            &["does"],
            &["compute"],
            &["calculate"],
            &["calc"],
            &["evaluate"],
            &["solve"],
            &["work", "out"],
            &["value", "of"],
        ];
        QUESTIONS.iter().any(|question| {
            let before = self.tokens[..span.start].iter().rev();
            question.len() <= span.start
                && question.iter().rev().zip(before).all(|(word, token)| token.is(word))
        })
    }

    /// Whether there is nothing else in the request but courtesies.
    fn is_all(&self, span: &Range<usize>) -> bool {
        const COURTESIES: [&str; 8] =
            ["please", "thanks", "thank", "you", "hey", "hi", "hello", "so"];
        self.tokens.iter().enumerate().all(|(at, token)| {
            span.contains(&at)
                || COURTESIES.iter().any(|word| token.is(word))
                || matches!(token.kind, TokenKind::Symbol('?' | '=' | '!' | ',' | ':'))
                || token.text == "."
        })
    }

    /// Whether what looks like an expression is part of something else.
    fn is_something_else(&self, span: &Range<usize>) -> bool {
        let is_one_of = |at: Option<&Token>, words: &[&str]| {
            at.is_some_and(|token| words.iter().any(|word| token.is(word)))
        };
        let (first, last) = (&self.tokens[span.start], &self.tokens[span.end - 1]);
        let before = self.request[..first.start].chars().next_back();
        let mut after = self.request[last.end()..].chars();
        let (next, next_but_one) = (after.next(), after.next());
        let is_glued = before.is_some_and(|c| c.is_alphanumeric() || ".:/\\@#_&".contains(c))
            || next.is_some_and(|c| c.is_alphanumeric() || "/\\@_".contains(c))
            || (next.is_some_and(|c| ".:-".contains(c))
                && next_but_one.is_some_and(char::is_alphanumeric));
        // Of a formula with unknowns only a part is understood.
        let previous = span.start.checked_sub(1).map(|at| &self.tokens[at]);
        let following = self.tokens.get(span.end);
        let is_part = is_one_of(previous, &["+", "*", "/", "^", "plus", "times"])
            || is_one_of(following, &["+", "*", "/", "^", "plus", "minus", "times", "divided"]);
        // `Add 5 and 7 to my list`.
        let is_for_list = is_one_of(following, &["to"])
            && is_one_of(self.tokens.get(span.end + 1), &["my", "the", "a", "our"]);
        is_glued || is_part || is_for_list || self.is_date(span)
    }

    /// `2024-05-01`, `1/5/2024`.
    fn is_date(&self, span: &Range<usize>) -> bool {
        let [a, first, b, second, c] = &self.tokens[span.clone()] else { return false };
        let number = |token: &Token| token.text.parse::<u32>().unwrap_or(u32::MAX);
        let is_link = |token: &Token| token.is("-") || token.is("/");
        let is_day = |token: &Token| (1..=31).contains(&number(token));
        let is_year = |token: &Token| (1000..10_000).contains(&number(token));
        is_link(first)
            && is_link(second)
            && is_day(b)
            && ((is_year(a) && is_day(c)) || (is_day(a) && is_year(c)))
    }

    /// The request's text of these tokens, with the sign of currency before it.
    fn text(&self, span: &Range<usize>) -> String {
        let tokens = &self.tokens[span.clone()];
        let text = source(self.request, tokens);
        let before = &self.request[..tokens.first().map_or(0, |first| first.start)];
        let text = match before.chars().next_back() {
            Some(sign) if super::token::is_currency(sign) => {
                &self.request[before.len() - sign.len_utf8()..before.len() + text.len()]
            }
            _ => text,
        };
        text.trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests;
