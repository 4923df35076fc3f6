//! Requests as people type them in haste, in plain words: `can u remnd me in an hr pls`.
//!
//! Abbreviations are spelled out, and slips in the words that tell a tool what to do are mended.
//! What stands in quotes, and names of files and addresses, stay as they are. For those who decide
//! what a request is about; what is to be kept is kept as it was typed.

use crate::nearest::nearest;
use alloc::{borrow::Cow, string::String};

/// What is short for what. Where a word means something else in a formula or a program too, it is
/// not here.
const SHORT: [(&str, &str); 67] = [
    ("pls", "please"),
    ("plz", "please"),
    ("plss", "please"),
    ("u", "you"),
    ("ur", "your"),
    ("thx", "thanks"),
    ("thanx", "thanks"),
    ("ty", "thank you"),
    ("n", "and"),
    ("yr", "year"),
    ("yrs", "years"),
    ("hr", "hour"),
    ("hrs", "hours"),
    ("wk", "week"),
    ("wks", "weeks"),
    ("wanna", "want to"),
    ("gonna", "going to"),
    ("gotta", "have to"),
    ("gimme", "give me"),
    ("lemme", "let me"),
    ("whats", "what's"),
    ("wats", "what's"),
    ("wat", "what"),
    ("wut", "what"),
    ("im", "I'm"),
    ("ive", "I've"),
    ("dont", "don't"),
    ("doesnt", "doesn't"),
    ("didnt", "didn't"),
    ("cant", "can't"),
    ("isnt", "isn't"),
    ("wont", "won't"),
    ("wheres", "where's"),
    ("whens", "when's"),
    ("hows", "how's"),
    ("whos", "who's"),
    ("lil", "little"),
    ("tmrw", "tomorrow"),
    ("tmr", "tomorrow"),
    ("tmw", "tomorrow"),
    ("tonite", "tonight"),
    ("nite", "night"),
    ("abt", "about"),
    ("bday", "birthday"),
    ("b4", "before"),
    ("msg", "message"),
    ("pic", "picture"),
    ("rn", "right now"),
    ("idk", "I don't know"),
    ("cuz", "because"),
    ("coz", "because"),
    ("ppl", "people"),
    ("pw", "password"),
    ("pwd", "password"),
    ("thru", "through"),
    ("tho", "though"),
    ("gr8", "great"),
    ("tomorow", "tomorrow"),
    ("tommorow", "tomorrow"),
    ("tommorrow", "tomorrow"),
    ("celcius", "celsius"),
    ("farenheit", "fahrenheit"),
    ("wether", "weather"),
    ("k", "ok"),
    ("kk", "ok"),
    ("cya", "goodbye"),
    ("sth", "something"),
];

/// Words that tell what to do, and are long enough for a slip to be certain.
const TELLING: [&str; 22] = [
    "remind",
    "remember",
    "calculate",
    "schedule",
    "convert",
    "multiply",
    "subtract",
    "percent",
    "percentage",
    "minutes",
    "tomorrow",
    "tonight",
    "birthday",
    "download",
    "notification",
    "password",
    "average",
    "celsius",
    "fahrenheit",
    "kilometers",
    "calendar",
    "weekday",
];

/// The request in plain words; the same text where there is nothing to change.
pub fn plain(request: &str) -> Cow<'_, str> {
    let mut made: Option<String> = None;
    let mut quote = None;
    let mut at = 0;
    // Words are what stands between white space.
    for word in request.split_inclusive(char::is_whitespace) {
        let typed = word.trim_end();
        let is_quoted = quote.is_some() || typed.starts_with(['"', '`', '\u{201c}']);
        let core = typed.trim_matches(|c: char| !c.is_alphanumeric());
        let meant = if is_quoted || is_name(typed) { None } else { meaning(core) };
        if let Some(meant) = meant {
            let text = made.get_or_insert_with(|| request[..at].into());
            let begin = word.find(core).unwrap_or_default();
            text.push_str(&word[..begin]);
            text.push_str(meant);
            text.push_str(&word[begin + core.len()..]);
        } else if let Some(text) = &mut made {
            text.push_str(word);
        }
        for c in typed.chars().filter(|c| matches!(c, '"' | '`')) {
            quote = match quote {
                None => Some(c),
                Some(open) if open == c => None,
                other => other,
            };
        }
        at += word.len();
    }
    made.map_or(Cow::Borrowed(request), Cow::Owned)
}

/// Whether it is a name or a formula rather than a word: a path, an address, code.
fn is_name(word: &str) -> bool {
    let inside = word.trim_matches(|c: char| ".,;:!?()".contains(c));
    inside
        .contains(['/', '\\', '.', '@', '_', '=', '+', '*', '^', '(', ')', '{', '}', '<', '>', '#'])
}

/// What a word is meant to be, if that is another.
fn meaning(word: &str) -> Option<&'static str> {
    if let Some((_, meant)) = SHORT.iter().find(|(short, _)| short.eq_ignore_ascii_case(word)) {
        return Some(meant);
    }
    const LEAST: usize = 5;
    if word.len() < LEAST || !word.is_ascii() {
        return None;
    }
    let meant = nearest(word, TELLING)?;
    let first = |text: &str| text.as_bytes()[0].to_ascii_lowercase();
    // Other forms of the word are no slips: `reminds`, `minute`, `percents`.
    let lower = word.to_ascii_lowercase();
    let is_form = lower.starts_with(meant) || meant.starts_with(&lower);
    (first(word) == first(meant)
        && meant.len().abs_diff(word.len()) <= 1
        && !is_form
        && is_slip(&lower, meant))
    .then_some(meant)
}

/// Whether two words differ in one letter: missing, added, other, or two swapped.
fn is_slip(typed: &str, meant: &str) -> bool {
    let (typed, meant) = (typed.as_bytes(), meant.as_bytes());
    let same = typed.iter().zip(meant).take_while(|(left, right)| left == right).count();
    let (typed, meant) = (&typed[same..], &meant[same..]);
    let end = typed.iter().rev().zip(meant.iter().rev()).take_while(|(l, r)| l == r).count();
    let (typed, meant) = (
        &typed[..typed.len() - end.min(typed.len())],
        &meant[..meant.len() - end.min(meant.len())],
    );
    match (typed, meant) {
        ([_], [] | [_]) | ([], [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn haste_is_put_into_plain_words() {
        for (typed, expected) in [
            ("can u remnd me in an hr pls", "can you remind me in an hour please"),
            ("Whats 5 n 7?", "what's 5 and 7?"),
            ("im here, dont go!", "I'm here, don't go!"),
            ("shedule it tommorow", "schedule it tomorrow"),
            ("25 celcius in fahrenheit?", "25 celsius in fahrenheit?"),
        ] {
            assert_eq!(plain(typed), expected);
        }
    }

    #[test]
    fn names_quotes_and_other_words_stay() {
        for text in [
            "write \"u r gr8 pls\" into u.txt",
            "get http://example.org/pls/u",
            "the reminders of a minute, in percents",
            "run `let n = 5; n`",
            "a reminding remark on the calculated average",
            "remembers, scheduled, converted, dividend",
            "",
            "n=5",
            "the remainder when 100 is divided by 7",
        ] {
            assert_eq!(plain(text), text);
            assert!(matches!(plain(text), Cow::Borrowed(_)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_and_plain_words_stay_plain(text in "(?s).{0,80}") {
            let once = plain(&text).into_owned();
            prop_assert_eq!(plain(&once).into_owned(), once.clone());
        }
    }
}
