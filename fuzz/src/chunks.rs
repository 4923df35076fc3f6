//! Files of every kind cut into chunks, and statements compared.

use crate::Target;
use llm_memory::{
    chunk::{Kind, Limits, chunks, sniff, text_of},
    facts::{Comparison, compare, fact},
};

/// See [`run`].
pub const TARGET: Target = Target { name: "chunks", run, seeds, words: WORDS, memory_limit };

/// A chunk and what is read ahead of it, and the text with broken bytes mended.
const fn memory_limit(len: usize) -> usize {
    (2 << 20) + 16 * len
}

const KINDS: [Kind; 7] =
    [Kind::Text, Kind::Markdown, Kind::Html, Kind::Json, Kind::Csv, Kind::Tsv, Kind::Source];

const WORDS: &[&str] = &[
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "    ",
    ". ",
    "! ",
    "。",
    "# ",
    "### ",
    "```",
    "~~~\n",
    "---\n",
    "===\n",
    "- ",
    "1. ",
    "| ",
    "|---|\n",
    "> ",
    "<p>",
    "</p>",
    "<h1>",
    "</h2>",
    "<title>",
    "<pre>",
    "<li>",
    "<td>",
    "<script>",
    "</script>",
    "<!--",
    "-->",
    "<a \"",
    "&amp;",
    "&#x41;",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ";",
    ": ",
    "fn f() {\n",
    "else",
    "end\n",
    "// ",
    "@",
    "my ",
    "'s ",
    " is ",
    " called ",
    "I live in ",
    "\u{feff}",
    "\0",
    "\u{301}",
];

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "One is here. Two is \"here.\"\nThree is.\n\n\n  Dr. Five, e.g. one.\r\n",
        "---\na: b\n---\n# A\n\n## B\ntext:\n\n- one\n  - two\n\n```sh\n# no\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nC\n=\n",
        "<html><head><title>T</title><body class='a>b'><h1>H\nI</h1><p>a <b>b</b>.\nC.<ul><li>d</ul><pre>\n e\n</pre>",
        "{\"a\": [1, {\"b\\\"\": null}, [[]]], \"c\": \"d\\u0041\"}\n{\"e\": 1}\n",
        "name;note\nAnn;\"two\nlines, \"\"q\"\"\"\nBob;5\" pipe\n",
        "use a;\n\n/// D.\n#[x]\nfn one(\n    a: u8,\n) {\n    if a {\n        b\n    } else {\n        c\n    }\n}\n",
        "my dog's name is Rex",
        "the code for the gate has changed to 5521",
        "I prefer tea to coffee",
    ];
    let mut seeds: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).into();
    for part in [
        "[",
        "{\"a\":",
        "<div>",
        "<a \">\" ",
        "</a \"",
        "\"\n",
        "x",
        " ",
        "- ",
        "    x\n  y\n",
        "`",
        "a. A ",
    ] {
        seeds.push(part.repeat(5_000).into_bytes());
    }
    seeds
}

/// Nothing that is visible is lost or said twice, lines only go on, and no chunk is too large. What is
/// said of something is the same as itself.
pub fn run(data: &[u8]) {
    match text_of(data) {
        Ok(_) => assert!(sniff("a", data).is_ok()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let text = String::from_utf8_lossy(data);
    // Small chunks of small files, so that the many cuts of large ones take no long time.
    let max_size = if data.len() < 4096 { 1 + data.len() % 61 } else { 400 };
    for kind in KINDS {
        check(kind, &text, max_size);
    }
    for line in text.lines() {
        if let Some(fact) = fact(line) {
            assert!(!fact.key.subject.is_empty() && !fact.value.is_empty());
            assert_eq!(compare(line, line), Comparison::Same);
        }
    }
}

fn check(kind: Kind, text: &str, max_size: usize) {
    let lines = text.split('\n').count();
    let mut visible = text.chars().filter(|c| !c.is_whitespace());
    let mut line = 1;
    for chunk in chunks(kind, text, str::len, Limits { max_size, overlap: max_size / 5 }) {
        let new = &chunk.text[chunk.repeated_bytes..];
        let most = max_size.max(new.chars().next().map_or(0, char::len_utf8));
        assert!(chunk.text.len() <= most, "{kind:?}: {} of {max_size}", chunk.text.len());
        assert!(chunk.path.len() <= 32 && chunk.path.iter().all(|it| it.chars().count() <= 102));
        assert!(1 <= chunk.first_line && chunk.first_line <= chunk.last_line);
        assert!(chunk.last_line <= lines, "{kind:?}: line {} of {lines}", chunk.last_line);
        if kind != Kind::Html {
            assert!(line <= chunk.first_line, "{kind:?}: line {line}, then {}", chunk.first_line);
            line = chunk.last_line;
            for c in new.chars().filter(|c| !c.is_whitespace()) {
                assert_eq!(Some(c), visible.next(), "{kind:?}, line {}", chunk.first_line);
            }
        }
    }
    assert!(kind == Kind::Html || visible.next().is_none(), "{kind:?}: not all is in chunks");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_of_statements_say_something_that_can_be_replaced() {
        let said =
            seeds().iter().filter(|seed| fact(&String::from_utf8_lossy(seed)).is_some()).count();
        assert_eq!(said, 3);
    }
}
