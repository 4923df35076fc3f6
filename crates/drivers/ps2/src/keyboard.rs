//! From scan codes to key events.

use crate::layout::{self, LAYOUTS, Layout, UnknownLayout};
use pc_keyboard::{
    DecodedKey, HandleControl, KeyCode, KeyState, KeyboardLayout, ScancodeSet, ScancodeSet1,
};
use system_platform::{Key, KeyEvent, Modifiers};

/// Prefixes of longer scan codes.
const PREFIXES: [u8; 2] = [0xE0, 0xE1];

/// A keyboard: what is held down on it, which locks are on, and its layout.
pub struct Keyboard {
    scancodes: ScancodeSet1,
    follows_prefix: bool,
    layout: &'static Layout,
    held: Held,
    caps_lock: bool,
    num_lock: bool,
}

/// The modifier keys, and those whose repeats must not count.
#[derive(Clone, Copy, Default)]
struct Held {
    left_shift: bool,
    right_shift: bool,
    left_ctrl: bool,
    right_ctrl: bool,
    left_alt: bool,
    right_alt: bool,
    caps_lock: bool,
    num_lock: bool,
    /// The Pause key sends a Ctrl of its own and then the code of Num Lock.
    pause: bool,
}

impl Default for Keyboard {
    fn default() -> Self {
        Self::new()
    }
}

impl Keyboard {
    /// A keyboard with the first of [`LAYOUTS`], Num Lock on, nothing held down.
    pub fn new() -> Self {
        Self {
            scancodes: ScancodeSet1::new(),
            follows_prefix: false,
            layout: &LAYOUTS[0],
            held: Held::default(),
            caps_lock: false,
            num_lock: true,
        }
    }

    /// The name of the layout in use.
    pub fn layout(&self) -> &'static str {
        self.layout.name
    }

    /// Chooses a layout by name or alias. Keys held down stay so.
    ///
    /// # Errors
    /// [`UnknownLayout`]; the old one stays.
    pub fn set_layout(&mut self, name: &str) -> Result<(), UnknownLayout> {
        self.layout = layout::find(name)?;
        Ok(())
    }

    /// Takes the next byte from the controller (scan code set 1). `None` while a code is not
    /// complete, for releases, modifiers, and bytes that mean nothing.
    ///
    /// A printable character typed without Ctrl or Alt comes with no modifiers: Shift and AltGr
    /// have become part of it.
    pub fn advance(&mut self, byte: u8) -> Option<KeyEvent> {
        let follows_prefix = core::mem::replace(&mut self.follows_prefix, PREFIXES.contains(&byte));
        // Japanese keyboards send these without the prefix that the decoder wants to see
        // (Andries Brouwer, "Keyboard scancodes", section 8).
        if !follows_prefix && matches!(byte & 0x7F, 0x70 | 0x73 | 0x79 | 0x7B | 0x7D) {
            // A prefix alone is never a key, and never an error.
            let _ = self.scancodes.advance_state(PREFIXES[0]);
        }
        // Unknown codes (acknowledgements among them) end in the decoder's start state.
        let event = self.scancodes.advance_state(byte).ok()??;
        let is_down = event.state != KeyState::Up;
        if self.update_held(event.code, is_down) || !is_down {
            return None;
        }
        self.key_pressed(event.code)
    }

    /// Keeps track of modifiers and locks; `false` for every other key.
    fn update_held(&mut self, code: KeyCode, is_down: bool) -> bool {
        let held = &mut self.held;
        match code {
            KeyCode::LShift => held.left_shift = is_down,
            KeyCode::RShift => held.right_shift = is_down,
            KeyCode::LControl => held.left_ctrl = is_down,
            KeyCode::RControl => held.right_ctrl = is_down,
            KeyCode::LAlt => held.left_alt = is_down,
            KeyCode::RAltGr => held.right_alt = is_down,
            KeyCode::RControl2 => held.pause = is_down,
            // A key held down repeats; a lock must turn over once.
            KeyCode::CapsLock => {
                self.caps_lock ^= is_down && !held.caps_lock;
                held.caps_lock = is_down;
            }
            KeyCode::NumpadLock if held.pause => {}
            KeyCode::NumpadLock => {
                self.num_lock ^= is_down && !held.num_lock;
                held.num_lock = is_down;
            }
            _ => return false,
        }
        true
    }

    fn key_pressed(&self, code: KeyCode) -> Option<KeyEvent> {
        let modifiers = Modifiers {
            ctrl: self.held.left_ctrl || self.held.right_ctrl,
            alt: self.held.left_alt || self.held.right_alt,
            shift: self.held.left_shift || self.held.right_shift,
        };
        // Shift turns the digits of the number pad into arrows for a moment, and back.
        let types_digits = self.num_lock != modifiers.shift;
        let named = match code {
            KeyCode::Return | KeyCode::NumpadEnter => Some(Key::Enter),
            KeyCode::Backspace => Some(Key::Backspace),
            KeyCode::Tab => Some(Key::Tab),
            KeyCode::Escape => Some(Key::Escape),
            KeyCode::Delete => Some(Key::Delete),
            KeyCode::Insert => Some(Key::Insert),
            KeyCode::ArrowUp => Some(Key::Up),
            KeyCode::ArrowDown => Some(Key::Down),
            KeyCode::ArrowLeft => Some(Key::Left),
            KeyCode::ArrowRight => Some(Key::Right),
            KeyCode::Home => Some(Key::Home),
            KeyCode::End => Some(Key::End),
            KeyCode::PageUp => Some(Key::PageUp),
            KeyCode::PageDown => Some(Key::PageDown),
            _ => function_key(code).or_else(|| if types_digits { None } else { keypad_key(code) }),
        };
        match named {
            Some(key) => Some(KeyEvent { key, modifiers }),
            None => self.character_typed(code, modifiers),
        }
    }

    fn character_typed(&self, code: KeyCode, modifiers: Modifiers) -> Option<KeyEvent> {
        let shift = modifiers.shift;
        let plain = self.character(code, shift, self.caps_lock, false);
        // Ctrl with Alt is AltGr for keyboards that have none, where the layout has a use for it.
        if self.held.right_alt || modifiers.ctrl && self.held.left_alt {
            let third_level = self.character(code, shift, self.caps_lock, true);
            if let Some(character) = third_level.filter(|_| third_level != plain) {
                return Some(KeyEvent::plain(Key::Char(character)));
            }
        }
        if modifiers.ctrl {
            let letter = self.character(code, false, false, false)?;
            return Some(KeyEvent { key: Key::Char(letter), modifiers });
        }
        let modifiers = Modifiers { shift: false, ..modifiers };
        Some(KeyEvent { key: Key::Char(plain?), modifiers })
    }

    /// What the layout has printed on a key.
    fn character(&self, code: KeyCode, shift: bool, caps_lock: bool, alt_gr: bool) -> Option<char> {
        let modifiers = pc_keyboard::Modifiers {
            lshift: shift,
            ralt: alt_gr,
            capslock: caps_lock,
            // Whether the number pad types digits was decided before.
            numlock: true,
            ..Default::default()
        };
        match self.layout.map.map_keycode(code, &modifiers, HandleControl::Ignore) {
            DecodedKey::Unicode(character) if !character.is_control() => Some(character),
            _ => None,
        }
    }
}

