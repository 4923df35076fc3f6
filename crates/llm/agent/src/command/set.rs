//! `/set`: parameters and the keyboard layout.

use super::CommandError;
use crate::{Agent, Observer, SettingError, Settings};
use alloc::{format, string::String};
use core::fmt::Write;
use llm_context::Budget;
use llm_inference::model::LanguageModel;

const KEYMAP: &str = "keymap";

pub fn run<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    arguments: &str,
    observer: &O,
) -> Result<String, CommandError> {
    // `/set parameter NAME VALUE` is how ollama's users write it.
    let arguments = arguments.strip_prefix("parameter ").unwrap_or(arguments).trim();
    let (name, value) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
    let value = value.trim();
    if name.is_empty() {
        return Ok(show_all(agent));
    }
    if !value.is_empty() {
        change(agent, name, value, observer)?;
    }
    if name == KEYMAP {
        return Ok(format!("keymap = {}", agent.host.keymap()));
    }
    match agent.settings.get(name) {
        Some(value) => Ok(format!("{name} = {value}")),
        None => Err(agent.settings.set(name, value, 0).map_or_else(Into::into, |()| {
            CommandError::Usage { usage: "/set [NAME [VALUE]]".into() }
        })),
    }
}

fn show_all<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
    let mut text = String::from("```\n");
    for name in Settings::NAMES {
        let value = agent.settings.get(name).unwrap_or_default();
        let _ = writeln!(text, "{name:<15} {value}");
    }
    let keymaps = agent.host.keymaps().join(", ");
    let _ = writeln!(text, "{KEYMAP:<15} {} (of {keymaps})", agent.host.keymap());
    text + "```"
}

fn change<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    name: &str,
    value: &str,
    observer: &O,
) -> Result<(), CommandError> {
    if name == KEYMAP {
        return agent.host.set_keymap(value).map_err(|_| {
            let known = agent.host.keymaps().join(", ");
            SettingError::UnknownKeymap { value: value.into(), known }.into()
        });
    }
    let limit = agent.window.budget().limit();
    agent.settings.set(name, value, limit)?;
    agent.window.set_policy(agent.settings.eviction);
    if name == "router" {
        // Whether the model is told of tools depends on it.
        agent.repin(observer)?;
    }
    agent.window.set_budget(Budget::new(limit, agent.settings.reserve));
    Ok(())
}
