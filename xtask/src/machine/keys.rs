//! Keys of a US keyboard by the names that QEMU has for them.

use std::fmt;

/// Keys that are pressed together, modifiers first, as QEMU `QKeyCode` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chord(Vec<&'static str>);

impl Chord {
    /// The QEMU key codes, in the order in which they go down.
    pub fn key_codes(&self) -> &[&'static str] {
        &self.0
    }
}

/// A key that a US keyboard does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownKey {
    /// No key, with or without Shift, types this character.
    Character(char),
    /// No key or modifier has this name.
    Name(String),
}

impl fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(character) => write!(f, "no key of a US keyboard types {character:?}"),
            Self::Name(name) => write!(
                f,
                "no key is named {name:?} (try enter, esc, tab, backspace, delete, insert, up, \
                 down, left, right, home, end, pgup, pgdn, f1 to f12, or a character, after ctrl-, \
                 alt-, altgr- or shift-)"
            ),
        }
    }
}

impl std::error::Error for UnknownKey {}

/// Keys that type nothing, with the names that people use.
const NAMED: &[(&str, &str)] = &[
    ("enter", "ret"),
    ("return", "ret"),
    ("ret", "ret"),
    ("esc", "esc"),
    ("escape", "esc"),
    ("tab", "tab"),
    ("space", "spc"),
    ("spc", "spc"),
    ("backspace", "backspace"),
    ("delete", "delete"),
    ("del", "delete"),
    ("insert", "insert"),
    ("up", "up"),
    ("down", "down"),
    ("left", "left"),
    ("right", "right"),
    ("home", "home"),
    ("end", "end"),
    ("pgup", "pgup"),
    ("pageup", "pgup"),
    ("pgdn", "pgdn"),
    ("pagedown", "pgdn"),
    ("f1", "f1"),
    ("f2", "f2"),
    ("f3", "f3"),
    ("f4", "f4"),
    ("f5", "f5"),
    ("f6", "f6"),
    ("f7", "f7"),
    ("f8", "f8"),
    ("f9", "f9"),
    ("f10", "f10"),
    ("f11", "f11"),
    ("f12", "f12"),
    ("caps_lock", "caps_lock"),
    ("less", "less"),
    ("shift", "shift"),
    ("ctrl", "ctrl"),
    ("alt", "alt"),
];

const MODIFIERS: &[(&str, &str)] =
    &[("ctrl-", "ctrl"), ("altgr-", "alt_r"), ("alt-", "alt"), ("shift-", "shift")];

/// Key code, character alone, character with Shift.
const PRINTABLE: &[(&str, char, char)] = &[
    ("a", 'a', 'A'),
    ("b", 'b', 'B'),
    ("c", 'c', 'C'),
    ("d", 'd', 'D'),
    ("e", 'e', 'E'),
    ("f", 'f', 'F'),
    ("g", 'g', 'G'),
    ("h", 'h', 'H'),
    ("i", 'i', 'I'),
    ("j", 'j', 'J'),
    ("k", 'k', 'K'),
    ("l", 'l', 'L'),
    ("m", 'm', 'M'),
    ("n", 'n', 'N'),
    ("o", 'o', 'O'),
    ("p", 'p', 'P'),
    ("q", 'q', 'Q'),
    ("r", 'r', 'R'),
    ("s", 's', 'S'),
    ("t", 't', 'T'),
    ("u", 'u', 'U'),
    ("v", 'v', 'V'),
    ("w", 'w', 'W'),
    ("x", 'x', 'X'),
    ("y", 'y', 'Y'),
    ("z", 'z', 'Z'),
    ("1", '1', '!'),
    ("2", '2', '@'),
    ("3", '3', '#'),
    ("4", '4', '$'),
    ("5", '5', '%'),
    ("6", '6', '^'),
    ("7", '7', '&'),
    ("8", '8', '*'),
    ("9", '9', '('),
    ("0", '0', ')'),
    ("minus", '-', '_'),
    ("equal", '=', '+'),
    ("bracket_left", '[', '{'),
    ("bracket_right", ']', '}'),
    ("semicolon", ';', ':'),
    ("apostrophe", '\'', '"'),
    ("grave_accent", '`', '~'),
    ("backslash", '\\', '|'),
    ("comma", ',', '<'),
    ("dot", '.', '>'),
    ("slash", '/', '?'),
];

