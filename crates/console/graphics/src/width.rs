//! How many cells a text takes: 0 for combining marks, 2 for wide characters, else 1.

use unicode_width::UnicodeWidthChar;

/// Cells that a character takes. Control characters take none; whoever shows text removes them.
pub fn char_cells(character: char) -> usize {
    // Most of all text; the table look-up is several times slower under emulation.
    if matches!(character, ' '..='~') {
        return 1;
    }
    character.width().unwrap_or(0)
}

/// Cells that a text takes on one line.
pub fn text_cells(text: &str) -> usize {
    text.chars().map(char_cells).sum()
}

/// The longest beginning of `text` that takes at most `cells`.
pub fn prefix_of_cells(text: &str, cells: usize) -> &str {
    let mut taken = 0;
    for (index, character) in text.char_indices() {
        taken += char_cells(character);
        if taken > cells {
            return &text[..index];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_cells_not_bytes() {
        assert_eq!(text_cells("héllo → 漢字"), 12);
        assert_eq!(text_cells("e\u{301}"), 1);
        assert_eq!(text_cells("a\u{7}b"), 2);
    }

    #[test]
    fn a_wide_character_is_not_cut_in_half() {
        assert_eq!(prefix_of_cells("a漢b", 2), "a");
        assert_eq!(prefix_of_cells("a漢b", 3), "a漢");
        assert_eq!(prefix_of_cells("ab", 9), "ab");
    }
}
