//! Whether a reply says what a tool found out.
//!
//! Small models call the right tool and then lose its result on the way into a sentence. What is not
//! said is shown as the tool gave it.

use alloc::string::String;

/// Whether `result` stands in `reply` as a whole: "5" is not said by "15", "2.5" or "-5". Case, line
/// breaks, marks of emphasis and commas within numbers make no difference.
pub fn is_said(reply: &str, result: &str) -> bool {
    let (reply, result) = (plain(reply), plain(result));
    let result = result.trim();
    reply.match_indices(result).any(|(at, _)| {
        let (before, after) = (&reply[..at], &reply[at + result.len()..]);
        !goes_on_before(before, result) && !goes_on_after(after, result)
    })
}

/// Lower case, single spaces, neither emphasis nor commas between digits.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().flat_map(char::to_lowercase).peekable();
    while let Some(char) = chars.next() {
        let last = plain.chars().next_back();
        let is_within_number = |next: Option<&char>| {
            last.is_some_and(|last| last.is_ascii_digit()) && next.is_some_and(char::is_ascii_digit)
        };
        match char {
            '*' | '`' => {}
            ',' if is_within_number(chars.peek()) => {}
            char if char.is_whitespace() && last == Some(' ') => {}
            char if char.is_whitespace() => plain.push(' '),
            char => plain.push(char),
        }
    }
    plain
}

/// Whether what stands before `result` belongs to the same word or number.
fn goes_on_before(before: &str, result: &str) -> bool {
    let mut back = before.chars().rev();
    let begins_with = |test: fn(char) -> bool| result.chars().next().is_some_and(test);
    match back.next() {
        Some(char) if char.is_alphanumeric() => begins_with(char::is_alphanumeric),
        Some('-' | '−' | '.') if begins_with(|char| char.is_ascii_digit()) => {
            !back.next().is_some_and(|char| char.is_whitespace() && before.ends_with('.'))
        }
        _ => false,
    }
}

/// Whether what stands after `result` does.
fn goes_on_after(after: &str, result: &str) -> bool {
    let mut rest = after.chars();
    let ends_with = |test: fn(char) -> bool| result.chars().next_back().is_some_and(test);
    match rest.next() {
        Some(char) if char.is_alphanumeric() => ends_with(char::is_alphanumeric),
        Some('.') => {
            ends_with(|char| char.is_ascii_digit())
                && rest.next().is_some_and(|char| char.is_ascii_digit())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_said_in_a_sentence() {
        for (reply, result) in [
            ("It is 42.", "42"),
            ("6*7 = **42**", "42"),
            ("The answer is: 42", "42"),
            ("That makes 1,048,576 bytes.", "1048576"),
            ("The result is -5.", "-5"),
            ("The capital is\nParis, of course.", "paris"),
            ("You wrote: Hello,  World", "hello, world"),
            ("About 2.5 metres", "2.5"),
        ] {
            assert!(is_said(reply, result), "{reply}: {result}");
        }
    }

    #[test]
    fn a_part_of_a_longer_number_or_word_is_not_the_result() {
        for (reply, result) in [
            ("It is 142.", "42"),
            ("It is 42.5.", "42"),
            ("It is 2.5.", "5"),
            ("It is -5.", "5"),
            ("It is 421.", "42"),
            ("The parishes", "paris"),
            ("I do not know.", "42"),
            ("", "42"),
        ] {
            assert!(!is_said(reply, result), "{reply}: {result}");
        }
    }
}
