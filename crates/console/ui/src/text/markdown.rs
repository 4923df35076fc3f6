//! Markdown, line by line: what kind of block each source line is.
//!
//! Line by line so that a growing reply needs only its last line parsed again: the one thing
//! carried from line to line is whether a code fence is open.

use alloc::string::{String, ToString};

/// What carries over from one source line to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockState {
    /// The character and length of the fence that opened a code block, while it is open.
    fence: Option<(char, usize)>,
}

impl BlockState {
    /// Whether a code block is open.
    pub const fn is_in_code(self) -> bool {
        self.fence.is_some()
    }
}

/// What a source line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block<'a> {
    /// Nothing.
    Blank,
    /// A fence: a code block begins or ends; the language, if one is named.
    Fence {
        /// For example `rust`; empty at the end.
        language: &'a str,
    },
    /// A line of code.
    Code(&'a str),
    /// A heading.
    Heading(&'a str),
    /// A list item, with its marker as it is shown and the cells before it.
    Item {
        /// Cells to the left of the marker.
        indent: usize,
        /// `•` or a number.
        marker: String,
        /// The words.
        text: &'a str,
    },
    /// A quotation.
    Quote(&'a str),
    /// A horizontal rule.
    Rule,
    /// Anything else.
    Text(&'a str),
}

/// Says what the next source line is, and updates what carries over.
pub fn classify<'a>(line: &'a str, state: &mut BlockState) -> Block<'a> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let trimmed = line.trim_start();
    let fence = fence_of(trimmed);
    if let Some((open, length)) = state.fence {
        let closes = fence.is_some_and(|(character, run)| {
            character == open && run >= length && trimmed[run..].trim().is_empty()
        });
        if closes {
            state.fence = None;
            return Block::Fence { language: "" };
        }
        return Block::Code(line);
    }
    if let Some((character, run)) = fence {
        state.fence = Some((character, run));
        return Block::Fence { language: trimmed[run..].trim() };
    }
    if trimmed.is_empty() {
        return Block::Blank;
    }
    let indent = line.len() - trimmed.len();
    heading(trimmed)
        .or_else(|| rule(trimmed))
        .or_else(|| item(trimmed, indent))
        .or_else(|| trimmed.strip_prefix('>').map(|rest| Block::Quote(rest.trim_start())))
        .unwrap_or(Block::Text(line))
}

/// The character and length of a code fence at the beginning of a line.
fn fence_of(trimmed: &str) -> Option<(char, usize)> {
    let first = trimmed.chars().next().filter(|first| matches!(first, '`' | '~'))?;
    let run = trimmed.chars().take_while(|&character| character == first).count();
    // "```x```" on one line is inline code.
    let is_fence = run >= 3 && !(first == '`' && trimmed[run..].contains('`'));
    is_fence.then_some((first, run))
}

/// A heading: one to six `#` and a space.
fn heading(trimmed: &str) -> Option<Block<'_>> {
    let level = trimmed.bytes().take_while(|&byte| byte == b'#').count();
    let text = trimmed[level..].strip_prefix(' ')?;
    (1..=6).contains(&level).then(|| Block::Heading(text.trim().trim_end_matches('#').trim_end()))
}

/// A rule: three or more of the same mark and nothing else.
fn rule(trimmed: &str) -> Option<Block<'_>> {
    let first = trimmed.chars().next().filter(|first| matches!(first, '-' | '*' | '_'))?;
    let mut marks = 0;
    for character in trimmed.chars().filter(|character| !character.is_whitespace()) {
        if character != first {
            return None;
        }
        marks += 1;
    }
    (marks >= 3).then_some(Block::Rule)
}

/// A list item: `-`, `*`, `+` or a number, and a space.
fn item(trimmed: &str, indent: usize) -> Option<Block<'_>> {
    // Two cells a level at most, however deep the source is indented.
    let indent = indent.min(12);
    for mark in ["- ", "* ", "+ "] {
        if let Some(text) = trimmed.strip_prefix(mark) {
            return Some(Block::Item {
                indent, marker: "•".to_string(), text: text.trim_start()
            });
        }
    }
    let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=4).contains(&digits) {
        return None;
    }
    let rest = &trimmed[digits..];
    let text = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))?;
    let marker = trimmed[..=digits].to_string();
    Some(Block::Item { indent, marker, text: text.trim_start() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Block<'_> {
        classify(line, &mut BlockState::default())
    }

    #[test]
    fn recognises_blocks() {
        assert_eq!(one("## Paging ##"), Block::Heading("Paging"));
        assert_eq!(one("#hashtag"), Block::Text("#hashtag"));
        assert_eq!(one("> said"), Block::Quote("said"));
        assert_eq!(one("* * *"), Block::Rule);
        assert_eq!(one("-"), Block::Text("-"));
        assert_eq!(one("   "), Block::Blank);
        assert_eq!(
            one("  - deep"),
            Block::Item { indent: 2, marker: "•".to_string(), text: "deep" }
        );
        assert_eq!(
            one("12. twelfth"),
            Block::Item { indent: 0, marker: "12.".to_string(), text: "twelfth" }
        );
        assert_eq!(one("2026. "), Block::Item { indent: 0, marker: "2026.".to_string(), text: "" });
        assert_eq!(one("3.14 is pi"), Block::Text("3.14 is pi"));
    }

    #[test]
    fn code_lasts_from_fence_to_fence() {
        let mut state = BlockState::default();
        assert_eq!(classify("```rust", &mut state), Block::Fence { language: "rust" });
        assert_eq!(classify("# not a heading", &mut state), Block::Code("# not a heading"));
        assert_eq!(classify("~~~", &mut state), Block::Code("~~~"));
        assert!(state.is_in_code());
        assert_eq!(classify("```", &mut state), Block::Fence { language: "" });
        assert!(!state.is_in_code());
        assert_eq!(one("```x``` inline"), Block::Text("```x``` inline"));
    }
}
