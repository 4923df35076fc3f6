//! Where a call begins.
//!
//! An [`Opening`] is a short pattern. Text that may be the beginning of one is held back until it is
//! clear whether it is: never more than the pattern is long.

use super::{CallFormat, JSON_CODE, PYTHON_TAG, TOOL_CALL, TOOL_CALLS, TOOL_CODE};

/// White space that may stand within a pattern, in bytes.
const MAX_SPACE: usize = 64;

/// What stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// Nothing: the reply begins.
    Start,
    /// Text, or a call that no other can follow directly.
    Middle,
    /// A call in JSON, of several.
    AfterJson,
    /// A call as code, of several.
    AfterCode,
}

/// A part of a pattern.
#[derive(Clone, Copy, Debug)]
enum Piece {
    /// This text.
    Text(&'static str),
    /// White space, or none.
    Space,
    /// A character that a name may begin with.
    Letter,
    /// Nothing: from here on the text belongs to the call.
    Body,
}

/// How a call may begin.
struct Opening {
    pieces: &'static [Piece],
    /// Where it must be the first thing; anywhere, if nowhere in particular.
    only: Option<Context>,
}

const fn marker(pieces: &'static [Piece]) -> Opening {
    Opening { pieces, only: None }
}

const HERMES: &[Opening] = &[marker(&[Piece::Text(TOOL_CALL.0), Piece::Body])];
const LLAMA_TAG: &[Opening] = &[
    marker(&[Piece::Text(PYTHON_TAG), Piece::Body]),
    Opening {
        pieces: &[Piece::Space, Piece::Text(";"), Piece::Space, Piece::Body, Piece::Text("{")],
        only: Some(Context::AfterJson),
    },
    Opening {
        pieces: &[Piece::Space, Piece::Text(";"), Piece::Space, Piece::Body, Piece::Letter],
        only: Some(Context::AfterCode),
    },
];
const LLAMA_JSON: &[Opening] = &[
    marker(&[Piece::Text(PYTHON_TAG), Piece::Body]),
    Opening {
        pieces: &[
            Piece::Space,
            Piece::Body,
            Piece::Text("{"),
            Piece::Space,
            Piece::Text("\"name\""),
        ],
        only: Some(Context::Start),
    },
    Opening {
        pieces: &[Piece::Space, Piece::Text(";"), Piece::Space, Piece::Body, Piece::Text("{")],
        only: Some(Context::AfterJson),
    },
    Opening {
        pieces: &[Piece::Space, Piece::Text(";"), Piece::Space, Piece::Body, Piece::Letter],
        only: Some(Context::AfterCode),
    },
];
const MISTRAL: &[Opening] = &[marker(&[Piece::Text(TOOL_CALLS), Piece::Body])];
const GEMMA_CODE: &[Opening] = &[marker(&[Piece::Text(TOOL_CODE), Piece::Body])];
const GEMMA_JSON: &[Opening] = &[marker(&[
    Piece::Text(JSON_CODE),
    Piece::Space,
    Piece::Body,
    Piece::Text("{"),
    Piece::Space,
    Piece::Text("\"name\""),
])];

/// What was found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// A call: it begins at `start`, and what belongs to it at `body`.
    Found { start: usize, body: usize },
    /// None yet: so many bytes are certainly text.
    Text(usize),
}

/// Whether a text begins with a pattern.
enum Match {
    /// It does; here the call's own text begins.
    Whole(usize),
    /// It may, once there is more of it.
    Partial,
    No,
}

impl CallFormat {
    const fn openings(self) -> &'static [Opening] {
        match self {
            Self::Own | Self::Hermes => HERMES,
            Self::LlamaJson => LLAMA_JSON,
            Self::LlamaTag => LLAMA_TAG,
            Self::MistralList | Self::MistralArgs => MISTRAL,
            Self::GemmaCode => GEMMA_CODE,
            Self::GemmaJson => GEMMA_JSON,
        }
    }

    /// Where the first call in `text` begins, which stands after `context`.
    pub(super) fn find_opening(self, context: Context, text: &str) -> Search {
        for (start, _) in text.char_indices() {
            let mut may_match = false;
            for opening in self.openings() {
                if opening.only.is_some_and(|only| start > 0 || only != context) {
                    continue;
                }
                match opening.at(&text[start..]) {
                    Match::Whole(body) => return Search::Found { start, body: start + body },
                    Match::Partial => may_match = true,
                    Match::No => {}
                }
            }
            if may_match {
                return Search::Text(start);
            }
        }
        Search::Text(text.len())
    }

    /// Where the next call after the one that `text` begins with is marked.
    pub(super) fn next_marker(self, text: &str) -> Option<usize> {
        let mut starts = text.char_indices().map(|(start, _)| start).skip(1);
        starts.find(|&start| {
            let markers = self.openings().iter().filter(|opening| opening.only.is_none());
            let rest = &text[start..];
            markers.into_iter().any(|opening| matches!(opening.at(rest), Match::Whole(_)))
        })
    }
}

impl Opening {
    fn at(&self, text: &str) -> Match {
        let mut body = 0;
        let mut rest = text;
        for piece in self.pieces {
            match piece {
                Piece::Text(wanted) => match rest.strip_prefix(wanted) {
                    Some(after) => rest = after,
                    None if wanted.starts_with(rest) => return Match::Partial,
                    None => return Match::No,
                },
                Piece::Space => {
                    let after = rest.trim_start_matches(is_space);
                    if rest.len() - after.len() > MAX_SPACE {
                        return Match::No;
                    }
                    rest = after;
                }
                Piece::Letter => match rest.chars().next() {
                    Some(first) if first.is_ascii_alphabetic() || first == '_' => {}
                    Some(_) => return Match::No,
                    None => return Match::Partial,
                },
                Piece::Body => body = text.len() - rest.len(),
            }
        }
        Match::Whole(body)
    }
}

/// White space as JSON has it.
pub(super) const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}
