//! The conversation changed after the fact: `/undo /edit /regenerate /branch /branches /save /load
//! /export`. What was computed of the part that stays is not computed again.

use super::{CommandError, table::Entry};
use crate::{Agent, AgentEvent, Observer, Settings};
use alloc::{
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::{fmt::Write, sync::atomic::AtomicBool};
use llm_context::{Paging, Turn, Window};
use llm_inference::model::{LanguageModel, Message, Role, ToolCall};
use serde_json::{Value, json};
use system_platform::Pacer;

/// The least temperature with which a reply is tried again: without chance it would be the same.
const TRY_AGAIN_TEMPERATURE: f32 = 0.7;

/// Takes the last turn back; gives what the person said in it.
fn take_back<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    observer: &O,
) -> Result<Message, CommandError> {
    let model = agent.model.as_ref().ok_or(CommandError::NoModel)?;
    let message = agent.window.undo(model)?.ok_or(CommandError::NothingToUndo)?;
    agent.report_context(observer);
    Ok(message)
}

/// Puts the conversation back as it was `before` the last turn was taken back, if no other has come in
/// its place: a message that does not fit, or a reply that was stopped before its first word.
fn keep_unless_answered<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    before: Window,
    observer: &O,
) -> Result<(), CommandError> {
    // Numbers of turns grow, and that of a turn taken back is not given again.
    if agent.window.last_turn() > before.last_turn() {
        return Ok(());
    }
    agent.window = before;
    // Other tools may have been described meanwhile.
    agent.repin(observer)?;
    agent.report_context(observer);
    Err(CommandError::Unanswered)
}

pub fn undo<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    observer: &O,
) -> Result<String, CommandError> {
    let message = take_back(agent, observer)?;
    Ok(format!("Taken back: {}", message.content))
}

pub async fn edit<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    entry: &Entry,
    text: &str,
    pacer: &impl Pacer,
    observer: &O,
    cancel: &AtomicBool,
) -> Result<String, CommandError> {
    if text.is_empty() {
        return Err(CommandError::Usage { usage: entry.usage() });
    }
    let before = agent.window.clone();
    let message = take_back(agent, observer)?;
    agent.converse(text, pacer, observer, cancel).await;
    keep_unless_answered(agent, before, observer)?;
    Ok(format!("In place of: {}", message.content))
}

pub async fn regenerate<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    pacer: &impl Pacer,
    observer: &O,
    cancel: &AtomicBool,
) -> Result<String, CommandError> {
    let before = agent.window.clone();
    let message = take_back(agent, observer)?;
    let usual = agent.settings;
    agent.regenerations += 1;
    agent.settings = Settings {
        temperature: usual.temperature.max(TRY_AGAIN_TEMPERATURE),
        seed: usual.seed.wrapping_add(agent.regenerations),
        ..usual
    };
    agent.converse(&message.content, pacer, observer, cancel).await;
    agent.settings = usual;
    keep_unless_answered(agent, before, observer)?;
    Ok("Answered anew.".into())
}

pub fn branch<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    entry: &Entry,
    name: &str,
    observer: &O,
) -> Result<String, CommandError> {
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(CommandError::Usage { usage: entry.usage() });
    }
    if name == agent.branch {
        return Ok(format!("This is the branch {name}."));
    }
    let existing = agent.branches.get(name).cloned();
    let is_new = existing.is_none();
    let mut window = existing.unwrap_or_else(|| agent.window.clone());
    // The blocks and the system prompt may have changed since.
    let pinned = agent.pinned_messages();
    let paging = match &agent.model {
        Some(model) => window.repin(model, &pinned)?,
        None => Paging::default(),
    };
    agent.branches.remove(name);
    let left = core::mem::replace(&mut agent.window, window);
    let old_name = core::mem::replace(&mut agent.branch, name.into());
    agent.branches.insert(old_name.clone(), left);
    agent.turn_index.clear();
    agent.report_paging(&paging, observer);
    agent.report_context(observer);
    Ok(match is_new {
        true => format!("The branch {name} begins here; /branch {old_name} goes back."),
        false => format!("The branch {name} goes on; /branch {old_name} goes back."),
    })
}

