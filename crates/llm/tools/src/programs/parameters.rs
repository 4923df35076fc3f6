//! Parameters of programs, found in requests.

use crate::request::quotations;
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

/// What a program has to be given.
#[derive(Clone, Copy, Debug)]
pub enum Parameter {
    /// A whole number, `n`; or this one, if there is none.
    Number(Option<i64>),
    /// The same; of several numbers, the one that is not this (the 2 of "powers of 2").
    NumberBut(i64, Option<i64>),
    /// Two whole numbers, `a` and `b`.
    Pair,
    /// From `a` to `b`: "from 2 to 9", "up to 9", "the first 9"; or these, if there are none.
    Range(Option<(i64, i64)>),
    /// At least two numbers, `list`.
    Numbers,
    /// At least two numbers or words, `list`.
    Items,
    /// A text, `text`.
    Text,
    /// A letter, `letter`, and the text to look for it in, `text`.
    LetterInText,
}

/// Names of parameters, and their values as Rhai writes them.
type Values = Vec<(&'static str, String)>;

impl Parameter {
    /// The parameters in a request; `None` if they are not there.
    pub fn find(self, request: &str) -> Option<Values> {
        let whole = || numbers(request).into_iter().filter_map(|word| word.parse::<i64>().ok());
        let number = |value: i64| vec![("n", value.to_string())];
        let ends = |(a, b): (i64, i64)| vec![("a", a.to_string()), ("b", b.to_string())];
        match self {
            Self::Number(default) => whole().next().or(default).map(number),
            Self::NumberBut(but, default) => {
                whole().find(|value| *value != but).or(default).map(number)
            }
            Self::Pair => {
                let mut pair = whole();
                Some(ends((pair.next()?, pair.next()?)))
            }
            Self::Range(default) => range(request).or(default).map(ends),
            Self::Numbers => Some(vec![("list", number_list(request)?)]),
            Self::Items => Some(vec![("list", number_list(request).or_else(|| words(request))?)]),
            Self::Text => Some(vec![("text", literal(text(request)?))]),
            Self::LetterInText => {
                let (letter, text) = letter_in_text(request)?;
                Some(vec![("letter", literal(&letter)), ("text", literal(text))])
            }
        }
    }
}

/// A text as a Rhai string.
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// The numbers of a request as they are written, without the commas of thousands and the letters of
/// ordinals. A number within a word is none.
fn numbers(request: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut before = None;
    let mut rest = request;
    while let Some(c) = rest.chars().next() {
        let is_sign = c == '-' && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        let is_free = before.is_none_or(|before: char| !before.is_alphanumeric() && before != '_');
        if is_free && (c.is_ascii_digit() || is_sign) {
            let len = number_len(rest);
            let behind = rest[len..].to_ascii_lowercase();
            let is_ordinal = ["st", "nd", "rd", "th"].iter().any(|it| behind.starts_with(it));
            if is_ordinal || !behind.starts_with(char::is_alphabetic) {
                found.push(rest[..len].replace(',', ""));
            }
            before = rest[..len].chars().next_back();
            rest = &rest[len..];
        } else {
            before = Some(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    if found.is_empty() {
        found.extend(number_word(request));
    }
    found
}

/// The length of the number that a text begins with. Commas are part of it where three digits
/// follow each, and the number is not one of a list without spaces.
fn number_len(text: &str) -> usize {
    let sign = usize::from(text.starts_with('-'));
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut len = sign + digits(&text[sign..]);
    let is_grouped = (1..=3).contains(&(len - sign));
    while is_grouped && text[len..].starts_with(',') && digits(&text[len + 1..]) == 3 {
        len += 4;
    }
    if text[len..].starts_with('.') {
        let fraction = digits(&text[len + 1..]);
        if fraction > 0 {
            len += 1 + fraction;
        }
    }
    len
}

fn number_word(request: &str) -> Option<String> {
    const WORDS: [&str; 11] = [
        "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    ];
    let lower = request.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .find_map(|word| WORDS.iter().position(|it| *it == word))
        .map(|index| (index + 2).to_string())
}

/// The first and the last of the numbers that are asked for.
fn range(request: &str) -> Option<(i64, i64)> {
    let lower = request.to_lowercase().replace("..=", " to ").replace("..", " to ");
    let found: Vec<i64> = numbers(&lower).iter().filter_map(|it| it.parse().ok()).collect();
    let has = |text: &str| lower.contains(text);
    match found[..] {
        [a, b] if has(" to ") || has(" through ") || has("between") || has("until") => Some((a, b)),
        [n] if has("below") || has("under ") || has("less than") || has("smaller than") => {
            Some((1, n.saturating_sub(1)))
        }
        [n] if has("first") || has("up to") || has(" to ") || has("until") => Some((1, n)),
        _ => None,
    }
}

/// At least two numbers as a Rhai list. Those in brackets count before all others.
fn number_list(request: &str) -> Option<String> {
    let inside = request
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or(request, |(inside, _)| inside);
    // In a list, a comma ends a number whatever follows.
    let spaced = inside.replace(',', ", ");
    let mut found = numbers(&spaced);
    if found.len() < 2 {
        return None;
    }
    if found.iter().any(|number| number.contains('.')) {
        let whole = found.iter_mut().filter(|number| !number.contains('.'));
        whole.for_each(|number| number.push_str(".0"));
    }
    let fits = |number: &String| number.contains('.') || number.parse::<i64>().is_ok();
    found.iter().all(fits).then(|| format!("[{}]", found.join(", ")))
}

/// At least two words with commas between them, as a Rhai list.
fn words(request: &str) -> Option<String> {
    let request = request.trim_end_matches(['.', '?', '!']);
    let list = request.rsplit_once(':').map_or(request, |(_, list)| list);
    let list = list.replace(" and ", ", ").replace(['[', ']', '"', '\''], "");
    let mut items: Vec<&str> = list.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    if items.len() < 2 {
        return None;
    }
    // The words of the request stand in front of the first item.
    if let Some(first) = items.first_mut() {
        *first = first.rsplit(' ').next().unwrap_or(first);
    }
    let items: Vec<String> = items.into_iter().map(literal).collect();
    Some(format!("[{}]", items.join(", ")))
}

/// The text that a request is about: in quotes, or behind or in front of words that say so.
fn text(request: &str) -> Option<&str> {
    if let Some(quotation) = quotations(request).first() {
        return Some(quotation.text);
    }
    let request = request.trim().trim_end_matches(['.', '?', '!']);
    const NOUNS: [&str; 6] = ["string", "word", "text", "sentence", "phrase", "name"];
    const LINKS: [&str; 7] = ["in", "of", "if", "whether", "reverse", "spell", "write"];
    const ENDINGS: [&str; 8] = [
        "is a palindrome",
        "a palindrome",
        "backwards",
        "in reverse",
        "reversed",
        "has",
        "have",
        "contains",
    ];
    let text = after_last(request, &NOUNS)
        .or_else(|| request.split_once(": ").map(|(_, text)| text))
        .or_else(|| after_last(request, &LINKS))
        .or_else(|| after_last(request, &["is", "does"]))?;
    let mut text = text.trim_start_matches([':', ' ']);
    for ending in ENDINGS {
        let at = text.len().checked_sub(ending.len());
        let is_end =
            at.and_then(|at| text.get(at..)).is_some_and(|it| it.eq_ignore_ascii_case(ending));
        if let Some(at) = at.filter(|_| is_end) {
            text = text[..at].trim_end();
        }
    }
    (!text.is_empty()).then_some(text)
}

/// What stands behind the last of some words.
fn after_last<'a>(request: &'a str, words: &[&str]) -> Option<&'a str> {
    let lower = request.to_ascii_lowercase();
    let ends = words.iter().filter_map(|word| {
        let places = lower.match_indices(word).filter(|(at, _)| {
            let is_start = !lower[..*at].ends_with(char::is_alphanumeric);
            is_start && !lower[at + word.len()..].starts_with(char::is_alphanumeric)
        });
        places.last().map(|(at, _)| at + word.len())
    });
    let rest = request[ends.max()?..].trim();
    (!rest.is_empty()).then_some(rest)
}

/// "How many r's are in strawberry": the letter, and the word behind "in".
fn letter_in_text(request: &str) -> Option<(String, &str)> {
    let request = request.trim().trim_end_matches(['.', '?', '!']);
    let is_letter = |word: &&str| {
        let word = word.trim_matches(['"', '\'', '`', '”', '“', '‘', '’', ',']);
        let word = word.strip_suffix("'s").or(word.strip_suffix("’s")).unwrap_or(word);
        let mut letters = word.chars();
        let (first, second) = (letters.next(), letters.next());
        // "a" and "I" are words of their own, unless "letter" stands before them.
        first.is_some_and(char::is_alphabetic)
            && (second.is_none() || (second == Some('s') && letters.next().is_none()))
            && !["is", "as", "us"].contains(&word)
    };
    let words: Vec<&str> = request.split_whitespace().collect();
    let behind_letter = words.iter().position(|word| {
        ["letter", "letters", "character"].iter().any(|it| word.eq_ignore_ascii_case(it))
    });
    let word = match behind_letter.and_then(|at| words.get(at + 1)) {
        Some(word) if is_letter(word) => word,
        _ => {
            words.iter().filter(|word| is_letter(word)).find(|word| !["a", "I"].contains(*word))?
        }
    };
    let letter = word.trim_matches(['"', '\'', '`', '”', '“', '‘', '’', ',']).chars().next()?;
    let text = after_last(request, &["in", "word", "string", "text", "sentence"])?;
    let text = text.trim_matches(['"', '\'', '`', '”', '“', '‘', '’']);
    (!text.is_empty()).then(|| (letter.to_lowercase().to_string(), text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;

    #[test]
    fn numbers_are_told_from_parts_of_words() {
        for (request, expected) in [
            ("the 20th of 3", &["20", "3"][..]),
            ("from 1 to 1,000,000", &["1", "1000000"]),
            ("3, 5,7 and -2.5.", &["3", "5", "7", "-2.5"]),
            ("mp3 and x86_64, 5kg", &[]),
            ("the first ten", &["10"]),
        ] {
            assert_eq!(numbers(request), expected, "{request}");
        }
        assert_eq!(number_list("sort 100,200,300").unwrap(), "[100, 200, 300]");
        assert_eq!(number_list("of [1,2.5] and 7").unwrap(), "[1.0, 2.5]");
    }

    #[test]
    fn ranges_are_read() {
        for (request, expected) in [
            ("from 3 to 9", Some((3, 9))),
            ("between 3 and 9", Some((3, 9))),
            ("1..10", Some((1, 10))),
            ("the first 7 numbers", Some((1, 7))),
            ("up to 50", Some((1, 50))),
            ("below 10", Some((1, 9))),
            ("of 3, 4 and 5", None),
            ("of 3", None),
        ] {
            assert_eq!(range(request), expected, "{request}");
        }
    }

    #[test]
    fn texts_are_read() {
        for (request, expected) in [
            ("Reverse the string hello world.", Some("hello world")),
            ("reverse 'it works'", Some("it works")),
            ("Is racecar a palindrome?", Some("racecar")),
            ("Check whether level is a palindrome", Some("level")),
            ("How many vowels are in banana?", Some("banana")),
            ("Count the words in the sentence: I like tea", Some("I like tea")),
            ("Count the words: one two", Some("one two")),
            ("reverse abc", Some("abc")),
            ("reverse", None),
        ] {
            assert_eq!(text(request), expected, "{request}");
        }
    }

    #[test]
    fn a_letter_and_its_text_are_read() {
        for (request, letter, text) in [
            ("How many r's are in strawberry?", "r", "strawberry"),
            ("How many times does the letter a occur in banana", "a", "banana"),
            ("Count the letter 'S' in \"glass house\"", "s", "glass house"),
            ("how many es are in the word elephant?", "e", "elephant"),
        ] {
            let expected = Some((letter.to_owned(), text));
            assert_eq!(letter_in_text(request), expected, "{request}");
        }
        assert_eq!(letter_in_text("How many people are in Oslo?"), None);
    }
}
