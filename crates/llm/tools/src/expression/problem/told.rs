//! A problem as it is told: its words and its quantities.

use crate::expression::{
    Number,
    token::{Token, TokenKind, tokens},
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

/// A request, read for what is told in it.
pub struct Told {
    /// Its words in lower case with one space around each; marks of punctuation are words.
    words: String,
    /// Its numbers, in order.
    pub quantities: Vec<Quantity>,
}

/// A number, and what stands around it.
pub struct Quantity {
    /// The number.
    pub value: Number,
    /// The words behind it up to the next number, in lower case with one space around each.
    after: String,
    /// The words before it from the last number on, the same way.
    before: String,
}

impl Told {
    /// Reads a request.
    pub fn read(request: &str) -> Self {
        let tokens = tokens(request);
        let numbers: Vec<usize> = (0..tokens.len()).filter(|at| tokens[*at].is_number()).collect();
        let quantities = numbers
            .iter()
            .enumerate()
            .filter_map(|(nth, at)| {
                let TokenKind::Number(value) = tokens[*at].kind else { return None };
                let begin = nth.checked_sub(1).map_or(0, |last| numbers[last] + 1);
                let end = numbers.get(nth + 1).copied().unwrap_or(tokens.len());
                Some(Quantity {
                    value,
                    before: words(&tokens[begin..*at]),
                    after: words(&tokens[at + 1..end]),
                })
            })
            .collect();
        Self { words: words(&tokens), quantities }
    }

    /// Whether these words stand in it, one behind the other.
    pub fn says(&self, phrase: &str) -> bool {
        contains(&self.words, phrase)
    }

    /// Whether one of these phrases stands in it.
    pub fn any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.says(phrase))
    }

    /// Whether something is asked for; statements are no problems.
    pub fn asks(&self) -> bool {
        self.any(&["how", "what", "what's", "whats", "what’s", "?", "calculate", "compute", "find"])
    }

    /// What stands behind the first of these phrases that is there.
    pub fn behind(&self, phrases: &[&str]) -> Option<&str> {
        phrases.iter().find_map(|phrase| {
            let at = self.words.find(&spaced(phrase))?;
            // The space behind the phrase goes before what follows.
            Some(&self.words[at + phrase.len() + 1..])
        })
    }
}

impl Quantity {
    /// Whether one of these words stands right behind it.
    pub fn counts(&self, units: &[&str]) -> bool {
        units.iter().any(|unit| self.after.starts_with(&spaced(unit)))
    }

    /// Whether these words stand right before it.
    pub fn follows(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.before.ends_with(&spaced(phrase)))
    }

    /// Whether it is in hundredths.
    pub fn is_percent(&self) -> bool {
        self.counts(&["%", "percent", "per cent"])
    }

    /// The word right behind it, if it is one of letters.
    pub fn noun(&self) -> Option<&str> {
        let noun = self.after.split_whitespace().next()?;
        noun.starts_with(char::is_alphabetic).then_some(noun)
    }

    /// Whether one of these phrases stands behind it, before the next number.
    pub fn leads_to(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| contains(&self.after, phrase))
    }

    /// The words behind it, up to the next number.
    pub fn after(&self) -> &str {
        &self.after
    }

    /// The words before it, from the last number on.
    pub fn before(&self) -> &str {
        &self.before
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// Whether a phrase stands among words that have a space around each.
pub fn contains(words: &str, phrase: &str) -> bool {
    words.contains(&spaced(phrase))
}

/// A noun without the ending of the plural, so that `apple` and `apples` are the same.
pub fn stem(noun: &str) -> &str {
    match noun {
        "people" | "persons" => "person",
        "children" => "child",
        "men" => "man",
        "women" => "woman",
        _ => noun
            .strip_suffix("ies")
            .or_else(|| noun.strip_suffix("es").filter(|stem| stem.ends_with(['x', 's', 'h'])))
            .or_else(|| noun.strip_suffix('s').filter(|stem| stem.len() > 1))
            .or_else(|| noun.strip_suffix('y').filter(|stem| stem.len() > 2))
            .unwrap_or(noun),
    }
}

fn spaced(phrase: &str) -> String {
    [" ", phrase, " "].concat()
}

fn words(tokens: &[Token]) -> String {
    let mut words = String::from(" ");
    for token in tokens {
        match token.kind {
            TokenKind::Number(value) => words += &value.to_string(),
            _ => words.extend(token.text.chars().flat_map(char::to_lowercase)),
        }
        words.push(' ');
    }
    words
}
