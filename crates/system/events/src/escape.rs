//! JSON strings without a heap (RFC 8259, section 7).

use core::fmt::{self, Write};

/// Writes `text` as the inside of a JSON string, without the quotes around it. Nothing but what
/// must be escaped is: other characters, non-BMP ones too, stay UTF-8.
///
/// # Errors
/// Those of `out`.
pub fn write_escaped(out: &mut impl Write, text: &str) -> fmt::Result {
    let mut plain_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        // Bytes of longer UTF-8 sequences are 0x80 and up: none is taken for a control character.
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.write_str(&text[plain_from..at])?;
        plain_from = at + 1;
        match short {
            "" => write!(out, "\\u{byte:04x}")?,
            short => out.write_str(short)?,
        }
    }
    out.write_str(&text[plain_from..])
}

/// Escapes whatever is written through it: for `write!(Escaped(&mut out), "{value}")`.
#[derive(Debug)]
pub struct Escaped<'a, W>(
    /// Where the escaped text goes.
    pub &'a mut W,
);

impl<W: Write> Write for Escaped<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write_escaped(self.0, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};
    use proptest::prelude::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        write_escaped(&mut out, text).unwrap();
        out
    }

    #[test]
    fn escapes_what_json_demands_and_nothing_else() {
        assert_eq!(escaped("a \"b\" \\ /"), "a \\\"b\\\" \\\\ /");
        assert_eq!(escaped("\n\r\t\0\u{1b}\u{7f}"), "\\n\\r\\t\\u0000\\u001b\u{7f}");
        assert_eq!(escaped("é 漢 🦀\u{2028}"), "é 漢 🦀\u{2028}");
        assert_eq!(escaped(""), "");
    }

    proptest! {
        #[test]
        fn any_text_survives_a_json_parser(text in ".*|[\\x00-\\x7f]*") {
            let line = format!("\"{}\"", escaped(&text));
            prop_assert!(!line.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }
}
