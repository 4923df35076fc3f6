//! Models there are to choose from: files on a disk and what the boot loader brought. Whoever makes
//! models of them, as the kernel does, finds, examines and reads them here, and decides whether two
//! can be there at once.
//!
//! The agent knows them by [`crate::Host::models`] and keeps the one that is asked for until it is
//! taken ([`crate::Agent::take_model_request`]).

mod choose;
mod disk;
mod replace;
mod room;

pub use choose::{ChooseError, choose};
pub use disk::{FileError, examine_file, find, read_file};
pub use room::{Free, Need, Room};

use alloc::string::String;

/// What files of models end in, whatever the case.
const ENDING: &str = ".gguf";

/// A file with a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// Its name, without folder and ending.
    pub name: String,
    /// Its length.
    pub size_bytes: u64,
    /// Where it is.
    pub place: ModelPlace,
    /// Whether the agent uses it.
    pub is_used: bool,
}

/// Where a model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelPlace {
    /// In memory, where the boot loader has put it; with its path on the boot medium.
    Boot(String),
    /// On the disk, under this path.
    Disk(String),
}

impl ModelFile {
    /// A file that is not in use.
    pub fn new(place: ModelPlace, size_bytes: u64) -> Self {
        Self { name: stem(place.file_name()).into(), size_bytes, place, is_used: false }
    }
}

impl ModelPlace {
    /// Its path, on the boot medium or on the disk.
    pub fn path(&self) -> &str {
        match self {
            Self::Boot(path) | Self::Disk(path) => path,
        }
    }

    fn file_name(&self) -> &str {
        let path = self.path();
        path.rsplit(['/', ':']).next().unwrap_or(path)
    }
}

/// Whether a file is called as models are.
fn is_model(file_name: &str) -> bool {
    stem(file_name).len() < file_name.len() && !stem(file_name).is_empty()
}

/// A file name without the ending.
fn stem(file_name: &str) -> &str {
    let at = file_name.len().saturating_sub(ENDING.len());
    match file_name.split_at_checked(at) {
        Some((stem, ending)) if ending.eq_ignore_ascii_case(ENDING) => stem,
        _ => file_name,
    }
}
