//! Slash commands: the name is looked up, the command runs, its output is one event.

mod block;
mod conversation;
mod editing;
mod error;
mod hexdump;
mod machine;
mod memory;
mod models;
mod rights;
mod selftest;
mod set;
mod table;
mod tool;

pub use error::CommandError;
pub use table::names;

use crate::{Agent, AgentEvent, Observer, PowerAction};
use alloc::string::{String, ToString};
use core::sync::atomic::AtomicBool;
use llm_inference::model::LanguageModel;
use llm_tools::grants::Rule;
use system_platform::Pacer;
use table::{Command, Entry};

/// Runs the command in `text`, which has lost its slash.
pub async fn run<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    text: &str,
    pacer: &impl Pacer,
    observer: &O,
    cancel: &AtomicBool,
) {
    let (name, arguments) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let arguments = arguments.trim();
    let Some(entry) = table::find(name) else {
        let nearest = table::nearest_name(name);
        let error = CommandError::Unknown { name: name.into(), nearest };
        finish(observer, name, arguments, Err(error));
        return;
    };
    let result = match entry.command {
        Command::Selftest => selftest::run(agent, arguments, pacer, observer, cancel).await,
        Command::Tool => tool::call(agent, entry, arguments, observer, cancel).await,
        Command::Remember => memory::tool(agent, entry, "text", arguments, observer, cancel).await,
        Command::Recall => memory::tool(agent, entry, "query", arguments, observer, cancel).await,
        Command::Forget => memory::forget(agent, entry, arguments).await,
        Command::Ingest => memory::ingest(agent, arguments, observer, cancel).await,
        Command::Models if arguments.is_empty() => Ok(models::list(agent).await),
        Command::Model => models::switch(agent, arguments).await,
        Command::Disks if arguments.is_empty() => Ok(machine::disks(agent).await),
        Command::Edit => editing::edit(agent, entry, arguments, pacer, observer, cancel).await,
        Command::Regenerate if arguments.is_empty() => {
            editing::regenerate(agent, pacer, observer, cancel).await
        }
        _ => run_at_once(agent, entry, arguments, observer),
    };
    finish(observer, entry.name, arguments, result);
    // After the event, so that the last thing a log sees is complete.
    match entry.command {
        Command::Shutdown if arguments.is_empty() => {
            observer.on_event(&AgentEvent::Power { action: PowerAction::Shutdown });
            agent.host.machine().shut_down();
        }
        Command::Reboot if arguments.is_empty() => {
            observer.on_event(&AgentEvent::Power { action: PowerAction::Reboot });
            agent.host.machine().reboot();
        }
        _ => {}
    }
}

fn finish<O: Observer + ?Sized>(
    observer: &O,
    name: &str,
    arguments: &str,
    result: Result<String, CommandError>,
) {
    let ok = result.is_ok();
    let output = result.unwrap_or_else(|error| error.to_string());
    observer.on_event(&AgentEvent::Command { name, arguments, ok, output: &output });
}

/// The commands that are done in no time.
fn run_at_once<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    entry: &Entry,
    arguments: &str,
    observer: &O,
) -> Result<String, CommandError> {
    if entry.arguments.is_empty() && !arguments.is_empty() {
        return Err(CommandError::Usage { usage: entry.usage() });
    }
    let machine = agent.host.machine();
    Ok(match entry.command {
        Command::Help => help(arguments)?,
        Command::Tools => tool::list(agent),
        Command::Context => conversation::context(agent),
        Command::Reset => conversation::reset(agent, observer),
        Command::System => conversation::system(agent, arguments, observer)?,
        Command::Set => set::run(agent, arguments, observer)?,
        Command::Block => block::run(agent, entry, arguments, observer)?,
        Command::Grants => rights::grants(agent),
        Command::Allow => rights::set(agent, entry, arguments, Rule::Allow)?,
        Command::Ask => rights::set(agent, entry, arguments, Rule::Ask)?,
        Command::Deny => rights::set(agent, entry, arguments, Rule::Deny)?,
        Command::Audit => rights::audit(agent, arguments)?,
        Command::Undo => editing::undo(agent, observer)?,
        Command::Branch => editing::branch(agent, entry, arguments, observer)?,
        Command::Branches => editing::branches(agent),
        Command::Save => editing::save(agent, arguments),
        Command::Load => editing::load(agent, arguments, observer)?,
        Command::Export => editing::export(agent, entry, arguments)?,
        Command::Stats => conversation::stats(agent),
        Command::History => conversation::history(agent, arguments)?,
        Command::Mem => machine::mem(machine),
        Command::Mmap => machine::mmap(machine),
        Command::Frames => machine::frames(machine),
        Command::Cpus => machine::cpus(machine),
        Command::Ticks => machine::ticks(machine),
        Command::Time => machine::time(machine),
        Command::Hexdump => hexdump::run(machine, entry, arguments)?,
        Command::Shutdown => "The machine is being switched off.".into(),
        Command::Reboot => "The machine is being restarted.".into(),
        Command::Memories => memory::list(agent, arguments),
        Command::Selftest
        | Command::Tool
        | Command::Remember
        | Command::Recall
        | Command::Forget
        | Command::Ingest
        | Command::Edit
        | Command::Models
        | Command::Disks
        | Command::Model
        | Command::Regenerate => String::new(),
    })
}

fn help(name: &str) -> Result<String, CommandError> {
    if name.is_empty() {
        return Ok(table::help(None));
    }
    let name = name.trim_start_matches('/');
    table::find(name).map(|entry| table::help(Some(entry))).ok_or_else(|| CommandError::Unknown {
        name: name.into(),
        nearest: table::nearest_name(name),
    })
}
