//! `notify`: shows a notice to the person.

use crate::{
    Capability, Example, ReadingContext, Tool, ToolContext, ToolFuture, ToolOutput,
    arguments::string,
    request::{behind, quoted},
    schema::{Argument, ArgumentType, object},
    tool::done,
};
use alloc::{format, vec, vec::Vec};
use serde_json::{Value, json};

/// Shows a notice at once, whatever else is on the screen.
pub struct Notify {
    schema: Value,
}

impl Notify {
    /// The tool.
    pub fn new() -> Self {
        Self { schema: object(&[Argument::required("text", ArgumentType::String, "the notice")]) }
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Notify {
    fn name(&self) -> &str {
        "notify"
    }

    fn description(&self) -> &str {
        "Shows a notice to the person."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[Example {
            request: "Show a notification that dinner is ready",
            arguments: r#"{"text": "dinner is ready"}"#,
        }]
    }

    fn capability(&self, _arguments: &Value) -> Option<Capability> {
        Some(Capability::Notify)
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        const INTRODUCTIONS: [&str; 24] = [
            "notify me",
            "notify me that",
            "notify",
            "alert me",
            "alert me that",
            "alert",
            "show a notification",
            "show a notification that",
            "show a notification saying",
            "show a notice",
            "show a notice that",
            "show a notice saying",
            "pop up",
            "pop up a message",
            "pop up a message saying",
            "pop up a notice saying",
            "send a notification",
            "send a notification that",
            "send a notification saying",
            "send me a notification that",
            "send an alert",
            "send an alert that",
            "display a notification",
            "display an alert",
        ];
        let text = quoted(request).or_else(|| behind(request, &INTRODUCTIONS));
        vec![json!({ "text": text.unwrap_or(request).trim() })]
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        done(string(arguments, "text").map_err(Into::into).map(|text| {
            context.notices.borrow_mut().push(text.into());
            ToolOutput::acknowledgement(format!("shown: {text}"))
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, TestMachine};
    use serde_json::json;

    #[test]
    fn the_notice_reaches_the_person() {
        let mut bench = Bench::new(TestMachine::default());
        bench.call("notify", json!({"text": "dinner is ready"})).unwrap();
        assert_eq!(bench.notices, ["dinner is ready"]);
    }
}
