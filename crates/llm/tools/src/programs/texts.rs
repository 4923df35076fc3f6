//! Programs about texts.

use super::{Parameter, Program, program};

/// The programs. Of those that fit a request equally well, the first is taken.
pub(super) const PROGRAMS: &[Program] = &[
    program!(
        [&["reverse"], &["backwards"], &["reversed"], &["reverse", "string"]],
        Parameter::Text,
        r#"
let reversed = "";
for c in @text.chars() { reversed = c + reversed; }
reversed
"#,
        "Reverse the string hello." => "olleh",
    ),
    program!(
        [&["vowels"]],
        Parameter::Text,
        r#"
let count = 0;
for c in @text.to_lower().chars() {
    if "aeiou".contains(c) { count += 1; }
}
count
"#,
        "How many vowels are in banana?" => "3",
    ),
    program!(
        [&["palindrome"]],
        Parameter::Text,
        r#"
// Only letters count, not their case.
let letters = "";
let reversed = "";
for c in @text.to_lower().chars() {
    if " .,;:!?'-".contains(c) { continue; }
    letters += c;
    reversed = c + reversed;
}
letters == reversed
"#,
        "Is racecar a palindrome?" => "true",
    ),
    program!(
        [
            &["how", "many", "characters"],
            &["count", "characters"],
            &["how", "many", "letters"],
            &["length", "string"],
            &["length", "word"]
        ],
        Parameter::Text,
        "@text.len()",
        "How many characters has the word elephant?" => "8",
    ),
    program!(
        [
            &["how", "many"],
            &["how", "often"],
            &["count", "letter"],
            &["how", "many", "times", "letter"],
            &["how", "often", "letter"]
        ],
        Parameter::LetterInText,
        r#"
let count = 0;
for c in @text.to_lower().chars() {
    if c.to_string() == @letter { count += 1; }
}
count
"#,
        "How many r's are in strawberry?" => "3",
    ),
    program!(
        [&["how", "many", "words"], &["count", "words"], &["word", "count"]],
        Parameter::Text,
        r#"
let count = 0;
let is_inside = false;
for c in @text.chars() {
    let is_space = " \t\n".contains(c);
    if !is_space && !is_inside { count += 1; }
    is_inside = !is_space;
}
count
"#,
        "Count the words in 'the cat sat on the mat'." => "6",
    ),
];
