//! One module for each command.

pub mod bandwidth;
pub mod bench;
pub mod bench_grammar;
pub mod bench_memory;
pub mod bench_speculation;
pub mod convert;
pub mod embed;
pub mod eval_agent;
pub mod eval_memory;
pub mod generate;
pub mod make_reference;
pub mod make_test_model;
pub mod parity;
mod parity_embedding;
pub mod store;
pub mod tokenize;
pub mod tools_doc;
pub mod train_router;
