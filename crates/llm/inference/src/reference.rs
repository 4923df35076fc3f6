//! Reference continuations that travel with the system, for its check of itself.
//!
//! `data/references.txt` is written by `llm-cli make-reference` from data made by llama.cpp: lines
//! of `fingerprint HEX`, `prompt ID...` and `steps ID:GAP...`, three for each reference.

use crate::{
    model::TokenId,
    parity::{Reference, ReferenceStep},
};
use alloc::vec::Vec;

const STORED: &str = include_str!("../data/references.txt");

/// The references for the model of that fingerprint; empty for a model nobody has any for.
pub fn stored_references(fingerprint: u64) -> Vec<Reference> {
    let mut lines = STORED.lines().filter(|line| !line.is_empty());
    let mut references = Vec::new();
    while let (Some(key), Some(prompt), Some(steps)) = (lines.next(), lines.next(), lines.next()) {
        if field(key, "fingerprint") == Some(alloc::format!("{fingerprint:016x}").as_str()) {
            references.extend(parse(prompt, steps));
        }
    }
    references
}

fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    Some(line.strip_prefix(name)?.trim())
}

fn parse(prompt: &str, steps: &str) -> Option<Reference> {
    let id = |text: &str| text.parse().ok().map(TokenId);
    let step = |text: &str| {
        let (token, gap) = text.split_once(':')?;
        Some(ReferenceStep { token: id(token)?, gap_nat: gap.parse().ok()? })
    };
    Some(Reference {
        prompt: field(prompt, "prompt")?.split(' ').map(id).collect::<Option<_>>()?,
        steps: field(steps, "steps")?.split(' ').map(step).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stored_reference_can_be_read() {
        let keys: Vec<u64> = STORED
            .lines()
            .filter_map(|line| field(line, "fingerprint"))
            .map(|key| u64::from_str_radix(key, 16).expect("a fingerprint is hexadecimal"))
            .collect();
        assert!(!keys.is_empty());
        for &key in &keys {
            let references = stored_references(key);
            assert_eq!(references.len(), keys.iter().filter(|&&other| other == key).count());
            for reference in references {
                assert!(!reference.prompt.is_empty() && !reference.steps.is_empty());
            }
        }
        assert_eq!(stored_references(0), []);
    }
}
