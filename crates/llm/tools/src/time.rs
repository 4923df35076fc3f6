//! `time`: what the clock says.

use crate::{
    Example, ReadingContext, Tool, ToolContext, ToolFuture, ToolOutput, measure::duration,
    schema::object, tool::done,
};
use alloc::{format, vec, vec::Vec};
use serde_json::{Value, json};

/// Names of the days, Monday first, as [`system_platform::DateTime::weekday`] counts.
pub const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Returns date and time (UTC) and how long the system has been up.
pub struct Time {
    schema: Value,
}

impl Time {
    /// The tool.
    pub fn new() -> Self {
        Self { schema: object(&[]) }
    }
}

impl Default for Time {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for Time {
    fn name(&self) -> &str {
        "time"
    }

    fn description(&self) -> &str {
        "Returns date and time (UTC) and how long the system has been up."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example { request: "What time is it?", arguments: r#"{}"# },
            Example { request: "What day is today?", arguments: r#"{}"# },
        ]
    }

    fn readings(&self, _request: &str, _context: &ReadingContext) -> Vec<Value> {
        vec![json!({})]
    }

    fn call<'a>(&'a self, _arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        let uptime = duration(context.machine.uptime_ns());
        done(Ok(ToolOutput::new(match context.machine.date_time() {
            Some(now) => {
                let weekday = WEEKDAYS[usize::from(now.weekday())];
                format!("{weekday}, {now} UTC; up {uptime}")
            }
            None => format!("there is no working real-time clock; up {uptime}"),
        })))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, TestMachine};
    use serde_json::json;

    #[test]
    fn tells_date_weekday_and_uptime() {
        let date_time = Some(system_platform::DateTime::from_unix(1_795_478_399));
        let mut bench = Bench::new(TestMachine { date_time, uptime_ns: 200_000_000_000 });
        assert_eq!(
            bench.call("time", json!({})).unwrap(),
            "Monday, 2026-11-23 23:59:59 UTC; up 3 min 20 s"
        );
    }

    #[test]
    fn says_when_there_is_no_clock() {
        let mut bench = Bench::new(TestMachine::default());
        assert_eq!(
            bench.call("time", json!({})).unwrap(),
            "there is no working real-time clock; up 0 ms"
        );
    }
}
