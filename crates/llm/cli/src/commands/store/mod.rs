//! `llm-cli store check|dump|export FILE`: looks at a store from outside. FILE is a disk or an image of
//! one, or a store alone; nothing is ever written to it.

mod check;
mod dump;
mod export;
#[cfg(test)]
mod tests;

use crate::{
    args::{Args, ArgsError},
    error::CliError,
};
use llm_memory::kinds;
use serde_json::Value;
use std::{
    fmt,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    rc::Rc,
};
use system_files::probe::{Contents, probe};
use system_host::{FileDisk, FileDiskError};
use system_platform::{BlockDevice, BlockError, pace};
use system_storage::{OpenError, Store, StoreError};

/// Bytes of a block where the file does not say.
const BLOCK_BYTES: [u32; 2] = [512, 4096];

/// Why a store cannot be looked at.
#[derive(Debug)]
pub enum LookError {
    /// The file itself.
    File(FileDiskError),
    /// Reading it.
    Disk(BlockError),
    /// There is no store that can be opened.
    Open(OpenError),
    /// It fails while it is read.
    Read(StoreError),
}

impl fmt::Display for LookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Disk(error) => error.fmt(f),
            Self::Open(error) => error.fmt(f),
            Self::Read(error) => error.fmt(f),
        }
    }
}

impl From<FileDiskError> for LookError {
    fn from(error: FileDiskError) -> Self {
        Self::File(error)
    }
}

impl From<BlockError> for LookError {
    fn from(error: BlockError) -> Self {
        Self::Disk(error)
    }
}

impl From<OpenError> for LookError {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<StoreError> for LookError {
    fn from(error: StoreError) -> Self {
        Self::Read(error)
    }
}

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let kind: Option<u16> = args.option("--kind")?;
    let out: Option<PathBuf> = args.option("--out")?;
    let words = args.words(2)?;
    let [action, path] = &words[..] else {
        return Err(ArgsError::MissingOption("check, dump or export, and a file,").into());
    };
    let path = PathBuf::from(path);
    let failed = |error| CliError::Store { path: path.clone(), error };
    let mut output: Box<dyn Write> = match &out {
        Some(out) => {
            let made = std::fs::File::create(out);
            Box::new(made.map_err(|error| CliError::File { path: out.clone(), error })?)
        }
        None => Box::new(std::io::stdout().lock()),
    };
    let store = open(&path).map_err(failed)?;
    match action.as_str() {
        "check" => check::run(&store, &mut output).map_err(failed),
        "dump" => dump::run(&store, kind, &mut output).map_err(failed),
        "export" => export::run(store, &mut output).map_err(failed),
        other => Err(ArgsError::Unexpected(other.to_string()).into()),
    }
}

/// Opens the store of a disk, or the one that the file is, for reading.
fn open(path: &Path) -> Result<Rc<Store<'static>>, LookError> {
    let mut result = Err(LookError::Open(OpenError::Foreign));
    for block_bytes in BLOCK_BYTES {
        let disk: Rc<dyn BlockDevice> = Rc::new(FileDisk::open(path, block_bytes, true)?);
        let contents = pace::run(probe(&disk))?;
        if let Contents::Ours { layout, .. } = contents {
            let part = Rc::new(layout.store.open(disk)?);
            return Ok(Rc::new(pace::run(Store::open_read_only(part))?));
        }
        match pace::run(Store::open_read_only(disk)) {
            Ok(store) => return Ok(Rc::new(store)),
            Err(error) => result = Err(error.into()),
        }
    }
    result
}

/// What a kind of record is called.
fn kind_name(kind: u16) -> &'static str {
    match kind {
        kinds::MEMORY => "memory",
        kinds::FILE => "file",
        kinds::INDEX => "index",
        kinds::SESSION => "session",
        kinds::TURN => "turn",
        kinds::AUDIT => "audit",
        kinds::PREFIX => "prefix",
        _ => "unknown",
    }
}

/// The JSON object of a record, for kinds that hold one; memories have it behind its length.
fn object(kind: u16, payload: &[u8]) -> Option<Value> {
    let bytes = match kind {
        kinds::MEMORY => {
            let (len, rest) = payload.split_first_chunk::<4>()?;
            rest.get(..u32::from_le_bytes(*len) as usize)?
        }
        kinds::FILE | kinds::SESSION | kinds::TURN | kinds::AUDIT => payload,
        _ => return None,
    };
    serde_json::from_slice(bytes).ok()
}
