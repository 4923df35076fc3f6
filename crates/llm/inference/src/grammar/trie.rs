//! The vocabulary as a tree of bytes, laid out in the order in which it is walked.

use super::mask::TokenMask;
use crate::model::{LanguageModel, TokenId};
use alloc::vec::Vec;

/// Tokens longer than this are never used under a grammar.
const LONGEST_TOKEN: usize = 1024;
/// An id that no token has.
pub(super) const NONE: u32 = u32::MAX;

/// One byte of a token, after the bytes of its ancestors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Where the nodes below this one end: they are those after it up to there.
    pub(super) end: u32,
    /// The token that ends here, or [`NONE`].
    pub(super) token: u32,
    /// Bytes of that token; 1 for nodes at the top.
    pub(super) depth: u16,
    /// The byte.
    pub(super) byte: u8,
}

/// Who walks a trie.
pub(super) trait Walker {
    /// Where a byte leads from a state, if it is allowed.
    fn step(&mut self, state: u32, byte: u8) -> Option<u32>;

    /// A node was reached, in this state.
    fn visit(&mut self, index: usize, node: &Node, state: u32);
}

/// The tokens of a vocabulary that stand for text, by their bytes. Made once for each tokenizer.
#[derive(Clone, Debug)]
pub struct TokenTrie {
    /// Depth first.
    pub(super) nodes: Vec<Node>,
    /// Tokens with the same bytes as another: `(other, token)`.
    pub(super) twins: Vec<(u32, u32)>,
    /// Tokens that end a turn.
    pub(super) turn_ends: Vec<TokenId>,
    /// The bytes of all tokens, one after the other.
    bytes: Vec<u8>,
    /// Where each token's bytes end, `(vocabulary)`.
    ends: Vec<u32>,
    /// Bytes of the longest token.
    pub(super) longest: usize,
}

impl TokenTrie {
    /// The trie of a model's vocabulary.
    pub fn of_model(model: &impl LanguageModel) -> Self {
        let vocabulary = model.info().vocabulary;
        Self::new(vocabulary, |token| model.token_bytes(token), |token| model.ends_turn(token))
    }

    /// The trie of `vocabulary` tokens with the given bytes. Tokens without bytes (control tokens)
    /// and those that end a turn are not text.
    pub fn new<'b>(
        vocabulary: usize,
        token_bytes: impl Fn(TokenId) -> &'b [u8],
        ends_turn: impl Fn(TokenId) -> bool,
    ) -> Self {
        let ids = (0..vocabulary).map(|id| TokenId(id as u32));
        let turn_ends: Vec<TokenId> = ids.clone().filter(|&token| ends_turn(token)).collect();
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(vocabulary);
        let mut order = Vec::with_capacity(vocabulary);
        for token in ids {
            let text = token_bytes(token);
            if !text.is_empty() && text.len() <= LONGEST_TOKEN && !ends_turn(token) {
                bytes.extend_from_slice(text);
                order.push(token.0);
            }
            ends.push(bytes.len() as u32);
        }
        let mut trie =
            Self { nodes: Vec::new(), twins: Vec::new(), turn_ends, bytes, ends, longest: 0 };
        order.sort_by(|&a, &b| trie.token_bytes(TokenId(a)).cmp(trie.token_bytes(TokenId(b))));
        trie.build(&order);
        trie
    }

    /// Makes the nodes of tokens in the order of their bytes.
    fn build(&mut self, order: &[u32]) {
        let mut nodes: Vec<Node> = Vec::with_capacity(order.len() * 2);
        let mut twins = Vec::new();
        // The nodes of the bytes of the token before.
        let mut path: Vec<usize> = Vec::new();
        let mut previous: &[u8] = &[];
        let mut longest = 0;
        for &token in order {
            let bytes = self.token_bytes(TokenId(token));
            longest = longest.max(bytes.len());
            let same = previous.iter().zip(bytes).take_while(|(a, b)| a == b).count();
            for node in path.drain(same..) {
                nodes[node].end = nodes.len() as u32;
            }
            for (depth, &byte) in (1..).zip(bytes).skip(same) {
                path.push(nodes.len());
                nodes.push(Node { end: 0, token: NONE, depth, byte });
            }
            if let Some(&last) = path.last() {
                match nodes[last].token {
                    NONE => nodes[last].token = token,
                    first => twins.push((first, token)),
                }
            }
            previous = bytes;
        }
        for node in path {
            nodes[node].end = nodes.len() as u32;
        }
        nodes.shrink_to_fit();
        (self.nodes, self.twins, self.longest) = (nodes, twins, longest);
    }

    /// Tokens of the vocabulary, those that are no text included.
    pub fn vocabulary(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of memory it takes.
    pub fn len_bytes(&self) -> usize {
        self.nodes.len() * size_of::<Node>() + self.bytes.len() + self.ends.len() * 4
    }

    /// The bytes of a token; empty for tokens that are no text.
    pub fn token_bytes(&self, token: TokenId) -> &[u8] {
        let index = token.0 as usize;
        let start = index.checked_sub(1).and_then(|index| self.ends.get(index)).copied();
        let end = self.ends.get(index).copied().unwrap_or(0);
        self.bytes.get(start.unwrap_or(0) as usize..end as usize).unwrap_or(&[])
    }

    /// Whether a token ends a turn.
    pub fn ends_turn(&self, token: TokenId) -> bool {
        self.turn_ends.binary_search(&token).is_ok()
    }

    /// Allows the tokens that end a turn.
    pub(super) fn allow_turn_ends(&self, mask: &mut TokenMask) {
        self.turn_ends.iter().for_each(|&token| mask.allow(token));
    }

    /// Allows what has the same bytes as something allowed.
    pub(super) fn allow_twins(&self, mask: &mut TokenMask) {
        for &(first, token) in &self.twins {
            if mask.allows(TokenId(first)) {
                mask.allow(TokenId(token));
            }
        }
    }

    /// Walks the nodes `first..end` for as long as the walker steps from one state to the next.
    /// `states` is scratch.
    pub(super) fn walk(
        &self,
        (first, end): (usize, usize),
        states: &mut Vec<u32>,
        start: u32,
        walker: &mut impl Walker,
    ) {
        let Some(top) = self.nodes.get(first) else { return };
        let base = usize::from(top.depth);
        states.clear();
        states.resize(self.longest + 1, start);
        let mut index = first;
        while index < end {
            let node = &self.nodes[index];
            let depth = usize::from(node.depth) - base;
            match walker.step(states[depth], node.byte) {
                None => index = node.end as usize,
                Some(next) => {
                    states[depth + 1] = next;
                    walker.visit(index, node, next);
                    index += 1;
                }
            }
        }
    }

    /// All nodes, for [`Self::walk`].
    pub(super) fn all(&self) -> (usize, usize) {
        (0, self.nodes.len())
    }

    /// The nodes below one, for [`Self::walk`].
    pub(super) fn below(&self, node: usize) -> (usize, usize) {
        (node + 1, self.nodes[node].end as usize)
    }
}
