//! `recall`: finds what was remembered.

use crate::{
    Capability, Example, ReadingContext, Tool, ToolContext, ToolError, ToolFuture, ToolOutput,
    arguments::string,
    schema::{Argument, ArgumentType, object},
};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use llm_memory::{Entry, Found, Kind, Memory, words::content_words};
use serde_json::{Value, json};

/// Finds facts that were remembered, by their meaning.
pub struct Recall {
    schema: Value,
}

/// The most facts of one answer.
const MOST: usize = 3;
/// The most facts of an answer to a question about all.
const MOST_OF_ALL: usize = 10;
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
    if is_about_everything(query) {
        return Ok(everything(context.state.memory()));
    }
    let (memory, now_unix_s) = (context.state.memory(), context.unix_s());
    let found = memory.search(query, now_unix_s, MOST, context.embedder).await?;
    let answers: Vec<&Entry> = answering(&found).map(|found| found.entry).collect();
    if answers.is_empty() {
        return Ok(ToolOutput::new("nothing is remembered about that"));
    }
    let texts: Vec<String> = answers.iter().map(|entry| entry.cited()).collect();
    let text = texts.join("; ");
    Ok(match answers.iter().any(|entry| entry.is_from_outside) {
        true => ToolOutput::from_outside(text),
        false => ToolOutput::new(text),
    })
}

/// Whether a question is about all that is remembered, and nothing else.
fn is_about_everything(query: &str) -> bool {
    const GENERAL: &str = "remember remembered know tell told everything all list show memories \
        memory facts fact things stored saved noted notes far anything asked";
    let words = content_words(query);
    let asks = query.to_ascii_lowercase();
    let general = content_words(GENERAL);
    words.iter().all(|word| general.contains(word))
        && ["what", "everything", "all", "list", "memories", "facts"]
            .iter()
            .any(|word| asks.split(|c: char| !c.is_alphanumeric()).any(|it| it == *word))
}

/// The newest facts, newest first.
fn everything(memory: &Memory) -> ToolOutput {
    let is_told = |entry: &&Entry| entry.kind != Kind::Chunk;
    let count = memory.entries().filter(is_told).count();
    let newest: Vec<&Entry> = memory.entries().filter(is_told).rev().take(MOST_OF_ALL).collect();
    let files = memory.files().count();
    let mut texts: Vec<String> = newest.iter().map(|entry| entry.text.clone()).collect();
    if count > MOST_OF_ALL {
        texts.push(format!("and {} more", count - MOST_OF_ALL));
    }
    if files > 0 {
        texts.push(format!("and what stands in {files} file{}", if files > 1 { "s" } else { "" }));
    }
    if texts.is_empty() {
        return ToolOutput::new("nothing is remembered yet");
    }
    let text = texts.join("; ");
    match newest.iter().any(|entry| entry.is_from_outside) {
        true => ToolOutput::from_outside(text),
        false => ToolOutput::new(text),
    }
}

/// The facts that are about as near as the nearest, and near enough.
fn answering<'f, 'm>(found: &'f [Found<'m>]) -> impl Iterator<Item = &'f Found<'m>> {
    let best = found.iter().map(|found| found.score).fold(0.0, f32::max);
    found.iter().filter(move |found| found.score >= FLOOR.max(best - GAP))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, TestMachine};
    use alloc::format;
    use serde_json::json;

    #[test]
    fn a_question_about_everything_gets_the_newest_facts() {
        let mut bench = Bench::new(TestMachine::default());
        let ask = |bench: &mut Bench, query: &str| bench.call("recall", json!({ "query": query }));
        let about_all =
            ["what do you remember about me?", "Tell me everything you know", "list all facts"];
        for query in about_all {
            assert_eq!(ask(&mut bench, query).unwrap(), "nothing is remembered yet", "{query}");
        }
        for number in 0..12 {
            bench.call("remember", json!({ "text": format!("box {number} is blue") })).unwrap();
        }
        for query in about_all {
            let all = ask(&mut bench, query).unwrap();
            assert!(all.starts_with("box 11 is blue; box 10 is blue; "), "{all}");
            assert!(all.ends_with("; box 2 is blue; and 2 more"), "{all}");
        }
        assert_eq!(ask(&mut bench, "what do you know about box 3?").unwrap(), "box 3 is blue");
    }

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
