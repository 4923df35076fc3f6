//! Constrained decoding: output that fits a grammar or a JSON schema, whatever the model would
//! rather say.
//!
//! [`Grammar`] is compiled from GBNF ([`Grammar::from_gbnf`]) or a JSON schema
//! ([`Grammar::from_json_schema`]) to an automaton over bytes with a stack, so that it does not
//! matter where tokens cut characters. A [`TokenTrie`], made once for each vocabulary, tells which
//! tokens the automaton can take; a [`Constraint`] follows one answer and masks the logits.
//!
//! From text to mask: [`gbnf`] or [`schema`] make an [`expression`], [`program`] compiles it with
//! the help of [`analysis`], [`machine`] runs it, [`masker`] walks the trie with it.

mod analysis;
mod charset;
mod constraint;
mod error;
mod expression;
mod gbnf;
mod machine;
mod mask;
mod masker;
mod program;
mod schema;
mod trie;
mod trigger;

pub use constraint::{AfterEnd, Allowed, Constraint};
pub use error::{ConstraintError, GrammarError, Place, Problem};
pub use mask::TokenMask;
pub use trie::TokenTrie;
pub use trigger::Trigger;

use program::Program;

/// What an output may be.
#[derive(Clone, Debug)]
pub struct Grammar {
    program: Program,
}

impl Grammar {
    /// Compiles a grammar in the notation of llama.cpp (GBNF); it begins at the rule `root`.
    ///
    /// # Errors
    /// What is wrong, with line and column: see [`Problem`].
    pub fn from_gbnf(text: &str) -> Result<Self, GrammarError> {
        Ok(Self { program: Program::compile(&gbnf::parse(text)?)? })
    }

    /// Compiles a JSON schema: the output is JSON that it validates.
    ///
    /// # Errors
    /// What is wrong or outside the subset, with its JSON pointer: see [`Problem`].
    pub fn from_json_schema(text: &str) -> Result<Self, GrammarError> {
        Ok(Self { program: Program::compile(&schema::parse(text)?)? })
    }

    /// As [`Self::from_gbnf`], where rules may stand for JSON schemas: `schemas` has the name of each
    /// such rule, which the text uses and does not define, and its schema.
    ///
    /// # Errors
    /// As there and in [`Self::from_json_schema`]; the place in a schema begins with the rule's name.
    pub fn from_gbnf_with_schemas(
        text: &str,
        schemas: &[(&str, &serde_json::Value)],
    ) -> Result<Self, GrammarError> {
        let mut rules = gbnf::parse(text)?;
        for (name, schema) in schemas {
            let parts = schema::parse_value(schema).map_err(|error| error.within(name))?;
            rules.define(name, parts)?;
        }
        Ok(Self { program: Program::compile(&rules)? })
    }

    /// States of the automaton: a measure of its size.
    pub fn states(&self) -> usize {
        self.program.states.len()
    }
}

#[cfg(test)]
mod tests;
