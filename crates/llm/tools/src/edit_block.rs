//! `edit_block`: changes what stands at the start of the context window.

use crate::{
    Capability, Example, ReadingContext, Tool, ToolContext, ToolError, ToolFuture, ToolOutput,
    arguments::string,
    blocks::{Edit, Label},
    request::{behind, without_courtesy},
    schema::{Argument, ArgumentType, object},
    tool::done,
};
use alloc::{format, string::String, vec, vec::Vec};
use serde_json::{Value, json};

/// Replaces one of the labelled blocks, or adds to it.
pub struct EditBlock {
    schema: Value,
}

impl EditBlock {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: object(&[
                Argument::required("block", ArgumentType::String, "persona, user or task"),
                Argument::required("text", ArgumentType::String, "what it shall say"),
                Argument::optional("append", ArgumentType::Boolean, "keep what it says already"),
            ]),
        }
    }
}

impl Default for EditBlock {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for EditBlock {
    fn name(&self) -> &str {
        "edit_block"
    }

    fn description(&self) -> &str {
        "Changes a block that is always in view: persona, user or task."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example {
                request: "Set the current task to planning the trip.",
                arguments: r#"{"block": "task", "text": "planning the trip"}"#,
            },
            Example {
                request: "From now on be brief.",
                arguments: r#"{"block": "persona", "text": "be brief", "append": true}"#,
            },
        ]
    }

    fn capability(&self, _arguments: &Value) -> Option<Capability> {
        Some(Capability::BlocksWrite)
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        vec![reading(request)]
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        done(edit(arguments, context))
    }
}

fn edit(arguments: &Value, mut context: ToolContext<'_>) -> Result<ToolOutput, ToolError> {
    let label = Label::from_name(string(arguments, "block")?)?;
    let text = string(arguments, "text")?;
    let edit = if arguments["append"] == true { Edit::Append } else { Edit::Replace };
    let blocks = context.state.blocks_mut()?;
    blocks.edit(label, edit, text)?;
    Ok(ToolOutput::acknowledgement(format!(
        "the block {} now says: {}",
        label.as_str(),
        blocks.get(label)
    )))
}

/// The block that a request names, and what it shall say.
fn reading(request: &str) -> Value {
    let lower = request.to_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let label = if names(&["task", "project", "working on", "goal"]) {
        Label::Task
    } else if names(&["my profile", "user block", "user profile", "about me", "my name", "call me"])
    {
        Label::User
    } else {
        Label::Persona
    };
    let is_cleared = ["clear", "empty", "erase", "reset", "wipe"]
        .iter()
        .any(|verb| without_courtesy(&lower).starts_with(verb));
    let text = if is_cleared { String::new() } else { wanted(request) };
    let is_addition =
        behind(request, &["from now on", "always", "add", "also", "append"]).is_some();
    match is_addition && !is_cleared {
        true => json!({"block": label.as_str(), "text": text, "append": true}),
        false => json!({"block": label.as_str(), "text": text}),
    }
}

/// What the block shall say: what stands behind "to" or a colon, else the whole request.
fn wanted(request: &str) -> String {
    let request = without_courtesy(request);
    let rest = behind(request, &["from now on", "always", "update my profile", "my profile"])
        .or_else(|| request.split_once(": ").map(|(_, rest)| rest))
        .or_else(|| request.split_once(" to ").map(|(_, rest)| rest))
        .unwrap_or(request);
    rest.trim().trim_end_matches(['.', '!']).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, TestMachine};
    use alloc::string::ToString;

    #[test]
    fn changes_a_block_and_names_what_is_wrong() {
        let mut bench = Bench::new(TestMachine::default());
        let mut edit = |block: &str, text: &str, append: bool| {
            let arguments = json!({"block": block, "text": text, "append": append});
            bench.call("edit_block", arguments).map_err(|error| error.to_string())
        };
        edit("user", "Ann.", false).unwrap();
        let shown = edit("user", "Likes tea.", true).unwrap();
        assert_eq!(shown, "the block user now says: Ann. Likes tea.");
        assert!(edit("mood", "x", false).unwrap_err().starts_with("there is no block \"mood\""));
        assert!(edit("task", &"x".repeat(600), false).unwrap_err().contains("512 are allowed"));
        assert_eq!(bench.blocks().get(Label::User), "Ann. Likes tea.");
    }

    #[test]
    fn reads_block_and_text_out_of_a_request() {
        for (request, expected) in [
            (
                "Set the current task to planning the trip.",
                json!({"block": "task", "text": "planning the trip"}),
            ),
            (
                "From now on be brief.",
                json!({"block": "persona", "text": "be brief", "append": true}),
            ),
            (
                "Update my profile: I live in Oslo",
                json!({"block": "user", "text": "I live in Oslo"}),
            ),
            ("clear the task block", json!({"block": "task", "text": ""})),
        ] {
            assert_eq!(reading(request), expected, "{request}");
        }
    }
}
