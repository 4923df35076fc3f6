//! Text for crash reports, made without allocation: a buffer of fixed size, and lines broken at
//! words.

use core::fmt::{self, Write};

/// Text of at most `N` bytes; what does not fit is cut off at a character.
pub struct FixedText<const N: usize> {
    bytes: [u8; N],
    len: usize,
    is_cut: bool,
}

impl<const N: usize> FixedText<N> {
    /// No text.
    pub const fn new() -> Self {
        Self { bytes: [0; N], len: 0, is_cut: false }
    }

    /// The text so far.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.len]).expect("only whole characters are stored")
    }

    /// Whether something was cut off.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }
}

impl<const N: usize> Default for FixedText<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Write for FixedText<N> {
    /// Never fails: a crash report that is cut beats none.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_cut {
            return Ok(());
        }
        let kept = text.floor_char_boundary(N - self.len);
        self.is_cut = kept < text.len();
        self.bytes[self.len..self.len + kept].copy_from_slice(&text.as_bytes()[..kept]);
        self.len += kept;
        Ok(())
    }
}

/// Breaks text into lines of at most `width` characters, at newlines and else after a space where
/// there is one in the line's second half; spaces at a break are dropped. A `width` of 0 counts as 1.
pub fn wrap(text: &str, width: usize) -> Wrapped<'_> {
    Wrapped { rest: Some(text), width: width.max(1) }
}

/// The lines of [`wrap`].
pub struct Wrapped<'a> {
    rest: Option<&'a str>,
    width: usize,
}

impl<'a> Iterator for Wrapped<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        let (line, after) = match rest.split_once('\n') {
            Some((line, after)) => (line, Some(after)),
            None => (rest, None),
        };
        let Some((end, _)) = line.char_indices().nth(self.width) else {
            self.rest = after;
            return Some(line);
        };
        let at_space = line[..end].rfind(' ').filter(|space| *space >= end / 2);
        let is_word_end = line[end..].starts_with(' ');
        let end = if is_word_end { end } else { at_space.unwrap_or(end) };
        self.rest = Some(rest[end..].trim_start_matches(' '));
        Some(line[..end].trim_end_matches(' '))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec::Vec};
    use proptest::prelude::*;

    #[test]
    fn fixed_text_is_cut_at_a_character() {
        let mut text = FixedText::<8>::new();
        text.write_str("häuser ö").expect("never fails");
        assert_eq!((text.as_str(), text.is_cut()), ("häuser ", true));
        write!(text, "x").expect("never fails");
        assert_eq!(text.as_str(), "häuser ", "nothing follows a gap");
    }

    #[test]
    fn lines_break_at_words() {
        let lines: Vec<&str> =
            wrap("the quick brown fox jumps\nover\n\nincomprehensibilities", 10).collect();
        assert_eq!(
            lines,
            ["the quick", "brown fox", "jumps", "over", "", "incomprehe", "nsibilitie", "s"]
        );
        assert_eq!(wrap("", 10).collect::<Vec<_>>(), [""]);
    }

    proptest! {
        #[test]
        fn wrapping_keeps_every_character_but_spaces_and_breaks(
            text in "[a-zäö €\n]{0,60}",
            width in 0_usize..12,
        ) {
            let lines: Vec<&str> = wrap(&text, width).collect();
            for line in &lines {
                prop_assert!(line.chars().count() <= width.max(1));
            }
            let squeeze = |text: &str| text.chars().filter(|c| !" \n".contains(*c)).collect::<String>();
            prop_assert_eq!(squeeze(&lines.concat()), squeeze(&text));
        }
    }
}
