//! What a tool call may be: the name of a tool and arguments that its schema allows.
//!
//! From the marker of a call on, the model may only choose tokens that keep to this, so that every
//! call can be read and passes the check of its arguments; the text around calls is free.

use crate::call::{CLOSE, OPEN};
use alloc::{string::ToString, vec::Vec};
use llm_inference::{
    grammar::{AfterEnd, Constraint, Grammar, GrammarError, TokenTrie, Trigger},
    model::LanguageModel,
};
use llm_tools::Tool;
use serde_json::{Value, json};

/// The grammar of the calls of some tools, and the vocabulary of the model that writes them.
#[derive(Debug)]
pub struct CallGrammar {
    grammar: Grammar,
    trie: TokenTrie,
    trigger: Trigger,
}

impl CallGrammar {
    /// Compiles the schemas of the tools.
    ///
    /// # Errors
    /// A schema is outside the subset of [`Grammar::from_json_schema`]; the error says where.
    pub fn new<'t>(
        model: &impl LanguageModel,
        tools: impl Iterator<Item = &'t dyn Tool>,
    ) -> Result<Self, GrammarError> {
        let calls: Vec<Value> = tools.map(call_schema).collect();
        let schema = json!({ "anyOf": calls }).to_string();
        Ok(Self {
            grammar: Grammar::from_json_schema_before(CLOSE, &schema)?,
            trie: TokenTrie::of_model(model),
            trigger: Trigger::marker(model, OPEN),
        })
    }

    /// What holds the calls of one reply to the grammar.
    pub fn constraint(&self) -> Constraint<'_> {
        Constraint::lazy(&self.grammar, &self.trie, self.trigger.clone(), AfterEnd::Rearm)
    }
}

fn call_schema(tool: &dyn Tool) -> Value {
    json!({
        "type": "object",
        "properties": {"name": {"const": tool.name()}, "arguments": tool.schema()},
        "required": ["name", "arguments"],
        "additionalProperties": false,
    })
}