/// The keys that type `character`.
pub fn chord_for_character(character: char) -> Result<Chord, UnknownKey> {
    match character {
        '\n' => return Ok(Chord(vec!["ret"])),
        '\t' => return Ok(Chord(vec!["tab"])),
        ' ' => return Ok(Chord(vec!["spc"])),
        _ => {}
    }
    PRINTABLE
        .iter()
        .find_map(|&(code, plain, shifted)| match character {
            _ if character == plain => Some(Chord(vec![code])),
            _ if character == shifted => Some(Chord(vec!["shift", code])),
            _ => None,
        })
        .ok_or(UnknownKey::Character(character))
}

/// The keys that type `text`, one chord for each character.
pub fn chords_for_text(text: &str) -> Result<Vec<Chord>, UnknownKey> {
    text.chars().map(chord_for_character).collect()
}

/// The keys named `name`: any of `ctrl-`, `alt-`, `altgr-`, `shift-`, then a key or a character.
pub fn chord_for_name(name: &str) -> Result<Chord, UnknownKey> {
    let mut codes = Vec::new();
    let mut rest = name;
    while let Some((prefix, code)) =
        MODIFIERS.iter().find(|(prefix, _)| rest.len() > prefix.len() && rest.starts_with(prefix))
    {
        codes.push(*code);
        rest = &rest[prefix.len()..];
    }
    if let Some((_, code)) = NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(rest)) {
        codes.push(code);
        return Ok(Chord(codes));
    }
    let mut characters = rest.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => {
            let chord =
                chord_for_character(character).map_err(|_| UnknownKey::Name(name.to_owned()))?;
            codes.extend(chord.0);
            Ok(Chord(codes))
        }
        _ => Err(UnknownKey::Name(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_printable_ascii_character_has_its_own_keys() {
        let chords: HashSet<Vec<_>> = (' '..='~')
            .map(|character| chord_for_character(character).unwrap().key_codes().to_vec())
            .collect();
        assert_eq!(chords.len(), 95);
    }

    #[test]
    fn shift_is_pressed_where_a_person_presses_it() {
        let codes = |character| chord_for_character(character).unwrap().key_codes().to_vec();
        assert_eq!(codes('a'), ["a"]);
        assert_eq!(codes('A'), ["shift", "a"]);
        assert_eq!(codes('/'), ["slash"]);
        assert_eq!(codes('?'), ["shift", "slash"]);
        assert_eq!(codes('"'), ["shift", "apostrophe"]);
        assert_eq!(codes('\n'), ["ret"]);
    }

    #[test]
    fn names_may_carry_modifiers() {
        let codes = |name| chord_for_name(name).unwrap().key_codes().to_vec();
        assert_eq!(codes("enter"), ["ret"]);
        assert_eq!(codes("ctrl-c"), ["ctrl", "c"]);
        assert_eq!(codes("ctrl-alt-delete"), ["ctrl", "alt", "delete"]);
        assert_eq!(codes("shift-pgup"), ["shift", "pgup"]);
        assert_eq!(codes("ctrl--"), ["ctrl", "minus"]);
        assert_eq!(codes("F12"), ["f12"]);
    }

    #[test]
    fn what_no_key_types_is_named_in_the_error() {
        assert_eq!(chords_for_text("aé"), Err(UnknownKey::Character('é')));
        assert_eq!(chord_for_name("ctrl-foo"), Err(UnknownKey::Name("ctrl-foo".to_owned())));
        assert_eq!(chord_for_name(""), Err(UnknownKey::Name(String::new())));
    }
}
