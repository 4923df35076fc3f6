//! Names: long ones in UTF-16, and the short ones of eight and three characters beside them.

use crate::bytes::put;
use alloc::{string::String, vec::Vec};
use core::fmt;

/// A short name as it stands on a disk: eight characters and three, filled with spaces.
pub(super) type Short = [u8; 11];

/// UTF-16 units in one slot of a long name, and where they stand.
const UNITS: [usize; 13] = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
/// The most UTF-16 units of a name.
const MOST_UNITS: usize = 255;
/// Attributes of a slot of a long name.
pub(super) const LONG: u8 = 0x0f;

/// The upper half of code page 437, which short names are taken to be in.
const CODE_PAGE: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// Why a name cannot be given to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// There is nothing.
    Empty,
    /// It is longer than 255 UTF-16 units.
    Long {
        /// How many it has.
        units: usize,
    },
    /// It has a character that no name may have.
    Character(char),
    /// It ends with a dot or a space, which Windows drops.
    End(char),
    /// Windows takes it for a device.
    Device,
}

/// Whether a new file may have this name, here and elsewhere.
pub(super) fn check(name: &str) -> Result<(), NameFault> {
    let is_bad = |c: &char| (*c as u32) < 0x20 || "\"*/:<>?\\|\u{7f}".contains(*c);
    if let Some(bad) = name.chars().find(is_bad) {
        return Err(NameFault::Character(bad));
    }
    match name.chars().next_back() {
        None => return Err(NameFault::Empty),
        Some(end @ ('.' | ' ')) => return Err(NameFault::End(end)),
        Some(_) => {}
    }
    let units = name.encode_utf16().count();
    if units > MOST_UNITS {
        return Err(NameFault::Long { units });
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_numbered =
        |kind| stem.strip_prefix(kind).is_some_and(|rest| matches!(rest.as_bytes(), [b'1'..=b'9']));
    let is_device = ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str())
        || is_numbered("COM")
        || is_numbered("LPT");
    if is_device { Err(NameFault::Device) } else { Ok(()) }
}

/// What two names that mean the same file have in common: upper case, letter by letter.
pub(super) fn fold(name: &str) -> String {
    name.chars()
        .map(|c| {
            let mut upper = c.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        })
        .collect()
}

/// A short name as text. `case` says which halves are in lower case, as Windows NT has it.
pub(super) fn decode_short(short: &Short, case: u8) -> String {
    let part = |bytes: &[u8], is_lower: bool, text: &mut String| {
        let len = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        for byte in &bytes[..len] {
            let c = match byte {
                0..0x80 => char::from(*byte),
                _ => CODE_PAGE.chars().nth(usize::from(byte - 0x80)).expect("the page is whole"),
            };
            // A separator in a name would make a path of it.
            let c = if c == '/' || c < ' ' { '\u{fffd}' } else { c };
            text.push(if is_lower { c.to_ascii_lowercase() } else { c });
        }
    };
    let mut bytes = *short;
    if bytes[0] == 0x05 {
        // The letter whose code marks deleted entries.
        bytes[0] = 0xe5;
    }
    let mut text = String::new();
    part(&bytes[..8], case & 0x08 != 0, &mut text);
    if bytes[8..] != *b"   " {
        text.push('.');
        part(&bytes[8..], case & 0x10 != 0, &mut text);
    }
    text
}

