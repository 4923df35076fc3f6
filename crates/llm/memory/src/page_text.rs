//! HTML as text that can be read: no scripts and styles, a line for each block. For the tool that
//! gets pages, and for [`crate::chunk`], which has to know the lines of the source.
//!
//! Pages are rarely well formed, so nothing is parsed into a tree: tags only end lines, and what no
//! tag is stays text.

use alloc::{string::String, vec::Vec};

/// Elements whose content is not text.
const HIDDEN: [&str; 6] = ["script", "style", "noscript", "template", "svg", "head"];
/// Elements that stand on lines of their own.
pub(crate) const BLOCKS: [&str; 31] = [
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
pub(crate) const CELLS: [&str; 2] = ["td", "th"];

/// The text of a page, its title first.
pub fn readable(html: &str) -> String {
    let mut text = String::new();
    if let Some(title) = title(html) {
        text.push_str(&title.text);
        text.push('\n');
    }
    // Line ends of the source are spaces, but for text that is laid out already.
    let mut is_laid_out = false;
    for token in Tokens::new(html) {
        match token {
            Token::Text { source, .. } => add_text(&mut text, source, is_laid_out),
            Token::Tag(tag) => {
                if tag.is_one_of(&["pre"]) {
                    is_laid_out = !tag.is_end;
                }
                if tag.is_one_of(&BLOCKS) {
                    text.push('\n');
                    if tag.is_one_of(&["li"]) && !tag.is_end {
                        text.push_str("- ");
                    }
                } else if tag.is_one_of(&CELLS) {
                    text.push(' ');
                }
            }
        }
    }
    tidy(&text)
}

fn add_text(text: &mut String, source: &str, is_laid_out: bool) {
    match is_laid_out {
        true => decode_into(text, source),
        false => decode_into(text, &source.replace(['\n', '\r'], " ")),
    }
}

/// A page from its beginning to its end, without what is in [`HIDDEN`] elements. The work is linear,
/// whatever the page.
pub(crate) struct Tokens<'a> {
    html: &'a str,
    at: usize,
    /// Quotes in tags are not looked at any more: one was never closed, and every other tag would be
    /// looked through to the end of the page for nothing.
    quotes_are_broken: bool,
}

/// A part of a page.
pub(crate) enum Token<'a> {
    /// Text as it is written, entities not decoded.
    Text {
        /// Where it begins, in bytes.
        at: usize,
        source: &'a str,
    },
    Tag(Tag<'a>),
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(html: &'a str) -> Self {
        Self { html, at: 0, quotes_are_broken: false }
    }

    /// The tag that begins at `at`; `None` if the `<` there is just a character.
    fn tag(&mut self, at: usize) -> Option<Tag<'a>> {
        let text = &self.html[at..];
        if text.starts_with("<!--") {
            let len_bytes = text.find("-->").map_or(text.len(), |end| end + 3);
            return Some(Tag { name: "", is_end: false, at, len_bytes });
        }
        let inside = &text[1..];
        if inside.starts_with(['!', '?']) {
            let len_bytes = text.find('>').map_or(text.len(), |end| end + 1);
            return Some(Tag { name: "", is_end: false, at, len_bytes });
        }
        let (name, is_end) = tag_name(text)?;
        let end = if self.quotes_are_broken { None } else { end_outside_quotes(text) };
        self.quotes_are_broken |= end.is_none();
        // A quote that is not closed: the tag ends at the first bracket.
        let end = end.or_else(|| text.find('>').map(|at| at + 1)).unwrap_or(text.len());
        Some(Tag { name, is_end, at, len_bytes: end })
    }

    /// Goes behind the end tag of a hidden element; to the end if it is not closed.
    fn skip(&mut self, name: &str) {
        let is_head = name.eq_ignore_ascii_case("head");
        while let Some(found) = self.html[self.at..].find('<') {
            let at = self.at + found;
            match tag_name(&self.html[at..]) {
                Some((end, true)) if end.eq_ignore_ascii_case(name) => {
                    let len_bytes = self.tag(at).map_or(1, |tag| tag.len_bytes);
                    self.at = at + len_bytes;
                    return;
                }
                // The end tag of a head may be left out.
                Some((body, false)) if is_head && body.eq_ignore_ascii_case("body") => {
                    self.at = at;
                    return;
                }
                _ => self.at = at + 1,
            }
        }
        self.at = self.html.len();
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        let mut from = start;
        let (end, tag) = loop {
            let Some(found) = self.html[from..].find('<') else { break (self.html.len(), None) };
            if let Some(tag) = self.tag(from + found) {
                break (from + found, Some(tag));
            }
            from += found + 1;
        };
        if end > start {
            // The tag is read again: its end is not far, or the last that is looked for so.
            self.at = end;
            return Some(Token::Text { at: start, source: &self.html[start..end] });
        }
        let tag = tag?;
        self.at = tag.at + tag.len_bytes;
        if tag.is_one_of(&HIDDEN) && !tag.is_end {
            self.skip(tag.name);
        }
        Some(Token::Tag(tag))
    }
}

