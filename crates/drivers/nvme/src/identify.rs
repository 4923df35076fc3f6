//! What controllers and namespaces tell about themselves (5.15.2).

use alloc::string::{String, ToString};

/// Bytes of every such answer.
pub const IDENTITY_BYTES: usize = 4096;

/// A controller, as far as it tells it from others (figure 247).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControllerIdentity {
    /// Its maker's name for it.
    pub model: String,
    /// Its own number.
    pub serial: String,
    /// Bytes that one command can move at most, as a power of two of 4 KiB pages; `None` for as
    /// many as one likes.
    pub transfer_pages_log2: Option<u8>,
    /// Whether what was written may be lost until a flush.
    pub has_cache: bool,
    /// The highest number of a namespace.
    pub namespaces: u32,
}

impl ControllerIdentity {
    /// Reads the answer.
    pub fn parse(answer: &[u8; IDENTITY_BYTES]) -> Self {
        Self {
            model: text(&answer[24..64]),
            serial: text(&answer[4..24]),
            transfer_pages_log2: Some(answer[77]).filter(|log2| *log2 != 0),
            has_cache: answer[525] & 1 != 0,
            namespaces: u32_at(answer, 516),
        }
    }
}

/// A namespace (figure 245).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamespaceIdentity {
    /// Blocks in all; 0 for a namespace that is not active.
    pub blocks: u64,
    /// Bytes of a block.
    pub block_bytes: u64,
    /// Bytes of metadata with each block.
    pub metadata_bytes: u16,
    /// Whether it refuses to be written.
    pub is_read_only: bool,
}

impl NamespaceIdentity {
    /// Reads the answer.
    pub fn parse(answer: &[u8; IDENTITY_BYTES]) -> Self {
        let format = u32_at(answer, 128 + 4 * usize::from(answer[26] & 0xF));
        let block_bytes_log2 = format >> 16 & 0xFF;
        Self {
            blocks: u64::from(u32_at(answer, 0)) | u64::from(u32_at(answer, 4)) << 32,
            block_bytes: 1_u64.checked_shl(block_bytes_log2).unwrap_or(0),
            metadata_bytes: format as u16,
            is_read_only: answer[99] & 1 != 0,
        }
    }

    /// Whether this driver can use it: blocks of 512 or 4096 bytes with nothing beside them.
    pub const fn is_usable(&self) -> bool {
        self.blocks != 0 && matches!(self.block_bytes, 512 | 4096) && self.metadata_bytes == 0
    }
}

fn u32_at(answer: &[u8; IDENTITY_BYTES], at: usize) -> u32 {
    u32::from_le_bytes([answer[at], answer[at + 1], answer[at + 2], answer[at + 3]])
}

/// Text without the spaces around it; what is not ASCII is shown as a question mark.
fn text(bytes: &[u8]) -> String {
    let shown = bytes.iter().map(|byte| match byte {
        b' '..=b'~' => char::from(*byte),
        0 => ' ',
        _ => '?',
    });
    shown.collect::<String>().trim().to_string()
}
