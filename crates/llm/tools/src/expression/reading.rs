//! The part of a person's request that can be computed.

use super::{english::translate, evaluate};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};

/// The most words of a request that are looked at.
const MOST_WORDS: usize = 48;
/// The most readings that are given.
const MOST_READINGS: usize = 3;

/// The parts of a request that the calculator has a value for, the one with the most operations
/// first, longer ones before shorter ones; empty if there is none. A number alone is nothing to
/// compute.
pub fn readings(request: &str) -> Vec<String> {
    let words = word_bounds(request);
    let mut found: Vec<(usize, usize, usize, usize)> = Vec::new();
    for (index, &(start, _)) in words.iter().enumerate() {
        for &(_, end) in words[index..].iter().rev() {
            let Some(operations) = operations(trimmed(&request[start..end])) else { continue };
            // What is part of something longer that computes at least as much is no reading.
            let is_part = found
                .iter()
                .any(|&(from, to, _, most)| from <= start && end <= to && operations <= most);
            if !is_part {
                found.push((start, end, end - start, operations));
            }
        }
    }
    found.sort_by(|left, right| right.3.cmp(&left.3).then(right.2.cmp(&left.2)));
    found.truncate(MOST_READINGS);
    found.iter().map(|&(start, end, ..)| trimmed(&request[start..end]).to_string()).collect()
}

/// How many operations a text has, if it can be computed.
fn operations(text: &str) -> Option<usize> {
    if !text.contains(|c: char| c.is_ascii_digit()) && !text.contains(' ') {
        return None;
    }
    if evaluate(text).is_ok() {
        let symbols = text.chars().filter(|c| "+-*/^%×÷−!(".contains(*c)).count();
        // A sign is no operation, and hundredths alone are nothing to compute.
        let idle =
            usize::from(text.starts_with(['-', '+', '−'])) + usize::from(text.ends_with('%'));
        return (symbols > idle).then_some(symbols - idle);
    }
    let translation = translate(text)?;
    evaluate(&translation.symbols).is_ok().then_some(translation.operations)
}

/// Without what a sentence puts around a phrase.
fn trimmed(text: &str) -> &str {
    text.trim_end_matches(['.', ',', '?', ';', ':', '=', ' '])
        .trim_start_matches([',', ';', ':', ' '])
}

/// Where the words of a text begin and end, in bytes.
fn word_bounds(text: &str) -> Vec<(usize, usize)> {
    let mut bounds = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (c.is_whitespace(), start) {
            (true, Some(from)) => {
                bounds.push((from, at));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    bounds.extend(start.map(|from| (from, text.len())));
    bounds.truncate(MOST_WORDS);
    bounds
}
