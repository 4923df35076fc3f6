//! `store check`: reads every record, and says what is wrong with which.

use super::{Found, LookError, object};
use llm_memory::{
    kinds,
    record::{FileRecord, decode},
};
use serde_json::Value;
use std::{collections::BTreeMap, io::Write, process::ExitCode};
use system_platform::pace;
use system_storage::{Key, StoreError};

/// The version of the session's records that is known.
const SESSION_VERSION: u64 = 1;

pub fn run(found: &Found, output: &mut dyn Write) -> Result<ExitCode, LookError> {
    let Found { store, first_byte, table_fault } = found;
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
            faults.push(format!("{} {}: {fault}", kinds::name(key.kind), key.id));
        }
    };
    pace::run(store.visit(0..=u16::MAX, visitor))?;
    let mut text = format!("the store begins at byte {first_byte:#x} of the file\n");
    for (kind, (records, bytes)) in counts {
        text.push_str(&format!("{records:>8} {} ({bytes} bytes)\n", kinds::name(kind)));
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
    if let Some(fault) = table_fault {
        text.push_str(&format!("damaged: the first partition table: {fault}\n"));
    }
    let damages = store.damages();
    for damage in &damages {
        text.push_str(&format!("damaged: {damage}\n"));
    }
    for fault in &faults {
        text.push_str(&format!("unreadable: {fault}\n"));
    }
    let is_sound = table_fault.is_none() && damages.is_empty() && faults.is_empty();
    if is_sound {
        text.push_str("no complaints\n");
    }
    output.write_all(text.as_bytes())?;
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is wrong with a record that the store could read.
fn fault_of(key: Key, bytes: &[u8]) -> Option<String> {
    match key.kind {
        kinds::MEMORY => decode(key.id, bytes).err().map(|error| error.to_string()),
        kinds::FILE => FileRecord::decode(bytes).err().map(|error| error.to_string()),
        kinds::SESSION | kinds::TURN | kinds::AUDIT => fault_of_session(object(key.kind, bytes)),
        _ => None,
    }
}

/// What is wrong with the object of a part of the session.
fn fault_of_session(object: Option<Value>) -> Option<String> {
    let Some(object) = object else {
        return Some("the record holds no JSON object".to_string());
    };
    match object["version"].as_u64() {
        None | Some(0) => Some("\"version\" of the record is missing or wrong".to_string()),
        Some(version) if version > SESSION_VERSION => Some(format!(
            "the record has version {version}, this system knows up to {SESSION_VERSION}"
        )),
        Some(_) => None,
    }
}
