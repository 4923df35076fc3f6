//! `store export`: all memories as lines of JSON, for use elsewhere.

use super::LookError;
use llm_memory::Memory;
use serde_json::json;
use std::{io::Write, process::ExitCode, rc::Rc};
use system_platform::pace;
use system_storage::Store;

pub fn run(store: Rc<Store<'static>>, output: &mut dyn Write) -> Result<ExitCode, LookError> {
    let (memory, unreadable) = pace::run(Memory::open(store))?;
    let mut entries: Vec<_> = memory.entries().chain(memory.history()).collect();
    entries.sort_by_key(|entry| entry.id);
    for entry in entries {
        let line = json!({
            "id": entry.id,
            "text": entry.text,
            "kind": entry.kind.as_str(),
            "unix_s": entry.unix_s,
            "source": entry.source,
            "lines": entry.lines.map(|(first, last)| [first, last]),
            "under": entry.under,
            "tags": entry.tags,
            "importance": entry.importance,
            "outside": entry.is_from_outside,
            "superseded_by": memory.superseded_by(entry.id).map(|newer| newer.id),
        });
        // A value that is shown must not fail, so it is not shown to what may.
        output.write_all(format!("{line}\n").as_bytes())?;
    }
    for record in &unreadable {
        eprintln!("left out: {record}");
    }
    Ok(if unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
