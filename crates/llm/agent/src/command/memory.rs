//! `/remember`, `/recall`, `/forget`, `/memories`, `/ingest`.

use super::{CommandError, table::Entry as Command};
use crate::{Agent, AgentEvent, Observer, cancel::until_cancelled, syscall::Caller};
use alloc::{borrow::ToOwned, format, string::String, vec, vec::Vec};
use core::{fmt::Write, sync::atomic::AtomicBool};
use llm_inference::model::{LanguageModel, ToolCall};
use llm_memory::{Entry, Kind, MemoryError, ingest::File};
use llm_tools::{
    Files, Refusal,
    facility::{Facility, FileEntry},
    measure::bytes,
};
use serde_json::json;
use system_platform::DateTime;

/// The longest file that is taken in, in bytes.
const MOST_FILE_BYTES: usize = 32 << 20;
/// Memory that has to be free for each byte of a file, and besides.
const MEMORY_PER_BYTE: u64 = 6;
const SPARE_BYTES: u64 = 32 << 20;
/// The deepest folder that is looked into, and the most files that are taken in at once.
const MOST_DEPTH: usize = 16;
const MOST_FILES: usize = 10_000;
/// Memories that one list shows.
const MOST_SHOWN: usize = 20;

/// Calls a tool with one argument, as the person.
pub async fn tool<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    entry: &Command,
    argument: &str,
    text: &str,
    observer: &O,
    cancel: &AtomicBool,
) -> Result<String, CommandError> {
    if text.is_empty() {
        return Err(CommandError::Usage { usage: entry.usage() });
    }
    let arguments = json!({ argument: text });
    let call = ToolCall { id: String::new(), name: entry.name.into(), arguments };
    Ok(agent.call_tool(&call, Caller::Person, observer, cancel).await?.text)
}

/// Forgets a memory by its number or its words, or a file by its path.
pub async fn forget<M: LanguageModel>(
    agent: &mut Agent<'_, M>,
    entry: &Command,
    what: &str,
) -> Result<String, CommandError> {
    if what.is_empty() {
        return Err(CommandError::Usage { usage: entry.usage() });
    }
    if let Some(chunks) = agent.memory.forget_file(what).await? {
        return Ok(format!("forgotten: {what}, which had {chunks} part{}", plural(chunks)));
    }
    let id = match what.trim_start_matches('#').parse() {
        Ok(id) => id,
        Err(_) => by_words(agent, what)?,
    };
    let forgotten = agent.memory.forget(id).await?;
    let texts: Vec<&str> = forgotten.iter().map(|entry| entry.text.as_str()).collect();
    Ok(format!("forgotten: {}", texts.join("; and its older version: ")))
}

/// The only memory that has these words.
fn by_words<M: LanguageModel>(agent: &Agent<'_, M>, what: &str) -> Result<u64, CommandError> {
    let wanted = what.to_lowercase();
    let memory = &agent.memory;
    let told = || memory.entries().filter(|entry| entry.kind != Kind::Chunk);
    if let Some(entry) = told().find(|entry| entry.text.to_lowercase() == wanted) {
        return Ok(entry.id);
    }
    let having: Vec<&Entry> =
        told().filter(|entry| entry.text.to_lowercase().contains(&wanted)).collect();
    match having[..] {
        [only] => Ok(only.id),
        [] => Err(CommandError::NothingRemembered { what: what.into() }),
        _ => {
            let list: Vec<String> = having
                .iter()
                .take(MOST_SHOWN)
                .map(|entry| format!("{}: {}", entry.id, entry.text))
                .collect();
            Err(CommandError::SeveralRemembered { what: what.into(), list: list.join("; ") })
        }
    }
}

/// What is remembered: all of it, what has some words, what does not hold any more, or the files.
pub fn list<M: LanguageModel>(agent: &Agent<'_, M>, what: &str) -> String {
    let memory = &agent.memory;
    let mut text = String::new();
    let line = |text: &mut String, entry: &Entry| {
        let day = entry.unix_s.map(|unix_s| {
            let DateTime { year, month, day, .. } = DateTime::from_unix(unix_s);
            format!(", {year}-{month:02}-{day:02}")
        });
        let outside = if entry.is_from_outside { ", from outside" } else { "" };
        let newer = memory.superseded_by(entry.id);
        let newer = newer.map(|newer| format!(", no longer since {}", newer.id));
        let (day, newer) = (day.unwrap_or_default(), newer.unwrap_or_default());
        let _ = writeln!(
            text,
            "- **{}** {} ({}{day}{outside}{newer})",
            entry.id,
            entry.cited(),
            entry.kind.as_str()
        );
    };
    match what {
        "files" => {
            for file in memory.files() {
                let parts = file.chunks.len();
                let _ = writeln!(text, "- {}, {parts} part{}", file.path, plural(parts));
            }
        }
        "history" => memory.history().rev().take(MOST_SHOWN).for_each(|it| line(&mut text, it)),
        _ => {
            let wanted = what.to_lowercase();
            let is_shown = |entry: &&Entry| match what.is_empty() {
                true => entry.kind != Kind::Chunk,
                false => entry.searchable().to_lowercase().contains(&wanted),
            };
            let shown: Vec<&Entry> = memory.entries().filter(is_shown).collect();
            for entry in shown.iter().rev().take(MOST_SHOWN) {
                line(&mut text, entry);
            }
            if let Some(more) = shown.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
                let _ = writeln!(text, "- and {more} more; `/memories WORDS` finds some");
            }
        }
    }
    if text.is_empty() {
        text.push_str("There is nothing.\n");
    }
    let (files, history) = (memory.files().count(), memory.history().count());
    let parts = memory.entries().filter(|entry| entry.kind == Kind::Chunk).count();
    let told = memory.len() - parts;
    let _ = write!(
        text,
        "\n{told} memor{}, {history} that hold{} no longer (`/memories history`), {files} file{} of \
         {parts} part{} (`/memories files`); ",
        if told == 1 { "y" } else { "ies" },
        if history == 1 { "s" } else { "" },
        plural(files),
        plural(parts),
    );
    match memory.store().map(|store| store.usage()) {
        None => text.push_str("nothing of it will last: there is no disk for it."),
        Some(usage) => {
            let _ = write!(
                text,
                "the store has {} of {} in use.",
                bytes(usage.live_bytes),
                bytes(usage.total_bytes)
            );
        }
    }
    text
}

