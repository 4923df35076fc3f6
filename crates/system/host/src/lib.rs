//! Files of the host as disks, for `xtask`, `llm-cli` and tests on the host.
#![forbid(unsafe_code)]

mod file_disk;

pub use file_disk::{FileDisk, FileDiskError};
