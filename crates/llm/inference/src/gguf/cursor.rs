//! A reader of little-endian fields that never runs past the end of the file.

use super::GgufError;
use alloc::string::{String, ToString};

/// A position in the file. `what` arguments name the field for the error message and are only
/// turned into text when there is an error.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    file: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(file: &'a [u8]) -> Self {
        Self { file, offset: 0 }
    }

    /// Bytes from the start of the file.
    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    /// Checks that `count` things of at least `least_bytes` each can follow.
    pub(super) fn check_room(
        &self,
        count: u64,
        least_bytes: u64,
        what: impl FnOnce() -> String,
    ) -> Result<(), GgufError> {
        let available = (self.file.len() - self.offset) as u64;
        let needed = count.saturating_mul(least_bytes);
        if needed <= available {
            return Ok(());
        }
        Err(GgufError::Truncated { what: what(), offset: self.offset as u64, needed, available })
    }

    /// The next `len` bytes.
    pub(super) fn take(
        &mut self,
        len: u64,
        what: impl FnOnce() -> String,
    ) -> Result<&'a [u8], GgufError> {
        let rest = &self.file[self.offset..];
        match usize::try_from(len).ok().and_then(|len| rest.get(..len)) {
            Some(bytes) => {
                self.offset += bytes.len();
                Ok(bytes)
            }
            None => Err(GgufError::Truncated {
                what: what(),
                offset: self.offset as u64,
                needed: len,
                available: rest.len() as u64,
            }),
        }
    }

    fn array<const N: usize>(
        &mut self,
        what: impl FnOnce() -> String,
    ) -> Result<[u8; N], GgufError> {
        let bytes = self.take(N as u64, what)?;
        Ok(bytes.try_into().expect("take returns as many bytes as asked for"))
    }

    pub(super) fn u32(&mut self, what: impl FnOnce() -> String) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    pub(super) fn u64(&mut self, what: impl FnOnce() -> String) -> Result<u64, GgufError> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// A length of 64 bits and as many bytes.
    pub(super) fn bytes_with_length(
        &mut self,
        what: impl Fn() -> String,
    ) -> Result<&'a [u8], GgufError> {
        let len = self.u64(&what)?;
        self.take(len, what)
    }

    /// A length of 64 bits and as many bytes of UTF-8.
    pub(super) fn string(&mut self, what: &str) -> Result<&'a str, GgufError> {
        let bytes = self.bytes_with_length(|| what.to_string())?;
        core::str::from_utf8(bytes).map_err(|_| GgufError::InvalidUtf8 {
            what: what.to_string(),
            offset: (self.offset - bytes.len()) as u64,
        })
    }
}
