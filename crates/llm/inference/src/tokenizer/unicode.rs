//! The three character classes that pre-tokenizers ask about.
//!
//! `char::is_alphabetic` is not `\p{L}` (it takes in combining vowel signs and letter-like
//! numbers), hence the tables of [`super::unicode_tables`].

use super::unicode_tables::{LETTERS, NUMBERS};

/// What a character is to a pre-tokenizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// `\p{L}`.
    Letter,
    /// `\p{N}`.
    Number,
    /// `\s`: the property White_Space.
    Space,
    /// All else: punctuation, marks, symbols, control and unassigned characters.
    Other,
}

/// The classes of the first 128 characters, which are nearly all that a prompt consists of.
const ASCII: [Class; 128] = {
    let mut classes = [Class::Other; 128];
    let mut code = 0;
    while code < 128 {
        classes[code] = match code as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b'0'..=b'9' => Class::Number,
            b'\t'..=b'\r' | b' ' => Class::Space,
            _ => Class::Other,
        };
        code += 1;
    }
    classes
};

/// The class of a character.
pub(super) fn class(character: char) -> Class {
    let code = character as u32;
    if let Some(class) = ASCII.get(code as usize) {
        *class
    } else if is_space_beyond_ascii(code) {
        Class::Space
    } else if contains(&LETTERS, code) {
        Class::Letter
    } else if contains(&NUMBERS, code) {
        Class::Number
    } else {
        Class::Other
    }
}

const fn is_space_beyond_ascii(code: u32) -> bool {
    matches!(
        code,
        0x85 | 0xA0 | 0x1680 | 0x2000..=0x200A | 0x2028 | 0x2029 | 0x202F | 0x205F | 0x3000
    )
}

fn contains(ranges: &[(u32, u32)], code: u32) -> bool {
    let after = ranges.partition_point(|&(first, _)| first <= code);
    after > 0 && code <= ranges[after - 1].1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vowel_sign_is_alphabetic_but_no_letter() {
        assert!('\u{93E}'.is_alphabetic());
        assert_eq!(class('\u{93E}'), Class::Other);
        assert_eq!(class('\u{915}'), Class::Letter);
    }

    #[test]
    fn roman_and_superscript_numerals_are_numbers() {
        assert_eq!(class('Ⅷ'), Class::Number);
        assert_eq!(class('²'), Class::Number);
        assert_eq!(class('٣'), Class::Number);
        assert_eq!(class('½'), Class::Number);
    }

    #[test]
    fn spaces_are_those_of_the_white_space_property() {
        for code in 0..=0x0010_FFFF {
            if let Some(character) = char::from_u32(code) {
                let is_space = class(character) == Class::Space;
                assert_eq!(is_space, character.is_whitespace(), "U+{code:04X}");
            }
        }
    }

    #[test]
    fn ascii_table_agrees_with_the_range_tables() {
        for code in 0..128 {
            let class = ASCII[code as usize];
            assert_eq!(class == Class::Letter, contains(&LETTERS, code), "U+{code:04X}");
            assert_eq!(class == Class::Number, contains(&NUMBERS, code), "U+{code:04X}");
        }
    }

    #[test]
    fn ranges_are_sorted_and_apart() {
        for ranges in [&LETTERS[..], &NUMBERS[..]] {
            assert!(ranges.iter().all(|&(first, last)| first <= last));
            assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
        }
    }

    #[test]
    fn characters_assigned_after_unicode_15_1_are_no_letters() {
        assert_eq!(class('\u{2EBF0}'), Class::Letter); // new in 15.1
        assert_eq!(class('\u{1C89}'), Class::Other); // new in 16.0
    }
}
