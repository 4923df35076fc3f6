//! The keys of one architecture, read with the checks that all of them need.

use super::Architecture;
use crate::gguf::{Gguf, GgufError};
use alloc::{
    format,
    string::{String, ToString},
};

/// Keeps products of sizes far from overflow; no model of any use comes near it.
const MAX_SIZE: usize = 1 << 24;

/// A file's keys that begin with the name of its architecture.
pub(super) struct Keys<'g, 'a> {
    pub(super) gguf: &'g Gguf<'a>,
    pub(super) architecture: Architecture,
}

impl Keys<'_, '_> {
    /// The whole name of a key.
    pub(super) fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture)
    }

    /// A key whose value makes no sense or is not supported.
    pub(super) fn bad_value(&self, key: &str, problem: String) -> GgufError {
        bad_value(&self.name(key), problem)
    }

    /// A size, from 1 on.
    pub(super) fn size(&self, key: &str) -> Result<usize, GgufError> {
        let name = self.name(key);
        match self.gguf.u32(&name)? {
            None => Err(GgufError::MissingKey(name)),
            Some(size) if (1..=MAX_SIZE).contains(&(size as usize)) => Ok(size as usize),
            Some(size) => Err(bad_value(&name, format!("{size} is not in 1..={MAX_SIZE}"))),
        }
    }

    /// A size, if the key is there.
    pub(super) fn optional_size(&self, key: &str) -> Result<Option<usize>, GgufError> {
        if self.has(key) { self.size(key).map(Some) } else { Ok(None) }
    }

    /// A positive number.
    pub(super) fn positive(&self, key: &str) -> Result<f32, GgufError> {
        self.optional_positive(key)?.ok_or_else(|| GgufError::MissingKey(self.name(key)))
    }

    /// A positive number, if the key is there.
    pub(super) fn optional_positive(&self, key: &str) -> Result<Option<f32>, GgufError> {
        match self.gguf.f32(&self.name(key))? {
            Some(value) if !(value > 0.0 && value.is_finite()) => {
                Err(self.bad_value(key, format!("{value} is not a positive number")))
            }
            value => Ok(value),
        }
    }

    /// A text, if the key is there.
    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, GgufError> {
        self.gguf.string(&self.name(key))
    }

    /// A boolean, if the key is there.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, GgufError> {
        self.gguf.bool(&self.name(key))
    }

    /// An integer that may be 0, if the key is there.
    pub(super) fn number(&self, key: &str) -> Result<Option<u32>, GgufError> {
        self.gguf.u32(&self.name(key))
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.gguf.get(&self.name(key)).is_some()
    }

    /// A feature without code: its key must be absent or 0.
    pub(super) fn refuse(&self, key: &str, what: &str) -> Result<(), GgufError> {
        use crate::gguf::Value;
        match self.gguf.get(&self.name(key)) {
            None | Some(Value::Unsigned(0) | Value::Signed(0)) => Ok(()),
            Some(Value::Float(0.0)) => Ok(()),
            Some(_) => Err(self.bad_value(key, format!("{what} are not supported"))),
        }
    }
}

pub(super) fn bad_value(key: &str, problem: String) -> GgufError {
    GgufError::BadValue { key: key.to_string(), problem }
}
