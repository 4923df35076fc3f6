//! `remember`: keeps a fact.

use crate::{
    Capability, Example, ReadingContext, Tool, ToolContext, ToolError, ToolFuture, ToolOutput,
    arguments::string,
    request::{behind, without_courtesy},
    schema::{Argument, ArgumentType, object},
};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
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
        vec![json!({ "text": fact(request) })]
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
    let unix_s = context.unix_s();
    let embedder = context.embedder;
    let remembered = context.state.memory_mut()?.remember(text, unix_s, embedder).await?;
    Ok(ToolOutput::acknowledgement(match remembered.replaced {
        None => format!("remembered: {text}"),
        Some(_) => format!("remembered already: {text}"),
    }))
}

/// The fact in a request to remember one: what stands behind the request's own words.
fn fact(request: &str) -> String {
    const INTRODUCTIONS: [&str; 43] = [
        "remember",
        "remember that",
        "remember this",
        "please remember",
        "note",
        "note that",
        "please note",
        "note down",
        "note down that",
        "make a note",
        "make a note that",
        "take a note",
        "take note that",
        "note to self",
        "don't forget",
        "don't forget that",
        "do not forget",
        "do not forget that",
        "dont forget",
        "dont forget that",
        "never forget",
        "never forget that",
        "keep in mind",
        "keep in mind that",
        "bear in mind",
        "bear in mind that",
        "for the record",
        "fyi",
        "save",
        "save this",
        "save the fact that",
        "store",
        "store this",
        "store that",
        "keep",
        "keep this",
        "memorize",
        "memorize that",
        "memorise",
        "memorise that",
        "remember for me",
        "jot down",
        "write down that",
    ];
    let fact = behind(request, &INTRODUCTIONS).unwrap_or_else(|| without_courtesy(request));
    without_reminder(fact).trim_end_matches(['.', '!']).into()
}

/// A fact without the words behind it that only ask to remember it: `..., remember that`.
fn without_reminder(fact: &str) -> &str {
    const REMINDERS: [&str; 13] = [
        "remember that",
        "remember this",
        "remember it",
        "please remember",
        "please remember that",
        "please remember this",
        "keep that in mind",
        "keep this in mind",
        "please keep that in mind",
        "don't forget",
        "don't forget that",
        "please note that",
        "make a note of that",
    ];
    let said = fact.trim_end_matches(['.', '!', ' ']);
    let lower = said.to_ascii_lowercase();
    let longest = REMINDERS.iter().filter(|it| lower.ends_with(**it)).max_by_key(|it| it.len());
    let Some(reminder) = longest else { return fact };
    let rest = said[..said.len() - reminder.len()].trim_end();
    // Behind a comma or a stop; `what I have to remember that` goes on.
    match rest.strip_suffix([',', '.', ';', ':', '-', '!']) {
        Some(rest) if !rest.trim().is_empty() => rest.trim_end(),
        _ => fact,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, TestMachine};

    #[test]
    fn keeps_a_fact_once() {
        let mut bench = Bench::new(TestMachine::default());
        let mut say = |text: &str| bench.call("remember", json!({ "text": text })).unwrap();
        assert_eq!(say("the gate code is 4417"), "remembered: the gate code is 4417");
        assert_eq!(say("The gate code is 4417"), "remembered already: The gate code is 4417");
        assert_eq!(bench.memory().entries().len(), 1);
    }

    #[test]
    fn the_fact_is_what_the_request_is_about() {
        for (request, expected) in [
            ("Remember that my sister's birthday is 4 May.", "my sister's birthday is 4 May"),
            ("Please note: the spare key is under the mat.", "the spare key is under the mat"),
            ("Don't forget I prefer metric units.", "I prefer metric units"),
            ("fyi, my office is room 12", "my office is room 12"),
            ("My dog is called Rex, remember that", "My dog is called Rex"),
            ("I'm allergic to nuts. Please remember that!", "I'm allergic to nuts"),
            ("my locker number is 88, keep that in mind", "my locker number is 88"),
            ("these are the words to remember that", "these are the words to remember that"),
            (", remember that", ", remember that"),
        ] {
            assert_eq!(fact(request), expected);
        }
    }
}
