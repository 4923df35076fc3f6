//! Short notes under short names: what `store` writes and `recall` reads. They live as long as the
//! system runs.

use crate::nearest::nearest;
use alloc::{borrow::ToOwned, collections::BTreeMap, string::String, vec::Vec};
use core::fmt;

/// The most notes that are kept.
pub const MAX_NOTES: usize = 256;
/// The longest name, in bytes.
pub const MAX_KEY_BYTES: usize = 64;
/// The longest note, in bytes.
pub const MAX_VALUE_BYTES: usize = 4096;

/// The notes, by name.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    by_key: BTreeMap<String, String>,
}

/// A note that cannot be kept or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotesError {
    /// A name without a visible character.
    EmptyKey,
    /// A name longer than [`MAX_KEY_BYTES`].
    KeyTooLong {
        /// Its length in bytes.
        len_bytes: usize,
    },
    /// A note longer than [`MAX_VALUE_BYTES`].
    ValueTooLong {
        /// Its length in bytes.
        len_bytes: usize,
    },
    /// There are [`MAX_NOTES`] notes already.
    Full,
    /// There is no note of this name.
    NotFound {
        /// The name asked for.
        key: String,
        /// The name that comes closest.
        nearest: Option<String>,
        /// All names.
        keys: Vec<String>,
    },
}

impl fmt::Display for NotesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyKey => f.write_str("the key is empty"),
            Self::KeyTooLong { len_bytes } => {
                write!(f, "the key has {len_bytes} bytes; {MAX_KEY_BYTES} are allowed")
            }
            Self::ValueTooLong { len_bytes } => {
                write!(f, "the value has {len_bytes} bytes; {MAX_VALUE_BYTES} are allowed")
            }
            Self::Full => write!(f, "there are {MAX_NOTES} notes already, which is the most"),
            Self::NotFound { key, keys, .. } if keys.is_empty() => {
                write!(f, "there is no note \"{key}\"; nothing is stored yet")
            }
            Self::NotFound { key, nearest: Some(nearest), .. } => {
                write!(f, "there is no note \"{key}\"; did you mean \"{nearest}\"?")
            }
            Self::NotFound { key, nearest: None, keys } => {
                write!(f, "there is no note \"{key}\"; there are: {}", keys.join(", "))
            }
        }
    }
}

impl Notes {
    /// Keeps `value` under `key`, in place of what was there, which is returned.
    ///
    /// # Errors
    /// Sizes beyond the limits; then nothing has changed.
    pub fn store(&mut self, key: &str, value: &str) -> Result<Option<String>, NotesError> {
        let key = key.trim();
        if key.is_empty() {
            return Err(NotesError::EmptyKey);
        }
        if key.len() > MAX_KEY_BYTES {
            return Err(NotesError::KeyTooLong { len_bytes: key.len() });
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(NotesError::ValueTooLong { len_bytes: value.len() });
        }
        if self.by_key.len() == MAX_NOTES && !self.by_key.contains_key(key) {
            return Err(NotesError::Full);
        }
        Ok(self.by_key.insert(key.to_owned(), value.to_owned()))
    }

    /// The note under `key`.
    ///
    /// # Errors
    /// `NotFound`, with the names there are.
    pub fn recall(&self, key: &str) -> Result<&str, NotesError> {
        let key = key.trim();
        self.by_key.get(key).map(String::as_str).ok_or_else(|| NotesError::NotFound {
            key: key.to_owned(),
            nearest: nearest(key, self.keys()).map(str::to_owned),
            keys: self.keys().map(str::to_owned).collect(),
        })
    }

    /// All names, in alphabetical order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.by_key.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};

    #[test]
    fn keeps_replaces_and_finds() {
        let mut notes = Notes::default();
        assert_eq!(notes.store(" gate ", "4417"), Ok(None));
        assert_eq!(notes.store("gate", "5521"), Ok(Some("4417".into())));
        assert_eq!(notes.recall("gate"), Ok("5521"));
    }

    #[test]
    fn an_unknown_name_brings_the_nearest_or_all() {
        let mut notes = Notes::default();
        assert_eq!(
            notes.recall("gate").unwrap_err().to_string(),
            "there is no note \"gate\"; nothing is stored yet"
        );
        notes.store("gate", "4417").unwrap();
        notes.store("birthday", "4 May").unwrap();
        assert_eq!(
            notes.recall("gaet").unwrap_err().to_string(),
            "there is no note \"gaet\"; did you mean \"gate\"?"
        );
        assert_eq!(
            notes.recall("wine").unwrap_err().to_string(),
            "there is no note \"wine\"; there are: birthday, gate"
        );
    }

    #[test]
    fn refuses_what_is_too_large_and_keeps_the_rest() {
        let mut notes = Notes::default();
        assert_eq!(notes.store("  ", "x"), Err(NotesError::EmptyKey));
        let long = "k".repeat(65);
        assert_eq!(notes.store(&long, "x"), Err(NotesError::KeyTooLong { len_bytes: 65 }));
        let long = "v".repeat(4097);
        assert_eq!(notes.store("k", &long), Err(NotesError::ValueTooLong { len_bytes: 4097 }));
        for i in 0..MAX_NOTES {
            notes.store(&format!("note {i}"), "x").unwrap();
        }
        assert_eq!(notes.store("one more", "x"), Err(NotesError::Full));
        assert_eq!(notes.store("note 7", "y"), Ok(Some("x".into())));
    }
}
