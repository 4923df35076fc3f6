//! `clock`: what time and day it is, here and elsewhere, and how far dates are apart.

use crate::{
    Example, ReadingContext, Tool, ToolContext, ToolFuture, ToolOutput,
    calendar::question,
    colloquial::plain,
    measure::duration,
    schema::{Argument, ArgumentType, object},
    tool::done,
};
use alloc::{format, vec, vec::Vec};
use serde_json::{Value, json};

/// Answers questions about date and time. One that it cannot read gets date and time as they are now.
pub struct Clock {
    schema: Value,
}

impl Clock {
    /// The tool.
    pub fn new() -> Self {
        let question = Argument::optional(
            "question",
            ArgumentType::String,
            "the question in the person's words",
        );
        Self { schema: object(&[question]) }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Clock {
    fn name(&self) -> &str {
        "clock"
    }

    fn description(&self) -> &str {
        "Tells date and time, here or elsewhere, and computes with dates."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example {
                request: "What time is it?",
                arguments: r#"{"question": "What time is it?"}"#,
            },
            Example {
                request: "How many days until Christmas?",
                arguments: r#"{"question": "How many days until Christmas?"}"#,
            },
            Example {
                request: "What time is it in Tokyo?",
                arguments: r#"{"question": "What time is it in Tokyo?"}"#,
            },
        ]
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        vec![json!({ "question": plain(request) })]
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        let question = arguments["question"].as_str().unwrap_or_default();
        done(Ok(ToolOutput::new(match context.machine.date_time() {
            Some(now) => question::answer(question, now).unwrap_or_else(|| {
                let statement = question::now_statement(now);
                match question::asks_for_more(question) {
                    true => format!("That cannot be worked out here. {statement}"),
                    false => statement,
                }
            }),
            None => format!(
                "There is no working real-time clock; the system has been up for {}.",
                duration(context.machine.uptime_ns())
            ),
        })))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, TestMachine};
    use alloc::string::String;
    use serde_json::{Value, json};

    fn call(arguments: Value) -> String {
        let date_time = Some(system_platform::DateTime::from_unix(1_795_478_399));
        let machine = TestMachine { date_time, uptime_ns: 200_000_000_000 };
        Bench::new(machine).call("clock", arguments).unwrap()
    }

    #[test]
    fn answers_what_it_can_read_and_else_tells_the_time() {
        let now = "It is Monday, 23 November 2026, 23:59 UTC.";
        for (question, answer) in [
            ("What time is it?", now),
            ("How many working days until Christmas?", now),
            ("", now),
            (
                "What time is it in Tokyo?",
                "In Tokyo it is 08:59 on Tuesday, 24 November 2026 (UTC+9).",
            ),
            ("What day is 100 days from now?", "100 days from now is Wednesday, 3 March 2027."),
        ] {
            assert_eq!(call(json!({ "question": question })), answer);
        }
        assert_eq!(call(json!({})), now);
    }

    #[test]
    fn says_when_there_is_no_clock() {
        let mut bench = Bench::new(TestMachine::default());
        assert_eq!(
            bench.call("clock", json!({})).unwrap(),
            "There is no working real-time clock; the system has been up for 0 ms."
        );
    }
}
