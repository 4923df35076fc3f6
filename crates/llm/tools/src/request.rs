//! A person's request, taken apart: what introduces it, and what it is about.

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
    const COURTESIES: [&str; 18] = [
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

/// What stands between the first pair of quotes; `None` if nothing does.
pub fn quoted(request: &str) -> Option<&str> {
    const PAIRS: [(char, char); 4] = [('"', '"'), ('“', '”'), ('`', '`'), ('«', '»')];
    PAIRS.iter().find_map(|&(open, close)| {
        let (_, rest) = request.split_once(open)?;
        let (inside, _) = rest.split_once(close)?;
        (!inside.trim().is_empty()).then_some(inside)
    })
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
    fn quotes_are_found() {
        assert_eq!(quoted("say \"hello there\" now"), Some("hello there"));
        assert_eq!(quoted("run `1 + 1`"), Some("1 + 1"));
        assert_eq!(quoted("it's mine"), None);
        assert_eq!(quoted("say \"\""), None);
    }
}
