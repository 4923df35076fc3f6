//! `echo`: says the same again.

use crate::{
    Example, ReadingContext, Tool, ToolContext, ToolFuture, ToolOutput,
    arguments::string,
    request::{behind, quoted},
    schema::{Argument, ArgumentType, object},
    tool::done,
};
use alloc::vec::Vec;
use serde_json::{Value, json};

/// Returns the text it is given.
pub struct Echo {
    schema: Value,
}

impl Echo {
    /// The tool.
    pub fn new() -> Self {
        Self { schema: object(&[Argument::required("text", ArgumentType::String, "what to say")]) }
    }
}

impl Default for Echo {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Echo {
    fn name(&self) -> &str {
        "echo"
    }

    fn description(&self) -> &str {
        "Returns the text it is given."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[Example { request: "Echo hello", arguments: r#"{"text": "hello"}"# }]
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        const INTRODUCTIONS: [&str; 12] = [
            "echo",
            "echo back",
            "repeat",
            "repeat after me",
            "repeat this",
            "say",
            "print",
            "say after me",
            "just say",
            "write exactly",
            "say exactly",
            "output",
        ];
        let text = quoted(request).or_else(|| behind(request, &INTRODUCTIONS));
        text.map(|text| json!({ "text": text })).into_iter().collect()
    }

    fn call<'a>(&'a self, arguments: &'a Value, _context: ToolContext<'a>) -> ToolFuture<'a> {
        done(string(arguments, "text").map(ToolOutput::new).map_err(Into::into))
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
