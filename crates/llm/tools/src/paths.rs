//! Names of files and folders in a person's request.

use crate::request::quotations;
use alloc::vec::Vec;
use core::ops::Range;

/// A name that stands in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPath<'a> {
    /// The name, without quotes.
    pub path: &'a str,
    /// Where it stands in the request, in bytes, quotes included.
    pub span: Range<usize>,
}

/// Words with a slash that are no paths.
const PAIRS: [&str; 8] = ["and/or", "yes/no", "he/she", "am/pm", "km/h", "either/or", "n/a", "w/o"];
/// Words with a dot that are no files.
const ABBREVIATIONS: [&str; 6] = ["e.g", "i.e", "a.m", "p.m", "u.s", "etc"];

/// All names in a request: those that look like paths, then those that are called names of files.
/// Those outside of quotes come before those that are only a part of a quoted text.
pub fn paths(request: &str) -> Vec<NamedPath<'_>> {
    let quotations = quotations(request);
    let mut found: Vec<NamedPath<'_>> = Vec::new();
    let mut quoted = Vec::new();
    for quotation in &quotations {
        let text = quotation.text.trim();
        if has_extension(text) && text.len() <= 80 && !text.contains("://") {
            found.push(NamedPath { path: text, span: quotation.span.clone() });
        }
    }
    for word in words(request).filter(|word| is_path(word.path)) {
        let is_in = |span: &Range<usize>| span.contains(&word.span.start);
        if found.iter().any(|known| is_in(&known.span)) {
            continue;
        }
        match quotations.iter().any(|quotation| is_in(&quotation.span)) {
            true => quoted.push(word),
            false => found.push(word),
        }
    }
    // A quoted name of several words may as well be a text that mentions a file.
    found.sort_by_key(|name| (name.path.contains(' '), name.span.start));
    found.extend(called(request));
    found.extend(quoted);
    found
}

/// The name behind "file called" and the like.
fn called(request: &str) -> Option<NamedPath<'_>> {
    let words: Vec<_> = words(request).collect();
    let is = |word: &NamedPath<'_>, text: &str| word.path.eq_ignore_ascii_case(text);
    words.windows(2).find_map(|pair| {
        let is_call = ["called", "named"].iter().any(|verb| is(&pair[0], verb));
        (is_call && is_name(pair[1].path)).then(|| pair[1].clone())
    })
}

/// The words of a request without quotes, brackets and punctuation around them.
pub fn words(request: &str) -> impl Iterator<Item = NamedPath<'_>> {
    request.split_whitespace().filter_map(move |word| {
        let path = word
            .trim_start_matches(['"', '\'', '`', '(', '[', '<', '“', '«', '‘'])
            .trim_end_matches([
                '"', '\'', '`', ')', ']', '>', '”', '»', '’', ',', ';', ':', '!', '?',
            ])
            .trim_end_matches(['.', '"', '\'', '`', ')']);
        // Both are parts of the request, so that the distance of their starts is a place in it.
        let start = path.as_ptr() as usize - request.as_ptr() as usize;
        (!path.is_empty()).then(|| NamedPath { path, span: start..start + path.len() })
    })
}

/// Whether a word can be the name of a file or folder.
pub fn is_name(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "._-/~+".contains(c))
}

/// Whether a word can be nothing but a path.
fn is_path(word: &str) -> bool {
    if !is_name(word) || !word.contains(char::is_alphabetic) {
        return false;
    }
    let is_known = |list: &[&str]| list.iter().any(|entry| word.eq_ignore_ascii_case(entry));
    if is_known(&PAIRS) || is_known(&ABBREVIATIONS) {
        return false;
    }
    word.contains('/') || has_extension(word)
}

/// Whether a name ends like that of a file: in a dot and up to five letters and digits.
pub fn has_extension(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && (1..=5).contains(&extension.len())
            && extension.starts_with(|c: char| c.is_ascii_alphabetic())
            && extension.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_and_other_words_are_not() {
        for (request, expected) in [
            ("open todo.txt", &["todo.txt"][..]),
            ("What does data/temps.csv say?", &["data/temps.csv"]),
            ("What is in 'notes.txt'?", &["notes.txt"]),
            ("read \"my notes.txt\" and todo.md.", &["todo.md", "my notes.txt"]),
            ("make a file called ideas", &["ideas"]),
            ("write \"see a.txt\" into b.txt", &["b.txt", "see a.txt"]),
            ("write \"a.txt is old\" into b.txt", &["b.txt", "a.txt"]),
            ("list data/.", &["data/"]),
            ("e.g. 3.5 km/h and/or 1/2, at 5 p.m.", &[]),
            ("get https://example.org/a.txt", &[]),
        ] {
            let found: Vec<&str> = paths(request).iter().map(|name| name.path).collect();
            assert_eq!(found, expected, "{request}");
        }
    }

    #[test]
    fn spans_cover_the_quotes_of_a_name() {
        let request = "save it to 'a b.txt' now";
        let found = paths(request);
        assert_eq!(&request[found[0].span.clone()], "'a b.txt'");
    }
}
