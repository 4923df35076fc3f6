//! `recall`: finds what was remembered.

use crate::{
    Capability, Example, ReadingContext, Tool, ToolContext, ToolError, ToolFuture, ToolOutput,
    arguments::string,
    schema::{Argument, ArgumentType, object},
};
use alloc::{boxed::Box, vec, vec::Vec};
use llm_memory::Found;
use serde_json::{Value, json};

/// Finds facts that were remembered, by their meaning.
pub struct Recall {
    schema: Value,
}

/// The most facts of one answer.
const MOST: usize = 3;
/// Facts so much less near than the nearest do not belong to the answer.
const GAP: f32 = 0.12;
/// What is farther away than this answers nothing.
const FLOOR: f32 = 0.2;

impl Recall {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: object(&[Argument::required(
                "query",
                ArgumentType::String,
                "what it is about",
            )]),
        }
    }
}

impl Default for Recall {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Recall {
    fn name(&self) -> &str {
        "recall"
    }

    fn description(&self) -> &str {
        "Finds facts that were remembered."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example { request: "What was the gate code?", arguments: r#"{"query": "gate code"}"# },
            Example {
                request: "Where did I say the key is?",
                arguments: r#"{"query": "where the key is"}"#,
            },
        ]
    }

    fn capability(&self, _arguments: &Value) -> Option<Capability> {
        Some(Capability::MemoryRead)
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        vec![json!({ "query": request.trim() })]
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        Box::pin(recall(arguments, context))
    }
}

async fn recall(arguments: &Value, context: ToolContext<'_>) -> Result<ToolOutput, ToolError> {
    let query = string(arguments, "query")?;
    let found = context.state.memory().search(query, MOST, context.embedder).await?;
    let texts: Vec<&str> = answering(&found).map(|found| found.entry.text.as_str()).collect();
    Ok(if texts.is_empty() {
        ToolOutput::new("nothing is remembered about that")
    } else {
        ToolOutput::new(texts.join("; "))
    })
}

/// The facts that are about as near as the nearest, and near enough.
fn answering<'f, 'm>(found: &'f [Found<'m>]) -> impl Iterator<Item = &'f Found<'m>> {
    let best = found.first().map_or(0.0, |best| best.score);
    found.iter().filter(move |found| found.score >= FLOOR.max(best - GAP))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, TestMachine};
    use serde_json::json;

    #[test]
    fn finds_the_fact_and_nothing_else() {
        let mut bench = Bench::new(TestMachine::default());
        let ask = |bench: &mut Bench, query: &str| bench.call("recall", json!({ "query": query }));
        assert_eq!(ask(&mut bench, "gate").unwrap(), "nothing is remembered about that");
        for text in ["the gate code is 4417", "my sister's birthday is 4 May"] {
            bench.call("remember", json!({ "text": text })).unwrap();
        }
        assert_eq!(ask(&mut bench, "What is the gate code?").unwrap(), "the gate code is 4417");
        assert_eq!(ask(&mut bench, "sister birthday").unwrap(), "my sister's birthday is 4 May");
        assert_eq!(ask(&mut bench, "wine").unwrap(), "nothing is remembered about that");
    }
}
