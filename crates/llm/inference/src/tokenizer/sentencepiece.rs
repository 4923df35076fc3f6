//! SentencePiece (`tokenizer.ggml.model` = `llama`): of all neighbours that make a token together,
//! those that make the best one become it, until none do.
//!
//! Kudo, Richardson, "SentencePiece" (2018), its BPE; as llama.cpp runs it. Spaces are part of the
//! words, written U+2581 in the file. A character that is no token is spelled by its bytes.

use super::{
    Kind, TokenizerError,
    lookup::{NONE, TokenBytes, TokenTable},
};
use crate::model::TokenId;
use alloc::{borrow::Cow, collections::BinaryHeap, string::String, vec::Vec};
use core::cmp::Reverse;

/// How the file writes a space.
pub(super) const ESCAPED_SPACE: &str = "\u{2581}";

/// The tables of a SentencePiece vocabulary.
pub(super) struct SentencePiece {
    /// Tokens that pieces of text can become. Spaces are spaces here.
    by_bytes: TokenTable,
    /// The score of each token as a number that sorts as it does, `(vocabulary)`.
    ranks: Vec<u32>,
    /// The token of each single byte, or [`NONE`].
    byte_ids: [u32; 256],
    /// Whether a token has a space within, after this byte.
    goes_on_with_space: [bool; 256],
    /// Whether text that begins, or follows a special token, is given a space to begin with.
    pub(super) adds_space: bool,
}

impl SentencePiece {
    /// From tokens and their scores (none: all equal), and the bytes of all tokens. No text becomes
    /// a control token, nor a byte's token by the way that one is written.
    pub(super) fn new(
        tokens: &[&[u8]],
        kinds: &[Kind],
        scores: &[f32],
        unknown: Option<u32>,
        adds_space: bool,
    ) -> Result<(Self, TokenBytes), TokenizerError> {
        let mut bytes = TokenBytes::with_capacity(tokens.len());
        let mut by_bytes = TokenTable::with_capacity(tokens.len());
        let mut byte_ids = [NONE; 256];
        let mut goes_on_with_space = [false; 256];
        for ((id, token), kind) in (0..).zip(tokens).zip(kinds) {
            match *kind {
                Kind::Control => bytes.push(|all| all.extend_from_slice(token)),
                Kind::Byte => match byte_of(token) {
                    Some(byte) => {
                        bytes.push(|all| all.push(byte));
                        byte_ids[usize::from(byte)] = id;
                    }
                    None => return Err(no_byte(id, token)),
                },
                Kind::Text | Kind::UserDefined => {
                    bytes.push(|all| unescape(token, all));
                    // Text has no raw space left where tokens are looked up.
                    if !token.contains(&b' ') {
                        by_bytes.insert(id, &bytes);
                    }
                    for pair in bytes.get(id).windows(2) {
                        if pair[0] != b' ' && pair[1] == b' ' {
                            goes_on_with_space[usize::from(pair[0])] = true;
                        }
                    }
                }
            }
        }
        for (byte, id) in (0..=255).zip(&mut byte_ids) {
            if *id == NONE {
                *id = by_bytes.find(&[byte], &bytes).or(unknown).unwrap_or(NONE);
            }
        }
        let ranks = ranks(tokens.len(), scores)?;
        let tables = Self { by_bytes, ranks, byte_ids, goes_on_with_space, adds_space };
        Ok((tables, bytes))
    }

    /// The text whose pieces are looked up: with the space before it if it `begins`, and U+2581
    /// read as the space it cannot be told from.
    pub(super) fn normalised<'t>(&self, text: &'t str, begins: bool) -> Cow<'t, str> {
        let needs_space = begins && self.adds_space;
        if !needs_space && !text.contains(ESCAPED_SPACE) {
            return Cow::Borrowed(text);
        }
        let mut normalised = String::with_capacity(text.len() + 1);
        if needs_space {
            normalised.push(' ');
        }
        for (index, piece) in text.split(ESCAPED_SPACE).enumerate() {
            if index > 0 {
                normalised.push(' ');
            }
            normalised.push_str(piece);
        }
        Cow::Owned(normalised)
    }

    /// The first of the parts of `text` (not empty) that no token reaches across: as a rule a word
    /// with the spaces before it.
    fn first_part<'t>(&self, text: &'t str) -> (&'t str, &'t str) {
        let cut = text.as_bytes().windows(2).position(|pair| {
            pair[1] == b' ' && pair[0] != b' ' && !self.goes_on_with_space[usize::from(pair[0])]
        });
        cut.map_or((text, ""), |before| text.split_at(before + 1))
    }
}

/// The byte that a token of the form `<0x0A>` is for.
fn byte_of(token: &[u8]) -> Option<u8> {
    let digits = token.strip_prefix(b"<0x")?.strip_suffix(b">")?;
    let digits = core::str::from_utf8(digits).ok().filter(|digits| digits.len() == 2)?;
    u8::from_str_radix(digits, 16).ok()
}

fn no_byte(id: u32, token: &[u8]) -> TokenizerError {
    TokenizerError::NoByte { id, text: String::from_utf8_lossy(token).into_owned() }
}

