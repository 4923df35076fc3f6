//! The decoder: which state the terminal's stream of bytes is in.

use crate::{
    sequence::{Meaning, Sequence, application_key},
    utf8::{Step, Utf8},
};
use system_platform::{Key, KeyEvent, Modifiers};

/// How long the rest of an escape sequence may take. A byte takes 87 µs at 115,200 baud; what
/// matters is the network between a person's terminal and the serial line.
const SEQUENCE_TIMEOUT_NS: u64 = 50_000_000;
/// After this silence a paste is over although its end never came.
const PASTE_TIMEOUT_NS: u64 = 1_000_000_000;

const ESCAPE: u8 = 0x1B;

/// What the next byte continues.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing.
    Ground,
    /// An ESC.
    Escape,
    /// `ESC O`.
    Application,
    /// `ESC [`.
    Control(Sequence),
}

/// Turns a terminal's bytes into key events.
///
/// Enter is CR, LF or both together; Backspace is 0x7F or 0x08. ESC before a key is Alt, alone it
/// is Escape, which only time can tell: call [`Decoder::poll`] when [`Decoder::deadline_ns`] has
/// come. Line ends in pasted text are Alt with Enter, so that a paste is never taken for a command
/// line by line. Damaged UTF-8 becomes U+FFFD, and sequences that mean nothing are dropped.
#[derive(Clone, Debug)]
pub struct Decoder {
    state: State,
    character: Utf8,
    /// The character in the making is typed with Alt.
    character_has_alt: bool,
    /// The last byte was a CR, and a LF after it is the same line end.
    after_carriage_return: bool,
    is_pasting: bool,
    /// When the last byte came.
    last_byte_ns: u64,
}

/// The key events that one byte led to: none, one, or two where it also showed that something
/// before it was cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    first: Option<KeyEvent>,
    second: Option<KeyEvent>,
}

impl Events {
    fn push(&mut self, event: Option<KeyEvent>) {
        match self.first {
            None => self.first = event,
            Some(_) => self.second = event.or(self.second),
        }
    }
}

impl Iterator for Events {
    type Item = KeyEvent;

