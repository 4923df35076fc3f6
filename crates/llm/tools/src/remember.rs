//! `remember`: keeps a fact.

use crate::{
    Capability, Example, ReadingContext, Tool, ToolContext, ToolError, ToolFuture, ToolOutput,
    arguments::string,
    schema::{Argument, ArgumentType, object},
};
use alloc::{boxed::Box, format, vec, vec::Vec};
use llm_memory::{NewEntry, statement::statement};
use serde_json::{Value, json};

/// Keeps a fact, to be found again by meaning.
pub struct Remember {
    schema: Value,
}

impl Remember {
    /// The tool.
    pub fn new() -> Self {
        Self { schema: object(&[Argument::required("text", ArgumentType::String, "the fact")]) }
    }
}

impl Default for Remember {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Remember {
    fn name(&self) -> &str {
        "remember"
    }

    fn description(&self) -> &str {
        "Keeps a fact, to be recalled later."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example {
                request: "Remember that the gate code is 4417.",
                arguments: r#"{"text": "the gate code is 4417"}"#,
            },
            Example {
                request: "Don't forget that I am allergic to nuts.",
                arguments: r#"{"text": "I am allergic to nuts"}"#,
            },
        ]
    }

    fn capability(&self, _arguments: &Value) -> Option<Capability> {
        Some(Capability::MemoryWrite)
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        vec![json!({ "text": statement(request) })]
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        Box::pin(remember(arguments, context))
    }
}

async fn remember(
    arguments: &Value,
    mut context: ToolContext<'_>,
) -> Result<ToolOutput, ToolError> {
    let text = string(arguments, "text")?.trim();
    let is_from_outside = context.is_from_outside;
    let new = NewEntry { is_from_outside, ..NewEntry::fact(text, context.unix_s()) };
    let embedder = context.embedder;
    let remembered = context.state.memory_mut()?.remember(new, embedder).await?;
    Ok(ToolOutput::acknowledgement(match (remembered.replaced, remembered.superseded) {
        (Some(_), _) => format!("remembered already: {text}"),
        (None, Some(older)) => format!("remembered: {text} (no longer: {older})"),
        (None, None) => format!("remembered: {text}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, TestMachine};

    #[test]
    fn keeps_a_fact_once_and_the_newest_of_what_cannot_both_be_true() {
        let mut bench = Bench::new(TestMachine::default());
        let mut say = |text: &str| bench.call("remember", json!({ "text": text })).unwrap();
        assert_eq!(say("the gate code is 4417"), "remembered: the gate code is 4417");
        assert_eq!(say("The gate code is 4417"), "remembered already: The gate code is 4417");
        let newer = "remembered: the gate code is 5521 (no longer: The gate code is 4417)";
        assert_eq!(say("the gate code is 5521"), newer);
        assert_eq!(bench.memory().len(), 1);
    }
}
