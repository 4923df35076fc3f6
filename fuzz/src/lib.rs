//! Input that nobody wrote with good intentions, thrown at everything that reads any.
//!
//! A [`Target`] runs one reader over some bytes and asserts what must hold of the outcome. The
//! short form, `tests/short.rs`, runs each over seeds and mutations of them in every `cargo test`,
//! always the same ones; the long form, `cargo xtask fuzz TARGET`, gives the same functions to
//! libFuzzer, which looks for new paths through the code.
#![forbid(unsafe_code)]

pub mod calculator;
pub mod chunks;
pub mod cron;
pub mod fat;
pub mod gguf;
pub mod gpt;
pub mod grammar;
pub mod mutate;
pub mod schema;
pub mod store;
pub mod template;
pub mod tokenizer;
pub mod tool_call;

/// A reader, and where to begin with it.
pub struct Target {
    /// Its name on command lines.
    pub name: &'static str,
    /// Reads `data`. Panics where something does not hold that must.
    pub run: fn(data: &[u8]),
    /// Sound inputs, and some that are famous for being not.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// What is put into inputs besides random bytes: the reader's own words.
    pub words: &'static [&'static str],
    /// The most bytes that may be allocated at a time for an input of that length.
    pub memory_limit: fn(len: usize) -> usize,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    calculator::TARGET,
    chunks::TARGET,
    cron::TARGET,
    fat::TARGET,
    gguf::TARGET,
    gpt::TARGET,
    grammar::TARGET,
    schema::TARGET,
    store::TARGET,
    template::TARGET,
    tokenizer::TARGET,
    tool_call::TARGET,
];

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
