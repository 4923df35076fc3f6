//! Fills chunks with pieces.

use super::{
    Chunk, Limits,
    piece::{Gap, Piece, Role, common, cut, newlines, steps},
    split::Splitter,
};
use alloc::{borrow::Cow, boxed::Box, collections::VecDeque, string::String};

/// The most bytes of a chunk for each unit of its size.
const BYTES_PER_UNIT: usize = 16;
/// The most that a gap measures. The last one of a chunk is not in it.
const GAP_BYTES: usize = 2;
/// Into how many parts of a chunk's size a piece is cut that does not fit into one.
const PARTS: usize = 4;

/// The chunks of a file. It holds no more of it than a chunk and the piece behind it.
pub struct Chunks<'a, M> {
    pieces: Box<dyn Iterator<Item = Piece<'a>> + 'a>,
    measure: M,
    limits: Limits,
    splitter: Splitter,
    /// What is left of a piece that is too large.
    rest: Option<Piece<'a>>,
    /// Pieces that are in no chunk yet.
    window: VecDeque<Measured<'a>>,
    window_size: usize,
    window_bytes: usize,
    /// What ended the chunk before and is said again, with what it measures.
    overlap: Option<Repeated>,
}

struct Measured<'a> {
    piece: Piece<'a>,
    /// Without the gap behind it.
    size: usize,
}

impl Measured<'_> {
    fn size_with_gap(&self) -> usize {
        self.size + self.piece.gap.as_str().len()
    }

    fn len_bytes(&self) -> usize {
        self.piece.text.len() + self.piece.gap.as_str().len()
    }
}

/// Text in front of a chunk that another one has too.
struct Repeated {
    text: String,
    size: usize,
}

impl<'a, M: Fn(&str) -> usize> Chunks<'a, M> {
    pub(super) fn new(
        pieces: Box<dyn Iterator<Item = Piece<'a>> + 'a>,
        measure: M,
        limits: Limits,
    ) -> Self {
        let max_size = limits.max_size.max(1);
        let limits = Limits { max_size, overlap: limits.overlap.min(max_size / PARTS) };
        let part = (max_size / PARTS).max(1);
        Self {
            pieces,
            measure,
            limits,
            splitter: Splitter::new(part, part.saturating_mul(BYTES_PER_UNIT)),
            rest: None,
            window: VecDeque::new(),
            window_size: 0,
            window_bytes: 0,
            overlap: None,
        }
    }

    fn max_bytes(&self) -> usize {
        self.limits.max_size.saturating_mul(BYTES_PER_UNIT)
    }

