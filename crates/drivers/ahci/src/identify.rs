//! What a disk tells about itself (ACS 7.12.7).

use crate::command::IDENTITY_BYTES;
use alloc::string::{String, ToString};

// Words of the answer.
const SERIAL: core::ops::Range<usize> = 10..20;
const MODEL: core::ops::Range<usize> = 27..47;
const COMMAND_SETS: usize = 83;
const BLOCKS: usize = 100;
const BLOCK_LENGTH: usize = 106;
const BLOCK_WORDS: usize = 117;

/// Bit of the command sets: 48-bit addresses.
const HAS_48_BITS: u16 = 1 << 10;
/// Validity of the block length's word, in its two highest bits: 01.
const VALID: u16 = 0b11 << 14;
const IS_VALID: u16 = 0b01 << 14;
/// Bit of that word: blocks are longer than 512 bytes.
const IS_LONG: u16 = 1 << 12;

/// A disk, as far as it tells it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its maker's name for it.
    pub model: String,
    /// Its own number.
    pub serial: String,
    /// Blocks in all.
    pub blocks: u64,
    /// Bytes of a block.
    pub block_bytes: u32,
}

/// Why a disk cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsuitable {
    /// It is older than 48-bit addresses.
    Old,
    /// Its blocks have a length other than 512 and 4096 bytes.
    BlockBytes(u32),
}

impl Identity {
    /// Reads the answer.
    ///
    /// # Errors
    /// See [`Unsuitable`].
    pub fn parse(answer: &[u8; IDENTITY_BYTES]) -> Result<Self, Unsuitable> {
        let word = |index: usize| u16::from_le_bytes([answer[2 * index], answer[2 * index + 1]]);
        if word(COMMAND_SETS) & HAS_48_BITS == 0 {
            return Err(Unsuitable::Old);
        }
        let length = word(BLOCK_LENGTH);
        let is_long = length & VALID == IS_VALID && length & IS_LONG != 0;
        let words = u32::from(word(BLOCK_WORDS)) | u32::from(word(BLOCK_WORDS + 1)) << 16;
        let block_bytes = if is_long { words.saturating_mul(2) } else { 512 };
        if ![512, 4096].contains(&block_bytes) {
            return Err(Unsuitable::BlockBytes(block_bytes));
        }
        let blocks = (0..4).map(|i| u64::from(word(BLOCKS + i)) << (16 * i)).sum();
        let text = |words: core::ops::Range<usize>| text(&answer[2 * words.start..2 * words.end]);
        Ok(Self { model: text(MODEL), serial: text(SERIAL), blocks, block_bytes })
    }
}

/// The text in words of two characters, the first one in the upper byte. What is not ASCII is
/// shown as a question mark.
fn text(words: &[u8]) -> String {
    let characters = words.chunks_exact(2).flat_map(|pair| [pair[1], pair[0]]);
    let shown = characters.map(|byte| match byte {
        b' '..=b'~' => char::from(byte),
        0 => ' ',
        _ => '?',
    });
    shown.collect::<String>().trim().to_string()
}
