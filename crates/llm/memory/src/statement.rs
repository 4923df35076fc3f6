//! What a person states, without the words around it: courtesies, and those that only ask to remember
//! it. Shared by the tools that read requests and by [`crate::facts`].

/// The fact in a request to remember one: what stands behind the request's own words.
pub fn statement(request: &str) -> &str {
    const INTRODUCTIONS: [&str; 43] = [
        "remember",
        "remember that",
        "remember this",
        "please remember",
        "note",
        "note that",
        "please note",
        "note down",
        "note down that",
        "make a note",
        "make a note that",
        "take a note",
        "take note that",
        "note to self",
        "don't forget",
        "don't forget that",
        "do not forget",
        "do not forget that",
        "dont forget",
        "dont forget that",
        "never forget",
        "never forget that",
        "keep in mind",
        "keep in mind that",
        "bear in mind",
        "bear in mind that",
        "for the record",
        "fyi",
        "save",
        "save this",
        "save the fact that",
        "store",
        "store this",
        "store that",
        "keep",
        "keep this",
        "memorize",
        "memorize that",
        "memorise",
        "memorise that",
        "remember for me",
        "jot down",
        "write down that",
    ];
    let fact = behind(request, &INTRODUCTIONS).unwrap_or_else(|| without_courtesy(request));
    without_reminder(fact).trim_end_matches(['.', '!'])
}

/// A fact without the words behind it that only ask to remember it: `..., remember that`.
fn without_reminder(fact: &str) -> &str {
    const REMINDERS: [&str; 13] = [
        "remember that",
        "remember this",
        "remember it",
        "please remember",
        "please remember that",
        "please remember this",
        "keep that in mind",
        "keep this in mind",
        "please keep that in mind",
        "don't forget",
        "don't forget that",
        "please note that",
        "make a note of that",
    ];
    let said = fact.trim_end_matches(['.', '!', ' ']);
    let lower = said.to_ascii_lowercase();
    let longest = REMINDERS.iter().filter(|it| lower.ends_with(**it)).max_by_key(|it| it.len());
    let Some(reminder) = longest else { return fact };
    let rest = said[..said.len() - reminder.len()].trim_end();
    // Behind a comma or a stop; `what I have to remember that` goes on.
    match rest.strip_suffix([',', '.', ';', ':', '-', '!']) {
        Some(rest) if !rest.trim().is_empty() => rest.trim_end(),
        _ => fact,
    }
}

/// What `request` says behind the first of `introductions` it begins with, after words of courtesy;
/// `None` if it begins with none of them. The longest introduction counts; letters' case does not.
pub fn behind<'a>(request: &'a str, introductions: &[&str]) -> Option<&'a str> {
    let request = without_courtesy(request);
    let longest = introductions
        .iter()
        .filter(|introduction| begins_with(request, introduction))
        .max_by_key(|introduction| introduction.len())?;
    let rest = request[longest.len()..].trim_start_matches([' ', ':', ',', '-', '\t']);
    (!rest.trim().is_empty()).then(|| rest.trim())
}

/// The request without the courtesies around it.
pub fn without_courtesy(request: &str) -> &str {
    const COURTESIES: [&str; 21] = [
        "please",
        "can you",
        "could you",
        "would you",
        "will you",
        "hey",
        "hi",
        "hello",
        "ok",
        "okay",
        "so",
        "and",
        "also",
        "kindly",
        "actually",
        "sorry",
        "correction",
        "now",
        "i want you to",
        "i'd like you to",
        "i would like you to",
    ];
    let mut rest = request.trim();
    while let Some(courtesy) = COURTESIES.iter().find(|courtesy| begins_with(rest, courtesy)) {
        let shorter = rest[courtesy.len()..].trim_start_matches([' ', ',', ':', '!']);
        if shorter.is_empty() {
            break;
        }
        rest = shorter;
    }
    rest
}

/// Whether `text` begins with `start`, whatever the case, and a word ends there.
fn begins_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
        && !text[start.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_introduction_and_courtesies_go() {
        let starts = ["remember", "remember that"];
        for (request, rest) in [
            ("Remember that my name is Ann.", Some("my name is Ann.")),
            ("please remember: the key is red", Some("the key is red")),
            ("Hey, could you please remember that I like tea", Some("I like tea")),
            ("Remembering is hard", None),
            ("Remember", None),
            ("Do you remember me?", None),
        ] {
            assert_eq!(behind(request, &starts), rest, "{request}");
        }
        assert_eq!(without_courtesy("please"), "please");
    }

    #[test]
    fn the_fact_is_what_the_request_is_about() {
        for (request, expected) in [
            ("Remember that my sister's birthday is 4 May.", "my sister's birthday is 4 May"),
            ("Please note: the spare key is under the mat.", "the spare key is under the mat"),
            ("Don't forget I prefer metric units.", "I prefer metric units"),
            ("Actually, remember the gate code is 5521", "the gate code is 5521"),
            ("fyi, my office is room 12", "my office is room 12"),
            ("My dog is called Rex, remember that", "My dog is called Rex"),
            ("I'm allergic to nuts. Please remember that!", "I'm allergic to nuts"),
            ("my locker number is 88, keep that in mind", "my locker number is 88"),
            ("these are the words to remember that", "these are the words to remember that"),
            (", remember that", ", remember that"),
        ] {
            assert_eq!(statement(request), expected);
        }
    }
}