pub fn branches<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
    let here = core::iter::once((&agent.branch, &agent.window));
    let mut all: Vec<_> = here.chain(&agent.branches).collect();
    all.sort_by_key(|(name, _)| *name);
    let mut text = String::new();
    for (name, window) in all {
        let mark = if *name == agent.branch { " (here)" } else { "" };
        let _ = writeln!(text, "- **{name}**{mark}: {} turns", window.turns().count());
    }
    text.truncate(text.trim_end().len());
    text
}

pub fn save<M: LanguageModel>(agent: &mut Agent<'_, M>, name: &str) -> String {
    let turns: Vec<Arc<Turn>> = agent.window.turns().map(|view| Arc::new(view.to_turn())).collect();
    let name = if name.is_empty() { "default" } else { name };
    let until = match agent.session {
        Some(_) => "",
        None => ", until the machine is switched off: there is no disk",
    };
    let text = format!("Saved {} turns as {name}{until}.", turns.len());
    agent.saved.insert(name.into(), turns);
    text
}

pub fn load<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    name: &str,
    observer: &O,
) -> Result<String, CommandError> {
    let name = if name.is_empty() { "default" } else { name };
    let model = agent.model.as_ref().ok_or(CommandError::NoModel)?;
    let turns = agent.saved.get(name).ok_or_else(|| CommandError::NothingSaved {
        name: name.into(),
        known: agent.saved.keys().cloned().collect::<Vec<_>>().join(", "),
    })?;
    let count = turns.len();
    let mut window = agent.window.clone();
    let turns = turns.iter().map(|turn| Turn::clone(turn)).collect();
    let paging = window.restore(model, turns)?;
    agent.window = window;
    agent.turn_index.clear();
    observer.on_event(&AgentEvent::ConversationReset);
    agent.report_paging(&paging, observer);
    agent.report_context(observer);
    Ok(format!("The conversation {name} goes on: {count} turns."))
}

pub fn export<M: LanguageModel>(
    agent: &Agent<'_, M>,
    entry: &Entry,
    form: &str,
) -> Result<String, CommandError> {
    match form {
        "" | "markdown" | "md" => Ok(markdown(agent)),
        "json" => Ok(format!("```\n{:#}\n```", as_json(agent))),
        _ => Err(CommandError::Usage { usage: entry.usage() }),
    }
}

fn markdown<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
    let mut text = String::from("# Conversation\n");
    for view in agent.window.turns() {
        for message in &view.messages {
            let speaker = match message.role {
                Role::User => "You",
                Role::Assistant => "Agent",
                Role::Tool => "Tool",
                Role::System => "System",
            };
            let _ = write!(text, "\n**{speaker}:** {}\n", message.content.trim());
        }
    }
    text
}

fn as_json<M: LanguageModel>(agent: &Agent<'_, M>) -> Value {
    let turn = |view: llm_context::TurnView<'_>| {
        let messages: Vec<Value> = view
            .messages
            .iter()
            .map(|message| {
                let mut fields = json!({"role": message.role.as_str(), "content": message.content});
                if let Some(made) = &message.calls {
                    fields["content"] = json!(made.text);
                    fields["tool_calls"] = made.calls.iter().map(ToolCall::to_json).collect();
                }
                if let Some(call) = &message.answers {
                    fields["tool_call_id"] = json!(call.id);
                    fields["name"] = json!(call.name);
                }
                fields
            })
            .collect();
        json!({"turn": view.id.0, "state": view.state.as_str(), "messages": messages})
    };
    let model = agent.model.as_ref().map(|model| model.info().name.to_string());
    json!({"model": model, "turns": agent.window.turns().map(turn).collect::<Vec<_>>()})
}
