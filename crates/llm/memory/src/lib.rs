//! Memory: what the agent keeps beyond its context window, found again by meaning.
//!
//! A [`TextEmbedder`] makes vectors of texts; [`Memory`] keeps texts with their vectors, in a store on
//! a disk where there is one ([`memory`]), finds what answers a question ([`search`]), takes files in
//! ([`ingest`]), and puts things in order while nobody waits ([`upkeep`]). [`WordEmbedder`] stands in
//! where there is no embedding model: it finds by words instead of by meaning. Neighbours:
//! `llm-index` has the vectors and `system-storage` the records; the tools `remember` and `recall`
//! work on it, and the agent pages turns of the conversation in from here.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod bm25;
pub mod chunk;
pub mod codes;
pub mod embedder;
pub mod engine;
pub mod entry;
pub mod error;
pub mod facts;
pub mod fuse;
pub mod ingest;
pub mod kinds;
pub mod memory;
pub mod page_text;
pub mod record;
pub mod search;
pub mod statement;
pub mod upkeep;
pub mod words;

pub use codes::Codes;
#[cfg(test)]
mod tests;

pub use embedder::{BoxFuture, TextEmbedder, cosine};
pub use engine::EngineEmbedder;
pub use entry::{Entry, Kind};
pub use error::MemoryError;
pub use memory::{Memory, NewEntry, Remembered};
pub use search::{Filter, Found, Question};
pub use words::WordEmbedder;
