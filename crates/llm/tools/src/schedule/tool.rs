//! `schedule`: sets reminders, timers and alarms, tells which there are, and cancels them.

use super::{Moment, ScheduleError, request};
use crate::{
    Capability, Example, ReadingContext, Tool, ToolContext, ToolError, ToolFuture, ToolOutput,
    calendar::{phrase, say},
    colloquial::plain,
    schema::{Argument, ArgumentError, ArgumentType, object},
    tool::done,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde_json::Value;

/// Sets what is to be done later. With a time it sets, with `cancel` it cancels, and without either it
/// tells what is set.
pub struct ScheduleTool {
    schema: Value,
}

impl ScheduleTool {
    /// The tool.
    pub fn new() -> Self {
        const WHEN: &str = "the time: \"in 10 minutes\", \"tomorrow at 7:30\", \"every weekday at 8\", a cron rule";
        Self {
            schema: object(&[
                Argument::optional("when", ArgumentType::String, WHEN),
                Argument::optional("text", ArgumentType::String, "what to do or say then"),
                Argument::optional(
                    "cancel",
                    ArgumentType::String,
                    "the number or the words of what to cancel, or \"all\"",
                ),
            ]),
        }
    }
}

impl Default for ScheduleTool {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for ScheduleTool {
    fn name(&self) -> &str {
        "schedule"
    }

    fn description(&self) -> &str {
        "Sets a reminder, timer or repeated task; lists or cancels what is set."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example {
                request: "Remind me in 10 minutes to take the tea out",
                arguments: r#"{"when": "in 10 minutes", "text": "take the tea out"}"#,
            },
            Example {
                request: "Every weekday at 8:15 tell me the date",
                arguments: r#"{"when": "Every weekday at 8:15", "text": "tell me the date"}"#,
            },
            Example { request: "Which reminders are set?", arguments: r#"{}"# },
            Example { request: "Cancel reminder 3", arguments: r#"{"cancel": "3"}"# },
        ]
    }

    fn capability(&self, arguments: &Value) -> Option<Capability> {
        let is_change = arguments.as_object().is_some_and(|object| !object.is_empty());
        is_change.then_some(Capability::Schedule)
    }

    fn readings(&self, request: &str, context: &ReadingContext) -> Vec<Value> {
        request::arguments(&plain(request), context.now).into_iter().collect()
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        let argument = |name: &str| arguments[name].as_str();
        done(match (argument("when"), argument("text"), argument("cancel")) {
            (None, None, None) => Ok(ToolOutput::new(list(&context))),
            (None, None, Some(name)) => cancel(name, context),
            (Some(when), text, None) => set(when, text, context),
            (None, Some(_), _) => Err(ArgumentError::Missing { name: "when".into() }.into()),
            (Some(_), _, Some(_)) => Err(ScheduleError::SetAndCancel.into()),
        })
    }
}

fn set(
    when: &str,
    text: Option<&str>,
    mut context: ToolContext<'_>,
) -> Result<ToolOutput, ToolError> {
    let now = Moment::of(context.machine);
    let when = phrase::read(when, now.date_time()).map_err(ScheduleError::from)?;
    let text = text.filter(|text| !text.trim().is_empty()).unwrap_or("reminder");
    let entry = context.state.schedule_mut()?.add(when, text, now)?;
    let sentence =
        format!("Reminder {} set for {}: {}.", entry.id, entry.when_text(now), ended(&entry.text));
    Ok(ToolOutput::new(sentence))
}

fn cancel(name: &str, mut context: ToolContext<'_>) -> Result<ToolOutput, ToolError> {
    let schedule = context.state.schedule_mut()?;
    if name.trim().eq_ignore_ascii_case("all") {
        let count = schedule.cancel_all();
        let reminders = say::count(count as u64, "reminder");
        return Ok(ToolOutput::acknowledgement(format!("Cancelled {reminders}.")));
    }
    let id = schedule.find(name)?;
    let entry = schedule.cancel(id)?;
    Ok(ToolOutput::acknowledgement(format!("Reminder {id} is cancelled: {}.", ended(&entry.text))))
}

fn list(context: &ToolContext<'_>) -> String {
    let now = Moment::of(context.machine);
    let schedule = context.state.schedule();
    if schedule.is_empty() {
        return "No reminders are set.".to_string();
    }
    let line =
        |entry: &super::Entry| format!("{}: {}: {}", entry.id, entry.when_text(now), entry.text);
    let lines: Vec<String> = schedule.entries(now).into_iter().map(line).collect();
    lines.join("\n")
}

/// A text without the full stop that the sentence around it brings.
fn ended(text: &str) -> &str {
    text.trim_end_matches('.')
}
