//! Characters that neither the font nor the drawn symbols have, replaced by near ones.

/// A character that looks and means nearly the same and is more widely available.
///
/// Typographic quotes, dashes and spaces are what language models like to write.
pub const fn fold(character: char) -> Option<char> {
    Some(match character {
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2032}' | '\u{02BC}' => '\'',
        '\u{201A}' => ',',
        '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{201F}' | '\u{2033}' => '"',
        '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{FE63}' | '\u{FF0D}' => '-',
        '\u{2015}' => '\u{2014}',
        '\u{00A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => ' ',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{2217}' | '\u{2731}' => '*',
        '\u{223C}' | '\u{2248}' => '~',
        '\u{2022}' | '\u{2219}' | '\u{25CF}' | '\u{26AB}' => '•',
        '\u{22C5}' | '\u{2027}' => '·',
        '\u{21D2}' | '\u{27F6}' | '\u{2794}' | '\u{279C}' | '\u{21A6}' => '→',
        '\u{21D0}' | '\u{27F5}' => '←',
        '\u{25B6}' | '\u{25BA}' | '\u{23F5}' => '▸',
        '\u{25BC}' => '▾',
        '\u{25B2}' => '▴',
        '\u{25C0}' | '\u{25C4}' => '◂',
        '\u{2714}' | '\u{2705}' | '\u{2611}' => '✓',
        '\u{2718}' | '\u{2717}' | '\u{2716}' | '\u{2715}' | '\u{274C}' => '✗',
        '\u{26A0}' => '!',
        '\u{22EF}' => '…',
        '\u{2212}' => '–',
        _ => return None,
    })
}
