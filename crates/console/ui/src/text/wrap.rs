//! Word wrap by cells.

use alloc::vec::Vec;

use console_graphics::width::char_cells;

use super::{Line, Style};

/// Breaks styled characters into lines of at most `width` cells (at least 2, so that a wide
/// character fits), at spaces and after hyphens where possible. Spaces at a break are dropped, all
/// others are kept. Lines after the first begin with `hang` spaces.
pub fn wrap(text: &[(char, Style)], width: usize, hang: usize) -> Vec<Line> {
    let width = width.max(2);
    let hang = if hang + 2 > width { 0 } else { hang };
    let mut lines = Vec::new();
    let mut from = 0;
    loop {
        let indent = if lines.is_empty() { 0 } else { hang };
        let end = line_end(&text[from..], width - indent) + from;
        let mut line = Line::default();
        for _ in 0..indent {
            line.push(' ', Style::default());
        }
        let is_last = end == text.len();
        let shown = if is_last { end } else { trimmed_end(text, from, end) };
        for &(character, style) in &text[from..shown] {
            line.push(character, style);
        }
        lines.push(line);
        if is_last {
            return lines;
        }
        from = end;
        while from < text.len() && text[from].0 == ' ' {
            from += 1;
        }
        if from == text.len() {
            return lines;
        }
    }
}

/// Breaks code into lines of at most `width` cells, anywhere, and keeps every character.
pub fn wrap_code(code: &str, width: usize) -> Vec<Line> {
    let width = width.max(2);
    let style = Style { is_code: true, ..Style::default() };
    let mut lines = Vec::new();
    let (mut line, mut cells) = (Line::default(), 0);
    for character in expand_tabs(code) {
        let wide = char_cells(character);
        if cells + wide > width {
            lines.push(core::mem::take(&mut line));
            cells = 0;
        }
        line.push(character, style);
        cells += wide;
    }
    lines.push(line);
    lines
}

/// Characters with each tab as four spaces and other control characters left out.
pub fn expand_tabs(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(|character| {
        let (character, times) = match character {
            '\t' => (' ', 4),
            _ if character.is_control() => (' ', 0),
            _ => (character, 1),
        };
        core::iter::repeat_n(character, times)
    })
}

/// How many characters the next line takes, spaces at its end included.
fn line_end(text: &[(char, Style)], width: usize) -> usize {
    let mut cells = 0;
    let mut last_break = None;
    for (index, &(character, _)) in text.iter().enumerate() {
        let wide = char_cells(character);
        if cells + wide > width {
            if character == ' ' {
                return index;
            }
            return last_break.unwrap_or(index);
        }
        cells += wide;
        let breaks_after = match character {
            // Not before the first word: that would lose the indentation to an empty line.
            ' ' => text[..index].iter().any(|(before, _)| *before != ' '),
            '-' | '/' | '—' | '–' => {
                index > 0 && text[index - 1].0.is_alphanumeric() && index + 1 < text.len()
            }
            // Wide characters may be parted anywhere.
            _ => wide == 2,
        };
        if breaks_after {
            last_break = Some(index + 1);
        }
    }
    text.len()
}

/// `end` without the spaces before it.
fn trimmed_end(text: &[(char, Style)], from: usize, end: usize) -> usize {
    let kept = text[from..end].iter().rposition(|(character, _)| *character != ' ');
    kept.map_or(from, |last| from + last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use console_graphics::width::text_cells;
    use proptest::prelude::*;

    fn styled(text: &str) -> Vec<(char, Style)> {
        text.chars().map(|character| (character, Style::default())).collect()
    }

    fn wrapped(text: &str, width: usize, hang: usize) -> Vec<String> {
        wrap(&styled(text), width, hang).iter().map(Line::plain).collect()
    }

    #[test]
    fn breaks_at_spaces_and_after_hyphens() {
        assert_eq!(wrapped("the page-fault handler", 10, 0), ["the page-", "fault", "handler"]);
        assert_eq!(wrapped("a  b", 10, 0), ["a  b"]);
        assert_eq!(wrapped("exactly ten", 7, 0), ["exactly", "ten"]);
        assert_eq!(wrapped("", 7, 0), [""]);
    }

    #[test]
    fn long_words_and_wide_characters_are_parted() {
        assert_eq!(wrapped("abcdefghij", 4, 0), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("漢字漢", 5, 0), ["漢字", "漢"]);
    }

    #[test]
    fn later_lines_hang() {
        assert_eq!(wrapped("• one two three", 9, 2), ["• one two", "  three"]);
    }

    #[test]
    fn code_keeps_every_character_and_expands_tabs() {
        let lines = wrap_code("\tlet x = 1;", 8);
        assert_eq!(lines.iter().map(Line::plain).collect::<Vec<_>>(), ["    let ", "x = 1;"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_word_is_lost(text in "[a-z漢é\u{301} -]{0,200}", width in 2usize..40, hang in 0usize..5) {
            let lines = wrapped(&text, width, hang);
            let mut words = String::new();
            for line in &lines {
                prop_assert!(text_cells(line) <= width, "{:?}", line);
                words.push_str(line);
            }
            let visible = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(visible(&words), visible(&text));
        }
    }
}
