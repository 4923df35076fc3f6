//! What the tokenizers ask of a character: its class, and what WordPiece makes of it.
//!
//! `char::is_alphabetic` is not `\p{L}` (it takes in combining vowel signs and letter-like
//! numbers), and the standard library knows no decompositions, hence the tables of
//! [`super::unicode_tables`].

use super::unicode_tables::{BASES, CATEGORIES};

/// What a character is to a tokenizer. The tables hold the numbers of these in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// `\p{L}`.
    Letter,
    /// `\p{N}`.
    Number,
    /// `\s`: the property White_Space. All of `\p{Z}` is in it.
    Space,
    /// `\p{M}`: accents and vowel signs.
    Mark,
    /// `\p{P}`.
    Punctuation,
    /// `\p{S}`.
    Symbol,
    /// `\p{C}` but white space: control, format and private characters.
    Control,
    /// No character of Unicode 15.1.
    Unassigned,
}

impl Class {
    const fn from_table(entry: u32) -> Self {
        match entry & 7 {
            0 => Self::Letter,
            1 => Self::Number,
            2 => Self::Space,
            3 => Self::Mark,
            4 => Self::Punctuation,
            5 => Self::Symbol,
            6 => Self::Control,
            _ => Self::Unassigned,
        }
    }

    /// `[^\s\p{L}\p{N}]`: what most patterns do not tell apart.
    pub(super) const fn is_other(self) -> bool {
        !matches!(self, Self::Letter | Self::Number | Self::Space)
    }
}

/// The classes of the first 128 characters, which are nearly all that a prompt consists of.
const ASCII: [Class; 128] = {
    let mut classes = [Class::Control; 128];
    let mut run = 0;
    let mut code = 0;
    while code < 128 {
        while CATEGORIES[run + 1] >> 3 <= code {
            run += 1;
        }
        classes[code as usize] = Class::from_table(CATEGORIES[run]);
        code += 1;
    }
    classes
};

/// The class of a character.
pub(super) fn class(character: char) -> Class {
    let code = character as u32;
    if let Some(class) = ASCII.get(code as usize) {
        return *class;
    }
    let after = CATEGORIES.partition_point(|&entry| entry >> 3 <= code);
    Class::from_table(CATEGORIES[after - 1])
}

/// The first character of the canonical decomposition: a letter without its accents, and of a
/// Hangul syllable its leading consonant.
pub(super) fn base(character: char) -> char {
    let code = character as u32;
    let base = match code {
        0..0xC0 => code,
        // 19 leading consonants from U+1100, each with 21 vowels and 28 endings.
        0xAC00..=0xD7A3 => 0x1100 + (code - 0xAC00) / (21 * 28),
        _ => {
            let after = BASES.partition_point(|&(first, _, _)| first <= code);
            match after.checked_sub(1).map(|run| BASES[run]) {
                Some((_, last, base)) if code <= last => base,
                _ => code,
            }
        }
    };
    char::from_u32(base).unwrap_or(character)
}

/// A character in lower case; of those that become several, the first. Characters that Unicode
/// 15.1 does not know stay as they are.
pub(super) fn lower_case(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    match class(character) {
        Class::Unassigned => character,
        _ => character.to_lowercase().next().unwrap_or(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vowel_sign_is_alphabetic_but_no_letter() {
        assert!('\u{93E}'.is_alphabetic());
        assert_eq!(class('\u{93E}'), Class::Mark);
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
    fn ascii_is_classed_as_everyone_knows_it() {
        for byte in 0..128 {
            let character = char::from(byte);
            let class = class(character);
            assert_eq!(class == Class::Letter, character.is_ascii_alphabetic(), "{byte}");
            assert_eq!(class == Class::Number, character.is_ascii_digit(), "{byte}");
            let is_mark = matches!(class, Class::Punctuation | Class::Symbol);
            assert_eq!(is_mark, character.is_ascii_punctuation(), "{byte}");
        }
        assert_eq!(class('$'), Class::Symbol);
        assert_eq!(class('_'), Class::Punctuation);
    }

    #[test]
    fn tables_are_sorted() {
        assert_eq!(CATEGORIES[0] >> 3, 0);
        assert!(CATEGORIES.windows(2).all(|pair| pair[0] >> 3 < pair[1] >> 3));
        assert!(BASES.iter().all(|&(first, last, _)| first <= last));
        assert!(BASES.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn characters_assigned_after_unicode_15_1_are_unknown() {
        assert_eq!(class('\u{2EBF0}'), Class::Letter); // new in 15.1
        assert_eq!(class('\u{1C89}'), Class::Unassigned); // new in 16.0
        assert_eq!(lower_case('\u{1C89}'), '\u{1C89}');
    }

    #[test]
    fn accents_come_off_and_case_is_folded() {
        let made: alloc::string::String = "ÀéẞÑ Ω İ한ﬁ".chars().map(base).map(lower_case).collect();
        assert_eq!(made, "aeßn ω i\u{1112}ﬁ");
    }
}
