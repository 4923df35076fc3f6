//! Why a session is neither kept nor brought back.

use core::fmt;
use system_storage::StoreError;

/// A session that is neither kept nor brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// It was not resumed first: what is in the store would be taken for what has vanished.
    NotResumed,
    /// The store failed.
    Store(StoreError),
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotResumed => {
                f.write_str("the session was not read from the disk, so it is not written there")
            }
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SessionError {}

impl From<StoreError> for SessionError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
