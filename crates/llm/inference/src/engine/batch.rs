//! Computing tokens of several sequences in one pass over the weights.

use super::{
    Engine,
    forward::{Batch, BatchRow},
    sequences::{SequenceError, SequenceId},
};
use crate::{
    kv::PageTable,
    model::TokenId,
    plan::{BATCH_TOKENS, OUTPUT_ROWS},
};
use alloc::{vec, vec::Vec};
use core::{fmt, ops::Range};
use llm_tensor::vector::is_finite;
use system_platform::Pacer;

/// Tokens to be computed after those of a sequence.
#[derive(Clone, Copy, Debug)]
pub struct Extension<'t> {
    /// The sequence.
    pub sequence: SequenceId,
    /// The tokens.
    pub tokens: &'t [TokenId],
    /// Whether the logits of every token are wanted, not those of the last alone.
    pub wants_each: bool,
}

impl<'t> Extension<'t> {
    /// Of which the logits of the last token are wanted.
    pub const fn new(sequence: SequenceId, tokens: &'t [TokenId]) -> Self {
        Self { sequence, tokens, wants_each: false }
    }
}

/// Why tokens of several sequences cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchError {
    /// A sequence that has been freed.
    UnknownSequence(SequenceId),
    /// A sequence that is named twice.
    RepeatedSequence(SequenceId),
    /// A token outside the vocabulary.
    UnknownToken {
        /// The sequence it was meant for.
        sequence: SequenceId,
        /// The token.
        token: TokenId,
    },
    /// More tokens than the context of a sequence holds.
    ContextFull {
        /// The sequence.
        sequence: SequenceId,
        /// Tokens that would have been in it.
        needed: usize,
        /// Tokens it can hold.
        limit: usize,
    },
    /// More pages of keys and values than are free; freeing or truncating sequences helps.
    ArenaFull {
        /// The first sequence that gets too few.
        sequence: SequenceId,
        /// Pages it needs more than it has.
        needed_pages: usize,
        /// Pages that are free when those before it have theirs.
        free_pages: usize,
    },
    /// Logits that are not numbers: damaged weights.
    NotANumber {
        /// The first sequence that has them.
        sequence: SequenceId,
    },
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSequence(sequence) => write!(f, "{sequence} is not there"),
            Self::RepeatedSequence(sequence) => write!(f, "{sequence} is named twice"),
            Self::UnknownToken { sequence, token } => {
                write!(f, "{sequence}: token {} is not in the vocabulary", token.0)
            }
            Self::ContextFull { sequence, needed, limit } => {
                write!(f, "{sequence}: {needed} tokens do not fit the context window of {limit}")
            }
            Self::ArenaFull { sequence, needed_pages, free_pages } => write!(
                f,
                "{sequence}: {needed_pages} pages of keys and values are needed, {free_pages} free"
            ),
            Self::NotANumber { sequence } => {
                write!(f, "{sequence}: the model computed logits that are not numbers")
            }
        }
    }
}

impl core::error::Error for BatchError {}

impl From<SequenceError> for BatchError {
    fn from(error: SequenceError) -> Self {
        match error {
            SequenceError::Unknown(id) => Self::UnknownSequence(id),
            SequenceError::Main | SequenceError::AllocationFailed => {
                unreachable!("looking up a sequence neither frees nor makes one")
            }
        }
    }
}

