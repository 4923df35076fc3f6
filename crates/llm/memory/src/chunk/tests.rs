//! What holds of the chunks of every kind of file, and what each kind's look like.

use super::*;
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::cell::Cell;
use proptest::prelude::*;

const KINDS: [Kind; 7] =
    [Kind::Text, Kind::Markdown, Kind::Html, Kind::Json, Kind::Csv, Kind::Tsv, Kind::Source];

fn cut(kind: Kind, text: &str, max_size: usize, overlap: usize) -> Vec<Chunk> {
    chunks(kind, text, str::len, Limits { max_size, overlap }).collect()
}

fn texts(kind: Kind, text: &str, max_size: usize) -> Vec<String> {
    cut(kind, text, max_size, 0).into_iter().map(|chunk| chunk.text).collect()
}

fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What every cutting has to keep to.
fn check(kind: Kind, text: &str, max_size: usize, overlap: usize) -> Result<(), TestCaseError> {
    let found = cut(kind, text, max_size, overlap);
    let all = match kind {
        Kind::Html => visible(&crate::page_text::readable(text)),
        _ => visible(text),
    };
    let mut said = String::new();
    let mut line = 1;
    let lines: Vec<&str> = text.split('\n').collect();
    for chunk in &found {
        let new = &chunk.text[chunk.repeated_bytes..];
        prop_assert!(!new.trim().is_empty(), "{chunk:?}");
        let most = max_size.max(new.chars().next().map_or(0, char::len_utf8));
        prop_assert!(chunk.text.len() <= most, "{} > {most}: {chunk:?}", chunk.text.len());
        prop_assert!(chunk.first_line <= chunk.last_line && chunk.last_line <= lines.len());
        if kind == Kind::Html {
            said.push_str(&visible(new));
            continue;
        }
        prop_assert!(line <= chunk.first_line, "line {line} came before: {chunk:?}");
        line = chunk.last_line;
        let source = visible(&lines[chunk.first_line - 1..chunk.last_line].join("\n"));
        prop_assert!(source.contains(&visible(new)), "{chunk:?} is not in {source:?}");
        let (first, last) = (new.split('\n').next(), new.trim_end().split('\n').next_back());
        for (part, number) in [(first, chunk.first_line), (last, chunk.last_line)] {
            let part = visible(part.unwrap_or_default());
            prop_assert!(visible(lines[number - 1]).contains(&part), "{part:?} in line {number}");
        }
        said.push_str(&visible(new));
    }
    match kind {
        // A chunk may begin in a word, and marks of entries are not in the source.
        Kind::Html => prop_assert_eq!(said.replace('-', ""), all.replace('-', "")),
        _ => prop_assert_eq!(said, all),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn everything_is_in_a_chunk_once_in_order_with_its_lines(
        text in "([a-zä. ]{1,12}|\n|\n\n|# |```\n|- |\\| a \\||\n---\n|\"|,|\\{|\\}|\\[|\\]|: |<p>|<h1>|</h1>|<pre>|</pre>|<li>|<ul>|</ul>|<td>|&amp;|<br|\t|    |\r\n|end){0,40}",
        max_size in 1_usize..60, overlap in 0_usize..30,
    ) {
        for kind in KINDS {
            check(kind, &text, max_size, overlap)?;
        }
    }

    #[test]
    fn measures_that_do_not_add_up_keep_the_limit_too(text in "([a-z]{1,6}[. \n]){0,60}", max_size in 4_usize..20) {
        // More than the sum of the parts: a text counts one for each 4 bytes and for each pair of words.
        let measure = |text: &str| text.len().div_ceil(4) + text.split_whitespace().count() / 2;
        for kind in KINDS {
            for chunk in chunks(kind, &text, measure, Limits { max_size, overlap: 3 }) {
                prop_assert!(measure(&chunk.text) <= max_size, "{chunk:?}");
            }
        }
    }
}

#[test]
fn prose_is_cut_at_paragraphs_and_sentences_and_repeats_a_little() {
    let text = "One is here. Two is here.\nThree is\nhere. Four is here.\n\nFive is here.\n";
    assert_eq!(
        texts(Kind::Text, text, 40),
        ["One is here. Two is here.\nThree is\nhere.", "Four is here.\n\nFive is here."]
    );
    let found = cut(Kind::Text, text, 60, 15);
    let said: Vec<_> = found.iter().map(|chunk| (&*chunk.text, chunk.repeated_bytes)).collect();
    assert_eq!(
        said,
        [
            ("One is here. Two is here.\nThree is\nhere. Four is here.", 0),
            ("Four is here.\n\nFive is here.", "Four is here.\n\n".len()),
        ]
    );
    let lines: Vec<_> = found.iter().map(|it| (it.first_line, it.last_line)).collect();
    assert_eq!(lines, [(1, 3), (5, 5)]);
}

#[test]
fn markdown_keeps_blocks_whole_and_says_under_what_they_are() {
    let text = "---\ntitle: x\n---\n# Guide\n\n## Install\n\nRun this:\n\n```sh\nmake\n\n# no heading\n```\n\n\
        - one\n  - inner\n- two\n\nUsage\n-----\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |\n";
    let found = cut(Kind::Markdown, text, 48, 0);
    let said: Vec<_> =
        found.iter().map(|it| (it.context(), it.text.as_str(), it.first_line)).collect();
    assert_eq!(
        said,
        [
            (String::new(), "---\ntitle: x\n---", 1),
            ("Guide > Install".into(), "# Guide\n\n## Install", 4),
            ("Guide > Install".into(), "Run this:\n\n```sh\nmake\n\n# no heading\n```", 8),
            ("Guide > Install".into(), "- one\n  - inner\n- two", 16),
            ("Guide > Usage".into(), "Usage\n-----", 20),
            ("Guide > Usage".into(), "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", 23),
            ("Guide > Usage".into(), "| a | b |\n|---|---|\n| 5 | 6 |", 27),
        ]
    );
    assert_eq!(found[6].repeated_bytes, 20);
    assert_eq!(texts(Kind::Markdown, text, 500).len(), 3, "the front and two sections");
}

#[test]
fn pages_have_no_tags_and_the_lines_of_their_source() {
    let page = "<html><head><title>Fish\n&amp; chips</title></head>\n<body>\n<h1>Prices\nof today</h1>\n\
        <p>Two <b>for</b>\n&euro;5. Or <i>o</i>ne.</p>\n<script>\n'<p>'\n</script><h2>Hours</h2><ul>\n<li>11\n\
        <li\n>to 23</ul><pre>a\n  b</pre></body></html>";
    let found = cut(Kind::Html, page, 500, 0);
    let said: Vec<_> = found
        .iter()
        .map(|it| (it.context(), it.text.as_str(), it.first_line, it.last_line))
        .collect();
    assert_eq!(
        said,
        [
            (
                "Fish & chips > Prices of today".into(),
                "Fish & chips\nPrices of today\nTwo for €5. Or one.",
                1,
                7
            ),
            (
                "Fish & chips > Prices of today > Hours".to_string(),
                "Hours\n- 11\n- to 23\na\n  b",
                10,
                14
            ),
        ]
    );
    assert_eq!(texts(Kind::Html, "<h1>a</h1><h1>b</h1><p>c", 9), ["a\nb\nc"]);
}

#[test]
fn json_is_cut_between_members_and_says_where_they_are() {
    let text =
        r#"{"users": [{"name": "Ann", "tags": ["a", "b"]}, {"name": "Bob", "tags": []}], "n": 2}"#;
    let found = cut(Kind::Json, text, 32, 0);
    let said: Vec<_> = found.iter().map(|it| (it.context(), it.text.as_str())).collect();
    assert_eq!(
        said,
        [
            ("users > [0] > name".into(), r#"{"users": [{"name": "Ann","#),
            ("users > [0] > tags".into(), r#""tags": ["a", "b"]},"#),
            ("users > [1]".into(), r#"{"name": "Bob", "tags": []}],"#),
            ("n".to_string(), r#""n": 2}"#),
        ]
    );
    let rows = "{\"id\": 1}\n{\"id\": 2}\n\n{\"id\": 3}";
    assert_eq!(texts(Kind::Json, rows, 20), ["{\"id\": 1}\n{\"id\": 2}", "{\"id\": 3}"]);
    let pretty = "[\n  {\n    \"a\": 1,\n    \"b\": 2\n  },\n  {\n    \"a\": 3\n  }\n]\n";
    let found = cut(Kind::Json, pretty, 36, 0);
    let lines: Vec<_> =
        found.iter().map(|it| (it.context(), it.first_line, it.last_line)).collect();
    assert_eq!(lines, [("[0]".to_string(), 1, 5), ("[1] > a".to_string(), 6, 9)]);
}

#[test]
fn rows_stand_under_the_names_of_their_columns() {
    let table = "name;note\nAnn;\"two\nlines; \"\"q\"\"\"\nBob;5\" pipe\nCid;x\n";
    let found = cut(Kind::Csv, table, 40, 0);
    let said: Vec<_> =
        found.iter().map(|it| (it.text.as_str(), it.first_line, it.last_line)).collect();
    assert_eq!(
        said,
        [
            ("name;note\nAnn;\"two\nlines; \"\"q\"\"\"", 1, 3),
            ("name;note\nBob;5\" pipe\nCid;x", 4, 5),
        ]
    );
    assert_eq!(found[1].repeated_bytes, 10);
    assert_eq!(texts(Kind::Tsv, "1\t2\n3\t4\n5\t6", 8), ["1\t2\n3\t4", "5\t6"], "no names");
    assert_eq!(csv::separator("a,b;c,d\n;;;;"), b',');
}

#[test]
fn programs_are_cut_at_items_and_say_what_is_around() {
    let text = "use a;\n\n/// Doc.\nfn one() {\n    a();\n\n    b();\n}\n\nimpl Two {\n    fn three(&self) {\n        \
        c();\n    }\n\n    fn four(&self) {\n        d();\n    }\n}\n";
    assert_eq!(
        texts(Kind::Source, text, 60),
        [
            "use a;\n\n/// Doc.\nfn one() {\n    a();\n\n    b();\n}",
            "impl Two {\n    fn three(&self) {\n        c();\n    }",
            "    fn four(&self) {\n        d();\n    }\n}"
        ]
    );
    let found = cut(Kind::Source, text, 60, 0);
    let paths: Vec<_> =
        found.iter().map(|it| (it.context(), it.first_line, it.last_line)).collect();
    assert_eq!(
        paths,
        [(String::new(), 1, 8), (String::new(), 10, 13), ("impl Two {".to_string(), 15, 18)]
    );
    let python =
        "class A:\n    def f(self):\n        return 1\n    def g(self):\n        return 2\nx = 1\n";
    assert_eq!(
        texts(Kind::Source, python, 50),
        [
            "class A:\n    def f(self):\n        return 1",
            "    def g(self):\n        return 2\nx = 1"
        ]
    );
}

#[test]
fn the_work_grows_with_the_file_and_depth_is_no_problem() {
    let (open, close) = ("[".repeat(200_000), "]".repeat(200_000));
    let nested = [open.as_str(), close.as_str()].concat();
    let objects = "{\"a\":".repeat(100_000);
    let tags = "<div><ul>".repeat(50_000);
    let quotes = "<a \">\" x ".repeat(50_000);
    let lines = (0..20_000).map(|n| " ".repeat(n % 60) + "x\n").collect::<String>();
    for text in [
        &nested,
        &objects,
        &tags,
        &quotes,
        &lines,
        &"x".repeat(300_000),
        &"\"a\n".repeat(90_000),
        &" ".repeat(1_000_000),
    ] {
        for kind in KINDS {
            let measured_bytes = Cell::new(0);
            let measure = |text: &str| {
                measured_bytes.set(measured_bytes.get() + text.len());
                text.len()
            };
            let limits = Limits { max_size: 200, overlap: 20 };
            let count = chunks(kind, text, measure, limits).count();
            assert!(count <= text.len() / 20, "{kind:?}: {count} chunks");
            assert!(measured_bytes.get() <= 20 * text.len() + 1000, "{kind:?}: {measured_bytes:?}");
        }
    }
}

#[test]
fn a_measure_that_does_not_grow_takes_no_whole_file() {
    let text = "word ".repeat(10_000);
    let found: Vec<_> =
        chunks(Kind::Text, &text, |_| 1, Limits { max_size: 10, overlap: 2 }).collect();
    assert!(found.iter().all(|chunk| chunk.text.len() <= 160 + 5), "{}", found.len());
    let none = Limits { max_size: 0, overlap: 0 };
    assert_eq!(chunks(Kind::Text, "ab", str::len, none).count(), 2, "a character at a time");
}
