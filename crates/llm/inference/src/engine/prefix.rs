//! What was computed of a text, as bytes, so that it need not be computed again after a restart.
//!
//! The format, numbers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `LLMKVPFX` |
//! | 4 | version, 1 |
//! | 4 | dialect of arithmetic: 0 plain, 1 fused multiply-add, 2 fixed point |
//! | 8 | fingerprint of the model |
//! | 4, 4, 4 | layers, key/value heads, elements of a head |
//! | 4 | tokens |
//! | 4 each | the tokens |
//! | 2 each | halves: for each layer and token the keys, then the values, `(kv_heads, head_dim)` |
//! | 8 | FNV-1a hash, over 64-bit words, of all before it |
//!
//! Bytes that do not fit the model and the machine in every point are refused: what would be
//! computed after them were wrong, and nobody would notice. Of tokens that begin as others do, the
//! common beginning is taken: what is computed of a token depends on none behind it. The hash
//! notices accidents; it is no protection against malice.

use super::{Engine, SequenceId};
use crate::{hash::Fnv, model::TokenId};
use alloc::vec::Vec;
use core::fmt;

const MAGIC: &[u8; 8] = b"LLMKVPFX";
const VERSION: u32 = 1;
/// Bytes before the tokens.
const HEADER_LEN: usize = 40;
/// Bytes of the hash.
const HASH_LEN: usize = 8;

/// Why the state of a prefix cannot be saved or restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixError {
    /// The model has no state that could be saved.
    Unsupported,
    /// A sequence that has been freed.
    UnknownSequence(SequenceId),
    /// More tokens are to be saved than are computed.
    TooShort {
        /// Tokens to be saved.
        wanted: usize,
        /// Tokens that are computed.
        computed: usize,
    },
    /// More bytes than were allowed.
    TooLarge {
        /// How many they are.
        bytes: usize,
        /// How many were allowed.
        most: usize,
    },
    /// No memory for the bytes.
    AllocationFailed {
        /// How many they are.
        bytes: usize,
    },
    /// The sequence to restore into has tokens already.
    NotEmpty(SequenceId),
    /// The bytes are something else.
    NotAPrefix,
    /// Another version of the format.
    UnknownVersion(u32),
    /// Fewer or more bytes than the header asks for.
    WrongLength {
        /// Bytes that the header asks for; `None` if even the header is cut off, or asks for more
        /// than there can be.
        expected: Option<usize>,
        /// Bytes that there are.
        found: usize,
    },
    /// The bytes have changed since they were written.
    Corrupted,
    /// Of another model.
    OtherModel {
        /// Its fingerprint.
        fingerprint: u64,
    },
    /// Computed with another order of float operations.
    OtherDialect,
    /// Of another shape than the model's.
    OtherShape {
        /// Layers, key/value heads, elements of a head.
        found: [u32; 3],
    },
    /// Of tokens of which not even the first is the one asked for.
    OtherTokens,
    /// Keys or values that are not numbers.
    NotANumber {
        /// Where: the layer.
        layer: usize,
        /// Where: the position.
        position: usize,
    },
    /// More tokens than the context holds.
    ContextFull {
        /// Tokens of the prefix.
        needed: usize,
        /// Tokens of the context.
        limit: usize,
    },
    /// More pages than are free.
    ArenaFull {
        /// Pages of the prefix.
        needed_pages: usize,
        /// Free pages.
        free_pages: usize,
    },
}

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => write!(f, "the model has no state that could be saved"),
            Self::UnknownSequence(id) => write!(f, "{id} is not there"),
            Self::TooShort { wanted, computed } => {
                write!(f, "{wanted} tokens are to be saved, {computed} are computed")
            }
            Self::TooLarge { bytes, most } => {
                write!(f, "the state has {bytes} bytes, {most} are the most")
            }
            Self::AllocationFailed { bytes } => write!(f, "no memory for {bytes} bytes"),
            Self::NotEmpty(id) => write!(f, "{id} has tokens already"),
            Self::NotAPrefix => write!(f, "this is not the saved state of a prefix"),
            Self::UnknownVersion(version) => {
                write!(f, "saved state has version {version}, only {VERSION} is known")
            }
            Self::WrongLength { expected: Some(expected), found } => {
                write!(f, "saved state has {found} bytes instead of {expected}")
            }
            Self::WrongLength { expected: None, found } => {
                write!(f, "saved state of {found} bytes is cut off")
            }
            Self::Corrupted => write!(f, "saved state has changed since it was written"),
            Self::OtherModel { fingerprint } => {
                write!(f, "saved state is of another model, {fingerprint:016x}")
            }
            Self::OtherDialect => {
                write!(f, "saved state was computed with another order of float operations")
            }
            Self::OtherShape { found: [layers, heads, dim] } => {
                write!(f, "saved state has {layers} layers of {heads} heads of {dim}, not as here")
            }
            Self::OtherTokens => write!(f, "saved state is of another text"),
            Self::NotANumber { layer, position } => write!(
                f,
                "saved state holds what is not a number: layer {layer}, position {position}"
            ),
            Self::ContextFull { needed, limit } => {
                write!(f, "{needed} tokens do not fit the context window of {limit}")
            }
            Self::ArenaFull { needed_pages, free_pages } => {
                write!(f, "{needed_pages} pages of keys and values are needed, {free_pages} free")
            }
        }
    }
}

