//! The last line of a log. A panic may come from the allocator, so this one is written piece by
//! piece, without a heap.

use crate::escape::Escaped;
use core::fmt::{self, Display, Write};

/// The name of the event.
pub const PANIC_EVENT: &str = "panic";

/// A place in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// Source file.
    pub file: &'a str,
    /// Line, from 1.
    pub line: u32,
}

/// Writes a `panic` event and the line's end. Frames of the backtrace are written as they display,
/// innermost first.
///
/// # Errors
/// Those of `out`.
pub fn write_panic_line(
    out: &mut impl Write,
    t_ms: u64,
    message: &dyn Display,
    location: Option<Location<'_>>,
    backtrace: impl Iterator<Item = impl Display>,
) -> fmt::Result {
    write!(out, "{{\"t_ms\":{t_ms},\"event\":\"{PANIC_EVENT}\",\"message\":\"")?;
    write!(Escaped(out), "{message}")?;
    match location {
        Some(Location { file, line }) => {
            out.write_str("\",\"location\":\"")?;
            write!(Escaped(out), "{file}:{line}")?;
            out.write_str("\",\"backtrace\":[")?;
        }
        None => out.write_str("\",\"location\":null,\"backtrace\":[")?,
    }
    for (index, frame) in backtrace.enumerate() {
        out.write_str(if index == 0 { "\"" } else { ",\"" })?;
        write!(Escaped(out), "{frame}")?;
        out.write_char('"')?;
    }
    out.write_str("]}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use serde_json::{Value, json};

    #[test]
    fn is_one_valid_line_whatever_the_message() {
        let mut line = String::new();
        let location = Some(Location { file: "src\\a \"b\".rs", line: 7 });
        let frames = ["0x1 f<\"x\">", "0x2 g"];
        write_panic_line(&mut line, 42, &"bad\n\u{0} \"🦀\"", location, frames.iter()).unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        assert!(line.starts_with("{\"t_ms\":42,\"event\":\"panic\","));
        assert_eq!(
            serde_json::from_str::<Value>(&line).unwrap(),
            json!({
                "t_ms": 42, "event": "panic", "message": "bad\n\u{0} \"🦀\"",
                "location": "src\\a \"b\".rs:7", "backtrace": ["0x1 f<\"x\">", "0x2 g"],
            })
        );
    }

    #[test]
    fn needs_neither_location_nor_backtrace() {
        let mut line = String::new();
        write_panic_line(&mut line, 0, &"x", None, core::iter::empty::<&str>()).unwrap();
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["location"], Value::Null);
        assert_eq!(value["backtrace"], json!([]));
    }
}
