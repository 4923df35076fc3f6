//! The file, and what it shall say, in a person's request.

use crate::{
    paths::{NamedPath, has_extension, paths},
    request::{behind, quotations, without_courtesy},
};
use serde_json::{Value, json};

/// Path, text and mode of a request; `None` where the text is yet to be composed.
pub fn reading(request: &str) -> Option<Value> {
    let request = without_courtesy(request);
    let path = path(request)?;
    let text = text(request, &path)?;
    Some(match is_addition(request) {
        true => json!({"path": path.path, "text": text, "append": true}),
        false => json!({"path": path.path, "text": text}),
    })
}

/// The file: the last name in front of what it shall say.
fn path(request: &str) -> Option<NamedPath<'_>> {
    let paths = paths(request);
    // In "write see a.txt to b.txt" it is the one behind the preposition.
    let is_target = |name: &&NamedPath<'_>| {
        let before = request[..name.span.start].trim_end().to_ascii_lowercase();
        let ends = |word: &str| {
            before.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with(' '))
        };
        ["to", "into", "in", "file", "called", "named", "as", "of", "create", "touch", "overwrite"]
            .iter()
            .any(|word| ends(word))
    };
    paths.iter().find(is_target).or_else(|| paths.iter().find(|it| has_extension(it.path))).cloned()
}

fn is_addition(request: &str) -> bool {
    let lower = request.to_lowercase();
    ["append", "add", "log"].iter().any(|verb| behind(&lower, &[verb]).is_some())
        || ["to the end", "at the end of", "at the bottom", "to the bottom", "append"]
            .iter()
            .any(|phrase| lower.contains(phrase))
}

/// What the file shall say.
fn text<'a>(request: &'a str, path: &NamedPath<'_>) -> Option<&'a str> {
    let quotation = quotations(request).into_iter().find(|it| it.span != path.span);
    if let Some(quotation) = quotation {
        return Some(quotation.text);
    }
    let (before, after) = (&request[..path.span.start], &request[path.span.end..]);
    if let Some(text) = behind_path(after) {
        return Some(text);
    }
    if request.to_lowercase().contains("empty file") || behind(request, &["touch"]).is_some() {
        return Some("");
    }
    before_path(before).filter(|text| !is_description(text))
}

/// What stands behind the name of the file and says that it is the text.
fn behind_path(after: &str) -> Option<&str> {
    const INTRODUCTIONS: [&str; 24] = [
        "with the text",
        "with text",
        "with the content",
        "with the contents",
        "with content",
        "with the words",
        "with the line",
        "with the lines",
        "with the sentence",
        "with the following text",
        "with the following",
        "with",
        "containing",
        "containing the text",
        "that contains",
        "which contains",
        "that says",
        "which says",
        "saying",
        "and write",
        "and put",
        "to say",
        "reading",
        "write",
    ];
    let after = after.trim_start_matches([',', ' ', '.']);
    let text = match after.strip_prefix(':') {
        Some(text) => text.trim(),
        None => behind(after, &INTRODUCTIONS)?,
    };
    let text = text.strip_suffix(" in it").or(text.strip_suffix(" to it")).unwrap_or(text);
    (!text.is_empty() && !is_description(text)).then(|| without_stop(text))
}

/// What stands between the verb and the name of the file.
fn before_path(before: &str) -> Option<&str> {
    const VERBS: [&str; 22] = [
        "save",
        "save the text",
        "write",
        "write down",
        "write the text",
        "write the words",
        "write the line",
        "append",
        "append the line",
        "append the text",
        "append the words",
        "add",
        "add the line",
        "add the text",
        "add the words",
        "add an entry",
        "put",
        "put the text",
        "put the words",
        "store",
        "note",
        "log",
    ];
    const LINKS: [&str; 17] = [
        " to the end of the file",
        " to the end of",
        " at the end of",
        " to the bottom of",
        " at the bottom of",
        " to the file",
        " into the file",
        " in the file",
        " to a file",
        " in a file",
        " into a file",
        " to file",
        " into",
        " to",
        " in",
        " as",
        " on",
    ];
    let before = before.trim_end();
    let before = ["called", "named"]
        .iter()
        .fold(before, |text, word| text.strip_suffix(word).map_or(text, str::trim_end));
    let link = LINKS.iter().find(|link| before.ends_with(**link))?;
    let text = behind(&before[..before.len() - link.len()], &VERBS)?;
    Some(text.trim_end_matches([',', ':']))
}

/// Whether words say what a text is to be about, rather than being it.
fn is_description(text: &str) -> bool {
    const COMPOSED: [&str; 22] = [
        "poem",
        "haiku",
        "story",
        "summary",
        "letter",
        "list",
        "joke",
        "essay",
        "report",
        "program",
        "script",
        "description",
        "recipe",
        "table",
        "greeting",
        "result",
        "results",
        "answer",
        "output",
        "song",
        "limerick",
        "overview",
    ];
    const POINTERS: [&str; 10] =
        ["it", "this", "that", "them", "these", "those", "everything", "all", "your", "something"];
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return true };
    let is = |word: &str, list: &[&str]| list.iter().any(|it| word.eq_ignore_ascii_case(it));
    if is(first, &POINTERS) {
        return true;
    }
    is(first, &["a", "an", "the", "some", "my", "two", "three"])
        && words.take(4).any(|word| is(word, &COMPOSED))
}

/// Without the full stop of the request, if the text is one sentence.
fn without_stop(text: &str) -> &str {
    match text.strip_suffix('.') {
        Some(rest) if !rest.contains(['.', '\n']) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_text_and_mode_are_read_out_of_a_request() {
        let replace = |path: &str, text: &str| Some(json!({"path": path, "text": text}));
        let add =
            |path: &str, text: &str| Some(json!({"path": path, "text": text, "append": true}));
        for (request, expected) in [
            ("save 'hello' to note.txt", replace("note.txt", "hello")),
            ("append milk to list.txt", add("list.txt", "milk")),
            ("Please add eggs and butter to shopping.txt.", add("shopping.txt", "eggs and butter")),
            (
                "create a file ideas.txt with the text paint the door.",
                replace("ideas.txt", "paint the door"),
            ),
            ("Write \"to be\" into the file \"play.txt\"", replace("play.txt", "to be")),
            (
                "Make a new file called plan.md that says Meet at 5. Bring tea.",
                replace("plan.md", "Meet at 5. Bring tea."),
            ),
            ("notes/day.txt: write slept well", replace("notes/day.txt", "write slept well")),
            ("Overwrite todo.md with nothing to do", replace("todo.md", "nothing to do")),
            ("create an empty file log.txt", replace("log.txt", "")),
            ("touch a.txt", replace("a.txt", "")),
            ("Write down call Bob in todo.md", replace("todo.md", "call Bob")),
            ("In notes.txt, write hello there", replace("notes.txt", "hello there")),
            ("Add the line 'x = 1' at the end of conf.ini", add("conf.ini", "x = 1")),
            ("Put see a.txt into b.txt", replace("b.txt", "see a.txt")),
            ("Save buy stamps as errands.txt", replace("errands.txt", "buy stamps")),
            ("Create a file named greet containing hi", replace("greet", "hi")),
            ("write a poem to poem.txt", None),
            ("save your answer in answer.txt", None),
            ("write a short story about cats into cats.txt", None),
            ("save it to notes.txt", None),
            ("write something", None),
        ] {
            assert_eq!(reading(request), expected, "{request}");
        }
    }
}
