//! How the elements of a tensor are stored.

use core::fmt;

/// A storage type of ggml. Quantised types hold blocks of [`BLOCK_LEN`] elements with scales of
/// their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TensorType {
    /// IEEE single precision.
    F32,
    /// IEEE half precision.
    F16,
    /// `x = d * q`: `d` as f16, then 32 signed bytes.
    Q8_0,
    /// `x = d * (q - 8)`: `d` as f16, then 32 nibbles in 16 bytes, elements 0 to 15 low and 16 to
    /// 31 high.
    Q4_0,
    /// `x = d * q + m`: `d` and `m` as f16, then nibbles as in [`Self::Q4_0`].
    Q4_1,
}

/// Elements in a block of a quantised type.
pub const BLOCK_LEN: usize = 32;

impl TensorType {
    /// All types, for tests and tables.
    pub const ALL: [Self; 5] = [Self::F32, Self::F16, Self::Q8_0, Self::Q4_0, Self::Q4_1];

    /// Elements that share a block; rows hold whole blocks.
    pub const fn block_len(self) -> usize {
        match self {
            Self::F32 | Self::F16 => 1,
            Self::Q8_0 | Self::Q4_0 | Self::Q4_1 => BLOCK_LEN,
        }
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
            Self::Q8_0 => 2 + 32,
            Self::Q4_0 => 2 + 16,
            Self::Q4_1 => 4 + 16,
        }
    }

    /// What ggml calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Q8_0 => "Q8_0",
            Self::Q4_0 => "Q4_0",
            Self::Q4_1 => "Q4_1",
        }
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
