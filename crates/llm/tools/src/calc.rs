//! `calc`: arithmetic.

use crate::{
    Example, ReadingContext, Tool, ToolContext, ToolError, ToolFuture, ToolOutput,
    arguments::string,
    expression::{english::translate, evaluate, reading::readings, word_problem::guess},
    schema::{Argument, ArgumentType, object},
    tool::done,
};
use alloc::{format, string::ToString, vec::Vec};
use serde_json::{Value, json};

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
            Example { request: "15 % of 80?", arguments: r#"{"expr": "15 % of 80"}"# },
        ]
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        let mut expressions = readings(request);
        if expressions.is_empty() {
            expressions.extend(guess(request));
        }
        expressions.into_iter().map(|expr| json!({ "expr": expr })).collect()
    }

    fn call<'a>(&'a self, arguments: &'a Value, _context: ToolContext<'a>) -> ToolFuture<'a> {
        done(compute(arguments))
    }
}

/// Computes symbols, or a phrase in words.
fn compute(arguments: &Value) -> Result<ToolOutput, ToolError> {
    let expression = string(arguments, "expr")?.trim();
    let (value, unit) = match (evaluate(expression), translate(expression)) {
        (Ok(value), _) => (value, None),
        (Err(_), Some(phrase)) => (evaluate(&phrase.symbols)?, phrase.unit),
        (Err(error), None) => return Err(error.into()),
    };
    let value = match unit {
        Some(unit) => format!("{value} {unit}"),
        None => value.to_string(),
    };
    let statement = format!("{expression} = {value}");
    Ok(ToolOutput::with_statement(value, statement))
}
