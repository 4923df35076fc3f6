//! Who makes vectors of texts.

use alloc::{boxed::Box, vec::Vec};
use core::{future::Future, pin::Pin};
use llm_inference::embedding::EmbedError;

/// A future on the heap, so that traits with it can be used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Makes vectors of texts. The kernel and the command line implement it over the engine's encoder.
pub trait TextEmbedder {
    /// Identifies who made a vector: only those of the same maker can be compared.
    fn fingerprint(&self) -> u64;

    /// Whether vectors tell meaning, not just words.
    fn knows_meaning(&self) -> bool;

    /// The vector of a text, of length 1. What a model cannot read of a long text is left out.
    fn embed<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Vec<f32>, EmbedError>>;
}

/// The cosine of the angle of two vectors of length 1: 1 for the same direction. Vectors of
/// different lengths have nothing in common.
pub fn cosine(left: &[f32], right: &[f32]) -> f32 {
    if left.len() != right.len() {
        return 0.0;
    }
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}
