//! Escape sequences that terminals send for keys (ECMA-48 control sequences, xterm's `ctlseqs`).

use system_platform::{Key, KeyEvent, Modifiers};

/// Parameters that are kept; keys use two, xterm's "other keys" three.
const MAX_PARAMETERS: usize = 4;
/// Bytes after which a sequence without end is given up.
const MAX_LEN: u8 = 64;

/// What a complete control sequence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A key was pressed.
    Key(KeyEvent),
    /// Pasted text begins.
    PasteStart,
    /// Pasted text ends.
    PasteEnd,
    /// Nothing that concerns a keyboard.
    Nothing,
}

/// A control sequence in the making: what stands behind `ESC [`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sequence {
    parameters: [u16; MAX_PARAMETERS],
    /// Which parameter the next digit belongs to.
    index: usize,
    len: u8,
    /// A private or intermediate character was seen: no key has those.
    is_foreign: bool,
    /// `ESC [ [`, with which the Linux console begins its first function keys.
    is_linux_console: bool,
}

impl Sequence {
    /// Whether nothing has come after `ESC [`.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes a byte in 0x20..=0x7E; `None` while the sequence is not complete.
    pub fn advance(&mut self, byte: u8) -> Option<Meaning> {
        self.len += 1;
        match byte {
            _ if self.is_linux_console => return Some(linux_function_key(byte)),
            b'[' if self.len == 1 => self.is_linux_console = true,
            b'0'..=b'9' => {
                if let Some(parameter) = self.parameters.get_mut(self.index) {
                    *parameter =
                        parameter.saturating_mul(10).saturating_add(u16::from(byte - b'0'));
                }
            }
            b';' => self.index += 1,
            0x20..=0x3F => self.is_foreign = true,
            _ if self.is_foreign => return Some(Meaning::Nothing),
            _ => return Some(self.meaning(byte)),
        }
        (self.len >= MAX_LEN).then_some(Meaning::Nothing)
    }

    fn meaning(&self, last: u8) -> Meaning {
        let [first, second, third, _] = self.parameters;
        let modifiers = modifiers(second);
        let key = match last {
            b'A' => Key::Up,
            b'B' => Key::Down,
            b'C' => Key::Right,
            b'D' => Key::Left,
            b'F' => Key::End,
            b'H' => Key::Home,
            b'P' => Key::F(1),
            b'Q' => Key::F(2),
            // With another row than 1 it is the answer to a question about the cursor.
            b'R' if first <= 1 => Key::F(3),
            b'S' => Key::F(4),
            b'Z' => return Meaning::Key(KeyEvent::shift(Key::Tab)),
            b'u' => return coded_key(first, modifiers),
            b'~' => match first {
                1 | 7 => Key::Home,
                2 => Key::Insert,
                3 => Key::Delete,
                4 | 8 => Key::End,
                5 => Key::PageUp,
                6 => Key::PageDown,
                11..=15 => Key::F(first as u8 - 10),
                17..=21 => Key::F(first as u8 - 11),
                23 | 24 => Key::F(first as u8 - 12),
                27 => return coded_key(third, modifiers),
                200 => return Meaning::PasteStart,
                201 => return Meaning::PasteEnd,
                _ => return Meaning::Nothing,
            },
            _ => return Meaning::Nothing,
        };
        Meaning::Key(KeyEvent { key, modifiers })
    }
}

/// A key after `ESC O`; `None` where that is no sequence but Alt with a capital O.
pub fn application_key(byte: u8) -> Option<Key> {
    Some(match byte {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'M' => Key::Enter,
        b'P'..=b'S' => Key::F(byte - b'P' + 1),
        // The number pad: j to y stand for the characters from * to 9.
        b'j'..=b'y' => Key::Char(char::from(byte - b'j' + b'*')),
        _ => return None,
    })
}

fn linux_function_key(byte: u8) -> Meaning {
    match byte {
        b'A'..=b'E' => Meaning::Key(KeyEvent::plain(Key::F(byte - b'A' + 1))),
        _ => Meaning::Nothing,
    }
}

/// xterm's modifier parameter: one more than the sum of 1 Shift, 2 Alt, 4 Ctrl.
fn modifiers(parameter: u16) -> Modifiers {
    let bits = parameter.saturating_sub(1);
    Modifiers { shift: bits & 1 != 0, alt: bits & 2 != 0, ctrl: bits & 4 != 0 }
}

/// A key given as the code of its character, as terminals do for those that have no control
/// character of their own.
fn coded_key(code: u16, modifiers: Modifiers) -> Meaning {
    let key = match code {
        8 | 127 => Key::Backspace,
        9 => Key::Tab,
        13 => Key::Enter,
        27 => Key::Escape,
        _ => match char::from_u32(u32::from(code)).filter(|character| !character.is_control()) {
            Some(character) if modifiers.ctrl => Key::Char(character.to_ascii_lowercase()),
            Some(character) => Key::Char(character),
            None => return Meaning::Nothing,
        },
    };
    // Shift has taken part in a character typed without Ctrl.
    let shift = modifiers.shift && (modifiers.ctrl || !matches!(key, Key::Char(_)));
    Meaning::Key(KeyEvent { key, modifiers: Modifiers { shift, ..modifiers } })
}
