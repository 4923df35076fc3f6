//! What is kept: one memory, and what is said of it besides its text.

use alloc::{format, string::String, vec::Vec};

/// What sort of thing is remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Something somebody said that is to be kept.
    #[default]
    Fact,
    /// A turn of a conversation.
    Turn,
    /// A part of a file.
    Chunk,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Fact, Self::Turn, Self::Chunk];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Turn => "turn",
            Self::Chunk => "chunk",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How important something is where nobody said: in the middle between 0 and 1.
pub const USUAL_IMPORTANCE: f32 = 0.5;

/// One memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number, never given twice.
    pub id: u64,
    /// What is remembered.
    pub text: String,
    /// What sort of thing it is.
    pub kind: Kind,
    /// When it was, in seconds since 1970; `None` where there was no clock.
    pub unix_s: Option<i64>,
    /// Where it comes from: who said it, or the path of a file.
    pub source: String,
    /// First and last line in that file, from 1.
    pub lines: Option<(u32, u32)>,
    /// What it is under in that file: headings, keys.
    pub under: String,
    /// Words it can be picked out by.
    pub tags: Vec<String>,
    /// How important it is, 0 to 1.
    pub importance: f32,
    /// Whether somebody else than the person wrote it: it is data whenever it comes back.
    pub is_from_outside: bool,
    /// The older memory that this one has made untrue.
    pub supersedes: Option<u64>,
}

impl Entry {
    /// File and lines, `notes.md:12-18`; `None` for what is in no file.
    pub fn citation(&self) -> Option<String> {
        self.lines.map(|(first, last)| match first == last {
            true => format!("{}:{first}", self.source),
            false => format!("{}:{first}-{last}", self.source),
        })
    }

    /// The text with what it is under: what it is found by.
    pub fn searchable(&self) -> String {
        match self.under.is_empty() {
            true => self.text.clone(),
            false => format!("{}\n{}", self.under, self.text),
        }
    }

    /// The text with its citation, as a person or a model is told it.
    pub fn cited(&self) -> String {
        match self.citation() {
            Some(citation) => format!("{} ({citation})", self.text),
            None => self.text.clone(),
        }
    }
}
