//! `calc`: arithmetic.

use crate::{
    Tool, ToolContext, ToolError, ToolOutput, arguments::string, expression::evaluate,
    tool::Example,
};
use alloc::{format, string::ToString};
use serde_json::{Value, json};

/// Computes an expression.
pub struct Calc {
    schema: Value,
}

impl Calc {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: json!({
                "type": "object",
                "properties": {"expr": {"type": "string", "description": "what to compute"}},
                "required": ["expr"],
                "additionalProperties": false
            }),
        }
    }
}

impl Default for Calc {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Calc {
    fn name(&self) -> &'static str {
        "calc"
    }

    fn description(&self) -> &'static str {
        "Computes an expression: + - * / ^ %, parentheses, sqrt, sin, cos, tan, ln, log, exp, abs, \
         min, max, round, floor, ceil, pi, e."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example { request: "What is 12*(3+4)?", arguments: r#"{"expr": "12*(3+4)"}"# },
            Example { request: "15 % of 80?", arguments: r#"{"expr": "15% of 80"}"# },
        ]
    }

    fn call(
        &self,
        arguments: &Value,
        _context: &mut ToolContext<'_>,
    ) -> Result<ToolOutput, ToolError> {
        let expression = string(arguments, "expr")?;
        let value = evaluate(expression)?.to_string();
        let statement = format!("{} = {value}", expression.trim());
        Ok(ToolOutput::with_statement(value, statement))
    }
}
