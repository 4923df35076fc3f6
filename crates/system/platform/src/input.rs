//! Keys, whatever they were typed on.

/// A key, after the keyboard layout has been applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A printable character. With Ctrl held it is the lower-case letter of the key.
    Char(char),
    /// Enter or Return.
    Enter,
    /// Backspace.
    Backspace,
    /// Delete forward.
    Delete,
    /// Insert.
    Insert,
    /// Tab.
    Tab,
    /// Escape.
    Escape,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, 1 to 12.
    F(u8),
}

/// What was held down together with a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modifiers {
    /// Either Ctrl key.
    pub ctrl: bool,
    /// Either Alt key; AltGr only where the layout has no character for it.
    pub alt: bool,
    /// Either Shift key. Not with a character typed without Ctrl: there it took part in the layout.
    pub shift: bool,
}

/// One press of a key (or one repeat of it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyEvent {
    /// The key.
    pub key: Key,
    /// What was held down with it.
    pub modifiers: Modifiers,
}

impl KeyEvent {
    /// A key pressed alone.
    pub const fn plain(key: Key) -> Self {
        Self { key, modifiers: Modifiers { ctrl: false, alt: false, shift: false } }
    }

    /// A key pressed with Ctrl.
    pub const fn ctrl(key: Key) -> Self {
        Self { key, modifiers: Modifiers { ctrl: true, alt: false, shift: false } }
    }

    /// A key pressed with Alt.
    pub const fn alt(key: Key) -> Self {
        Self { key, modifiers: Modifiers { ctrl: false, alt: true, shift: false } }
    }

    /// A key pressed with Shift.
    pub const fn shift(key: Key) -> Self {
        Self { key, modifiers: Modifiers { ctrl: false, alt: false, shift: true } }
    }
}
