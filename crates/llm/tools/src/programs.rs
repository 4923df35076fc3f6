//! Small programs for tasks that people often set, for models too small to write them.
//!
//! A program is found by the key words of a request, and its parameters by what they look like:
//! numbers, a range, a list, a text. A request without them has no program.

mod lists;
mod numbers;
mod parameters;
mod series;
mod texts;

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use parameters::Parameter;

/// A program with gaps for its parameters.
struct Program {
    /// Sets of words; a request that has all words of one of them is about this program.
    keywords: &'static [&'static [&'static str]],
    /// What has to be found in a request.
    parameter: Parameter,
    /// Rhai, with `@name` where a parameter goes.
    source: &'static str,
    /// A request that it answers, and its answer.
    #[cfg(test)]
    example: (&'static str, &'static str),
}

/// A program; its example is only there for the tests.
macro_rules! program {
    ($keywords:expr, $parameter:expr, $source:expr, $request:expr => $answer:expr $(,)?) => {
        Program {
            keywords: &$keywords,
            parameter: $parameter,
            source: $source,
            #[cfg(test)]
            example: ($request, $answer),
        }
    };
}
use program;

/// All programs.
fn all() -> impl Iterator<Item = &'static Program> {
    [series::PROGRAMS, numbers::PROGRAMS, lists::PROGRAMS, texts::PROGRAMS].into_iter().flatten()
}

/// A Rhai program that does what a request asks for; `None` if none is known.
pub fn matching(request: &str) -> Option<String> {
    let words = words(request);
    let mut candidates: Vec<(usize, &Program)> =
        all().filter_map(|program| Some((score(program, &words)?, program))).collect();
    // Stable: of equals, the first of the tables.
    candidates.sort_by_key(|(score, _)| core::cmp::Reverse(*score));
    candidates.into_iter().find_map(|(_, program)| program.filled(request))
}

/// How many key words of the program a request has; `None` if it lacks some of each set.
fn score(program: &Program, words: &[String]) -> Option<usize> {
    let has = |keyword: &&str| words.iter().any(|word| is_form_of(word, keyword));
    let sets = program.keywords.iter().filter(|set| set.iter().all(has));
    sets.map(|set| set.len()).max()
}

/// Whether a word is a keyword or a form of it: `reverses`, `reversing`.
fn is_form_of(word: &str, keyword: &str) -> bool {
    let Some(stem) = word.strip_suffix(['s', 'd']).or_else(|| word.strip_suffix("ing")) else {
        return word == keyword;
    };
    let stem_of_keyword = keyword.strip_suffix('e').unwrap_or(keyword);
    word == keyword || stem == keyword || stem.strip_suffix('e').unwrap_or(stem) == stem_of_keyword
}

/// The words of a request in small letters; an ordinal number is an "nth" too.
fn words(request: &str) -> Vec<String> {
    let lower = request.to_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || c == '+';
    let mut words: Vec<String> = Vec::new();
    for word in lower.split(|c: char| !is_part(c)).filter(|word| !word.is_empty()) {
        if word.starts_with(|c: char| c.is_ascii_digit())
            && ["st", "nd", "rd", "th"].iter().any(|ending| word.ends_with(ending))
        {
            words.push("nth".to_owned());
        }
        words.push(word.to_owned());
    }
    words
}

impl Program {
    /// The program for a request; `None` if that lacks a parameter.
    fn filled(&self, request: &str) -> Option<String> {
        let mut source = self.source.trim().to_string();
        for (name, value) in self.parameter.find(request)? {
            source = source.replace(&format!("@{name}"), &value);
        }
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::rc::Rc;
    use core::ops::ControlFlow;
    use llm_sandbox::{Host, Limits, rhai};
    use proptest::prelude::*;

    struct Free;

    impl Host for Free {
        fn watch(&self) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
        fn allocated_bytes(&self) -> u64 {
            0
        }
    }

    /// What a program comes to: its value, or else what it printed.
    fn result(source: &str) -> String {
        match rhai::run(source, &Limits::default(), Rc::new(Free)) {
            Ok(outcome) => outcome.value.unwrap_or_else(|| outcome.output.trim_end().into()),
            Err(error) => panic!("{error}\n{source}"),
        }
    }

    #[test]
    fn every_program_answers_its_request() {
        for program in all() {
            let (request, expected) = program.example;
            let source = matching(request).unwrap_or_else(|| panic!("no program: {request}"));
            assert_eq!(result(&source), expected, "{request}\n{source}");
            assert_eq!(program.filled(request), Some(source), "another program: {request}");
        }
        assert!(all().count() >= 25);
    }

    #[test]
    fn other_words_for_the_same_find_the_same() {
        for (request, expected) in [
            ("Use a program to compute the 20th Fibonacci number.", "6765"),
            ("what's the 100th fibonacci number", "354224848179261915075"),
            ("Calculate fibonacci of 10 with code", "55"),
            ("Write code that computes the factorial of 25", "15511210043330985984000000"),
            (
                "Run a program to list all prime numbers up to 30",
                "[2, 3, 5, 7, 11, 13, 17, 19, 23, 29]",
            ),
            ("first 5 primes", "[2, 3, 5, 7, 11]"),
            ("Is 91 a prime number?", "91 = 7 * 13 is not prime"),
            ("add up the numbers from 1 to 1,000", "500500"),
            ("sum of the first 10 squares", "385"),
            ("Use a program to add up the squares of 1 to 10.", "385"),
            ("Add all odd numbers between 1 and 5", "9"),
            ("sum of 3, 5 and 8", "16"),
            ("Spell hello backwards", "olleh"),
            ("check if 'Never odd or even' is a palindrome", "true"),
            ("is hello a palindrome?", "false"),
            ("Sort [5, -3, 9, 0] please", "[-3, 0, 5, 9]"),
            ("sort pear, apple, fig", "[\"apple\", \"fig\", \"pear\"]"),
            ("What is the largest of 4, 17 and 9?", "17"),
            ("mean of 1, 2, 3, 4", "2.5"),
            ("Was 1900 a leap year?", "false"),
            ("How many r's are in strawberry?", "3"),
            ("How often does the letter s occur in Mississippi?", "4"),
            ("what is 255 in hexadecimal", "ff"),
            ("convert the binary number 101101 to decimal", "45"),
            ("gcd of 48 and 36", "12"),
        ] {
            let source = matching(request).unwrap_or_else(|| panic!("no program: {request}"));
            assert_eq!(result(&source), expected, "{request}\n{source}");
        }
    }

    #[test]
    fn a_request_without_parameters_or_key_words_has_no_program() {
        for request in ["", "What is the largest planet?", "sort my mail", "hello", "run a program"]
        {
            assert_eq!(matching(request), None, "{request}");
        }
    }

    #[test]
    fn texts_cannot_end_their_quotes() {
        let source = matching("reverse the string \"a\\\" + x\"").unwrap();
        assert_eq!(result(&source), "\\a");
        let source = matching("reverse the string ` \"); print(\"no`").unwrap();
        assert_eq!(result(&source), "on\"(tnirp ;)\" ");
    }

    proptest! {
        #[test]
        fn any_request_is_read(request in "(fibonacci|sum|sort|reverse|prime|[0-9]{1,20}|[,.'\"\\[\\] -]|[a-zäß]{1,4}| to | of ){0,12}") {
            let _ = matching(&request);
        }
    }
}
