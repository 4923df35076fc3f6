//! What kind of file something is, and its text.

use core::fmt;

/// How a file is taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Paragraphs and sentences.
    Text,
    /// Headings, lists, fences of code, tables.
    Markdown,
    /// A page: headings and blocks, without tags.
    Html,
    /// Members of objects and lists, also of several values one behind the other.
    Json,
    /// Rows, separated by commas or what else the first row is separated by.
    Csv,
    /// Rows, separated by tabs.
    Tsv,
    /// Items by their indentation: programs, and files of settings.
    Source,
}

/// A file that has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileError {
    /// Bytes that are no UTF-8.
    NotUtf8 {
        /// Where the first is, in bytes from the beginning.
        offset: usize,
    },
    /// A byte that no text has.
    Binary {
        /// The byte.
        byte: u8,
        /// Where it is, in bytes from the beginning.
        offset: usize,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 { offset } => {
                write!(f, "the file is not UTF-8: byte {offset} belongs to no character")
            }
            Self::Binary { byte, offset } => {
                write!(f, "the file is no text: byte {offset} is {byte:#04x}")
            }
        }
    }
}

/// How much of a file is looked at to tell its kind, in bytes.
const SNIFFED_BYTES: usize = 4096;

const KINDS: [(Kind, &str); 7] = [
    (Kind::Text, "txt text log rst adoc asciidoc org tex eml srt vtt"),
    (Kind::Markdown, "md markdown mdown mkd mdx"),
    (Kind::Html, "html htm xhtml"),
    (Kind::Json, "json jsonl ndjson geojson ipynb webmanifest har"),
    (Kind::Csv, "csv"),
    (Kind::Tsv, "tsv tab"),
    (
        Kind::Source,
        "rs c h cc cpp cxx hh hpp cs java kt kts scala swift go py pyi rb pl pm php js mjs cjs ts tsx \
         jsx vue lua r jl hs ml mli ex exs erl clj cljs lisp el scm sh bash zsh fish ps1 bat cmd sql s \
         asm zig nim d dart f90 pas v vhd sv proto thrift toml yaml yml ini cfg conf properties env \
         cmake mk gradle tf nix xml css scss less diff patch ld",
    ),
];

/// Names that say the kind without an extension.
const SOURCES: [&str; 6] =
    ["makefile", "gnumakefile", "dockerfile", "rakefile", "gemfile", "cmakelists.txt"];

/// What kind of file `name` is: by its extension, or by how it begins. `bytes` are the file, or as much
/// of its beginning as there is; only 4 KiB are looked at.
///
/// # Errors
/// The beginning is no text.
pub fn sniff(name: &str, bytes: &[u8]) -> Result<Kind, FileError> {
    let head = &bytes[..bytes.len().min(SNIFFED_BYTES)];
    let text = match checked(head) {
        // A character may be cut where the looking ends.
        Err(FileError::NotUtf8 { offset }) if is_cut(&head[offset..]) => {
            str::from_utf8(&head[..offset]).unwrap_or_default()
        }
        checked => checked?,
    };
    Ok(by_name(name).unwrap_or_else(|| by_beginning(text)))
}

/// Whether bytes are the beginning of a character.
fn is_cut(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

fn by_name(name: &str) -> Option<Kind> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    if SOURCES.iter().any(|source| source.eq_ignore_ascii_case(file)) {
        return Some(Kind::Source);
    }
    let (_, extension) = file.rsplit_once('.')?;
    let has = |extensions: &str| extensions.split(' ').any(|it| it.eq_ignore_ascii_case(extension));
    KINDS.iter().find(|(_, extensions)| has(extensions)).map(|&(kind, _)| kind)
}

