//! `/tool` and `/tools`.

use super::{CommandError, table::Entry};
use crate::{Agent, Observer, calls::ToolCall, syscall::Caller};
use alloc::string::String;
use core::{fmt::Write, sync::atomic::AtomicBool};
use llm_inference::model::LanguageModel;
use llm_tools::{ToolError, arguments, schema};

pub async fn call<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    entry: &Entry,
    text: &str,
    observer: &O,
    cancel: &AtomicBool,
) -> Result<String, CommandError> {
    let (name, text) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if name.is_empty() {
        return Err(CommandError::Usage { usage: entry.usage() });
    }
    let tool = agent.tools.get(name).map_err(ToolError::Refused)?;
    let arguments = arguments::from_text(tool.schema(), text)?;
    let call = ToolCall { id: String::new(), name: name.into(), arguments };
    Ok(agent.call_tool(&call, Caller::Person, observer, cancel).await?.text)
}

pub fn list<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
    let mut text = String::new();
    for tool in agent.tools.iter() {
        let _ = write!(text, "**{}**", tool.name());
        for property in schema::properties(tool.schema()).unwrap_or_default() {
            let _ = match property.is_required {
                true => write!(text, " {}", property.name),
                false => write!(text, " [{}]", property.name),
            };
        }
        let _ = writeln!(text, " - {}", tool.description());
        for example in tool.examples() {
            let _ = writeln!(text, "  \"{}\" `{}`", example.request, example.arguments);
        }
    }
    text.truncate(text.trim_end().len());
    text
}
