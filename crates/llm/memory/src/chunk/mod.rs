//! Files cut into chunks by their structure, so that each can be made a vector and found by itself.
//!
//! A reader for each [`Kind`] of file takes it apart into pieces, the smallest of which is a sentence,
//! a row or a line, and says before each how well a chunk may begin there. [`Chunks`] fills a chunk
//! with pieces as long as they fit and cuts where the best place is: a list, a fence of code or an
//! item of a program that fits into a chunk stays whole. Pieces are read as they are needed, nothing
//! recurses, and the work grows with the length of the file only.
//!
//! Neighbours: [`crate::page_text`] reads the tags of pages; whoever brings files into memory embeds
//! what comes out here.

mod csv;
mod html;
mod json;
mod lines;
mod markdown;
mod pack;
mod piece;
mod sentence;
mod sniff;
mod source;
mod split;
mod text;

#[cfg(test)]
mod tests;

pub use pack::Chunks;
pub(crate) use sentence::split_first as first_sentence;
pub use sniff::{FileError, Kind, sniff, text_of};

use alloc::{boxed::Box, string::String, vec::Vec};
use piece::Piece;

/// How large chunks may be, in what the caller measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most that a chunk measures, with what it repeats. A single character that measures more is
    /// a chunk all the same. Nor has a chunk more than 16 bytes for each unit of this, so that a
    /// measure which grows slowly does not take a whole file for one chunk.
    pub max_size: usize,
    /// The most of a chunk of prose that the next one repeats, in whole sentences; at most a quarter of
    /// `max_size` is.
    pub overlap: usize,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its text. Empty lines at its ends and spaces at the ends of lines are gone, and of HTML the tags.
    pub text: String,
    /// How much at the beginning of `text` other chunks have too, in bytes: sentences that end the
    /// chunk before, or the head of the table.
    pub repeated_bytes: usize,
    /// The line of the file, from 1, where what is not repeated begins.
    pub first_line: usize,
    /// The line of the file where it ends.
    pub last_line: usize,
    /// What it is under, from the outside in: a page's title, headings, keys of objects and `[3]` for
    /// what stands in lists of JSON, the first lines of enclosing items of source text. Each at most
    /// 100 characters, at most 32 of them.
    pub path: Vec<String>,
}

impl Chunk {
    /// What it is under, in one line.
    pub fn context(&self) -> String {
        self.path.join(" > ")
    }
}

/// The chunks of a file, in its order. Concatenated without what they repeat they have everything of
/// it that is not blank.
///
/// `measure` is what [`Limits`] are in: bytes, or tokens of a model without the special ones that stand
/// around a text. It should be about additive: that of a text the sum of that of its parts.
pub fn chunks<'a, M: Fn(&str) -> usize>(
    kind: Kind,
    text: &'a str,
    measure: M,
    limits: Limits,
) -> Chunks<'a, M> {
    Chunks::new(pieces(kind, text), measure, limits)
}

fn pieces<'a>(kind: Kind, text: &'a str) -> Box<dyn Iterator<Item = Piece<'a>> + 'a> {
    match kind {
        Kind::Text => Box::new(text::Paragraphs::new(text)),
        Kind::Markdown => Box::new(markdown::Markdown::new(text)),
        Kind::Html => Box::new(html::Html::new(text)),
        Kind::Json => Box::new(json::Json::new(text)),
        Kind::Csv => Box::new(csv::Csv::new(text, csv::separator(text))),
        Kind::Tsv => Box::new(csv::Csv::new(text, b'\t')),
        Kind::Source => Box::new(source::Source::new(text)),
    }
}
