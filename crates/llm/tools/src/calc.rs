//! `calc`: arithmetic, and units of measure.

use crate::{
    Example, ReadingContext, Tool, ToolContext, ToolError, ToolFuture, ToolOutput,
    arguments::string,
    colloquial::plain,
    expression,
    schema::{Argument, ArgumentType, object},
    tool::done,
};
use alloc::vec::Vec;
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

    /// A problem that is known, else parts of the request, which need no translation; where there are
    /// none, a guess.
    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        let request = &*plain(request);
        let mut expressions = Vec::from_iter(expression::problem::solve(request));
        expressions.extend(expression::readings(request));
        if expressions.is_empty() {
            expressions.extend(expression::problem::guess(request));
        }
        expressions.into_iter().map(|expr| json!({ "expr": expr })).collect()
    }

    fn call<'a>(&'a self, arguments: &'a Value, _context: ToolContext<'a>) -> ToolFuture<'a> {
        done(compute(arguments))
    }
}

/// Computes the expression; where it is a whole request, what can be computed in it.
fn compute(arguments: &Value) -> Result<ToolOutput, ToolError> {
    let text = string(arguments, "expr")?;
    let outcome = expression::compute(text).or_else(|error| {
        let reading = expression::readings(text).into_iter().next();
        reading.map_or(Err(error), |reading| expression::compute(&reading))
    })?;
    Ok(ToolOutput::with_statement(outcome.text, outcome.statement))
}

#[cfg(test)]
mod tests;