fn by_beginning(text: &str) -> Kind {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let begins =
        |start: &str| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    if begins("<!doctype html") || begins("<html") || begins("<head") || begins("<body") {
        Kind::Html
    } else if begins("#!") || begins("<?xml") {
        Kind::Source
    } else if text.starts_with('{')
        || begins("[{")
        || begins("[\"")
        || begins("[[")
        || begins("[\n")
    {
        Kind::Json
    } else if text.starts_with("# ")
        || text.contains("\n# ")
        || text.contains("\n## ")
        || text.contains("\n```")
    {
        Kind::Markdown
    } else {
        Kind::Text
    }
}

/// The text of a file, without the mark of byte order.
///
/// # Errors
/// It is no text: bytes that are no UTF-8, or characters that only binary files have.
pub fn text_of(bytes: &[u8]) -> Result<&str, FileError> {
    let text = checked(bytes)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn checked(bytes: &[u8]) -> Result<&str, FileError> {
    let text = str::from_utf8(bytes);
    let valid = text.map_or_else(|error| error.valid_up_to(), str::len);
    // Tabs, line ends, form feeds and the escapes of terminals are in texts, also a 0x1a at the end.
    let is_binary = |&byte: &u8| matches!(byte, 0..=6 | 14..=25 | 28..=31 | 127);
    if let Some(offset) = bytes[..valid].iter().position(is_binary) {
        return Err(FileError::Binary { byte: bytes[offset], offset });
    }
    text.map_err(|error| FileError::NotUtf8 { offset: error.valid_up_to() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString, vec};

    #[test]
    fn the_name_says_the_kind_and_the_beginning_where_it_does_not() {
        for (name, text, kind) in [
            ("notes.TXT", "# not a heading", Kind::Text),
            ("docs/README.md", "", Kind::Markdown),
            ("a.b/page.HTM", "", Kind::Html),
            ("data.jsonl", "", Kind::Json),
            ("data.csv", "", Kind::Csv),
            ("data.tsv", "", Kind::Tsv),
            ("src/main.rs", "", Kind::Source),
            ("Makefile", "all:", Kind::Source),
            ("CMakeLists.txt", "", Kind::Source),
            ("page", "\u{feff}\n<!DOCTYPE HTML>", Kind::Html),
            ("run", "#!/bin/sh", Kind::Source),
            ("data", " {\"a\": 1}", Kind::Json),
            ("LICENSE", "Copyright", Kind::Text),
            ("notes", "Intro\n\n## Part\n", Kind::Markdown),
            ("a.unknown", "[link](x)", Kind::Text),
        ] {
            assert_eq!(sniff(name, text.as_bytes()), Ok(kind), "{name}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_with_the_place() {
        let binary = FileError::Binary { byte: 0, offset: 2 };
        assert_eq!(text_of(b"ab\0c\xff"), Err(binary));
        assert_eq!(sniff("a.txt", b"ab\0c"), Err(binary));
        assert_eq!(binary.to_string(), "the file is no text: byte 2 is 0x00");
        let latin = text_of(b"caf\xe9 au lait").unwrap_err();
        assert_eq!(latin, FileError::NotUtf8 { offset: 3 });
        assert_eq!(latin.to_string(), "the file is not UTF-8: byte 3 belongs to no character");
        assert_eq!(text_of("\u{feff}a\t\u{1b}[1m\r\n".as_bytes()), Ok("a\t\u{1b}[1m\r\n"));
        assert_eq!(
            text_of("cut ä".as_bytes().split_last().unwrap().1),
            Err(FileError::NotUtf8 { offset: 4 })
        );
    }

    #[test]
    fn a_character_at_the_edge_of_what_is_looked_at_is_no_error() {
        let mut bytes = vec![b'a'; SNIFFED_BYTES - 1];
        bytes.extend("ä and more".as_bytes());
        assert_eq!(sniff("a", &bytes), Ok(Kind::Text));
        assert_eq!(sniff("a", b"cut \xc3"), Ok(Kind::Text), "the beginning of a file");
        bytes[10] = 0xff;
        assert_eq!(sniff("a", &bytes), Err(FileError::NotUtf8 { offset: 10 }));
    }
}
