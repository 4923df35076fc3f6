//! `/hexdump`: memory as bytes and characters, in the form of `hexdump -C`.

use super::{CommandError, table::Entry};
use alloc::string::String;
use core::fmt::Write;
use system_platform::Machine;

const BYTES_PER_LINE: usize = 16;
const DEFAULT_LEN_BYTES: usize = 128;
const MAX_LEN_BYTES: usize = 4096;

pub fn run(machine: &dyn Machine, entry: &Entry, arguments: &str) -> Result<String, CommandError> {
    let mut words = arguments.split_whitespace();
    let (Some(address), len, None) = (words.next(), words.next(), words.next()) else {
        return Err(CommandError::Usage { usage: entry.usage() });
    };
    let address = parse_hexadecimal(address)?;
    let len = len.map_or(Ok(DEFAULT_LEN_BYTES), parse_length)?;
    if len > MAX_LEN_BYTES {
        return Err(CommandError::TooLong { max: MAX_LEN_BYTES });
    }
    let mut text = String::from("```\n");
    let mut done = 0;
    while done < len {
        let count = BYTES_PER_LINE.min(len - done);
        let start = address.wrapping_add(done as u64);
        let mut line = [0; BYTES_PER_LINE];
        match machine.read_memory(start, &mut line[..count]) {
            Ok(()) => write_line(&mut text, start, &line[..count]),
            Err(unmapped) if unmapped.0 == address => {
                return Err(CommandError::Unmapped { address });
            }
            Err(unmapped) => {
                // What is mapped of this line is shown all the same.
                let mapped = (unmapped.0.wrapping_sub(start) as usize).min(count);
                if mapped > 0 && machine.read_memory(start, &mut line[..mapped]).is_ok() {
                    write_line(&mut text, start, &line[..mapped]);
                }
                let _ = writeln!(text, "{:016x}  not mapped", unmapped.0);
                break;
            }
        }
        done += count;
    }
    Ok(text + "```")
}

fn write_line(text: &mut String, address: u64, bytes: &[u8]) {
    let _ = write!(text, "{address:016x} ");
    for column in 0..BYTES_PER_LINE {
        if column == BYTES_PER_LINE / 2 {
            text.push(' ');
        }
        let _ = match bytes.get(column) {
            Some(byte) => write!(text, " {byte:02x}"),
            None => write!(text, "   "),
        };
    }
    text.push_str("  |");
    text.extend(bytes.iter().map(|&byte| {
        let is_printable = byte.is_ascii_graphic() || byte == b' ';
        if is_printable { char::from(byte) } else { '.' }
    }));
    text.push_str("|\n");
}

/// An address: hexadecimal with or without `0x`, `_` between digits as one likes.
fn parse_hexadecimal(text: &str) -> Result<u64, CommandError> {
    let digits = text.trim_start_matches("0x").replace('_', "");
    u64::from_str_radix(&digits, 16).map_err(|_| CommandError::NotANumber { text: text.into() })
}

/// A length: decimal, or hexadecimal with `0x`.
fn parse_length(text: &str) -> Result<usize, CommandError> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => usize::from_str_radix(digits, 16),
        None => text.parse(),
    };
    number.map_err(|_| CommandError::NotANumber { text: text.into() })
}
