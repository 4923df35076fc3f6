//! Emphasis within a line of Markdown: `**bold**`, `*italic*`, `` `code` ``.
//!
//! A deliberately small part of CommonMark. Models write arithmetic (`2*3*4`) and names
//! (`snake_case`) more often than nested emphasis, so a delimiter counts only where words begin
//! and end, and only if its partner is there, or may still come while the text is streaming.

use alloc::vec::Vec;

use super::Style;

/// Takes the delimiters out of `line` and gives each remaining character its style, on top of
/// `base`. With `is_open_ended` a delimiter without its partner counts, because the text goes on.
pub fn parse(line: &str, base: Style, is_open_ended: bool) -> Vec<(char, Style)> {
    let source: Vec<char> = line.chars().collect();
    let mut out = Vec::with_capacity(source.len());
    let mut style = base;
    let mut bold_delimiter = None;
    let mut italic_delimiter = None;
    let mut at = 0;
    while at < source.len() {
        let character = source[at];
        match character {
            '\\' if source.get(at + 1).is_some_and(char::is_ascii_punctuation) => {
                out.push((source[at + 1], style));
                at += 2;
                continue;
            }
            '`' => {
                let ticks = run_length(&source, at);
                let inside = at + ticks;
                let end = find_run(&source, inside, '`', ticks);
                if end.is_some() || is_open_ended {
                    let end = end.unwrap_or(source.len());
                    let code = Style { is_code: true, ..style };
                    out.extend(source[inside..end].iter().map(|&c| (c, code)));
                    at = end + ticks;
                    continue;
                }
                // Not a pair: all its ticks are literal.
                out.extend(source[at..inside].iter().map(|&c| (c, style)));
                at = inside;
                continue;
            }
            '*' | '_' => {
                let run = run_length(&source, at);
                // `***` is both at once; longer runs are no emphasis.
                let taken = match run {
                    1 | 2 => Some(run),
                    3 => Some(if bold_delimiter == Some(character) { 2 } else { 3 }),
                    _ => None,
                };
                let open = match taken {
                    Some(1) => &mut italic_delimiter,
                    _ => &mut bold_delimiter,
                };
                if let Some(taken) = taken {
                    let closes = *open == Some(character) && can_close(&source, at, taken);
                    let opens = open.is_none()
                        && can_open(&source, at, taken, is_open_ended)
                        && (is_open_ended || has_partner(&source, at, taken));
                    if closes || opens {
                        *open = opens.then_some(character);
                        if taken == 3 {
                            italic_delimiter = opens.then_some(character);
                        }
                        style.is_bold = base.is_bold || bold_delimiter.is_some();
                        style.is_italic = base.is_italic || italic_delimiter.is_some();
                        at += taken;
                        continue;
                    }
                }
                out.extend(source[at..at + run].iter().map(|&c| (c, style)));
                at += run;
                continue;
            }
            _ => out.push((character, style)),
        }
        at += 1;
    }
    out
}

/// How often the character at `at` is repeated from there on.
fn run_length(source: &[char], at: usize) -> usize {
    source[at..].iter().take_while(|&&other| other == source[at]).count()
}

/// Where the next run of exactly `length` of `character` begins.
fn find_run(source: &[char], from: usize, character: char, length: usize) -> Option<usize> {
    let mut at = from;
    while at < source.len() {
        if source[at] == character {
            let run = run_length(source, at);
            if run == length {
                return Some(at);
            }
            at += run;
        } else {
            at += 1;
        }
    }
    None
}

/// Whether a delimiter of `length` at `at` stands before a word.
fn can_open(source: &[char], at: usize, length: usize, is_open_ended: bool) -> bool {
    let follows_word = at > 0 && source[at - 1].is_alphanumeric();
    let before_word = match source.get(at + length) {
        Some(next) => !next.is_whitespace(),
        None => is_open_ended,
    };
    // Within a word only `**` counts, as in `**bold**ly`.
    before_word && (!follows_word || (length == 2 && source[at] == '*'))
}

/// Whether a delimiter of `length` at `at` stands after a word.
fn can_close(source: &[char], at: usize, length: usize) -> bool {
    let after_word = at > 0 && !source[at - 1].is_whitespace();
    let within_word = source.get(at + length).is_some_and(|next| next.is_alphanumeric());
    after_word && (source[at] == '*' || !within_word)
}

/// Whether a delimiter that closes the one at `at` comes later.
fn has_partner(source: &[char], at: usize, length: usize) -> bool {
    let mut from = at + length;
    while from < source.len() {
        if source[from] == source[at] {
            let run = run_length(source, from);
            if run >= length && (run == length || run == 3) && can_close(source, from, run) {
                return true;
            }
            from += run;
        } else {
            from += 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    /// Characters with `b`, `i`, `c` marks below them.
    fn marked(line: &str, is_open_ended: bool) -> (String, String) {
        let styled = parse(line, Style::default(), is_open_ended);
        let mark = |style: &Style| match (style.is_code, style.is_bold, style.is_italic) {
            (true, ..) => 'c',
            (_, true, true) => 'x',
            (_, true, _) => 'b',
            (_, _, true) => 'i',
            _ => '.',
        };
        (
            styled.iter().map(|(character, _)| *character).collect(),
            styled.iter().map(|(_, style)| mark(style)).collect(),
        )
    }

    fn check(line: &str, text: &str, marks: &str) {
        assert_eq!(marked(line, false), (text.into(), marks.into()), "{line}");
    }

    #[test]
    fn pairs_of_delimiters_style_what_they_enclose() {
        check("a **b** c", "a b c", "..b..");
        check("*it* __bo__ _u_", "it bo u", "ii.bb.i");
        check("***both*** x", "both x", "xxxx..");
        check("`a*b*` d", "a*b* d", "cccc..");
        check("**b *i* b**", "b i b", "bbxbb");
    }

    #[test]
    fn arithmetic_names_and_lone_delimiters_stay_as_they_are() {
        for line in ["2 * 3 * 4", "2*3*4", "snake_case_name", "a ** b", "****", "5 * (2 + 1)", "`x"]
        {
            assert_eq!(marked(line, false).0, line);
        }
        check(r"\*not\*", "*not*", ".....");
    }

    #[test]
    fn an_unfinished_delimiter_counts_while_the_text_streams() {
        assert_eq!(marked("a **bo", true), ("a bo".into(), "..bb".into()));
        assert_eq!(marked("a **", true), ("a ".into(), "..".into()));
        assert_eq!(marked("a `co", true), ("a co".into(), "..cc".into()));
    }
}
