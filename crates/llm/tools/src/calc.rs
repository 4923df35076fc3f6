//! `calc`: arithmetic.

use crate::{
    Example, Tool, ToolContext, ToolError, ToolFuture, ToolOutput,
    arguments::string,
    expression::evaluate,
    schema::{Argument, ArgumentType, object},
    tool::done,
};
use alloc::{format, string::ToString};
use serde_json::Value;

/// Computes an expression.
pub struct Calc {
    schema: Value,
}

impl Calc {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: object(&[Argument::required("expr", ArgumentType::String, "what to compute")]),
        }
    }
}

impl Default for Calc {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Calc {
    fn name(&self) -> &str {
        "calc"
    }

    fn description(&self) -> &str {
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

    fn call<'a>(&'a self, arguments: &'a Value, _context: ToolContext<'a>) -> ToolFuture<'a> {
        done(compute(arguments))
    }
}

fn compute(arguments: &Value) -> Result<ToolOutput, ToolError> {
    let expression = string(arguments, "expr")?;
    let value = evaluate(expression)?.to_string();
    let statement = format!("{} = {value}", expression.trim());
    Ok(ToolOutput::with_statement(value, statement))
}
