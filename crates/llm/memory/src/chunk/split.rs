//! Parts of what is too long for a chunk and has no structure: words, or characters where there are
//! none.

/// Finds how much of a text fits. Remembers how much fitted last, to measure little more than is used.
pub struct Splitter {
    /// How much fitted last, in bytes.
    fitted_bytes: usize,
    /// How much a part may have, in bytes.
    max_bytes: usize,
    /// How much a part may measure.
    max_size: usize,
}

impl Splitter {
    pub fn new(max_size: usize, max_bytes: usize) -> Self {
        Self { fitted_bytes: max_size.saturating_mul(2), max_bytes, max_size }
    }

    /// The beginning of `text` that fits, up to a word's end if it has one in its second half, and how
    /// much it measures. Never nothing: a character that does not fit is returned all the same.
    pub fn head<'t>(&mut self, text: &'t str, measure: impl Fn(&str) -> usize) -> (&'t str, usize) {
        let first = text.chars().next().map_or(0, char::len_utf8);
        let most = self.fitted_bytes.saturating_mul(2).clamp(first, self.max_bytes.max(first));
        let mut end = text.floor_char_boundary(most);
        let mut size = measure(&text[..end]);
        while size > self.max_size && end > first {
            end = text.floor_char_boundary(end / 2).max(first);
            size = measure(&text[..end]);
        }
        if end == text.len() {
            return (text, size);
        }
        self.fitted_bytes = end;
        let half = text.ceil_char_boundary(end / 2);
        let is_in_word = !text[end..].starts_with(char::is_whitespace);
        let space = text[half..end].rfind(char::is_whitespace).filter(|_| is_in_word);
        let head = text[..space.map_or(end, |space| half + space)].trim_end();
        match head.len() {
            0 => (&text[..end], size),
            len if len == end => (head, size),
            _ => (head, measure(head)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use core::cell::Cell;

    fn parts(text: &str, max_size: usize) -> (Vec<&str>, usize) {
        let mut splitter = Splitter::new(max_size, max_size * 16);
        let measured = Cell::new(0);
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (head, size) = splitter.head(rest, |text| {
                measured.set(measured.get() + text.len());
                text.len()
            });
            assert_eq!(size, head.len());
            parts.push(head);
            rest = rest[head.len()..].trim_start();
        }
        (parts, measured.get())
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(parts("one two three four", 9).0, ["one two", "three", "four"]);
        assert_eq!(parts("äöü", 1).0, ["ä", "ö", "ü"], "a character is never cut");
        assert_eq!(parts("abcdefgh", 4).0, ["abcd", "efgh"]);
    }

    #[test]
    fn what_is_measured_grows_with_the_text_only() {
        for text in ["x".repeat(100_000), "word ".repeat(20_000)] {
            let (parts, measured_bytes) = parts(&text, 100);
            assert!(parts.len() < 4000, "{}", parts.len());
            assert!(measured_bytes < 10 * text.len(), "{measured_bytes}");
        }
    }
}