impl Engine<'_> {
    /// Tokens of one pass over the weights, at most.
    pub const MAX_PASS_TOKENS: usize = BATCH_TOKENS;

    /// Computes the tokens of every extension after those of its sequence, those of different
    /// sequences together, in passes of at most `pass_tokens` tokens (and at least one, at most
    /// [`Self::MAX_PASS_TOKENS`]). The results are those of computing each alone, bit for bit.
    ///
    /// `visit` is shown the logits, `(vocabulary)`, of every token of the extensions that want
    /// them, with the index of the extension and of the token in it. Dropping the future halfway
    /// leaves in every sequence the tokens of the passes that were finished.
    ///
    /// # Errors
    /// Nothing has changed, unless it is `NotANumber`: the sequences that had numbers went on.
    pub async fn extend_batch(
        &mut self,
        extensions: &[Extension<'_>],
        pass_tokens: usize,
        pacer: &impl Pacer,
        mut visit: impl FnMut(usize, usize, &[f32]),
    ) -> Result<(), BatchError> {
        self.check(extensions)?;
        let mut done = vec![0; extensions.len()];
        while extensions.iter().zip(&done).any(|(part, &done)| done < part.tokens.len()) {
            self.pass(extensions, &mut done, pass_tokens, pacer, &mut visit).await?;
        }
        Ok(())
    }

    /// As [`Self::extend_batch`], but one pass only, so that the caller may change its mind about
    /// what is computed next; gives how many tokens of each extension were computed. An extension
    /// of few tokens goes before one of many, and every one gets a token before any gets a second.
    /// A sequence has logits when the last token of its extension is computed.
    ///
    /// # Errors
    /// As [`Self::extend_batch`].
    pub async fn advance_batch(
        &mut self,
        extensions: &[Extension<'_>],
        pass_tokens: usize,
        pacer: &impl Pacer,
        mut visit: impl FnMut(usize, usize, &[f32]),
    ) -> Result<Vec<usize>, BatchError> {
        self.check(extensions)?;
        let mut done = vec![0; extensions.len()];
        self.pass(extensions, &mut done, pass_tokens, pacer, &mut visit).await?;
        Ok(done)
    }

    /// Whether all tokens can be computed.
    fn check(&self, extensions: &[Extension<'_>]) -> Result<(), BatchError> {
        let limit = self.plan.context;
        let mut ranges: Vec<(&PageTable, Range<usize>)> = Vec::with_capacity(extensions.len());
        let mut free_pages = self.arena.free_pages();
        for (index, &Extension { sequence, tokens, .. }) in extensions.iter().enumerate() {
            if extensions[..index].iter().any(|other| other.sequence == sequence) {
                return Err(BatchError::RepeatedSequence(sequence));
            }
            let entry = self.sequences.get(sequence)?;
            let is_known = |token: &&TokenId| (token.0 as usize) < self.info.vocabulary;
            if let Some(&token) = tokens.iter().find(|token| !is_known(token)) {
                return Err(BatchError::UnknownToken { sequence, token });
            }
            let needed = entry.tokens.len() + tokens.len();
            if needed > limit {
                return Err(BatchError::ContextFull { sequence, needed, limit });
            }
            let range = entry.tokens.len()..needed;
            let others = ranges.iter().map(|(table, range)| (*table, range));
            let needed_pages = self.arena.pages_needed(&entry.table, &range, others);
            if needed_pages > free_pages {
                return Err(BatchError::ArenaFull { sequence, needed_pages, free_pages });
            }
            free_pages -= needed_pages;
            ranges.push((&entry.table, range));
        }
        Ok(())
    }

    /// One pass over the weights. `done` counts the tokens of each extension that are computed.
    async fn pass(
        &mut self,
        extensions: &[Extension<'_>],
        done: &mut [usize],
        pass_tokens: usize,
        pacer: &impl Pacer,
        visit: &mut impl FnMut(usize, usize, &[f32]),
    ) -> Result<(), BatchError> {
        let left: Vec<usize> =
            extensions.iter().zip(&*done).map(|(part, done)| part.tokens.len() - done).collect();
        let shares = share_out(&left, pass_tokens.clamp(1, BATCH_TOKENS));
        let mut rows = Vec::with_capacity(shares.iter().sum());
        for (index, part) in extensions.iter().enumerate() {
            if shares[index] == 0 {
                continue;
            }
            let sequence = self.sequences.get_mut(part.sequence)?;
            sequence.has_logits = false;
            let first = sequence.tokens.len();
            self.arena.make_writable(&mut sequence.table, &(first..first + shares[index]));
            let tokens = &part.tokens[done[index]..][..shares[index]];
            rows.extend(tokens.iter().enumerate().map(|(offset, &token)| BatchRow {
                token,
                position: first + offset,
                sequence: index,
            }));
        }
        let tables: Result<Vec<&PageTable>, SequenceError> =
            extensions.iter().map(|part| Ok(&self.sequences.get(part.sequence)?.table)).collect();
        let batch = Batch { rows: &rows, tables: &tables?, arena: &mut self.arena };
        self.network.run_layers(batch, &mut self.scratch, pacer).await;
        let failed = self.outputs(extensions, done, &rows, pacer, visit).await?;
        // Only now: whoever drops this future halfway finds finished tokens only.
        let mut result = Ok(());
        for (index, part) in extensions.iter().enumerate() {
            if failed[index] {
                result = result.and(Err(BatchError::NotANumber { sequence: part.sequence }));
                continue;
            }
            let tokens = &part.tokens[done[index]..][..shares[index]];
            done[index] += shares[index];
            let sequence = self.sequences.get_mut(part.sequence)?;
            sequence.tokens.extend_from_slice(tokens);
            sequence.has_logits |= shares[index] > 0 && done[index] == part.tokens.len();
        }
        result
    }

    /// The logits of the rows that want them. Gives which extensions have some that are not
    /// numbers.
    async fn outputs(
        &mut self,
        extensions: &[Extension<'_>],
        done: &[usize],
        rows: &[BatchRow],
        pacer: &impl Pacer,
        visit: &mut impl FnMut(usize, usize, &[f32]),
    ) -> Result<Vec<bool>, BatchError> {
        let mut failed = vec![false; extensions.len()];
        // Of each row that wants logits: its index and that of its token in the extension.
        let mut wanted: Vec<(usize, usize)> = Vec::new();
        let mut offset = 0;
        for (index, row) in rows.iter().enumerate() {
            let is_first = index == 0 || rows[index - 1].sequence != row.sequence;
            offset = if is_first { done[row.sequence] } else { offset + 1 };
            let part = &extensions[row.sequence];
            if part.wants_each || offset + 1 == part.tokens.len() {
                wanted.push((index, offset));
            }
        }
        for wanted in wanted.chunks(OUTPUT_ROWS) {
            let indices: Vec<usize> = wanted.iter().map(|&(index, _)| index).collect();
            let all = self.network.run_output(&indices, &mut self.scratch, pacer).await;
            for (&(index, token), logits) in wanted.iter().zip(all.chunks(self.info.vocabulary)) {
                let part = rows[index].sequence;
                if failed[part] || !is_finite(self.network.cpu, logits) {
                    failed[part] = true;
                    continue;
                }
                let extension = &extensions[part];
                if extension.wants_each {
                    visit(part, token, logits);
                }
                if token + 1 == extension.tokens.len() {
                    let sequence = self.sequences.get_mut(extension.sequence)?;
                    sequence.logits.copy_from_slice(logits);
                }
            }
        }
        Ok(failed)
    }
}

/// How many of `limit` tokens each gets that has `left` to compute: one each to begin with, those
/// with the fewest first, then the rest in the same order.
fn share_out(left: &[usize], limit: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..left.len()).filter(|&index| left[index] > 0).collect();
    order.sort_by_key(|&index| left[index]);
    order.truncate(limit);
    let mut shares = vec![0; left.len()];
    let mut rest = limit - order.len();
    for &index in &order {
        let more = rest.min(left[index] - 1);
        shares[index] = 1 + more;
        rest -= more;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::share_out;

    #[test]
    fn everybody_gets_a_token_before_anybody_gets_a_second() {
        assert_eq!(share_out(&[100, 1, 0, 3], 16), [12, 1, 0, 3]);
        assert_eq!(share_out(&[100, 100], 16), [15, 1]);
        assert_eq!(share_out(&[5, 1, 1], 2), [0, 1, 1]);
        assert_eq!(share_out(&[1, 2], 16), [1, 2]);
        assert!(share_out(&[], 16).is_empty());
    }
}
