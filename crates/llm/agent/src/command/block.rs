//! `/block`: the labelled blocks at the start of the context window.

use super::{CommandError, table::Entry};
use crate::{Agent, Observer};
use alloc::{format, string::String};
use core::fmt::Write;
use llm_inference::model::LanguageModel;
use llm_tools::blocks::{Edit, Label};

pub fn run<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    entry: &Entry,
    arguments: &str,
    observer: &O,
) -> Result<String, CommandError> {
    let (name, text) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
    if name.is_empty() {
        return Ok(show_all(agent));
    }
    let label = Label::from_name(name)?;
    let (edit, text) = match text.trim() {
        "" => return Ok(shown(agent, label)),
        "clear" => (Edit::Replace, ""),
        text => match text.strip_prefix('+') {
            Some(more) if more.trim().is_empty() => {
                return Err(CommandError::Usage { usage: entry.usage() });
            }
            Some(more) => (Edit::Append, more),
            None => (Edit::Replace, text),
        },
    };
    let before = agent.blocks.clone();
    let outside_before = agent.outside_state.clone();
    agent.blocks.edit(label, edit, text)?;
    agent.outside_state.note_blocks(&before, &agent.blocks, false);
    if let Err(error) = agent.repin(observer) {
        agent.blocks = before;
        agent.outside_state = outside_before;
        return Err(error.into());
    }
    Ok(shown(agent, label))
}

fn show_all<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
    let mut text = String::new();
    for label in Label::ALL {
        let _ = writeln!(text, "- {}", shown(agent, label));
    }
    text.truncate(text.trim_end().len());
    text
}

fn shown<M: LanguageModel>(agent: &Agent<'_, M>, label: Label) -> String {
    match agent.blocks.get(label) {
        "" => format!("**{}** is empty", label.as_str()),
        text => format!("**{}**: {text}", label.as_str()),
    }
}
