//! Keys and values of the tokens computed so far, in halves, in pages that sequences share.
//!
//! A [`KvArena`] owns all pages of a model, and a [`PageTable`] lists those of one sequence in order
//! (Kwon et al. 2023, paged attention). A page holds [`PAGE_TOKENS`] positions of all layers. It is
//! counted how many tables list it: a fork shares the pages of its parent, and a shared page is
//! copied before the first of its holders writes to it.

mod arena;
mod table;
#[cfg(test)]
mod tests;

pub use arena::KvArena;
pub use llm_tensor::attention::PAGE_TOKENS;
pub use table::PageTable;

/// Pages that `tokens` take.
pub const fn pages_for(tokens: usize) -> usize {
    tokens.div_ceil(PAGE_TOKENS)
}
