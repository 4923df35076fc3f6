//! What the tests share: a vocabulary like a real one in small, and a model that answers at random.

mod constraint;
mod gbnf;
mod random;
mod schema;
mod validator;

use super::{Allowed, Constraint, ConstraintError, Grammar, TokenTrie, machine::Machine};
use crate::{
    model::TokenId,
    sampler::{Sampler, SamplerOptions},
};
use alloc::{vec, vec::Vec};

/// Control tokens of the vocabulary; the last two end a turn.
const CONTROL: usize = 3;
/// Ends a turn.
pub(super) const END: TokenId = TokenId(2);

/// SplitMix64, the same on every machine.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True once in `n` times.
    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// Control tokens, all bytes, and fragments as tokenizers have them: words with a space, pieces of
/// JSON, characters and parts of characters, two tokens with the same bytes.
pub(super) fn vocabulary() -> Vec<Vec<u8>> {
    let mut tokens = vec![Vec::new(); CONTROL];
    tokens.extend((0..=255).map(|byte| vec![byte]));
    let fragments = "{\" \":  \":\" \": \" \", \", \" \"} \"}, ]} }} [{ [[ [] {} [\" \"] \"], ,\" , : null true \
        false tru alse 12 34 007 -1 .5 .0 1e 0.1 e+ \\u \\n \\\" \\\\ \\ud83d \\ude00 00e9 ab name kind age value \
        one two key a\":  b\" x\"x hello world ä é ß 中 中文 日本 🦀 😀 € foo-bar node children next leaf";
    tokens.extend(fragments.split(' ').filter(|text| !text.is_empty()).map(|text| text.into()));
    for text in [" ", "  ", "    ", "\n", "\n    ", " name", " the", ": ", ", ", " {\"", "\":  "] {
        tokens.push(text.into());
    }
    // Halves of characters.
    for bytes in [&[0xF0, 0x9F][..], &[0x98, 0x80], &[0xE4, 0xB8], &[0xAD, b'"'], &[0xC3], b"name"]
    {
        tokens.push(bytes.to_vec());
    }
    tokens
}

pub(super) fn trie(tokens: &[Vec<u8>]) -> TokenTrie {
    let bytes = |token: TokenId| tokens[token.0 as usize].as_slice();
    TokenTrie::new(tokens.len(), bytes, |token| (1..CONTROL as u32).contains(&token.0))
}

/// Whether a grammar allows exactly this text, byte by byte.
pub(super) fn matches(grammar: &Grammar, text: &[u8]) -> bool {
    let mut machine = Machine::new(&grammar.program);
    let start = machine.start();
    let end = text.iter().fold(start, |set, &byte| machine.step(set, byte));
    machine.set(end).is_end()
}

/// Whether a grammar allows a text to begin like this.
pub(super) fn allows_prefix(grammar: &Grammar, text: &[u8]) -> bool {
    let mut machine = Machine::new(&grammar.program);
    let start = machine.start();
    let end = text.iter().fold(start, |set, &byte| machine.step(set, byte));
    !machine.set(end).places.is_empty()
}

/// An answer of a model with random logits, of at most `limit` tokens, and how many it took.
pub(super) fn random_answer(
    constraint: &mut Constraint<'_>,
    tokens: &[Vec<u8>],
    random: &mut Random,
    limit: u32,
) -> Result<(Vec<u8>, u32), ConstraintError> {
    let options =
        SamplerOptions { temperature: 1.0, seed: random.next(), ..SamplerOptions::greedy() };
    let mut sampler = Sampler::new(options).expect("the options are in range");
    let mut logits = vec![0.0_f32; tokens.len()];
    let mut answer = Vec::new();
    for used in 0..limit {
        for logit in &mut logits {
            *logit = (random.next() >> 40) as f32 / (1 << 21) as f32;
        }
        let token = constraint.choose(&mut sampler, &logits, &[], limit - used)?;
        constraint.accept(token)?;
        if (1..CONTROL as u32).contains(&token.0) {
            return Ok((answer, used));
        }
        answer.extend_from_slice(&tokens[token.0 as usize]);
    }
    Ok((answer, limit))
}

/// Checks that a mask holds exactly the tokens that can be accepted.
pub(super) fn check_mask(constraint: &mut Constraint<'_>, tokens: &[Vec<u8>]) {
    let mask = match constraint.allowed() {
        Ok(Allowed::Only(mask)) => mask.clone(),
        Ok(Allowed::All) => super::TokenMask::all(tokens.len()),
        Err(_) => super::TokenMask::none(tokens.len()),
    };
    for id in 0..tokens.len() as u32 {
        let token = TokenId(id);
        let text = alloc::string::String::from_utf8_lossy(&tokens[id as usize]);
        assert_eq!(mask.allows(token), constraint.allows(token), "token {id} {text:?}");
    }
}
