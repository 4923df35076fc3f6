//! Text that may not grow beyond a limit.

use alloc::string::String;
use core::fmt;

/// A text of bounded length: writing fails at the first piece that does not fit.
#[derive(Debug)]
pub(crate) struct Printed {
    text: String,
    max_bytes: usize,
}

impl Printed {
    /// An empty text for up to `max_bytes`.
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { text: String::new(), max_bytes }
    }

    /// Bytes that still fit.
    pub(crate) fn left_bytes(&self) -> usize {
        self.max_bytes - self.text.len()
    }

    /// The text, and an empty one in its place.
    pub(crate) fn take(&mut self) -> String {
        core::mem::take(&mut self.text)
    }
}

impl fmt::Write for Printed {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if piece.len() > self.left_bytes() {
            return Err(fmt::Error);
        }
        self.text.push_str(piece);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fmt::Write;

    #[test]
    fn takes_what_fits_and_refuses_the_rest() {
        let mut printed = Printed::new(4);
        assert_eq!(printed.write_str("abc"), Ok(()));
        assert_eq!(printed.write_str("de"), Err(fmt::Error));
        assert_eq!(printed.write_str("d"), Ok(()));
        assert_eq!(printed.take(), "abcd");
        assert_eq!(printed.take(), "");
    }
}