    fn next(&mut self) -> Option<KeyEvent> {
        let event = self.first.take();
        self.first = self.second.take();
        event
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder at the beginning of a stream.
    pub const fn new() -> Self {
        Self {
            state: State::Ground,
            character: Utf8::new(),
            character_has_alt: false,
            after_carriage_return: false,
            is_pasting: false,
            last_byte_ns: 0,
        }
    }

    /// When [`Self::poll`] has to be called if no byte comes before; `None` while nothing is open.
    pub fn deadline_ns(&self) -> Option<u64> {
        match self.state {
            State::Ground => None,
            _ => Some(self.last_byte_ns.saturating_add(SEQUENCE_TIMEOUT_NS)),
        }
    }

    /// Ends what has waited too long: an ESC with nothing behind it is the Escape key.
    pub fn poll(&mut self, now_ns: u64) -> Option<KeyEvent> {
        let silence_ns = now_ns.saturating_sub(self.last_byte_ns);
        if silence_ns >= PASTE_TIMEOUT_NS {
            self.is_pasting = false;
        }
        if silence_ns < SEQUENCE_TIMEOUT_NS {
            return None;
        }
        match core::mem::replace(&mut self.state, State::Ground) {
            _ if self.is_pasting => None,
            State::Escape => Some(KeyEvent::plain(Key::Escape)),
            State::Application => Some(KeyEvent::alt(Key::Char('O'))),
            State::Control(sequence) if sequence.is_empty() => Some(KeyEvent::alt(Key::Char('['))),
            State::Ground | State::Control(_) => None,
        }
    }

    /// Takes the next byte, which came at `now_ns`.
    pub fn advance(&mut self, byte: u8, now_ns: u64) -> Events {
        let mut events = Events::default();
        events.push(self.poll(now_ns));
        self.last_byte_ns = now_ns;
        match core::mem::replace(&mut self.state, State::Ground) {
            State::Ground => self.take_plain(byte, false, &mut events),
            State::Escape => match byte {
                b'[' => self.state = State::Control(Sequence::default()),
                b'O' if !self.is_pasting => self.state = State::Application,
                ESCAPE => {
                    self.state = State::Escape;
                    events.push(self.unless_pasting(KeyEvent::plain(Key::Escape)));
                }
                _ => self.take_plain(byte, true, &mut events),
            },
            State::Application => match application_key(byte) {
                Some(key) => events.push(Some(KeyEvent::plain(key))),
                None => {
                    events.push(Some(KeyEvent::alt(Key::Char('O'))));
                    self.take_plain(byte, false, &mut events);
                }
            },
            State::Control(mut sequence) => match byte {
                0x20..=0x7E => match sequence.advance(byte) {
                    None => self.state = State::Control(sequence),
                    Some(Meaning::Key(event)) => events.push(self.unless_pasting(event)),
                    Some(Meaning::PasteStart) => self.is_pasting = true,
                    Some(Meaning::PasteEnd) => self.is_pasting = false,
                    Some(Meaning::Nothing) => {}
                },
                // Anything else cannot be part of a sequence: it was cut off.
                _ => self.take_plain(byte, false, &mut events),
            },
        }
        events
    }

    fn unless_pasting(&self, event: KeyEvent) -> Option<KeyEvent> {
        (!self.is_pasting).then_some(event)
    }

    /// A byte outside escape sequences; `alt` says whether an ESC stood before it.
    fn take_plain(&mut self, byte: u8, alt: bool, events: &mut Events) {
        let follows_carriage_return = core::mem::take(&mut self.after_carriage_return);
        if !self.character.is_pending() {
            self.character_has_alt = alt && !self.is_pasting;
        }
        let mut step = self.character.advance(byte);
        if step == Step::CutOff {
            events.push(Some(KeyEvent::plain(Key::Char(char::REPLACEMENT_CHARACTER))));
            self.character_has_alt = alt && !self.is_pasting;
            step = self.character.advance(byte);
        }
        match step {
            Step::Pending | Step::CutOff => {}
            Step::Invalid => {
                events.push(Some(KeyEvent::plain(Key::Char(char::REPLACEMENT_CHARACTER))));
            }
            Step::Complete('\n') if follows_carriage_return => {}
            Step::Complete(character) if character.is_ascii_control() => {
                self.after_carriage_return = byte == b'\r';
                if byte == ESCAPE {
                    self.state = State::Escape;
                } else if self.is_pasting {
                    events.push(pasted_control(byte));
                } else {
                    events.push(Some(control_key(byte, self.character_has_alt)));
                }
            }
            // The second block of control characters: no key sends it.
            Step::Complete(character) if character.is_control() => {}
            Step::Complete(character) => {
                let modifiers = Modifiers { alt: self.character_has_alt, ..Modifiers::default() };
                events.push(Some(KeyEvent { key: Key::Char(character), modifiers }));
            }
        }
    }
}

/// What a key that sends a control character was. The letters' are 0x01 to 0x1A, so Ctrl-H, I, J
/// and M cannot be told from Backspace, Tab and Enter.
fn control_key(byte: u8, alt: bool) -> KeyEvent {
    let (key, ctrl) = match byte {
        b'\r' | b'\n' => (Key::Enter, false),
        b'\t' => (Key::Tab, false),
        0x08 | 0x7F => (Key::Backspace, false),
        0x00 => (Key::Char(' '), true),
        0x01..=0x1A => (Key::Char(char::from(byte - 1 + b'a')), true),
        // ESC is taken before; the last four are Ctrl with \ ] ^ and _.
        _ => (Key::Char(char::from(byte | 0x40)), true),
    };
    KeyEvent { key, modifiers: Modifiers { ctrl, alt, shift: false } }
}

/// Control characters in pasted text: a line end, a tab as a space, and no others.
fn pasted_control(byte: u8) -> Option<KeyEvent> {
    match byte {
        b'\r' | b'\n' => Some(KeyEvent::alt(Key::Enter)),
        b'\t' => Some(KeyEvent::plain(Key::Char(' '))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec::Vec};
    use proptest::prelude::*;

    const BYTE_NS: u64 = 86_806;

    /// All events of bytes that come at 115,200 baud, and then of silence.
    fn typed(bytes: &[u8]) -> Vec<KeyEvent> {
        let mut decoder = Decoder::new();
        let mut now_ns = 0;
        let mut events = Vec::new();
        for &byte in bytes {
            now_ns += BYTE_NS;
            events.extend(decoder.advance(byte, now_ns));
        }
        events.extend(decoder.poll(now_ns + SEQUENCE_TIMEOUT_NS));
        events
    }

    fn chars(text: &str) -> Vec<KeyEvent> {
        text.chars().map(|character| KeyEvent::plain(Key::Char(character))).collect()
    }

    #[test]
    fn characters_of_any_length_are_typed() {
        assert_eq!(typed("aZ é漢🦀~".as_bytes()), chars("aZ é漢🦀~"));
    }

    #[test]
    fn enter_is_cr_lf_or_both_and_backspace_has_two_codes() {
        let enter = KeyEvent::plain(Key::Enter);
        assert_eq!(typed(b"\r"), [enter]);
        assert_eq!(typed(b"\n"), [enter]);
        assert_eq!(typed(b"\r\n\r\n"), [enter, enter]);
        assert_eq!(typed(b"\n\r\r"), [enter, enter, enter]);
        assert_eq!(
            typed(b"\x7f\x08\t"),
            [Key::Backspace, Key::Backspace, Key::Tab].map(KeyEvent::plain)
        );
    }

    #[test]
    fn keys_with_a_name_come_as_escape_sequences() {
        for (bytes, key) in [
            (&b"\x1b[A"[..], Key::Up),
            (b"\x1b[B", Key::Down),
            (b"\x1b[C", Key::Right),
            (b"\x1b[D", Key::Left),
            (b"\x1bOA", Key::Up),
            (b"\x1bOM", Key::Enter),
            (b"\x1bOq", Key::Char('1')),
            (b"\x1b[H", Key::Home),
            (b"\x1b[F", Key::End),
            (b"\x1bOH", Key::Home),
            (b"\x1b[1~", Key::Home),
            (b"\x1b[4~", Key::End),
            (b"\x1b[7~", Key::Home),
            (b"\x1b[8~", Key::End),
            (b"\x1b[2~", Key::Insert),
            (b"\x1b[3~", Key::Delete),
            (b"\x1b[5~", Key::PageUp),
            (b"\x1b[6~", Key::PageDown),
            (b"\x1bOP", Key::F(1)),
            (b"\x1b[11~", Key::F(1)),
            (b"\x1b[[A", Key::F(1)),
            (b"\x1b[[E", Key::F(5)),
            (b"\x1bOS", Key::F(4)),
            (b"\x1b[15~", Key::F(5)),
            (b"\x1b[17~", Key::F(6)),
            (b"\x1b[21~", Key::F(10)),
            (b"\x1b[23~", Key::F(11)),
            (b"\x1b[24~", Key::F(12)),
            (b"\x1b[13u", Key::Enter),
        ] {
            assert_eq!(typed(bytes), [KeyEvent::plain(key)], "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn modifiers_are_a_parameter_or_a_character_of_their_own() {
        let ctrl_alt = Modifiers { ctrl: true, alt: true, shift: false };
        for (bytes, event) in [
            (&b"\x1b[1;5C"[..], KeyEvent::ctrl(Key::Right)),
            (b"\x1b[1;3D", KeyEvent::alt(Key::Left)),
            (b"\x1b[1;2H", KeyEvent::shift(Key::Home)),
            (b"\x1b[3;7~", KeyEvent { key: Key::Delete, modifiers: ctrl_alt }),
            (b"\x1b[1;5P", KeyEvent::ctrl(Key::F(1))),
            (b"\x1b[1;5R", KeyEvent::ctrl(Key::F(3))),
            (b"\x1b[Z", KeyEvent::shift(Key::Tab)),
            (b"\x1b[13;2u", KeyEvent::shift(Key::Enter)),
            (b"\x1b[27;5;13~", KeyEvent::ctrl(Key::Enter)),
            (b"\x03", KeyEvent::ctrl(Key::Char('c'))),
            (b"\x1a", KeyEvent::ctrl(Key::Char('z'))),
            (b"\x00", KeyEvent::ctrl(Key::Char(' '))),
            (b"\x1c", KeyEvent::ctrl(Key::Char('\\'))),
            (b"\x1f", KeyEvent::ctrl(Key::Char('_'))),
            (b"\x1bb", KeyEvent::alt(Key::Char('b'))),
            (b"\x1b\xc3\xa9", KeyEvent::alt(Key::Char('é'))),
            (b"\x1b\r", KeyEvent::alt(Key::Enter)),
            (b"\x1b\x7f", KeyEvent::alt(Key::Backspace)),
            (b"\x1b\x03", KeyEvent { key: Key::Char('c'), modifiers: ctrl_alt }),
        ] {
            assert_eq!(typed(bytes), [event], "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn escape_alone_is_told_by_time() {
        let mut decoder = Decoder::new();
        assert_eq!(decoder.deadline_ns(), None);
        assert_eq!(decoder.advance(ESCAPE, 1000).next(), None);
        let deadline_ns = decoder.deadline_ns().unwrap();
        assert_eq!(decoder.poll(deadline_ns - 1), None);
        assert_eq!(decoder.poll(deadline_ns), Some(KeyEvent::plain(Key::Escape)));
        assert_eq!(decoder.poll(deadline_ns + 1), None);
        assert_eq!(decoder.deadline_ns(), None);

        // Nobody polled in time: the next byte shows it.
        decoder.advance(ESCAPE, 0);
        let events: Vec<_> = decoder.advance(b'[', SEQUENCE_TIMEOUT_NS).collect();
        assert_eq!(events, [Key::Escape, Key::Char('[')].map(KeyEvent::plain));
    }

    #[test]
    fn what_begins_a_sequence_can_be_typed_with_alt() {
        assert_eq!(typed(b"\x1b["), [KeyEvent::alt(Key::Char('['))]);
        assert_eq!(typed(b"\x1bO"), [KeyEvent::alt(Key::Char('O'))]);
        let events = [KeyEvent::alt(Key::Char('O')), KeyEvent::plain(Key::Char('!'))];
        assert_eq!(typed(b"\x1bO!"), events);
        assert_eq!(typed(b"\x1b\x1b[A"), [Key::Escape, Key::Up].map(KeyEvent::plain));
        assert_eq!(typed(b"\x1b\x1b"), [Key::Escape, Key::Escape].map(KeyEvent::plain));
    }

    #[test]
    fn cut_off_characters_become_one_replacement_each() {
        let mut expected = chars("a\u{FFFD}b");
        assert_eq!(typed(b"a\xe6\xbcb"), expected);
        expected.truncate(2);
        expected.push(KeyEvent::plain(Key::Enter));
        assert_eq!(typed(b"a\xe6\xbc\r"), expected);
        assert_eq!(typed(b"\xff\xc0"), chars("\u{FFFD}\u{FFFD}"));
        let up = [KeyEvent::plain(Key::Char('\u{FFFD}')), KeyEvent::plain(Key::Up)];
        assert_eq!(typed(b"\xf0\x9f\x1b[A"), up);
    }

    #[test]
    fn answers_and_unknown_sequences_type_nothing() {
        for bytes in [
            &b"\x1b[24;80R"[..],
            b"\x1b[?62;22c",
            b"\x1b[>0;276;0c",
            b"\x1b[I",
            b"\x1b[99~",
            b"\x1b[1;1;1;1;1;1;1;1X",
            b"\x1b[99999999999999~",
            b"\x1b[1 q",
            b"\xc2\x85",
        ] {
            assert_eq!(typed(bytes), [], "{}", bytes.escape_ascii());
        }
        assert_eq!(typed(b"\x1b[1;\x03"), [KeyEvent::ctrl(Key::Char('c'))]);
        let endless = [&b"\x1b["[..], &[b'1'; 100], b"x"].concat();
        assert!(typed(&endless).ends_with(&chars("x")));
    }

    #[test]
    fn a_paste_runs_nothing_and_keeps_its_lines() {
        let mut expected = chars("one\u{1F980}");
        expected.push(KeyEvent::alt(Key::Enter));
        expected.extend(chars("t wo"));
        expected.push(KeyEvent::alt(Key::Enter));
        expected.push(KeyEvent::plain(Key::Enter));
        let bytes = "\x1b[200~one🦀\r\n\x1b[A\x03t\two\n\x1b[201~\r";
        assert_eq!(typed(bytes.as_bytes()), expected);
    }

    #[test]
    fn a_paste_that_never_ends_is_ended_by_silence() {
        let mut decoder = Decoder::new();
        for byte in *b"\x1b[200~x" {
            decoder.advance(byte, 0);
        }
        assert_eq!(decoder.advance(0x03, 1).next(), None);
        let later_ns = 1 + PASTE_TIMEOUT_NS;
        assert_eq!(decoder.advance(0x03, later_ns).next(), Some(KeyEvent::ctrl(Key::Char('c'))));
    }

    #[test]
    fn ten_thousand_characters_arrive_complete() {
        let text: String = ('!'..='~').cycle().take(10_000).collect();
        assert_eq!(typed(text.as_bytes()), chars(&text));
    }

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..8),
            "\\PC{1,4}".prop_map(String::into_bytes),
            "\x1b(\\[|O|\\[\\[)?[0-9;?<]{0,6}[ -~]?".prop_map(String::into_bytes),
        ]
    }

    proptest! {
        #[test]
        fn garbage_never_panics_and_never_sticks(
            pieces in prop::collection::vec((piece(), 0..80_000_000_u64), 0..30)
        ) {
            let mut decoder = Decoder::new();
            let mut now_ns = 0;
            for (bytes, pause_ns) in pieces {
                now_ns += pause_ns;
                for byte in bytes {
                    for event in decoder.advance(byte, now_ns) {
                        if let Key::Char(character) = event.key {
                            prop_assert!(!character.is_control());
                        }
                    }
                }
            }
            now_ns += PASTE_TIMEOUT_NS;
            decoder.poll(now_ns);
            let events: Vec<_> = decoder.advance(b'x', now_ns).collect();
            prop_assert_eq!(events.last(), Some(&KeyEvent::plain(Key::Char('x'))));
        }
    }
}