/// One tag.
pub(crate) struct Tag<'a> {
    /// Its name as it is written; empty for comments and declarations.
    pub(crate) name: &'a str,
    pub(crate) is_end: bool,
    /// Where it begins, in bytes.
    pub(crate) at: usize,
    /// How long it is, in bytes, brackets included.
    len_bytes: usize,
}

impl Tag<'_> {
    pub(crate) fn is_one_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.eq_ignore_ascii_case(name))
    }
}

/// The name of the tag that `text` begins with, and whether it is an end tag; `None` if its `<` begins
/// no tag with a name.
fn tag_name(text: &str) -> Option<(&str, bool)> {
    let (is_end, inside) = match text[1..].strip_prefix('/') {
        Some(inside) => (true, inside),
        None => (false, &text[1..]),
    };
    if !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
    Some((&inside[..end], is_end))
}

/// How long the tag is that `text` begins with; `None` if it has no end that is not in quotes.
fn end_outside_quotes(text: &str) -> Option<usize> {
    let mut quote = None;
    text.bytes()
        .position(|byte| {
            match quote {
                Some(open) if byte == open => quote = None,
                Some(_) => {}
                None if byte == b'"' || byte == b'\'' => quote = Some(byte),
                None => return byte == b'>',
            }
            false
        })
        .map(|at| at + 1)
}

/// What a page calls itself.
pub(crate) struct Title {
    pub(crate) text: String,
    /// Where its tag begins, in bytes.
    pub(crate) at: usize,
}

/// What stands in the first `title`; `None` if there is none before the body.
pub(crate) fn title(html: &str) -> Option<Title> {
    let mut tokens = Tokens::new(html);
    while let Some(found) = html[tokens.at..].find('<') {
        let at = tokens.at + found;
        match tokens.tag(at) {
            Some(tag) if tag.is_one_of(&["title"]) && !tag.is_end => {
                let inside = &html[at + tag.len_bytes..];
                let mut text = String::new();
                decode_into(&mut text, inside.split('<').next().unwrap_or_default());
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                return (!text.is_empty()).then_some(Title { text, at });
            }
            Some(tag) if tag.is_one_of(&["body"]) => return None,
            Some(tag) => tokens.at = at + tag.len_bytes,
            None => tokens.at = at + 1,
        }
    }
    None
}

/// Adds text with its entities decoded; those that are not known stay as they are.
pub(crate) fn decode_into(text: &mut String, mut source: &str) {
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
            ("<head><title>t</title><body>y", "t\ny"),
        ] {
            assert_eq!(readable(page), expected, "{page}");
        }
    }

    #[test]
    fn quotes_that_are_never_closed_cost_one_look_to_the_end() {
        // Each of these was looked through to the end of the page for each of its tags.
        for part in ["<a \">\" ", "<script></a \"", "<a '", "<!--", "< <", "<svg></svg \">\""] {
            let page = part.repeat(1 << 17);
            assert!(readable(&page).len() <= page.len());
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
