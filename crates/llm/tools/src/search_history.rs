//! `search_history`: looks through what was said.

use crate::{
    Capability, Example, ReadingContext, Tool, ToolContext, ToolError, ToolFuture, ToolOutput,
    arguments::string,
    request::{behind, quoted},
    schema::{Argument, ArgumentType, object},
};
use alloc::{boxed::Box, vec, vec::Vec};
use serde_json::{Value, json};

/// Finds turns of the conversation, those outside of the context window included.
pub struct SearchHistory {
    schema: Value,
}

/// The most turns of one answer.
const MOST: usize = 2;

impl SearchHistory {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: object(&[Argument::required(
                "query",
                ArgumentType::String,
                "what it was about",
            )]),
        }
    }
}

impl Default for SearchHistory {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for SearchHistory {
    fn name(&self) -> &str {
        "search_history"
    }

    fn description(&self) -> &str {
        "Finds what was said earlier in the conversation."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example {
                request: "Search our conversation for the pasta recipe",
                arguments: r#"{"query": "pasta recipe"}"#,
            },
            Example {
                request: "What did we say about the garden earlier?",
                arguments: r#"{"query": "the garden"}"#,
            },
        ]
    }

    fn capability(&self, _arguments: &Value) -> Option<Capability> {
        Some(Capability::MemoryRead)
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        const INTRODUCTIONS: [&str; 8] = [
            "search our conversation for",
            "search our chat for",
            "search the history for",
            "search the conversation for",
            "search the chat for",
            "find in our conversation",
            "look through our chat for",
            "scroll back to",
        ];
        let query = quoted(request).or_else(|| behind(request, &INTRODUCTIONS));
        vec![json!({ "query": query.unwrap_or(request).trim() })]
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        Box::pin(search(arguments, context))
    }
}

async fn search(arguments: &Value, context: ToolContext<'_>) -> Result<ToolOutput, ToolError> {
    let query = string(arguments, "query")?;
    let turns = context.history.search(query, MOST).await?;
    Ok(if turns.is_empty() {
        ToolOutput::new("nothing was said about that")
    } else {
        ToolOutput::new(turns.join("\n"))
    })
}