/// Appends `token` with a space for each U+2581.
pub(super) fn unescape(token: &[u8], into: &mut Vec<u8>) {
    let mut rest = token;
    while let Some((&first, after)) = rest.split_first() {
        match rest.strip_prefix(ESCAPED_SPACE.as_bytes()) {
            Some(after) => {
                into.push(b' ');
                rest = after;
            }
            None => {
                into.push(first);
                rest = after;
            }
        }
    }
}

/// Scores as integers in the same order; zeros of either sign are equal.
fn ranks(tokens: usize, scores: &[f32]) -> Result<Vec<u32>, TokenizerError> {
    if scores.is_empty() {
        return Ok(alloc::vec![0; tokens]);
    }
    if scores.len() != tokens {
        return Err(TokenizerError::ScoreCount { tokens, scores: scores.len() });
    }
    let rank = |(id, score): (u32, &f32)| {
        if score.is_nan() {
            return Err(TokenizerError::ScoreNotANumber { id });
        }
        let bits = (score + 0.0).to_bits();
        Ok(if bits >> 31 == 0 { bits | 1 << 31 } else { !bits })
    };
    (0..).zip(scores).map(rank).collect()
}

/// A part of the text that is one token so far, or a character that is none.
#[derive(Clone, Copy)]
struct Symbol {
    start: u32,
    /// 0 if it has been taken up by the symbol before it.
    len: u32,
    /// Index of the symbol before it, or [`NONE`].
    previous: u32,
    /// Index of the symbol after it, or [`NONE`].
    next: u32,
}

/// Two symbols that make a token: the best, then the leftmost, sorts last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Bigram {
    rank: u32,
    left: Reverse<u32>,
    right: u32,
    /// Bytes of both; symbols that have grown since make other tokens.
    len: u32,
}

/// Joins the pieces of texts; keeps its buffers from one to the next.
#[derive(Default)]
pub(super) struct Joiner {
    symbols: Vec<Symbol>,
    queue: BinaryHeap<Bigram>,
}

impl Joiner {
    /// Appends the tokens of a text as [`SentencePiece::normalised`] gives it, in O(n log n) of
    /// its bytes.
    pub(super) fn encode(
        &mut self,
        tables: &SentencePiece,
        text: &str,
        bytes: &TokenBytes,
        into: &mut Vec<TokenId>,
    ) {
        let mut rest = text;
        while !rest.is_empty() {
            let (part, after) = tables.first_part(rest);
            match tables.by_bytes.find(part.as_bytes(), bytes) {
                // A part of one character has nothing to join.
                Some(id) if part.chars().nth(1).is_none() => into.push(TokenId(id)),
                _ => self.encode_part(tables, part, bytes, into),
            }
            rest = after;
        }
    }

    fn encode_part(
        &mut self,
        tables: &SentencePiece,
        part: &str,
        bytes: &TokenBytes,
        into: &mut Vec<TokenId>,
    ) {
        let part_bytes = part.as_bytes();
        self.start(tables, part, bytes);
        while let Some(Bigram { left: Reverse(left), right, len, .. }) = self.queue.pop() {
            let (first, second) = (self.symbols[left as usize], self.symbols[right as usize]);
            if first.len == 0 || second.len == 0 || first.len + second.len != len {
                continue;
            }
            self.symbols[left as usize].len = len;
            self.symbols[left as usize].next = second.next;
            self.symbols[right as usize].len = 0;
            if second.next != NONE {
                self.symbols[second.next as usize].previous = left;
            }
            self.offer(tables, part_bytes, bytes, first.previous, left);
            self.offer(tables, part_bytes, bytes, left, second.next);
        }
        let mut at = 0;
        while at != NONE {
            let symbol = self.symbols[at as usize];
            let text = &part_bytes[symbol.start as usize..(symbol.start + symbol.len) as usize];
            match tables.by_bytes.find(text, bytes) {
                Some(id) => into.push(TokenId(id)),
                None => {
                    let ids = text.iter().map(|&byte| tables.byte_ids[usize::from(byte)]);
                    into.extend(ids.filter(|&id| id != NONE).map(TokenId));
                }
            }
            at = symbol.next;
        }
    }

    /// One symbol for each character.
    fn start(&mut self, tables: &SentencePiece, part: &str, bytes: &TokenBytes) {
        self.symbols.clear();
        self.queue.clear();
        let mut start = 0;
        for (index, character) in (0..).zip(part.chars()) {
            let len = if character.is_ascii() { 1 } else { character.len_utf8() as u32 };
            let previous = if index == 0 { NONE } else { index - 1 };
            self.symbols.push(Symbol { start, len, previous, next: NONE });
            if previous != NONE {
                self.symbols[previous as usize].next = index;
                self.offer(tables, part.as_bytes(), bytes, previous, index);
            }
            start += len;
        }
    }

    /// Queues what two neighbours become, if they are there and become anything.
    fn offer(
        &mut self,
        tables: &SentencePiece,
        part: &[u8],
        bytes: &TokenBytes,
        left: u32,
        right: u32,
    ) {
        if left == NONE || right == NONE {
            return;
        }
        let start = self.symbols[left as usize].start as usize;
        let len = self.symbols[left as usize].len + self.symbols[right as usize].len;
        if let Some(id) = tables.by_bytes.find(&part[start..start + len as usize], bytes) {
            let rank = tables.ranks[id as usize];
            self.queue.push(Bigram { rank, left: Reverse(left), right, len });
        }
    }
}
