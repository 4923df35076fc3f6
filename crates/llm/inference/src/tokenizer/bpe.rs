//! Byte-pair encoding of one word: neighbouring tokens become one, lowest rank first.

use super::lookup::{Merge, MergeTable, NONE};
use crate::model::TokenId;
use alloc::{collections::BinaryHeap, vec::Vec};
use core::cmp::Reverse;

/// A part of the word that is one token so far.
#[derive(Clone, Copy)]
struct Symbol {
    /// Its token, or [`NONE`] for a byte that the vocabulary lacks.
    id: u32,
    /// Index of the symbol before it, or [`NONE`].
    previous: u32,
    /// Index of the symbol after it, or [`NONE`].
    next: u32,
    /// What it becomes together with `next`; `merged` is [`NONE`] if nothing, or if it has itself
    /// been taken up by the symbol before it.
    merge: Merge,
}

const NO_MERGE: Merge = Merge { rank: NONE, merged: NONE };

/// Merges words; keeps its buffers from one to the next.
pub(super) struct Merger<'v> {
    merges: &'v MergeTable,
    /// The token of each single byte, or [`NONE`].
    byte_ids: &'v [u32; 256],
    symbols: Vec<Symbol>,
    /// `(rank, index of the left symbol)` of merges that were possible at some time.
    queue: BinaryHeap<Reverse<(u32, u32)>>,
}

impl<'v> Merger<'v> {
    pub(super) fn new(merges: &'v MergeTable, byte_ids: &'v [u32; 256]) -> Self {
        Self { merges, byte_ids, symbols: Vec::new(), queue: BinaryHeap::new() }
    }

    /// Appends the tokens of a word, in O(n log n) of its bytes. Bytes that the vocabulary lacks
    /// are left out, as llama.cpp does.
    pub(super) fn encode(&mut self, word: &[u8], into: &mut Vec<TokenId>) {
        self.start(word);
        while let Some(Reverse((rank, left))) = self.queue.pop() {
            // A rank belongs to one pair only, so an entry whose rank is not that of the symbol
            // speaks of a pair that is gone.
            if self.symbols[left as usize].merge.rank == rank {
                self.merge(left);
            }
        }
        let mut at = if self.symbols.is_empty() { NONE } else { 0 };
        while at != NONE {
            let symbol = self.symbols[at as usize];
            if symbol.id != NONE {
                into.push(TokenId(symbol.id));
            }
            at = symbol.next;
        }
    }

    /// One symbol for each byte.
    fn start(&mut self, word: &[u8]) {
        self.symbols.clear();
        self.queue.clear();
        let mut previous = NONE;
        for (&byte, index) in word.iter().zip(0..) {
            let id = self.byte_ids[usize::from(byte)];
            self.symbols.push(Symbol { id, previous, next: NONE, merge: NO_MERGE });
            if previous != NONE {
                self.symbols[previous as usize].next = index;
                self.offer(previous);
            }
            previous = index;
        }
    }

    /// Symbol `left` takes up the one after it.
    fn merge(&mut self, left: u32) {
        let Symbol { previous, next: right, merge, .. } = self.symbols[left as usize];
        let after = self.symbols[right as usize].next;
        self.symbols[right as usize].merge = NO_MERGE;
        self.symbols[left as usize].id = merge.merged;
        self.symbols[left as usize].next = after;
        if after != NONE {
            self.symbols[after as usize].previous = left;
        }
        self.offer(left);
        if previous != NONE {
            self.offer(previous);
        }
    }

    /// Looks up what symbol `left` and the one after it become, and queues it.
    fn offer(&mut self, left: u32) {
        let symbol = self.symbols[left as usize];
        let right = self.symbols.get(symbol.next as usize).map_or(NONE, |right| right.id);
        let merge = self.merges.find(symbol.id, right).unwrap_or(NO_MERGE);
        self.symbols[left as usize].merge = merge;
        if merge != NO_MERGE {
            self.queue.push(Reverse((merge.rank, left)));
        }
    }
}