fn function_key(code: KeyCode) -> Option<Key> {
    Some(Key::F(match code {
        KeyCode::F1 => 1,
        KeyCode::F2 => 2,
        KeyCode::F3 => 3,
        KeyCode::F4 => 4,
        KeyCode::F5 => 5,
        KeyCode::F6 => 6,
        KeyCode::F7 => 7,
        KeyCode::F8 => 8,
        KeyCode::F9 => 9,
        KeyCode::F10 => 10,
        KeyCode::F11 => 11,
        KeyCode::F12 => 12,
        _ => return None,
    }))
}

/// What the number pad means without Num Lock. Its 5 then means nothing on any system, so it goes
/// on typing a 5.
fn keypad_key(code: KeyCode) -> Option<Key> {
    Some(match code {
        KeyCode::Numpad0 => Key::Insert,
        KeyCode::Numpad1 => Key::End,
        KeyCode::Numpad2 => Key::Down,
        KeyCode::Numpad3 => Key::PageDown,
        KeyCode::Numpad4 => Key::Left,
        KeyCode::Numpad6 => Key::Right,
        KeyCode::Numpad7 => Key::Home,
        KeyCode::Numpad8 => Key::Up,
        KeyCode::Numpad9 => Key::PageUp,
        KeyCode::NumpadPeriod => Key::Delete,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec::Vec};

    const LEFT_SHIFT: u8 = 0x2A;
    const LEFT_CTRL: u8 = 0x1D;
    const LEFT_ALT: u8 = 0x38;
    const CAPS_LOCK: u8 = 0x3A;
    const NUM_LOCK: u8 = 0x45;
    const UP: u8 = 0x80;
    const E0: u8 = 0xE0;

    fn feed(keyboard: &mut Keyboard, bytes: &[u8]) -> Vec<KeyEvent> {
        bytes.iter().filter_map(|&byte| keyboard.advance(byte)).collect()
    }

    fn in_layout(name: &str) -> Keyboard {
        let mut keyboard = Keyboard::new();
        keyboard.set_layout(name).unwrap();
        keyboard
    }

    /// The text of events that are all plain characters.
    fn text(events: &[KeyEvent]) -> String {
        events
            .iter()
            .map(|event| match event.key {
                Key::Char(character) if *event == KeyEvent::plain(event.key) => character,
                _ => panic!("{event:?} is not a plain character"),
            })
            .collect()
    }

    #[test]
    fn types_what_qemu_sends_for_a_sentence() {
        // QMP `send-key`: h, i, comma, space, shift-w, 2, shift-slash, ret, as port 0x60 had them.
        let bytes = [
            0x23, 0xA3, 0x17, 0x97, 0x33, 0xB3, 0x39, 0xB9, 0x2A, 0x11, 0x91, 0xAA, 0x03, 0x83,
            0x2A, 0x35, 0xB5, 0xAA, 0x1C, 0x9C,
        ];
        let events = feed(&mut Keyboard::new(), &bytes);
        let (last, typed) = events.split_last().unwrap();
        assert_eq!(text(typed), "hi, W2?");
        assert_eq!(*last, KeyEvent::plain(Key::Enter));
    }

    #[test]
    fn a_key_held_down_repeats() {
        let mut keyboard = Keyboard::new();
        assert_eq!(text(&feed(&mut keyboard, &[0x1E, 0x1E, 0x1E, 0x1E | UP])), "aaa");
    }

    #[test]
    fn ctrl_gives_the_lower_case_letter_of_the_layout() {
        let mut keyboard = Keyboard::new();
        let events = feed(&mut keyboard, &[CAPS_LOCK, CAPS_LOCK | UP, LEFT_CTRL, 0x2E]);
        assert_eq!(events, [KeyEvent::ctrl(Key::Char('c'))]);
        feed(&mut keyboard, &[LEFT_CTRL | UP, E0, 0x1D]);
        keyboard.set_layout("fr").unwrap();
        let events = feed(&mut keyboard, &[0x10, E0, 0x1D | UP, 0x10]);
        assert_eq!(events[0], KeyEvent::ctrl(Key::Char('a')));
        assert_eq!(events[1], KeyEvent::plain(Key::Char('A')), "caps lock is still on");
    }

    #[test]
    fn alt_and_shift_come_with_keys_that_have_a_name() {
        let mut keyboard = Keyboard::new();
        let events = feed(&mut keyboard, &[LEFT_ALT, 0x30, E0, 0x4B, LEFT_ALT | UP]);
        assert_eq!(events, [KeyEvent::alt(Key::Char('b')), KeyEvent::alt(Key::Left)]);
        let events = feed(&mut keyboard, &[LEFT_SHIFT, 0x1C, E0, 0x49, LEFT_SHIFT | UP]);
        assert_eq!(events, [KeyEvent::shift(Key::Enter), KeyEvent::shift(Key::PageUp)]);
        let events = feed(&mut keyboard, &[LEFT_CTRL, E0, 0x4D, LEFT_CTRL | UP, E0, 0x4D]);
        assert_eq!(events, [KeyEvent::ctrl(Key::Right), KeyEvent::plain(Key::Right)]);
    }

    #[test]
    fn locks_turn_over_once_however_long_they_are_held() {
        let mut keyboard = Keyboard::new();
        let held = [CAPS_LOCK, CAPS_LOCK, CAPS_LOCK, CAPS_LOCK | UP];
        feed(&mut keyboard, &held);
        let typed = feed(&mut keyboard, &[0x1E, 0x02, LEFT_SHIFT, 0x1E, 0x02, LEFT_SHIFT | UP]);
        assert_eq!(text(&typed), "A1a!");
        feed(&mut keyboard, &held);
        assert_eq!(text(&feed(&mut keyboard, &[0x1E])), "a");
    }

    #[test]
    fn the_number_pad_follows_num_lock_and_shift() {
        let pad = [0x47, 0x4B, 0x52, 0x53];
        let keys = [Key::Home, Key::Left, Key::Insert, Key::Delete];
        let mut keyboard = Keyboard::new();
        assert_eq!(text(&feed(&mut keyboard, &pad)), "740.");
        feed(&mut keyboard, &[LEFT_SHIFT]);
        assert_eq!(feed(&mut keyboard, &pad), keys.map(KeyEvent::shift));
        feed(&mut keyboard, &[LEFT_SHIFT | UP, NUM_LOCK, NUM_LOCK, NUM_LOCK | UP]);
        assert_eq!(feed(&mut keyboard, &pad), keys.map(KeyEvent::plain));
        assert_eq!(text(&feed(&mut keyboard, &[0x4C, 0x37, 0x4E, 0x4A, E0, 0x35])), "5*+-/");
        assert_eq!(feed(&mut keyboard, &[E0, 0x1C]), [KeyEvent::plain(Key::Enter)]);
    }

    #[test]
    fn every_function_key_has_its_number() {
        let codes = (0x3B..=0x44).chain([0x57, 0x58]);
        let events = feed(&mut Keyboard::new(), &codes.collect::<Vec<_>>());
        assert_eq!(events, (1..=12).map(|n| KeyEvent::plain(Key::F(n))).collect::<Vec<_>>());
    }

    #[test]
    fn alt_gr_and_ctrl_alt_reach_the_third_level() {
        let mut keyboard = in_layout("de");
        assert_eq!(text(&feed(&mut keyboard, &[E0, 0x38, 0x10, 0x12, E0, 0x38 | UP])), "@€");
        let typed = feed(&mut keyboard, &[LEFT_CTRL, LEFT_ALT, 0x10]);
        assert_eq!(text(&typed), "@");
        let chord = feed(&mut keyboard, &[0x2E, LEFT_CTRL | UP, LEFT_ALT | UP]);
        let modifiers = Modifiers { ctrl: true, alt: true, shift: false };
        assert_eq!(chord, [KeyEvent { key: Key::Char('c'), modifiers }]);
    }

    #[test]
    fn layouts_differ_where_they_should() {
        // The keys that a US keyboard labels q y z ; ' [ and -.
        let keys = [0x10, 0x15, 0x2C, 0x27, 0x28, 0x1A, 0x0C];
        for (name, expected) in [
            ("us", "qyz;'[-"),
            ("uk", "qyz;'[-"),
            ("de", "qzyöäüß"),
            ("fr", "aywmù^)"),
            ("fi", "qyzöäå+"),
            ("no", "qyzøæå+"),
            ("jp", "qyz;:@-"),
            ("colemak", "qjzo'[-"),
            ("dvorak", "'f;s-/["),
            ("dvp", ";f's-/!"),
        ] {
            assert_eq!(text(&feed(&mut in_layout(name), &keys)), expected, "{name}");
        }
        assert_eq!(Keyboard::new().layout(), "us");
        assert!(Keyboard::new().set_layout("xx").is_err());
    }

    #[test]
    fn japanese_keys_come_without_prefix() {
        let mut keyboard = in_layout("jp");
        assert_eq!(text(&feed(&mut keyboard, &[0x7D, 0x7D | UP, 0x73, 0x73 | UP])), "¥\\");
    }

    #[test]
    fn pause_and_print_screen_change_nothing() {
        let mut keyboard = Keyboard::new();
        let pause = [0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5];
        let print_screen = [E0, 0x2A, E0, 0x37, E0, 0xB7, E0, 0xAA];
        assert_eq!(feed(&mut keyboard, &pause), []);
        assert_eq!(feed(&mut keyboard, &print_screen), []);
        assert_eq!(text(&feed(&mut keyboard, &[0x47, 0x1E])), "7a", "num lock on, shift off");
    }

    #[test]
    fn grey_keys_with_num_lock_send_a_false_shift_that_counts_for_nothing() {
        let mut keyboard = Keyboard::new();
        let events = feed(&mut keyboard, &[E0, 0x2A, E0, 0x4B, E0, 0xCB, E0, 0xAA]);
        assert_eq!(events, [KeyEvent::plain(Key::Left)]);
    }

    #[test]
    fn no_sequence_of_bytes_panics_and_letters_work_after_it() {
        // Every pair of bytes in every layout, then a clean slate.
        for name in crate::layouts() {
            let mut keyboard = in_layout(name);
            for first in 0..=255 {
                for second in 0..=255 {
                    keyboard.advance(first);
                    keyboard.advance(second);
                }
            }
            for release in 0x80..=0xDF {
                keyboard.advance(release);
                keyboard.advance(E0);
                keyboard.advance(release);
            }
            let event = keyboard.advance(0x1E).expect("a letter key");
            assert!(matches!(event.key, Key::Char('a' | 'A' | 'q' | 'Q')), "{name}: {event:?}");
            assert_eq!(event.modifiers, Modifiers::default());
        }
    }
}
