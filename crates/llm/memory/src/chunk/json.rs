//! JSON by its members, whatever they are nested in. Nothing is checked: what is not well formed is cut
//! where it looks like a member's end.

use super::piece::{Gap, MAX_DEPTH, Path, Piece, Role, at_index, cut, newlines, under};
use alloc::{borrow::Cow, vec::Vec};

/// White space in front of a line's first member that stays with it, in bytes.
const MAX_INDENT_BYTES: usize = 64;

/// The members of one or more JSON values. What is in more than [`MAX_DEPTH`] others is cut, but not
/// told apart.
pub struct Json<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    /// The objects and lists around `at`, the outermost first.
    around: Vec<Around>,
    /// How many more there are inside of those.
    too_deep: usize,
}

struct Around {
    path: Path,
    /// The place of the next member; `None` in an object, whose members have keys.
    index: Option<usize>,
}

impl<'a> Json<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, around: Vec::new(), too_deep: 0 }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes behind white space and returns it.
    fn skip_space(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let space = &rest[..rest.len() - rest.trim_start().len()];
        self.at += space.len();
        space
    }

    /// Goes behind the string that begins here and returns what is in it, as it is written.
    fn skip_string(&mut self) -> &'a str {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'"' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        // A backslash may stand before a character of several bytes.
        let end = self.text.ceil_char_boundary(at.min(bytes.len()));
        self.at = (end + 1).min(bytes.len());
        &self.text[start.min(end)..end]
    }

    /// The path of the member that begins here; goes behind its key.
    fn begin_member(&mut self) -> Path {
        let is_key = self.byte() == Some(b'"');
        let around = self.around.last()?;
        let path = around.path.clone();
        match around.index {
            _ if self.too_deep > 0 => path,
            Some(index) => at_index(&path, index),
            None if is_key => {
                let key = self.skip_string();
                under(&path, key)
            }
            None => path,
        }
    }

    fn open(&mut self, path: &Path, index: Option<usize>) {
        if self.around.len() < MAX_DEPTH {
            self.around.push(Around { path: path.clone(), index });
        } else {
            self.too_deep += 1;
        }
    }

    fn close(&mut self) {
        match self.too_deep.checked_sub(1) {
            Some(left) => self.too_deep = left,
            None => drop(self.around.pop()),
        }
    }

    /// Goes behind the member that begins here, its comma included; if it opens objects or lists, behind
    /// the first and innermost member of those. Returns where that is.
    fn skip_piece(&mut self) -> Path {
        let mut path = self.begin_member();
        while let Some(byte) = self.byte() {
            match byte {
                b'"' => drop(self.skip_string()),
                b'{' | b'[' => {
                    self.at += 1;
                    self.open(&path, (byte == b'[').then_some(0));
                    self.skip_space();
                    if !matches!(self.byte(), None | Some(b']' | b'}' | b',')) {
                        path = self.begin_member();
                    }
                }
                b'}' | b']' => {
                    self.at += 1;
                    self.close();
                    if self.around.is_empty() && self.too_deep == 0 {
                        // The end of a value; another one may follow.
                        if self.text[self.at..].trim_start().starts_with(',') {
                            continue;
                        }
                        break;
                    }
                }
                b',' => {
                    self.at += 1;
                    if self.too_deep == 0
                        && let Some(index) = self.around.last_mut().and_then(|it| it.index.as_mut())
                    {
                        *index += 1;
                    }
                    break;
                }
                _ => self.at += 1,
            }
        }
        path
    }
}

impl<'a> Iterator for Json<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let space = self.skip_space();
        self.line += newlines(space);
        self.byte()?;
        let indent = space.rfind('\n').map_or(0, |at| space.len() - at - 1);
        let indent = if indent <= MAX_INDENT_BYTES { indent } else { 0 };
        let start = self.at - indent;
        let level = (self.around.len() + self.too_deep).min(usize::from(cut::LEVELS)) as u8;
        let path = self.skip_piece();
        let text = self.text[start..self.at].trim_end();
        let behind = &self.text[start + text.len()..];
        let gap = Gap::of(&behind[..behind.len() - behind.trim_start().len()]);
        let first_line = self.line;
        self.line += newlines(&self.text[start..self.at]);
        let last_line = first_line + newlines(text);
        Some(Piece {
            text: Cow::Borrowed(text),
            gap,
            cut: cut::ITEM + level,
            role: Role::Other,
            first_line,
            last_line,
            path,
            prefix: None,
        })
    }
}
