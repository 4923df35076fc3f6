//! UTF-8, a byte at a time.

/// What a byte led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A character is complete.
    Complete(char),
    /// More bytes are needed.
    Pending,
    /// What came before was cut off; this byte has not been looked at yet.
    CutOff,
    /// This byte cannot start a character.
    Invalid,
}

/// A character in the making (Unicode 16.0, table 3-7: well-formed byte sequences).
#[derive(Clone, Copy, Debug)]
pub struct Utf8 {
    /// Bits so far.
    value: u32,
    /// Continuation bytes still to come.
    missing: u8,
    /// What the next byte may be, both ends included.
    allowed: (u8, u8),
}

impl Utf8 {
    /// Between two characters.
    pub const fn new() -> Self {
        Self { value: 0, missing: 0, allowed: (0, 0) }
    }

    /// Whether a character is begun and not complete.
    pub fn is_pending(&self) -> bool {
        self.missing > 0
    }

    /// Takes a byte. After [`Step::CutOff`] the same byte has to be passed again.
    pub fn advance(&mut self, byte: u8) -> Step {
        if self.is_pending() {
            let (low, high) = self.allowed;
            if !(low..=high).contains(&byte) {
                *self = Self::new();
                return Step::CutOff;
            }
            self.value = self.value << 6 | u32::from(byte & 0x3F);
            self.missing -= 1;
            self.allowed = (0x80, 0xBF);
        } else {
            let (missing, bits, allowed) = match byte {
                0x00..=0x7F => (0, byte, (0, 0)),
                0xC2..=0xDF => (1, byte & 0x1F, (0x80, 0xBF)),
                0xE0 => (2, 0, (0xA0, 0xBF)),
                0xED => (2, 0xD, (0x80, 0x9F)),
                0xE1..=0xEF => (2, byte & 0xF, (0x80, 0xBF)),
                0xF0 => (3, 0, (0x90, 0xBF)),
                0xF1..=0xF3 => (3, byte & 0x7, (0x80, 0xBF)),
                0xF4 => (3, 4, (0x80, 0x8F)),
                _ => return Step::Invalid,
            };
            *self = Self { value: u32::from(bits), missing, allowed };
        }
        if self.is_pending() {
            return Step::Pending;
        }
        // The bounds above admit no surrogate and nothing beyond U+10FFFF.
        char::from_u32(self.value).map_or(Step::Invalid, Step::Complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec::Vec};
    use proptest::prelude::*;

    /// Decodes as the decoder does: one replacement character for each damaged part.
    fn decode(bytes: &[u8]) -> String {
        let mut utf8 = Utf8::new();
        let mut text = String::new();
        for &byte in bytes {
            let mut step = utf8.advance(byte);
            if step == Step::CutOff {
                text.push(char::REPLACEMENT_CHARACTER);
                step = utf8.advance(byte);
            }
            match step {
                Step::Complete(character) => text.push(character),
                Step::Invalid => text.push(char::REPLACEMENT_CHARACTER),
                Step::Pending | Step::CutOff => {}
            }
        }
        if utf8.is_pending() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        text
    }

    #[test]
    fn every_character_survives() {
        for character in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let mut bytes = [0; 4];
            let bytes = character.encode_utf8(&mut bytes).as_bytes();
            let mut utf8 = Utf8::new();
            let (last, first) = bytes.split_last().unwrap();
            assert!(first.iter().all(|&byte| utf8.advance(byte) == Step::Pending));
            assert_eq!(utf8.advance(*last), Step::Complete(character));
        }
    }

    proptest! {
        #[test]
        fn damaged_text_is_read_as_the_standard_library_reads_it(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x80..=0xBF_u8, 0xE0..=0xF5_u8], 0..40)
        ) {
            let bytes: Vec<u8> = bytes;
            prop_assert_eq!(decode(&bytes), String::from_utf8_lossy(&bytes));
        }
    }
}
