//! `echo`: says the same again.

use crate::{Tool, ToolContext, ToolError, ToolOutput, arguments::string, tool::Example};
use serde_json::{Value, json};

/// Returns the text it is given.
pub struct Echo {
    schema: Value,
}

impl Echo {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: json!({"type": "object", "properties": {"text": {"type": "string", "description": "what to say"}}, "required": ["text"], "additionalProperties": false}),
        }
    }
}

impl Default for Echo {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn description(&self) -> &'static str {
        "Returns the text it is given."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[Example { request: "Echo hello", arguments: r#"{"text": "hello"}"# }]
    }

    fn call(
        &self,
        arguments: &Value,
        _context: &mut ToolContext<'_>,
    ) -> Result<ToolOutput, ToolError> {
        Ok(ToolOutput::new(string(arguments, "text")?))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, TestMachine};
    use serde_json::json;

    #[test]
    fn returns_the_text_unchanged() {
        let mut bench = Bench::new(TestMachine::default());
        let text = " två\nlines \"<|im_end|>\" ";
        assert_eq!(bench.call("echo", json!({"text": text})).unwrap(), text);
    }
}
