//! The CPU of this system: a language model. GGUF files in, logits out.
//!
//! [`model::LanguageModel`] is what the rest of the system sees; the agent and its tests know
//! nothing else of the engine.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod config;
pub mod embedding;
pub mod engine;
pub mod gguf;
pub mod grammar;
mod hash;
pub mod kv;
pub mod logprob;
pub mod message;
pub mod model;
pub mod parity;
pub mod plan;
pub mod reference;
pub mod rope;
pub mod sampler;
pub mod speculate;
pub mod stop;
pub mod template;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tokenizer;
pub mod weights;