/// A name as UTF-16 units in text; halves of pairs become replacement characters, as do separators.
pub(super) fn decode_long(units: &[u16]) -> String {
    char::decode_utf16(units.iter().copied())
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .map(|c| if c == '/' || c < ' ' { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

fn is_short_char(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"!#$%&'()-@^_`{}~".contains(&byte)
}

/// The short name that says all of `name`, if there is one.
pub(super) fn exact_short(name: &str) -> Option<Short> {
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let fits = |part: &str, most| part.len() <= most && part.bytes().all(is_short_char);
    let has_dot_alone = name.ends_with('.');
    if stem.is_empty() || has_dot_alone || !fits(stem, 8) || !fits(extension, 3) {
        return None;
    }
    Some(padded(stem.as_bytes(), extension.as_bytes()))
}

fn padded(stem: &[u8], extension: &[u8]) -> Short {
    let mut short = [b' '; 11];
    put(&mut short, 0, stem);
    put(&mut short, 8, extension);
    short
}

/// A short name to stand beside a long one, like `LONGNA~1.TXT`, that nobody has yet.
pub(super) fn alias(name: &str, is_taken: impl Fn(&Short) -> bool) -> Short {
    let name = name.trim_start_matches(['.', ' ']);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let plain = |part: &str, most| -> Vec<u8> {
        part.chars()
            .filter(|c| !matches!(c, ' ' | '.'))
            .map(|c| u8::try_from(c.to_ascii_uppercase()).unwrap_or(b'_'))
            .map(|byte| if is_short_char(byte) { byte } else { b'_' })
            .take(most)
            .collect()
    };
    let (stem, extension) = (plain(stem, 6), plain(extension, 3));
    (1_u32..)
        .map(|number| {
            let tail = alloc::format!("~{number}");
            let mut stem = stem[..stem.len().min(8 - tail.len())].to_vec();
            stem.extend(tail.bytes());
            padded(&stem, &extension)
        })
        .find(|short| !is_taken(short))
        .expect("a folder has fewer entries than there are numbers")
}

/// What slots of a long name say of the short one, to tell that they belong together.
pub(super) fn checksum(short: &Short) -> u8 {
    short.iter().fold(0_u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte))
}

/// The slots of a long name, in the order of the disk: the end of the name first.
pub(super) fn long_slots(name: &str, checksum: u8) -> Vec<[u8; 32]> {
    let units: Vec<u16> = name.encode_utf16().collect();
    let count = units.len().div_ceil(UNITS.len());
    let slot = |(index, part): (usize, &[u16])| {
        let mut slot = [0xff; 32];
        let end = if index + 1 == count { 0x40 } else { 0 };
        slot[0] = (index as u8 + 1) | end;
        (slot[11], slot[12], slot[13]) = (LONG, 0, checksum);
        put(&mut slot, 26, &[0, 0]);
        // A name that does not fill its slots ends with a zero.
        for (unit, at) in part.iter().chain([&0]).zip(UNITS) {
            put(&mut slot, at, &unit.to_le_bytes());
        }
        slot
    };
    let mut slots: Vec<_> = units.chunks(UNITS.len()).enumerate().map(slot).collect();
    slots.reverse();
    slots
}

/// The UTF-16 units of one slot.
pub(super) fn slot_units(slot: &[u8]) -> impl Iterator<Item = u16> {
    UNITS.map(|at| u16::from_le_bytes([slot[at], slot[at + 1]])).into_iter()
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::Long { units } => write!(f, "it has {units} characters, and 255 is the most"),
            Self::Character(c) => write!(f, "it has the character {c:?}"),
            Self::End(c) => write!(f, "it ends with {c:?}"),
            Self::Device => f.write_str("Windows has a device of that name"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_others_could_not_use_are_refused() {
        assert_eq!(check("Größe – 数.txt"), Ok(()));
        assert_eq!(check("comet.txt"), Ok(()));
        assert_eq!(check("a?b"), Err(NameFault::Character('?')));
        assert_eq!(check("a\nb"), Err(NameFault::Character('\n')));
        assert_eq!(check("end."), Err(NameFault::End('.')));
        assert_eq!(check("nul.txt"), Err(NameFault::Device));
        assert_eq!(check("Com1"), Err(NameFault::Device));
        assert_eq!(check(""), Err(NameFault::Empty));
        assert_eq!(check(&"x".repeat(256)), Err(NameFault::Long { units: 256 }));
        assert_eq!(check(&"x".repeat(255)), Ok(()));
    }

    #[test]
    fn short_names_are_text_in_the_case_that_they_say() {
        assert_eq!(decode_short(b"README  TXT", 0), "README.TXT");
        assert_eq!(decode_short(b"README  TXT", 0x18), "readme.txt");
        assert_eq!(decode_short(b"README     ", 0x10), "README");
        assert_eq!(decode_short(b"\x05\x84      X  ", 0), "σä.X");
        assert_eq!(CODE_PAGE.chars().count(), 128);
    }

    #[test]
    fn aliases_avoid_those_that_are_taken() {
        let none = |_: &Short| false;
        assert_eq!(alias("Long file name.text", none), *b"LONGFI~1TEX");
        assert_eq!(alias("Long file name.text", |s| s == b"LONGFI~1TEX"), *b"LONGFI~2TEX");
        let up_to_nine = |s: &Short| matches!(s[7], b'1'..=b'9') && s[6] == b'~';
        assert_eq!(alias("Long file name.text", up_to_nine), *b"LONGF~10TEX");
        assert_eq!(alias(".profile", none), *b"PROFIL~1   ");
        assert_eq!(alias("数.数", none), *b"_~1     _  ");
        assert_eq!(exact_short("A.B"), Some(*b"A       B  "));
        assert_eq!(exact_short("a.b"), None);
        assert_eq!(exact_short("A.B.C"), None);
    }

    #[test]
    fn a_long_name_comes_back_from_its_slots() {
        for name in ["a", "exactly13char", "exactly13chars", "📁 with pairs and more than one slot"]
        {
            let slots = long_slots(name, 7);
            assert_eq!(slots[0][0] & 0x40, 0x40);
            let units: Vec<u16> = slots
                .iter()
                .rev()
                .flat_map(|slot| slot_units(slot))
                .take_while(|unit| *unit != 0 && *unit != 0xffff)
                .collect();
            assert_eq!(decode_long(&units), name);
        }
    }

    #[test]
    fn names_that_differ_in_case_mean_the_same() {
        assert_eq!(fold("größe.TXT"), fold("GRÖßE.txt"));
        assert_ne!(fold("a"), fold("b"));
    }
}
