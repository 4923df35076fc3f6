//! Long texts from outside, cut to what fits a context window.

use alloc::{borrow::ToOwned, format, string::String};

/// The most bytes of a file or page that the model is shown.
pub const MOST_BYTES: usize = 3000;

/// The start of a text, with a note of how much is missing. `total_bytes` is the length of the
/// whole, where it is known.
pub fn excerpt(text: &str, total_bytes: Option<u64>) -> String {
    let shown = &text[..end(text, MOST_BYTES)];
    let total = total_bytes.unwrap_or(text.len() as u64).max(text.len() as u64);
    let missing = total - shown.len() as u64;
    if missing == 0 {
        return text.to_owned();
    }
    format!("{}\n[{missing} of {total} bytes are not shown]", shown.trim_end())
}

/// Where to cut: behind a line or a word if one ends in the last part, else between characters.
fn end(text: &str, most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    let start = &text[..text.floor_char_boundary(most)];
    let tail = start.len() - start.len() / 4;
    let cut = start.rfind('\n').filter(|at| *at >= tail);
    cut.or_else(|| start.rfind(' ').filter(|at| *at >= tail)).unwrap_or(start.len())
}

/// Bytes as text; `None` if they are something else. A character that was cut at the end is left
/// out.
pub fn text_of(bytes: &[u8]) -> Option<&str> {
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            core::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let is_text = !text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    is_text.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_ends_at_a_line_and_says_what_is_missing() {
        assert_eq!(excerpt("short", None), "short");
        let text = "0123456789abcde\n".repeat(300);
        let shown = excerpt(&text, None);
        assert!(shown.ends_with("abcde\n[1809 of 4800 bytes are not shown]"), "{shown}");
        let shown = excerpt(&"ä".repeat(2000), Some(9000));
        assert!(shown.ends_with("ä\n[6000 of 9000 bytes are not shown]"), "{shown}");
        assert!(excerpt("abc", Some(10)).ends_with("[7 of 10 bytes are not shown]"));
    }

    #[test]
    fn only_text_is_text() {
        assert_eq!(text_of("zwölf\r\n".as_bytes()), Some("zwölf\r\n"));
        assert_eq!(text_of(&"abö".as_bytes()[..3]), Some("ab"));
        assert_eq!(text_of(b"\x89PNG\r\n"), None);
        assert_eq!(text_of(b"a\0b"), None);
    }
}
