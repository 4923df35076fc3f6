//! What readers make of files and chunks are made of.

use alloc::{borrow::Cow, boxed::Box, format, rc::Rc, string::String, vec::Vec};

/// How well a chunk may begin before a piece: the lower the better.
pub mod cut {
    /// A chunk has to begin here.
    pub const SECTION: u8 = 0;
    /// An item, an entry of a list or a member of an object on the outermost level; inner ones are up
    /// to [`LEVELS`] more.
    pub const ITEM: u8 = 10;
    /// How many levels are told apart.
    pub const LEVELS: u8 = 40;
    /// A paragraph, or something else that stands by itself.
    pub const PARAGRAPH: u8 = 10;
    /// What the paragraph before introduces with a colon.
    pub const INTRODUCED: u8 = 12;
    /// An entry of a list; inner ones are a little more.
    pub const ENTRY: u8 = 20;
    /// A sentence.
    pub const SENTENCE: u8 = 60;
    /// A part of something laid out, behind an empty line.
    pub const GROUP: u8 = 65;
    /// A line of something laid out.
    pub const LINE: u8 = 70;
    /// A line in a sentence.
    pub const WRAP: u8 = 80;
    /// What belongs to the piece before.
    pub const TIED: u8 = 90;
    /// A word of something that is too long.
    pub const WORD: u8 = 100;
}

/// What lies between a piece and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    Nothing,
    Space,
    Line,
    /// At least one empty line.
    Blank,
}

impl Gap {
    /// The gap that some white space is.
    pub fn of(space: &str) -> Self {
        match (newlines(space), space.is_empty()) {
            (0, true) => Self::Nothing,
            (0, false) => Self::Space,
            (1, _) => Self::Line,
            _ => Self::Blank,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Space => " ",
            Self::Line => "\n",
            Self::Blank => "\n\n",
        }
    }
}

/// How many lines end in a text.
pub fn newlines(text: &str) -> usize {
    text.bytes().filter(|&byte| byte == b'\n').count()
}

/// What a piece is to the chunk that it comes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// May be repeated where the next chunk begins.
    Prose,
    /// Introduces what follows.
    Heading,
    Other,
}

/// The longest piece that is not a part of the file's own text, in bytes: such texts are copied.
pub const MAX_OWNED_BYTES: usize = 1024;
/// The longest text that is repeated in front of chunks, in bytes.
pub const MAX_PREFIX_BYTES: usize = 2048;

/// A part of a file. Its text has a visible character and ends with one.
#[derive(Clone, Debug)]
pub struct Piece<'a> {
    pub text: Cow<'a, str>,
    /// What lies behind it.
    pub gap: Gap,
    /// How well a chunk may begin before it.
    pub cut: u8,
    pub role: Role,
    pub first_line: usize,
    pub last_line: usize,
    pub path: Path,
    /// What is repeated in front of a chunk that begins with this.
    pub prefix: Option<Rc<str>>,
}

/// Where something stands: nowhere special, or under what.
pub type Path = Option<Rc<Node>>;

/// The deepest path. What is deeper counts as there.
pub const MAX_DEPTH: usize = 32;

/// One step of a path.
#[derive(Debug)]
pub struct Node {
    parent: Path,
    /// How many steps there are, this one included.
    depth: usize,
    label: Label,
}

#[derive(Debug, PartialEq, Eq)]
enum Label {
    Name(Box<str>),
    Index(usize),
}

/// The longest label, in characters.
const MAX_LABEL_CHARS: usize = 100;

/// `parent` with one step more, unless there are as many as may be, or it says nothing new.
pub fn under(parent: &Path, name: &str) -> Path {
    let mut words = name.split_whitespace();
    let mut label = String::new();
    let mut chars_left = MAX_LABEL_CHARS;
    while let Some(word) = words.next().filter(|_| chars_left > 0) {
        if !label.is_empty() {
            label.push(' ');
            chars_left -= 1;
        }
        for c in word.chars().take(chars_left) {
            label.push(c);
            chars_left -= 1;
        }
    }
    let label = label.trim_end();
    let is_new = parent
        .as_ref()
        .is_none_or(|it| !matches!(&it.label, Label::Name(name) if &**name == label));
    if label.is_empty() || !is_new {
        return parent.clone();
    }
    step(parent, Label::Name(label.into()))
}

/// `parent` with the place in a list.
pub fn at_index(parent: &Path, index: usize) -> Path {
    step(parent, Label::Index(index))
}

fn step(parent: &Path, label: Label) -> Path {
    let depth = parent.as_ref().map_or(0, |parent| parent.depth);
    if depth >= MAX_DEPTH {
        return parent.clone();
    }
    Some(Rc::new(Node { parent: parent.clone(), depth: depth + 1, label }))
}

/// What both paths begin with.
pub fn common(left: &Path, right: &Path) -> Path {
    let (mut left, mut right) = (left, right);
    loop {
        match (left, right) {
            (Some(a), Some(b)) if Rc::ptr_eq(a, b) => return left.clone(),
            (Some(a), Some(b)) => {
                if a.depth >= b.depth {
                    left = &a.parent;
                }
                if b.depth >= a.depth {
                    right = &b.parent;
                }
            }
            _ => return None,
        }
    }
}

/// The steps of a path, from the outside in.
pub fn steps(path: &Path) -> Vec<String> {
    let mut steps = Vec::new();
    let mut path = path;
    while let Some(node) = path {
        steps.push(match &node.label {
            Label::Name(name) => String::from(&**name),
            Label::Index(index) => format!("[{index}]"),
        });
        path = &node.parent;
    }
    steps.reverse();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_share_their_beginnings() {
        let root = under(&None, "  users \n");
        let (first, second) = (at_index(&root, 0), at_index(&root, 1));
        let name = under(&second, "name");
        assert_eq!(steps(&name), ["users", "[1]", "name"]);
        assert_eq!(steps(&common(&name, &second)), ["users", "[1]"]);
        assert_eq!(steps(&common(&first, &name)), ["users"]);
        assert!(common(&first, &under(&None, "users")).is_none(), "another of the same name");
        assert_eq!(steps(&under(&root, "users")), ["users"]);
    }

    #[test]
    fn paths_and_their_labels_are_short() {
        let deep = (0..100).fold(None, |path, index| at_index(&path, index));
        assert_eq!(steps(&deep).len(), MAX_DEPTH);
        assert_eq!(steps(&under(&None, &"ä ".repeat(500)))[0].chars().count(), 99);
    }
}
