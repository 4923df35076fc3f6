//! `store check`: reads every record, and says what is wrong with which.

use super::{LookError, kind_name, object};
use llm_memory::{
    kinds,
    record::{FileRecord, decode},
};
use std::{collections::BTreeMap, io::Write, process::ExitCode};
use system_platform::pace;
use system_storage::{Key, Store, StoreError};

pub fn run(store: &Store<'_>, output: &mut dyn Write) -> Result<ExitCode, LookError> {
    let mut counts: BTreeMap<u16, (u64, u64)> = BTreeMap::new();
    let mut faults: Vec<String> = Vec::new();
    let visitor = |key: Key, payload: Result<&[u8], StoreError>| {
        let fault = match payload {
            Ok(bytes) => {
                let (records, total) = counts.entry(key.kind).or_default();
                *records += 1;
                *total += bytes.len() as u64;
                fault_of(key, bytes)
            }
            Err(error) => Some(error.to_string()),
        };
        if let Some(fault) = fault {
            faults.push(format!("{} {}: {fault}", kind_name(key.kind), key.id));
        }
    };
    pace::run(store.visit(0..=u16::MAX, visitor))?;
    let mut text = String::new();
    for (kind, (records, bytes)) in counts {
        text.push_str(&format!("{records:>8} {} ({bytes} bytes)\n", kind_name(kind)));
    }
    let usage = store.usage();
    text.push_str(&format!(
        "{} of {} bytes in use, {} free, {} to be erased, {} damaged\n",
        usage.live_bytes,
        usage.total_bytes,
        usage.free_bytes,
        usage.erasing_bytes,
        usage.damaged_bytes
    ));
    let damages = store.damages();
    for damage in &damages {
        text.push_str(&format!("damaged: {damage}\n"));
    }
    for fault in &faults {
        text.push_str(&format!("unreadable: {fault}\n"));
    }
    let is_sound = damages.is_empty() && faults.is_empty();
    if is_sound {
        text.push_str("no complaints\n");
    }
    // Whoever closes the pipe does not want more.
    let _ = output.write_all(text.as_bytes());
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is wrong with a record that the store could read.
fn fault_of(key: Key, bytes: &[u8]) -> Option<String> {
    match key.kind {
        kinds::MEMORY => decode(key.id, bytes).err().map(|error| error.to_string()),
        kinds::FILE => FileRecord::decode(bytes).err().map(|error| error.to_string()),
        kinds::SESSION | kinds::TURN | kinds::AUDIT => {
            object(key.kind, bytes).is_none().then(|| "it holds no JSON".to_string())
        }
        _ => None,
    }
}
