//! Memory: what the agent keeps beyond its context window, found again by meaning.
//!
//! A [`TextEmbedder`] makes vectors of texts, [`Memory`] keeps texts with their vectors and ranks
//! them against a question. [`WordEmbedder`] stands in where there is no embedding model: it finds
//! by words instead of by meaning. Neighbours: the tools `remember` and `recall`, and the agent,
//! which pages turns of the conversation in from here.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod bm25;
pub mod chunk;
pub mod embedder;
pub mod engine;
pub mod error;
pub mod facts;
pub mod fuse;
pub mod kinds;
pub mod memory;
pub mod page_text;
pub mod statement;
pub mod words;

pub use embedder::{BoxFuture, TextEmbedder, cosine};
pub use engine::EngineEmbedder;
pub use error::MemoryError;
pub use memory::{Entry, Found, Memory, Remembered};
pub use words::WordEmbedder;
