//! The vectors of memories, found by nearness: what `llm-memory` looks through.
//!
//! A [`VectorIndex`] holds vectors of the same length, each under a number of the caller's, and
//! finds the nearest to a question by cosine. It is a [`FlatIndex`], which reads all of them, up to
//! [`front::SCAN_LIMIT`], and an [`HnswIndex`], which walks a graph, above. Elements take twelve
//! bits, in the planes of [`llm_tensor::codes`]: the upper four are read of all vectors that are
//! looked at, the others of the best of them. Whoever searches lends a [`Scratch`], so that nothing
//! is allocated for each search but its result.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod best;
mod bytes;
pub mod error;
pub mod flat;
pub mod front;
pub mod hnsw;
mod scan;
pub mod scratch;
#[cfg(test)]
mod testing;
mod vectors;

pub use error::{DamagedIndex, IndexError};
pub use flat::FlatIndex;
pub use front::VectorIndex;
pub use hnsw::{HnswIndex, HnswOptions};
pub use scratch::Scratch;

/// The longest vectors that are taken, in elements.
pub const MAX_DIMS: usize = 4096;

/// A vector that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Its number.
    pub id: u64,
    /// The cosine between it and the question.
    pub score: f32,
}

/// Which vectors may be found, by their numbers.
pub type Filter<'f> = &'f dyn Fn(u64) -> bool;
