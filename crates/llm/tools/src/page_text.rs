//! HTML as text that can be read: no scripts and styles, a line for each block.
//!
//! Pages are rarely well formed, so nothing is parsed into a tree: tags only end lines, and what no
//! tag is stays text.

use alloc::{string::String, vec::Vec};

/// Elements whose content is not text.
const HIDDEN: [&str; 6] = ["script", "style", "noscript", "template", "svg", "head"];
/// Elements that stand on lines of their own.
const BLOCKS: [&str; 31] = [
    "p",
    "div",
    "br",
    "hr",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "tr",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "section",
    "article",
    "header",
    "footer",
    "nav",
    "main",
    "aside",
    "form",
    "pre",
    "blockquote",
    "option",
    "figcaption",
    "body",
];
/// Cells of a row.
const CELLS: [&str; 2] = ["td", "th"];

/// The text of a page, its title first.
pub fn readable(html: &str) -> String {
    let mut text = String::new();
    if let Some(title) = title(html) {
        text.push_str(&title);
        text.push('\n');
    }
    let mut rest = html;
    // Line ends of the source are spaces, but for text that is laid out already.
    let mut is_laid_out = false;
    while let Some(start) = rest.find('<') {
        add_text(&mut text, &rest[..start], is_laid_out);
        rest = &rest[start..];
        rest = match tag(rest) {
            Some(tag) => {
                if tag.is_one_of(&["pre"]) {
                    is_laid_out = !tag.is_end;
                }
                after_tag(&mut text, tag, rest)
            }
            None => {
                text.push('<');
                &rest[1..]
            }
        };
    }
    add_text(&mut text, rest, is_laid_out);
    tidy(&text)
}

fn add_text(text: &mut String, source: &str, is_laid_out: bool) {
    match is_laid_out {
        true => decode_into(text, source),
        false => decode_into(text, &source.replace(['\n', '\r'], " ")),
    }
}

/// One tag at the start of a text.
struct Tag<'a> {
    /// Its name as it is written; empty for comments and declarations.
    name: &'a str,
    is_end: bool,
    /// How long it is, in bytes, brackets included.
    len_bytes: usize,
}

impl Tag<'_> {
    fn is_one_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.eq_ignore_ascii_case(name))
    }
}

/// The tag that `text` begins with; `None` if its `<` is just a character.
fn tag(text: &str) -> Option<Tag<'_>> {
    if text.starts_with("<!--") {
        let len_bytes = text.find("-->").map_or(text.len(), |end| end + 3);
        return Some(Tag { name: "", is_end: false, len_bytes });
    }
    let inside = &text[1..];
    if inside.starts_with(['!', '?']) {
        let len_bytes = text.find('>').map_or(text.len(), |end| end + 1);
        return Some(Tag { name: "", is_end: false, len_bytes });
    }
    let (is_end, inside) = match inside.strip_prefix('/') {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    if !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let name_end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
    let mut quote = None;
    let end = text.char_indices().find_map(|(at, c)| {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '>' => return Some(at + 1),
            None => {}
        }
        None
    });
    // A quote that is not closed: the tag ends at the first bracket.
    let end = end.or_else(|| text.find('>').map(|at| at + 1)).unwrap_or(text.len());
    Some(Tag { name: &inside[..name_end], is_end, len_bytes: end })
}

/// Writes what a tag means for the text; returns what follows it.
fn after_tag<'a>(text: &mut String, tag: Tag<'a>, at_tag: &'a str) -> &'a str {
    let rest = &at_tag[tag.len_bytes..];
    if tag.is_one_of(&BLOCKS) {
        text.push('\n');
        if tag.is_one_of(&["li"]) && !tag.is_end {
            text.push_str("- ");
        }
    } else if tag.is_one_of(&CELLS) {
        text.push(' ');
    } else if tag.is_one_of(&HIDDEN) && !tag.is_end {
        return behind_end(rest, tag.name);
    }
    rest
}