impl core::error::Error for PrefixError {}

/// A saved state, as it stands in its bytes.
struct Saved<'b> {
    tokens: &'b [[u8; 4]],
    /// `(layers, tokens, keys and values, kv_heads, head_dim)`
    halves: &'b [[u8; 2]],
}

impl Saved<'_> {
    fn tokens(&self) -> impl Iterator<Item = TokenId> {
        self.tokens.iter().map(|&bytes| TokenId(u32::from_le_bytes(bytes)))
    }
}

impl Engine<'_> {
    /// The state of the first `len` tokens of a sequence, in the format of this module, in at most
    /// `most_bytes`.
    ///
    /// # Errors
    /// The sequence is not there or shorter, the bytes are too many, or there is no memory for them.
    pub fn save_sequence_prefix(
        &self,
        id: SequenceId,
        len: usize,
        most_bytes: usize,
    ) -> Result<Vec<u8>, PrefixError> {
        let sequence = self.sequences.get(id).map_err(|_| PrefixError::UnknownSequence(id))?;
        let computed = sequence.tokens.len();
        let tokens =
            sequence.tokens.get(..len).ok_or(PrefixError::TooShort { wanted: len, computed })?;
        let bytes = HEADER_LEN + len * (4 + self.position_len()) + HASH_LEN;
        if bytes > most_bytes {
            return Err(PrefixError::TooLarge { bytes, most: most_bytes });
        }
        let mut out = Vec::new();
        out.try_reserve_exact(bytes).map_err(|_| PrefixError::AllocationFailed { bytes })?;
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.dialect().to_le_bytes());
        out.extend_from_slice(&self.info.fingerprint.to_le_bytes());
        for number in self.shape() {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&(len as u32).to_le_bytes());
        for token in tokens {
            out.extend_from_slice(&token.0.to_le_bytes());
        }
        for layer in 0..self.network.config.layers {
            for position in 0..len {
                let (keys, values) = self.arena.load_halves(layer, &sequence.table, position);
                out.extend(keys.chain(values).flat_map(u16::to_le_bytes));
            }
        }
        out.extend_from_slice(&hash(&out).to_le_bytes());
        Ok(out)
    }

    /// Makes the tokens that `tokens` and those saved in `bytes` begin with in common the computed
    /// tokens of an empty sequence; returns how many they are. The next token can be computed then;
    /// logits there are none before that.
    ///
    /// # Errors
    /// Whatever does not fit. The sequence is still empty then.
    pub fn restore_sequence_prefix(
        &mut self,
        id: SequenceId,
        tokens: &[TokenId],
        bytes: &[u8],
    ) -> Result<usize, PrefixError> {
        let sequence = self.sequences.get(id).map_err(|_| PrefixError::UnknownSequence(id))?;
        if !sequence.tokens.is_empty() {
            return Err(PrefixError::NotEmpty(id));
        }
        let saved = self.checked(bytes)?;
        let common =
            saved.tokens().zip(tokens).take_while(|(saved, asked)| saved == *asked).count();
        if common == 0 && !tokens.is_empty() {
            return Err(PrefixError::OtherTokens);
        }
        let limit = self.plan.context;
        if common > limit {
            return Err(PrefixError::ContextFull { needed: common, limit });
        }
        let positions = 0..common;
        let needed_pages =
            self.arena.pages_needed(&sequence.table, &positions, core::iter::empty());
        let free_pages = self.arena.free_pages();
        if needed_pages > free_pages {
            return Err(PrefixError::ArenaFull { needed_pages, free_pages });
        }
        let half_row = self.network.config.kv_length();
        let sequence = self.sequences.get_mut(id).map_err(|_| PrefixError::UnknownSequence(id))?;
        self.arena.make_writable(&mut sequence.table, &positions);
        let count = saved.tokens.len();
        for (index, row) in saved.halves.chunks_exact(2 * half_row).enumerate() {
            let (layer, position) = (index / count, index % count);
            if position >= common {
                continue;
            }
            let (keys, values) = row.split_at(half_row);
            let [keys, values] =
                [keys, values].map(|row| row.iter().map(|&half| u16::from_le_bytes(half)));
            self.arena.store_halves(layer, &sequence.table, position, keys, values);
        }
        sequence.tokens.extend_from_slice(&tokens[..common]);
        Ok(common)
    }

    /// What `bytes` hold, when everything about them is right.
    fn checked<'b>(&self, bytes: &'b [u8]) -> Result<Saved<'b>, PrefixError> {
        let found = bytes.len();
        let cut_off = PrefixError::WrongLength { expected: None, found };
        if bytes.get(..MAGIC.len()) != Some(MAGIC) {
            return Err(PrefixError::NotAPrefix);
        }
        let number = |offset: usize| {
            let bytes = bytes.get(offset..).and_then(|rest| rest.first_chunk::<4>());
            bytes.map(|bytes| u32::from_le_bytes(*bytes)).ok_or(cut_off)
        };
        let version = number(8)?;
        if version != VERSION {
            return Err(PrefixError::UnknownVersion(version));
        }
        let dialect = number(12)?;
        let fingerprint = u64::from(number(16)?) | u64::from(number(20)?) << 32;
        let shape = [number(24)?, number(28)?, number(32)?];
        let count = number(36)? as usize;
        let expected = saved_len(shape, count).ok_or(cut_off)?;
        if expected != found {
            return Err(PrefixError::WrongLength { expected: Some(expected), found });
        }
        let (body, checksum) = bytes.split_at(found - HASH_LEN);
        if checksum != hash(body).to_le_bytes() {
            return Err(PrefixError::Corrupted);
        }
        if fingerprint != self.info.fingerprint {
            return Err(PrefixError::OtherModel { fingerprint });
        }
        if dialect != self.dialect() {
            return Err(PrefixError::OtherDialect);
        }
        if shape != self.shape() {
            return Err(PrefixError::OtherShape { found: shape });
        }
        let (tokens, halves) = body[HEADER_LEN..].split_at(4 * count);
        let (tokens, halves) = (tokens.as_chunks::<4>().0, halves.as_chunks::<2>().0);
        // An exponent of all ones: infinite, or not a number.
        let is_bad = |half: &[u8; 2]| u16::from_le_bytes(*half) & 0x7c00 == 0x7c00;
        if let Some(index) = halves.iter().position(is_bad) {
            let row = index / (2 * self.network.config.kv_length());
            return Err(PrefixError::NotANumber { layer: row / count, position: row % count });
        }
        Ok(Saved { tokens, halves })
    }

    /// Bytes of the keys and values of a position.
    fn position_len(&self) -> usize {
        self.network.config.layers * 2 * self.network.config.kv_length() * 2
    }

    fn dialect(&self) -> u32 {
        self.network.cpu.dialect() as u32
    }

    fn shape(&self) -> [u32; 3] {
        let config = &self.network.config;
        [config.layers, config.kv_heads, config.head_dim].map(|number| number as u32)
    }
}

/// Bytes that a state has.
fn saved_len(shape: [u32; 3], tokens: usize) -> Option<usize> {
    let halves = shape.iter().try_fold(2, |len: usize, &side| len.checked_mul(side as usize))?;
    let token = halves.checked_mul(2)?.checked_add(4)?;
    tokens.checked_mul(token)?.checked_add(HEADER_LEN + HASH_LEN)
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hash = Fnv::new();
    hash.update(bytes);
    hash.finish()
}