    /// The next piece, or the next part of one that is too large.
    fn pull(&mut self) -> Option<Measured<'a>> {
        let piece = match self.rest.take() {
            Some(rest) => rest,
            None => {
                let piece = self.pieces.next()?;
                if piece.text.len() <= self.max_bytes() {
                    let size = (self.measure)(&piece.text);
                    if size <= self.limits.max_size {
                        return Some(Measured { piece, size });
                    }
                }
                piece
            }
        };
        Some(self.part_of(piece))
    }

    /// The first part of a piece that is too large; the others wait.
    fn part_of(&mut self, mut piece: Piece<'a>) -> Measured<'a> {
        let indent = piece.text.len() - piece.text.trim_start().len();
        if indent > 0 {
            // What would be a part without a visible character.
            let _ = drain(&mut piece, indent);
        }
        let (head, size) = self.splitter.head(&piece.text, &self.measure);
        let len_bytes = head.len();
        if len_bytes == piece.text.len() {
            return Measured { piece, size };
        }
        let space = piece.text[len_bytes..].len() - piece.text[len_bytes..].trim_start().len();
        let mut rest = piece.clone();
        let head = drain(&mut rest, len_bytes);
        let gap = drain(&mut rest, space);
        let gap = Gap::of(&gap);
        let last_line = match piece.text {
            Cow::Borrowed(_) => (piece.first_line + newlines(&head)).min(piece.last_line),
            Cow::Owned(_) => piece.last_line,
        };
        rest.cut = if gap == Gap::Line || gap == Gap::Blank { cut::WRAP } else { cut::WORD };
        self.rest = Some(rest);
        Measured { piece: Piece { text: head, gap, last_line, ..piece }, size }
    }

    /// Takes pieces until there are more than fit, or a chunk has to end.
    fn fill(&mut self) {
        while !self.is_at_section()
            && self.window_size <= self.limits.max_size + GAP_BYTES
            && self.window_bytes <= self.max_bytes() + GAP_BYTES
        {
            let Some(measured) = self.pull() else { return };
            self.window_size += measured.size_with_gap();
            self.window_bytes += measured.len_bytes();
            self.window.push_back(measured);
        }
    }

    /// Whether the last piece begins a section and is not the first.
    fn is_at_section(&self) -> bool {
        self.window.len() > 1 && self.window.back().is_some_and(|it| it.piece.cut == cut::SECTION)
    }

    /// How many pieces of the window fit, not beyond a section's beginning.
    fn fitting(&self, repeated_size: usize) -> usize {
        let (mut size, mut bytes, mut count) = (repeated_size, 0, 0);
        for measured in &self.window {
            let is_section = count > 0 && measured.piece.cut == cut::SECTION;
            let is_long = count > 0 && bytes + measured.piece.text.len() > self.max_bytes();
            if is_section || is_long || size + measured.size > self.limits.max_size {
                break;
            }
            size += measured.size_with_gap();
            bytes += measured.len_bytes();
            count += 1;
        }
        count
    }

    /// How many pieces, at most `most`, make the chunk that ends in the best place, the last of the best.
    fn best_cut(&self, most: usize) -> usize {
        let cuts = (1..=most).filter_map(|at| Some((at, self.window.get(at)?.piece.cut)));
        cuts.min_by_key(|&(at, cut)| (cut, core::cmp::Reverse(at))).map_or(most, |(at, _)| at)
    }

    /// The text that is repeated in front of the next chunk; `None` if none is.
    fn repeated(&mut self) -> Option<Repeated> {
        let first = self.window.front()?;
        let overlap = self.overlap.take();
        match &first.piece.prefix {
            Some(prefix) => {
                let size = (self.measure)(prefix);
                (size <= self.limits.max_size / 2)
                    .then(|| Repeated { text: String::from(&**prefix), size })
            }
            None => overlap,
        }
    }

    /// The sentences that end the first `count` pieces and are to be said again, where both they and what
    /// follows are prose.
    fn overlap_of(&self, count: usize) -> Option<Repeated> {
        let next = &self.window.get(count)?.piece;
        if next.role != Role::Prose || next.cut == cut::SECTION {
            return None;
        }
        let mut size = 0;
        let mut start = None;
        for (at, measured) in self.window.iter().enumerate().take(count).skip(1).rev() {
            size += measured.size_with_gap();
            if measured.piece.role != Role::Prose || size > self.limits.overlap {
                break;
            }
            if measured.piece.cut <= cut::SENTENCE {
                start = Some((at, size));
            }
        }
        let (start, size) = start?;
        let mut text = String::new();
        for measured in self.window.range(start..count) {
            text.push_str(&measured.piece.text);
            text.push_str(measured.piece.gap.as_str());
        }
        Some(Repeated { text, size })
    }

    /// The text of the first `count` pieces behind what is repeated.
    fn text_of(&self, count: usize, repeated: Option<&Repeated>) -> String {
        let mut text = repeated.map_or_else(String::new, |repeated| repeated.text.clone());
        for (at, measured) in self.window.range(..count).enumerate() {
            text.push_str(&measured.piece.text);
            if at + 1 < count {
                text.push_str(measured.piece.gap.as_str());
            }
        }
        text
    }

    /// Makes a chunk of the first `count` pieces.
    fn emit(&mut self, count: usize, text: String, repeated_bytes: usize) -> Chunk {
        self.overlap = self.overlap_of(count);
        let mut taken = self.window.drain(..count);
        let first = taken.next().expect("a chunk has a piece");
        let (mut size, mut bytes) = (first.size_with_gap(), first.len_bytes());
        let mut last = first.piece.clone();
        let (mut path, mut is_heading) = (first.piece.path, first.piece.role == Role::Heading);
        for measured in taken {
            size += measured.size_with_gap();
            bytes += measured.len_bytes();
            let piece = measured.piece;
            // A heading is under what it introduces: others say where the chunk is.
            match (is_heading, piece.role == Role::Heading) {
                (true, _) => path = piece.path.clone(),
                (false, true) => {}
                (false, false) => path = common(&path, &piece.path),
            }
            is_heading &= piece.role == Role::Heading;
            last = piece;
        }
        self.window_size -= size;
        self.window_bytes -= bytes;
        let (first_line, last_line) = (first.piece.first_line, last.last_line);
        Chunk { text, repeated_bytes, first_line, last_line, path: steps(&path) }
    }
}

/// Takes the first bytes off a piece's text, and counts its lines on.
fn drain<'a>(piece: &mut Piece<'a>, len_bytes: usize) -> Cow<'a, str> {
    match &mut piece.text {
        Cow::Borrowed(text) => {
            let (head, rest) = text.split_at(len_bytes);
            *text = rest;
            piece.first_line = (piece.first_line + newlines(head)).min(piece.last_line);
            Cow::Borrowed(head)
        }
        Cow::Owned(text) => {
            let rest = text.split_off(len_bytes);
            Cow::Owned(core::mem::replace(text, rest))
        }
    }
}

impl<M: Fn(&str) -> usize> Iterator for Chunks<'_, M> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        self.fill();
        let mut repeated = self.repeated();
        let mut repeated_size = repeated.as_ref().map_or(0, |it| it.size);
        if self.fitting(repeated_size) == 0 {
            (repeated, repeated_size) = (None, 0);
        }
        let fitting = self.fitting(repeated_size).max(1).min(self.window.len());
        if fitting == 0 {
            return None;
        }
        // All that is left makes one chunk if it fits.
        let mut count = if fitting == self.window.len() { fitting } else { self.best_cut(fitting) };
        loop {
            let text = self.text_of(count, repeated.as_ref());
            // Parts may measure less than the whole: what cannot be helped is a piece by itself.
            let fits = (self.measure)(&text) <= self.limits.max_size;
            if fits || (count == 1 && repeated.is_none()) {
                let repeated_bytes = repeated.map_or(0, |repeated| repeated.text.len());
                return Some(self.emit(count, text, repeated_bytes));
            }
            if repeated.take().is_none() {
                count = self.best_cut(count / 2);
            }
        }
    }
}
