//! The printable alphabet in which byte-level vocabularies are written.
//!
//! GPT-2's vocabulary files hold no raw bytes: each of the 256 is written as one visible
//! character. Bytes that print (`!` to `~`, `¡` to `¬`, `®` to `ÿ`) stand for themselves; the
//! other 68, in order, are U+0100 and on. So a space is `Ġ` and a line feed is `Ċ`.

use alloc::vec::Vec;

/// One past the last character of the alphabet.
const END: usize = 0x144;

/// The byte each character stands for, and -1 for characters outside the alphabet.
const BYTE_OF: [i16; END] = {
    let mut bytes = [-1; END];
    let mut next = 0x100;
    let mut byte = 0;
    while byte < 256 {
        let stands_for_itself = matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
        if stands_for_itself {
            bytes[byte] = byte as i16;
        } else {
            bytes[next] = byte as i16;
            next += 1;
        }
        byte += 1;
    }
    bytes
};

/// Appends the bytes that `text` (UTF-8, in the alphabet) stands for, and says whether all of it
/// was in the alphabet; if not, nothing was appended.
pub(super) fn decode(text: &[u8], into: &mut Vec<u8>) -> bool {
    let start = into.len();
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        // The alphabet ends below U+0800: one or two bytes of UTF-8.
        let code = match (first, after.first()) {
            (0x00..=0x7F, _) => {
                rest = after;
                usize::from(first)
            }
            (0xC2..=0xDF, Some(&second)) if second & 0xC0 == 0x80 => {
                rest = &after[1..];
                usize::from(first & 0x1F) << 6 | usize::from(second & 0x3F)
            }
            _ => END,
        };
        match BYTE_OF.get(code).map(|&byte| u8::try_from(byte)) {
            Some(Ok(byte)) => into.push(byte),
            _ => {
                into.truncate(start);
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use alloc::{string::String, vec};

    /// Bytes written in the alphabet: the inverse of [`decode`], for tests that make vocabularies.
    pub(in super::super) fn encode(bytes: &[u8]) -> String {
        let character = |byte: &u8| {
            let code = BYTE_OF.iter().position(|&known| known == i16::from(*byte));
            char::from_u32(u32::try_from(code.unwrap()).unwrap()).unwrap()
        };
        bytes.iter().map(character).collect()
    }

    #[test]
    fn every_byte_has_one_character() {
        for byte in 0..=255 {
            let mut decoded = vec![];
            assert!(decode(encode(&[byte]).as_bytes(), &mut decoded));
            assert_eq!(decoded, [byte]);
        }
        assert_eq!(BYTE_OF.iter().filter(|&&byte| byte >= 0).count(), 256);
    }

    #[test]
    fn a_leading_space_and_a_line_feed_are_decoded() {
        let mut decoded = vec![];
        assert!(decode("ĠthĊÃ©".as_bytes(), &mut decoded));
        assert_eq!(decoded, " th\né".as_bytes());
    }

    #[test]
    fn text_outside_the_alphabet_appends_nothing() {
        for text in [&b"a b"[..], "日本".as_bytes(), &[0xC4], &[b'a', 0xFF], "ń".as_bytes()] {
            let mut decoded = vec![7];
            assert!(!decode(text, &mut decoded), "{text:?}");
            assert_eq!(decoded, [7]);
        }
    }
}