/// What follows the end tag of an element; nothing if it is not closed.
fn behind_end<'a>(text: &'a str, name: &str) -> &'a str {
    let mut at = 0;
    while let Some(found) = text[at..].find("</") {
        let end = at + found;
        if let Some(tag) = tag(&text[end..]).filter(|tag| tag.is_end && tag.is_one_of(&[name])) {
            return &text[end + tag.len_bytes..];
        }
        at = end + 2;
    }
    ""
}

/// What stands in the first `title`.
fn title(html: &str) -> Option<String> {
    let mut at = 0;
    while let Some(found) = html[at..].find('<') {
        at += found;
        match tag(&html[at..]) {
            Some(tag) if tag.is_one_of(&["title"]) && !tag.is_end => {
                let inside = &html[at + tag.len_bytes..];
                let mut title = String::new();
                decode_into(&mut title, inside.split('<').next().unwrap_or_default());
                let title = title.trim();
                return (!title.is_empty()).then(|| title.into());
            }
            Some(tag) if tag.is_one_of(&["body"]) => return None,
            Some(tag) => at += tag.len_bytes,
            None => at += 1,
        }
    }
    None
}

/// Adds text with its entities decoded; those that are not known stay as they are.
fn decode_into(text: &mut String, mut source: &str) {
    while let Some(start) = source.find('&') {
        text.push_str(&source[..start]);
        source = &source[start..];
        let end = source.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, entity(&source[1..end])?))) {
            Some((end, c)) => {
                text.push(c);
                source = &source[end + 1..];
            }
            None => {
                text.push('&');
                source = &source[1..];
            }
        }
    }
    text.push_str(source);
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control() || c.is_whitespace());
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "laquo" => '«',
        "raquo" => '»',
        "bull" => '•',
        "middot" => '·',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "deg" => '°',
        "euro" => '€',
        "pound" => '£',
        "times" => '×',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        "eacute" => 'é',
        "egrave" => 'è',
        "agrave" => 'à',
        "ccedil" => 'ç',
        _ => return None,
    })
}

/// One space between words, no empty lines, no item without a text.
fn tidy(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = lines.filter(|line| !line.is_empty() && line != "-").collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_becomes_lines_of_text() {
        let page = "<!DOCTYPE html><html><head><title>Fish &amp; chips</title>\
            <style>p { color: red }</style></head><body class='a>b'><!-- menu <p> -->\
            <h1>Prices</h1><p>Today:\n   <b>two</b> for&nbsp;&euro;5, <a href=\"/x\">order \
            here</a>.<br/>Open 11&ndash;23.</p><ul><li>Cod<li>Plaice</li></ul>\
            <table><tr><td>1</td><td>2</td></tr></table>\
            <script>if (a < b) { document.write('</p>') }</script></body></html>";
        assert_eq!(
            readable(page),
            "Fish & chips\nPrices\nToday: two for €5, order here.\nOpen 11–23.\n- Cod\n- Plaice\n1 2"
        );
    }

    #[test]
    fn what_is_broken_stays_readable() {
        for (page, expected) in [
            ("a < b && c > d", "a < b && c > d"),
            ("&unknown; &#x41;&#66; &#0; &amp", "&unknown; AB &#0; &amp"),
            ("<p title=\"open>text</p>", "text"),
            ("cut <a hre", "cut"),
            ("<script>never closed", ""),
            ("two\n\nlines <pre>of\ncode", "two lines\nof\ncode"),
            ("<SCRIPT>x</sCript >y", "y"),
        ] {
            assert_eq!(readable(page), expected, "{page}");
        }
    }

    proptest! {
        #[test]
        fn any_page_can_be_read(page in "([<>/&;!\"'a-z ä#-]|<p>|<script|</|&#|&amp;|<!--){0,60}") {
            let text = readable(&page);
            prop_assert!(text.len() <= page.len() * 2 + 8);
        }
    }
}
