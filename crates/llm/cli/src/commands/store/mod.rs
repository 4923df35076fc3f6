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
use llm_memory::{kinds, record::split};
use serde_json::Value;
use std::{
    fmt, fs,
    io::{self, BufWriter, ErrorKind, Write},
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
    process::ExitCode,
    rc::Rc,
};
use system_files::{
    gpt::HeaderFault,
    probe::{Contents, Data, probe},
};
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
    /// The disk is somebody's.
    NoStore(Contents),
    /// It fails while it is read.
    Read(StoreError),
    /// What was found cannot be written where it was wanted.
    Write(io::Error),
}

/// A store, and what its file says of it.
struct Found {
    store: Rc<Store<'static>>,
    /// Where the store begins in the file, in bytes: places of damage are counted from here.
    first_byte: u64,
    /// What is wrong with the first partition table, where the second had to be used.
    table_fault: Option<HeaderFault>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Check,
    Dump,
    Export,
}

impl fmt::Display for LookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Disk(error) => error.fmt(f),
            Self::Open(error) => error.fmt(f),
            Self::NoStore(contents) => write!(f, "there is no store on the disk, but {contents}"),
            Self::Read(error) => error.fmt(f),
            Self::Write(error) => error.fmt(f),
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

impl From<io::Error> for LookError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
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
    let action = match action.as_str() {
        "check" => Action::Check,
        "dump" => Action::Dump,
        "export" => Action::Export,
        other => return Err(ArgsError::Unexpected(other.to_string()).into()),
    };
    if kind.is_some() && action != Action::Dump {
        return Err(ArgsError::Unexpected("--kind".to_string()).into());
    }
    if out.is_some() && action != Action::Export {
        return Err(ArgsError::Unexpected("--out".to_string()).into());
    }
    // A file is emptied when it is made: not the store's own, and none for a store that is not there.
    if let Some(out) = &out
        && is_same_file(out, &path)
    {
        let value = out.display().to_string();
        let problem = "it is the file of the store, which is never written".to_string();
        return Err(ArgsError::BadValue { option: "--out", value, problem }.into());
    }
    let failed = |error| match (error, &out) {
        (LookError::Write(error), Some(out)) => CliError::File { path: out.clone(), error },
        (LookError::Write(error), None) => CliError::Output(error),
        (error, _) => CliError::Store { path: path.clone(), error },
    };
    let found = open(&path).map_err(failed)?;
    let target: Box<dyn Write> = match &out {
        Some(out) => Box::new(fs::File::create(out).map_err(|error| failed(error.into()))?),
        None => Box::new(io::stdout().lock()),
    };
    let mut output = BufWriter::new(target);
    let result = match action {
        Action::Check => check::run(&found, &mut output),
        Action::Dump => dump::run(&found.store, kind, &mut output),
        Action::Export => export::run(found.store, &mut output),
    };
    let result = result.and_then(|code| output.flush().map(|()| code).map_err(LookError::from));
    match result {
        // Whoever closes the pipe does not want more.
        Err(LookError::Write(error)) if out.is_none() && error.kind() == ErrorKind::BrokenPipe => {
            Ok(ExitCode::SUCCESS)
        }
        result => result.map_err(failed),
    }
}

/// Whether two paths lead to one file, or to one disk. Paths that lead nowhere do not.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let (Ok(one), Ok(other)) = (fs::metadata(one), fs::metadata(other)) else { return false };
    let is_disk = |file: &fs::Metadata| file.file_type().is_block_device();
    (one.dev(), one.ino()) == (other.dev(), other.ino())
        || is_disk(&one) && is_disk(&other) && one.rdev() == other.rdev()
}

/// Opens the store of a disk, or the one that the file is, for reading.
fn open(path: &Path) -> Result<Found, LookError> {
    let mut reason = None;
    for block_bytes in BLOCK_BYTES {
        let disk: Rc<dyn BlockDevice> = match FileDisk::open(path, block_bytes, true) {
            Ok(disk) => Rc::new(disk),
            // With smaller blocks it was a disk, of which is known what it holds.
            Err(FileDiskError::Length { .. }) if reason.is_some() => break,
            Err(error) => return Err(error.into()),
        };
        let contents = pace::run(probe(&disk))?;
        if let Contents::Ours { layout, warning } = contents {
            let part = Rc::new(layout.store.open(disk)?);
            let store = Rc::new(pace::run(Store::open_read_only(part))?);
            let first_byte = layout.store.first * u64::from(block_bytes);
            return Ok(Found { store, first_byte, table_fault: warning });
        }
        match pace::run(Store::open_read_only(disk)) {
            Ok(store) => {
                return Ok(Found { store: Rc::new(store), first_byte: 0, table_fault: None });
            }
            Err(error @ (OpenError::Unformatted | OpenError::Foreign)) => match contents {
                Contents::Blank | Contents::Whole(Data::Unknown) => {
                    reason.get_or_insert(LookError::Open(error));
                }
                // Blocks of the right size tell more.
                named => reason = Some(LookError::NoStore(named)),
            },
            Err(error) => return Err(error.into()),
        }
    }
    Err(reason.unwrap_or(LookError::Open(OpenError::Foreign)))
}

/// The JSON object of a record, for kinds that hold one; memories have it behind its length.
fn object(kind: u16, payload: &[u8]) -> Option<Value> {
    let bytes = match kind {
        kinds::MEMORY => split(payload)?.0,
        kinds::FILE | kinds::SESSION | kinds::TURN | kinds::AUDIT => payload,
        _ => return None,
    };
    serde_json::from_slice(bytes).ok().filter(Value::is_object)
}
