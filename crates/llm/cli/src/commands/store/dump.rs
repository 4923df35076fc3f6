//! `store dump`: each record in a line of JSON.

use super::{LookError, object};
use llm_memory::{kinds, record::decode};
use serde_json::{Value, json};
use std::{io::Write, process::ExitCode};
use system_platform::pace;
use system_storage::{Key, Store, StoreError};

/// Bytes that are shown of a record that holds no object.
const SHOWN_BYTES: usize = 32;

pub fn run(
    store: &Store<'_>,
    kind: Option<u16>,
    output: &mut dyn Write,
) -> Result<ExitCode, LookError> {
    let kinds = kind.map_or(0..=u16::MAX, |kind| kind..=kind);
    let mut written = Ok(());
    let visitor = |key: Key, payload: Result<&[u8], StoreError>| {
        let mut line = json!({ "kind": key.kind, "name": kinds::name(key.kind), "id": key.id });
        match payload {
            Ok(bytes) => describe(&mut line, key, bytes),
            Err(error) => line["error"] = error.to_string().into(),
        }
        if written.is_ok() {
            // A value that is shown must not fail, so it is not shown to what may.
            written = output.write_all(format!("{line}\n").as_bytes());
        }
    };
    pace::run(store.visit(kinds, visitor))?;
    written?;
    Ok(ExitCode::SUCCESS)
}

fn describe(line: &mut Value, key: Key, bytes: &[u8]) {
    line["bytes"] = bytes.len().into();
    match object(key.kind, bytes) {
        Some(object) => line["object"] = object,
        None => {
            let shown = bytes.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}"));
            line["begins"] = shown.collect::<String>().into();
        }
    }
    if key.kind == kinds::MEMORY
        && let Ok((_, Some(vector))) = decode(key.id, bytes)
    {
        line["vector"] = json!({ "fingerprint": vector.fingerprint, "codes": vector.codes.len() });
    }
}
