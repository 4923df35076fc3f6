//! A grid as VGA text memory: code page 437 and sixteen colours.

use alloc::vec;
use alloc::vec::Vec;

use console_graphics::Color;
use console_graphics::fold::fold;

use super::grid::{CONTINUATION, Cell, CellGrid};
use crate::theme;

/// Code page 437 from 0x80 on.
const HIGH: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}";

/// Characters that the code page lacks, each with its nearest.
const NEAREST: &[(&str, u8)] = &[
    ("ÀÁÂÃĀĂĄ", b'A'),
    ("ĆĈĊČ©", b'C'),
    ("ĎĐÐ", b'D'),
    ("ÈÊËĒĔĖĘĚ", b'E'),
    ("ĜĞĠĢ", b'G'),
    ("ĤĦ", b'H'),
    ("ÌÍÎÏĨĪĬĮİ", b'I'),
    ("Ĵ", b'J'),
    ("Ķ", b'K'),
    ("ĹĻĽĿŁ", b'L'),
    ("ŃŅŇŊ", b'N'),
    ("ÒÓÔÕØŌŎŐŒ", b'O'),
    ("ŔŖŘ®", b'R'),
    ("ŚŜŞŠ", b'S'),
    ("ŢŤŦ", b'T'),
    ("ÙÚÛŨŪŬŮŰŲ", b'U'),
    ("Ŵ", b'W'),
    ("ÝŶŸ", b'Y'),
    ("ŹŻŽ", b'Z'),
    ("ãāăą", b'a'),
    ("ćĉċč", b'c'),
    ("ďđð", b'd'),
    ("ēĕėęě", b'e'),
    ("ĝğġģ", b'g'),
    ("ĥħ", b'h'),
    ("ĩīĭįı", b'i'),
    ("ĵ", b'j'),
    ("ķĸ", b'k'),
    ("ĺļľŀł", b'l'),
    ("ńņňŋŉ", b'n'),
    ("õøōŏőœ", b'o'),
    ("ŕŗř", b'r'),
    ("śŝşš", b's'),
    ("ţťŧ", b't'),
    ("ũūŭůűų", b'u'),
    ("ŵ", b'w'),
    ("ýŷ", b'y'),
    ("źżž", b'z'),
    ("×✗✘", b'x'),
    ("…", b'.'),
    ("›", b'>'),
    ("‹", b'<'),
    ("¦", b'|'),
    ("€", 0xEE),
    ("–—", 0xC4),
    ("✓", 0xFB),
    ("▁▂", b'_'),
    ("▃▅▆", 0xDC),
    ("▇", 0xDB),
    ("→", 0x1A),
    ("←", 0x1B),
    ("↑", 0x18),
    ("↓", 0x19),
    ("↔", 0x1D),
    ("▸►▶", 0x10),
    ("◂◄◀", 0x11),
    ("▴▲", 0x1E),
    ("▾▼", 0x1F),
    ("•●", 0x07),
    ("○◦", 0x09),
    ("◆", 0x04),
    ("□▫▪", 0xFE),
    ("╭", 0xDA),
    ("╮", 0xBF),
    ("╰", 0xC0),
    ("╯", 0xD9),
    ("━┄┈", 0xC4),
    ("┃┆┊", 0xB3),
];

/// The byte that shows a character, or the one most like it; `?` where nothing is.
pub fn to_cp437(character: char) -> u8 {
    if character == CONTINUATION {
        return b' ';
    }
    if matches!(character, ' '..='~') {
        return character as u8;
    }
    let exact = HIGH.chars().position(|high| high == character);
    if let Some(index) = exact {
        return 0x80 + index as u8;
    }
    let near = NEAREST.iter().find(|(characters, _)| characters.contains(character));
    if let Some(&(_, byte)) = near {
        return byte;
    }
    match fold(character) {
        Some(folded) if folded != character => to_cp437(folded),
        _ => b'?',
    }
}

/// The VGA colour (0 to 15) that stands for a colour of the theme.
const fn foreground_index(color: Color) -> u16 {
    match color {
        theme::TEXT => 15,
        theme::DIM => 7,
        theme::FAINT | theme::LINE => 8,
        theme::ACCENT => 11,
        theme::USER => 9,
        theme::AGENT => 10,
        theme::TOOL => 14,
        theme::SYSTEM => 13,
        theme::ERROR => 12,
        theme::BACKGROUND | theme::PANEL => 0,
        _ => 7,
    }
}

/// The VGA ground (0 to 7; 8 and more would blink) that stands for a colour of the theme.
const fn background_index(color: Color) -> u16 {
    match color {
        theme::ACCENT => 3,
        theme::TEXT => 7,
        _ => 0,
    }
}

/// A cell as a word of VGA text memory: character in the low byte, attribute in the high one.
pub fn vga_word(cell: Cell) -> u16 {
    let attribute = background_index(cell.background) << 4 | foreground_index(cell.foreground);
    attribute << 8 | u16::from(to_cp437(cell.character))
}

/// Writes to VGA text memory what changed of a grid.
#[derive(Debug, Default)]
pub struct VgaWriter {
    shown: Vec<u16>,
}

impl VgaWriter {
    /// Calls `write` with the index of each cell that changed, row-major, and its word.
    pub fn diff(&mut self, grid: &CellGrid, mut write: impl FnMut(usize, u16)) {
        if self.shown.len() != grid.cells().len() {
            // No cell has this word: its attribute is white on white.
            self.shown = vec![0xFFFF; grid.cells().len()];
        }
        for (index, (&cell, shown)) in grid.cells().iter().zip(&mut self.shown).enumerate() {
            let word = vga_word(cell);
            if word != *shown {
                *shown = word;
                write(index, word);
            }
        }
    }

    /// Assumes nothing of what the memory holds.
    pub fn forget(&mut self) {
        self.shown.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::grid::CellStyle;

    #[test]
    fn the_code_page_has_128_upper_characters() {
        assert_eq!(HIGH.chars().count(), 128);
        assert_eq!(to_cp437('é'), 0x82);
        assert_eq!(to_cp437('─'), 0xC4);
        assert_eq!(to_cp437('█'), 0xDB);
        assert_eq!(to_cp437('■'), 0xFE);
    }

    #[test]
    fn what_the_code_page_lacks_becomes_something_near() {
        let shown: Vec<u8> = "“À’ł → … ✓ ▸ ›".chars().map(to_cp437).collect();
        assert_eq!(shown, b"\"A'l \x1A . \xFB \x10 >");
        assert_eq!(to_cp437('漢'), b'?');
    }

    #[test]
    fn roles_have_colours_of_their_own() {
        let roles = [theme::USER, theme::AGENT, theme::TOOL, theme::SYSTEM, theme::ERROR];
        for (index, &one) in roles.iter().enumerate() {
            for &other in &roles[index + 1..] {
                assert_ne!(foreground_index(one), foreground_index(other));
            }
        }
    }

    #[test]
    fn only_changed_cells_are_written() {
        let mut grid = CellGrid::new(80, 25);
        let mut writer = VgaWriter::default();
        let mut count = 0;
        writer.diff(&grid, |_, _| count += 1);
        assert_eq!(count, 80 * 25);
        grid.put(3, 1, 'A', CellStyle::plain(theme::AGENT));
        let mut written = Vec::new();
        writer.diff(&grid, |index, word| written.push((index, word)));
        assert_eq!(written, [(83, 0x0A41)]);
    }
}
