//! Bytes that arrive in pieces, as text: tokens may cut a UTF-8 character in two.

use alloc::string::String;

/// Turns a stream of bytes into text and never shows half a character.
///
/// Bytes that are no UTF-8 become U+FFFD, by the same rule as `String::from_utf8_lossy`: however
/// the bytes were cut into pieces, the text is what that function makes of them all.
#[derive(Clone, Debug, Default)]
pub struct Utf8Stream {
    /// The first bytes of a character whose last ones have not come: a prefix of `cut`.
    cut: [u8; 3],
    /// Bytes in use of `cut`.
    len: usize,
}

impl Utf8Stream {
    /// A stream at its beginning.
    pub const fn new() -> Self {
        Self { cut: [0; 3], len: 0 }
    }

    /// The text that `bytes` completes: what was held back before, up to the last whole character.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(self.len + bytes.len());
        let mut rest = bytes;
        // Byte by byte while a character is under way; it has four at most.
        while self.len > 0 {
            let Some((&next, after)) = rest.split_first() else { return text };
            let mut character = [0; 4];
            character[..self.len].copy_from_slice(&self.cut[..self.len]);
            character[self.len] = next;
            match core::str::from_utf8(&character[..=self.len]) {
                Ok(whole) => {
                    text.push_str(whole);
                    self.len = 0;
                    rest = after;
                }
                // Still a beginning, which is three bytes at most.
                Err(error) if error.error_len().is_none() && self.len < self.cut.len() => {
                    self.cut[self.len] = next;
                    self.len += 1;
                    rest = after;
                }
                // `next` does not belong to it, and is looked at anew.
                Err(_) => {
                    text.push(char::REPLACEMENT_CHARACTER);
                    self.len = 0;
                }
            }
        }
        let mut chunks = rest.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let invalid = chunk.invalid();
            let is_last = chunks.peek().is_none();
            if is_last && is_beginning(invalid) {
                self.cut[..invalid.len()].copy_from_slice(invalid);
                self.len = invalid.len();
            } else if !invalid.is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        text
    }

    /// Ends the stream: what is left of it, which is a replacement character if it ended in the
    /// middle of one. The stream can be used anew.
    pub fn finish(&mut self) -> String {
        let was_cut = self.len > 0;
        self.len = 0;
        if was_cut { String::from(char::REPLACEMENT_CHARACTER) } else { String::new() }
    }
}

/// Whether more bytes could make a character of these.
fn is_beginning(bytes: &[u8]) -> bool {
    matches!(core::str::from_utf8(bytes), Err(error) if error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn holds_back_a_character_until_it_is_whole() {
        let mut stream = Utf8Stream::new();
        assert_eq!(stream.push(&[b'a', 0xF0, 0x9F]), "a");
        assert_eq!(stream.push(&[0xA6]), "");
        assert_eq!(stream.push(&[0x80, b'b']), "🦀b");
        assert_eq!(stream.finish(), "");
    }

    #[test]
    fn replaces_what_cannot_become_a_character() {
        let mut stream = Utf8Stream::new();
        assert_eq!(stream.push(&[0xE2, 0x82]), "");
        assert_eq!(stream.push(b"x"), "\u{FFFD}x");
        assert_eq!(stream.push(&[0xFF]), "\u{FFFD}");
        assert_eq!(stream.push(&[0xC3]), "");
        assert_eq!(stream.finish(), "\u{FFFD}");
        assert_eq!(stream.push(b"y"), "y");
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_text(
            pieces in prop::collection::vec(
                prop::collection::vec(
                    prop_oneof![any::<u8>(), 0x80..=0xBF_u8, 0xE0..=0xF4_u8],
                    0..6,
                ),
                0..12,
            )
        ) {
            let mut stream = Utf8Stream::new();
            let mut text: String = pieces.iter().map(|piece| stream.push(piece)).collect();
            text.push_str(&stream.finish());
            let whole = pieces.concat();
            prop_assert_eq!(text, String::from_utf8_lossy(&whole).into_owned());
        }

        #[test]
        fn characters_cut_anywhere_come_out_unharmed(text in "\\PC*", len_bytes in 1..4_usize) {
            let mut stream = Utf8Stream::new();
            let pieces = text.as_bytes().chunks(len_bytes);
            let mut streamed: String = pieces.map(|piece| stream.push(piece)).collect();
            streamed.push_str(&stream.finish());
            prop_assert_eq!(streamed, text);
        }
    }
}
