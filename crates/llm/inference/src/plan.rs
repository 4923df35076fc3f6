//! What loading a model takes, known before anything is allocated.

use crate::{
    config::Config,
    kv::{KvArena, pages_for},
};
use core::fmt;
use llm_tensor::{Activations, attention};

/// Tokens that are computed together when a prompt is read: enough that weights, which come from
/// memory once for all of them, cost less than the arithmetic. More would no longer fit the second
/// level of the cache, and lose more when a computation is dropped halfway.
pub const BATCH_TOKENS: usize = 64;

/// Tokens whose logits are computed together: what a step of several sequences, or a draft that is
/// verified, needs. More cost memory for little.
pub(crate) const OUTPUT_ROWS: usize = 8;

/// What the tokenizer's tables take for a token or merge. SmolLM2's, with 49,152 tokens and 48,900
/// merges, allocate 28 bytes each and 46 at the peak of loading (counted at the
/// allocator); the rest is room for vocabularies of longer words.
const TABLE_BYTES_PER_ENTRY: u64 = 64;

/// Bytes that a model takes with a certain context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// The context it is for, in tokens.
    pub context: usize,
    /// Pages of keys and values, for all sequences together.
    pub pages: usize,
    /// Copies of weights: none where they are used where the file lies.
    pub weights: u64,
    /// Keys and values.
    pub kv_cache: u64,
    /// Buffers of the forward pass, and the logits.
    pub scratch: u64,
    /// Tables of the tokenizer, and vectors that are kept as floats.
    pub tables: u64,
}

impl MemoryPlan {
    /// The plan for a context of that many tokens, and `extra_tokens` for other sequences.
    pub fn new(config: &Config, merges: usize, context: usize, extra_tokens: usize) -> Self {
        let tokens = BATCH_TOKENS as u64;
        let width = config.embedding_length as u64;
        let floats = tokens
            * (2 * width
                + config.query_length() as u64
                + 2 * config.kv_length() as u64
                + 2 * config.feed_forward_length as u64
                + 2 * config.angles() as u64)
            + (OUTPUT_ROWS as u64 + 1) * config.vocabulary as u64;
        let activations = Activations::len_bytes(BATCH_TOKENS, Self::widest(config))
            + Activations::len_bytes(OUTPUT_ROWS, config.embedding_length);
        let parts = attention::Scratch::len_bytes(config.group(), config.head_dim);
        let vectors = 4 * width * (2 * config.layers as u64 + 1);
        let pages = pages_for(context) + pages_for(extra_tokens);
        Self {
            context,
            pages,
            weights: 0,
            kv_cache: KvArena::len_bytes(config.layers, config.kv_heads, config.head_dim, pages),
            scratch: 4 * floats + (activations + parts) as u64,
            tables: vectors + TABLE_BYTES_PER_ENTRY * (config.vocabulary + merges) as u64,
        }
    }

    /// Everything together.
    pub const fn total(&self) -> u64 {
        (self.weights + self.scratch + self.tables).saturating_add(self.kv_cache)
    }

    /// The plan with the largest context up to `limit` that needs at most `available` bytes;
    /// `None` if not even one of [`MIN_CONTEXT`] does.
    pub fn largest(
        config: &Config,
        merges: usize,
        limit: usize,
        extra_tokens: usize,
        available: u64,
    ) -> Option<Self> {
        let plan = |context| Self::new(config, merges, context, extra_tokens);
        let fits = |context| plan(context).total() <= available;
        let (mut low, mut high) = (MIN_CONTEXT.min(limit), limit);
        if !fits(low) {
            return None;
        }
        while low < high {
            let middle = high - (high - low) / 2;
            if fits(middle) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Some(plan(low))
    }

    /// Columns of the widest input of a matrix.
    pub(crate) fn widest(config: &Config) -> usize {
        config.embedding_length.max(config.query_length()).max(config.feed_forward_length)
    }
}

/// The smallest context worth loading a model for.
pub const MIN_CONTEXT: usize = 256;

impl fmt::Display for MemoryPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (weights {}, KV cache of {} tokens {}, scratch {}, tables {})",
            MiB(self.total()),
            MiB(self.weights),
            self.context,
            MiB(self.kv_cache),
            MiB(self.scratch),
            MiB(self.tables)
        )
    }
}

/// A number of bytes, shown in MiB with one decimal, rounded up.
pub(crate) struct MiB(pub u64);

impl fmt::Display for MiB {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10).div_ceil(1 << 20);
        write!(f, "{}.{} MiB", tenths / 10, tenths % 10)
    }
}
