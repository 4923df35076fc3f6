//! `store`: keeps a note.

use crate::{Tool, ToolContext, ToolError, ToolOutput, arguments::string, tool::Example};
use alloc::format;
use serde_json::{Value, json};

/// Keeps a value under a key, to be recalled later.
pub struct Store {
    schema: Value,
}

impl Store {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: json!({"type": "object", "properties": {"key": {"type": "string", "description": "name of the note"}, "value": {"type": "string", "description": "what to keep"}}, "required": ["key", "value"], "additionalProperties": false}),
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Store {
    fn name(&self) -> &'static str {
        "store"
    }

    fn description(&self) -> &'static str {
        "Keeps a value under a key, to be recalled later."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[Example {
            request: "Store the gate code 4417",
            arguments: r#"{"key": "gate code", "value": "4417"}"#,
        }]
    }

    fn call(
        &self,
        arguments: &Value,
        context: &mut ToolContext<'_>,
    ) -> Result<ToolOutput, ToolError> {
        let key = string(arguments, "key")?.trim();
        let value = string(arguments, "value")?;
        Ok(ToolOutput::acknowledgement(match context.notes.store(key, value)? {
            None => format!("stored \"{key}\""),
            Some(old) => format!("stored \"{key}\" in place of \"{old}\""),
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, TestMachine};
    use serde_json::json;

    #[test]
    fn stores_and_says_what_it_replaced() {
        let mut bench = Bench::new(TestMachine::default());
        let mut store = |value: &str| bench.call("store", json!({"key": "gate", "value": value}));
        assert_eq!(store("4417").unwrap(), "stored \"gate\"");
        assert_eq!(store("5521").unwrap(), "stored \"gate\" in place of \"4417\"");
    }
}
