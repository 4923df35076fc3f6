//! `recall`: finds a note again.

use crate::{Tool, ToolContext, ToolError, ToolOutput, tool::Example};
use alloc::{format, vec::Vec};
use serde_json::{Value, json};

/// Returns the value stored under a key; without a key, lists the keys.
pub struct Recall {
    schema: Value,
}

impl Recall {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: json!({"type": "object", "properties": {"key": {"type": "string", "description": "name of the note"}}, "required": [], "additionalProperties": false}),
        }
    }
}

impl Default for Recall {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Recall {
    fn name(&self) -> &'static str {
        "recall"
    }

    fn description(&self) -> &'static str {
        "Returns the value stored under a key; without a key, lists the keys."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example { request: "What was the gate code?", arguments: r#"{"key": "gate code"}"# },
            Example { request: "What have you stored?", arguments: r#"{}"# },
        ]
    }

    fn call(
        &self,
        arguments: &Value,
        context: &mut ToolContext<'_>,
    ) -> Result<ToolOutput, ToolError> {
        if let Some(key) = arguments.get("key").and_then(Value::as_str) {
            let value = context.notes.recall(key)?;
            return Ok(ToolOutput::with_statement(value, format!("{} = {value}", key.trim())));
        }
        let keys: Vec<&str> = context.notes.keys().collect();
        Ok(ToolOutput::new(if keys.is_empty() {
            "nothing is stored yet".into()
        } else {
            keys.join(", ")
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, TestMachine};
    use alloc::string::ToString;
    use serde_json::json;

    #[test]
    fn recalls_lists_and_suggests() {
        let mut bench = Bench::new(TestMachine::default());
        assert_eq!(bench.call("recall", json!({})).unwrap(), "nothing is stored yet");
        for key in ["gate", "birthday"] {
            bench.call("store", json!({"key": key, "value": "4 May"})).unwrap();
        }
        assert_eq!(bench.call("recall", json!({"key": "gate"})).unwrap(), "4 May");
        assert_eq!(bench.call("recall", json!({})).unwrap(), "birthday, gate");
        let error = bench.call("recall", json!({"key": "gat"})).unwrap_err();
        assert_eq!(error.to_string(), "there is no note \"gat\"; did you mean \"gate\"?");
    }
}