/// Takes a file in, or all files of a folder; without a path, those that were taken in before.
pub async fn ingest<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    path: &str,
    observer: &O,
    cancel: &AtomicBool,
) -> Result<String, CommandError> {
    let files = agent.host.files().ok_or(Refusal::Missing(Facility::Files))?;
    let paths = match path.is_empty() {
        true => agent.memory.files().map(|file| file.path.clone()).collect(),
        false => files_under(files, path).await?,
    };
    if paths.is_empty() && path.is_empty() {
        return Ok("No file has been taken in yet: /ingest PATH takes one, or a folder.".into());
    }
    let is_alone = paths.len() == 1;
    let mut text = String::new();
    let mut unchanged = 0;
    for path in &paths {
        let running = ingest_file(agent, files, path, observer);
        let Some(result) = until_cancelled(running, cancel).await else {
            let _ = writeln!(text, "- stopped before {path} was taken in");
            break;
        };
        match result {
            Err(error) if is_alone => return Err(error),
            Err(error) => {
                let _ = writeln!(text, "- {path}: {error}");
            }
            Ok(None) => unchanged += 1,
            Ok(Some(said)) => {
                let _ = writeln!(text, "- {said}");
            }
        }
    }
    if unchanged > 0 {
        let _ = writeln!(
            text,
            "- {unchanged} file{} as known",
            if unchanged == 1 { " is" } else { "s are" }
        );
    }
    Ok(text.trim_end().into())
}

impl<M: LanguageModel> Agent<'_, M> {
    /// Looks again at the files that were taken into memory, and takes in those that have changed, until
    /// `cancel` is set. What cannot be read now, because its disk is elsewhere perhaps, stays as it was.
    pub async fn refresh_files<O: Observer + ?Sized>(&mut self, observer: &O, cancel: &AtomicBool) {
        let Some(files) = self.host.files() else { return };
        let paths: Vec<String> = self.memory.files().map(|file| file.path.clone()).collect();
        for path in paths {
            let running = ingest_file(self, files, &path, observer);
            match until_cancelled(running, cancel).await {
                Some(Ok(Some(said))) => {
                    let text = format!("Changed since it was taken into memory: {said}.");
                    observer.on_event(&AgentEvent::Notice { text: &text });
                }
                Some(Ok(None) | Err(_)) => {}
                None => return,
            }
        }
    }
}

/// Takes one file in; what is to be said of it, or `None` if it was known as it is.
async fn ingest_file<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    files: &dyn Files,
    path: &str,
    observer: &O,
) -> Result<Option<String>, CommandError> {
    let content = files.read(path, MOST_FILE_BYTES + 1).await.map_err(Refusal::File)?;
    if content.len() > MOST_FILE_BYTES {
        return Err(CommandError::FileTooLong { path: path.into(), most: MOST_FILE_BYTES });
    }
    let needed = content.len() as u64 * MEMORY_PER_BYTE + SPARE_BYTES;
    let free = agent.host.machine().memory().free;
    if needed > free {
        return Err(CommandError::NoMemory { what: path.into(), needed, free });
    }
    let unix_s = agent.unix_s();
    let embedder = agent.host.embedder();
    let mut progress = |done, total| {
        observer.on_event(&AgentEvent::Ingesting { path, done, total });
    };
    let file = File { path, bytes: &content, unix_s };
    let done = agent.memory.ingest(file, embedder, &mut progress).await?;
    if done.is_unchanged() {
        return Ok(None);
    }
    let new = done.chunks - done.known;
    let mut said =
        format!("{path}: {} part{}, {new} of them new", done.chunks, plural(done.chunks));
    if done.removed > 0 {
        let _ = write!(said, ", {} gone", done.removed);
    }
    Ok(Some(said))
}

/// The file of a path, or all files under the folder; hidden ones are left out.
async fn files_under(files: &dyn Files, path: &str) -> Result<Vec<String>, CommandError> {
    let path = path.trim_matches('/');
    let mut found = Vec::new();
    let mut open = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let listed = match files.list(if folder.is_empty() { "/" } else { &folder }).await {
            Ok(listed) => listed,
            // What is no folder is a file, or nothing: reading it tells.
            Err(_) if depth == 0 => return Ok(vec![folder]),
            Err(error) => return Err(Refusal::File(error).into()),
        };
        for FileEntry { name, len_bytes } in listed {
            if name.starts_with('.') || found.len() == MOST_FILES {
                continue;
            }
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            match len_bytes {
                Some(_) => found.push(path),
                None if depth < MOST_DEPTH => open.push((path, depth + 1)),
                None => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

impl From<MemoryError> for CommandError {
    fn from(error: MemoryError) -> Self {
        Self::Memory(error)
    }
}

impl From<Refusal> for CommandError {
    fn from(error: Refusal) -> Self {
        Self::Tool(error.into())
    }
}
