//! The commands by name.

use alloc::{string::String, vec::Vec};
use core::fmt::Write;
use llm_tools::nearest::nearest;

/// A slash command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Help,
    Tool,
    Tools,
    Context,
    Reset,
    System,
    Set,
    Block,
    Remember,
    Recall,
    Forget,
    Memories,
    Ingest,
    Undo,
    Edit,
    Regenerate,
    Branch,
    Branches,
    Save,
    Load,
    Export,
    Grants,
    Allow,
    Ask,
    Deny,
    Audit,
    Stats,
    Models,
    Model,
    Disks,
    Mem,
    Mmap,
    Frames,
    Cpus,
    Ticks,
    Time,
    Hexdump,
    History,
    Selftest,
    Shutdown,
    Reboot,
}

/// How a command is called.
pub struct Entry {
    pub command: Command,
    pub name: &'static str,
    pub alias: Option<&'static str>,
    pub arguments: &'static str,
    pub summary: &'static str,
}

const fn entry(
    command: Command,
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
) -> Entry {
    Entry { command, name, alias: None, arguments, summary }
}

impl Entry {
    const fn or(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    /// The command as it is typed.
    pub fn usage(&self) -> String {
        let space = if self.arguments.is_empty() { "" } else { " " };
        alloc::format!("/{}{space}{}", self.name, self.arguments)
    }
}

/// All commands, in the order `/help` shows them.
pub const ENTRIES: [Entry; 41] = [
    entry(Command::Help, "help", "[COMMAND]", "this list, or one command").or("?"),
    entry(Command::Tool, "tool", "NAME [ARGUMENTS]", "run a tool: plain text, key=value or JSON"),
    entry(Command::Tools, "tools", "", "the tools and their arguments"),
    entry(Command::Context, "context", "", "what is in the context window"),
    entry(Command::Reset, "reset", "", "begin a new conversation").or("clear"),
    entry(Command::System, "system", "[TEXT|default]", "show or replace the system prompt"),
    entry(Command::Set, "set", "[NAME [VALUE]]", "show or change parameters and the keymap"),
    entry(
        Command::Block,
        "block",
        "[LABEL [TEXT|+TEXT|clear]]",
        "the blocks that are always in view",
    ),
    entry(Command::Remember, "remember", "TEXT", "keep a fact"),
    entry(Command::Recall, "recall", "QUESTION", "find what was remembered or stands in files"),
    entry(Command::Forget, "forget", "NUMBER|TEXT|PATH", "forget a memory, or a file"),
    entry(
        Command::Memories,
        "memories",
        "[WORDS|history|files]",
        "what is remembered, with its numbers",
    ),
    entry(Command::Ingest, "ingest", "[PATH]", "take a file or folder into memory, or look again"),
    entry(Command::Undo, "undo", "", "take the last turn back"),
    entry(Command::Edit, "edit", "TEXT", "say something else in the last turn"),
    entry(Command::Regenerate, "regenerate", "", "have the last turn answered anew").or("retry"),
    entry(
        Command::Branch,
        "branch",
        "NAME",
        "go on in a copy of the conversation, or in another one",
    ),
    entry(Command::Branches, "branches", "", "the copies there are"),
    entry(Command::Save, "save", "[NAME]", "keep the conversation"),
    entry(Command::Load, "load", "[NAME]", "go on with a kept conversation"),
    entry(Command::Export, "export", "[markdown|json]", "the whole conversation as text"),
    entry(Command::Grants, "grants", "", "what the agent may do"),
    entry(Command::Allow, "allow", "CAPABILITY", "let the agent use it without asking"),
    entry(Command::Ask, "ask", "CAPABILITY", "have the agent ask before it uses it"),
    entry(Command::Deny, "deny", "CAPABILITY", "forbid it to the agent"),
    entry(
        Command::Audit,
        "audit",
        "[COUNT|verify]",
        "the tool calls so far, or a check that none was changed",
    ),
    entry(Command::Stats, "stats", "", "tokens computed and reused, and how fast"),
    entry(Command::Models, "models", "", "the models in use, and the files of others"),
    entry(Command::Model, "model", "[NAME]", "the models in use, or go on with another"),
    entry(Command::Disks, "disks", "", "the disks and what is on them"),
    entry(Command::Mem, "mem", "", "memory in use"),
    entry(Command::Mmap, "mmap", "", "the firmware's memory map"),
    entry(Command::Frames, "frames", "", "the page-frame allocator"),
    entry(Command::Cpus, "cpus", "", "the CPUs and what they did"),
    entry(Command::Ticks, "ticks", "", "timer interrupts and uptime"),
    entry(Command::Time, "time", "", "date and time"),
    entry(Command::Hexdump, "hexdump", "ADDRESS [LENGTH]", "bytes at a virtual address"),
    entry(Command::History, "history", "[COUNT]", "the lines entered so far"),
    entry(Command::Selftest, "selftest", "[WHAT]", "check kernel and model"),
    entry(Command::Shutdown, "shutdown", "", "switch the machine off").or("bye"),
    entry(Command::Reboot, "reboot", "", "start the machine anew"),
];

/// The commands as they are typed, for completion.
pub fn names() -> impl Iterator<Item = String> {
    ENTRIES.iter().map(|entry| alloc::format!("/{}", entry.name))
}

/// The command of this name or alias.
pub fn find(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name || entry.alias == Some(name))
}

/// The command whose name comes closest.
pub fn nearest_name(name: &str) -> Option<&'static str> {
    nearest(name, ENTRIES.iter().flat_map(|entry| [Some(entry.name), entry.alias]).flatten())
}

/// The list of commands, or the usage of one.
pub fn help(entry: Option<&Entry>) -> String {
    let entries: Vec<&Entry> = match entry {
        Some(entry) => Vec::from([entry]),
        None => ENTRIES.iter().collect(),
    };
    let mut text = String::new();
    for entry in &entries {
        let alias = entry.alias.map(|alias| alloc::format!(" (also `/{alias}`)"));
        let (usage, alias) = (entry.usage(), alias.unwrap_or_default());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- `{usage}` {}{alias}", entry.summary);
    }
    if entry.is_none() {
        text.push_str("\nAnything else is said to the model. Esc or Ctrl-C stops a reply.");
    }
    text
}
