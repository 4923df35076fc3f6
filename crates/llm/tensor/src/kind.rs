//! How the elements of a tensor are stored.

use core::fmt;

/// A storage type of ggml, under the name ggml gives it. Quantised types hold blocks of
/// [`BLOCK_LEN`] or [`SUPER_BLOCK_LEN`] elements with scales of their own; how their bytes are laid
/// out stands in the files of [`crate::formats`].
#[expect(non_camel_case_types, reason = "the names that files and people use")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TensorType {
    /// IEEE single precision.
    F32,
    /// IEEE half precision.
    F16,
    /// The upper half of a single.
    BF16,
    /// 4 bits, a scale for 32: `x = d * (q - 8)`.
    Q4_0,
    /// 4 bits, a scale and a minimum for 32: `x = d * q + m`.
    Q4_1,
    /// 5 bits, a scale for 32: `x = d * (q - 16)`.
    Q5_0,
    /// 5 bits, a scale and a minimum for 32: `x = d * q + m`.
    Q5_1,
    /// 8 bits, a scale for 32: `x = d * q`.
    Q8_0,
    /// 2 bits; scales and minima of 4 bits for each 16 of 256.
    Q2_K,
    /// 3 bits; scales of 6 bits for each 16 of 256.
    Q3_K,
    /// 4 bits; scales and minima of 6 bits for each 32 of 256.
    Q4_K,
    /// 5 bits; scales and minima of 6 bits for each 32 of 256.
    Q5_K,
    /// 6 bits; scales of 8 bits for each 16 of 256.
    Q6_K,
    /// 4 bits that choose from a table of 16 unevenly spaced values, a scale for 32.
    IQ4_NL,
    /// The same table; scales of 6 bits for each 32 of 256.
    IQ4_XS,
}

/// Elements in a block of the simpler quantised types, and the elements that the integer kernels
/// sum up exactly before a float comes in.
pub const BLOCK_LEN: usize = 32;

/// Elements in a block of the types with scales in two stages (`QK_K` in ggml).
pub const SUPER_BLOCK_LEN: usize = 256;

/// What there is to know about a type.
struct Facts {
    /// In `enum ggml_type` of ggml.h.
    number: u32,
    name: &'static str,
    block_len: usize,
    block_bytes: usize,
}

impl TensorType {
    /// All types, for tests and tables.
    pub const ALL: [Self; 15] = [
        Self::F32,
        Self::F16,
        Self::BF16,
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q2_K,
        Self::Q3_K,
        Self::Q4_K,
        Self::Q5_K,
        Self::Q6_K,
        Self::IQ4_NL,
        Self::IQ4_XS,
    ];

    const fn facts(self) -> Facts {
        let (number, name, block_len, block_bytes) = match self {
            Self::F32 => (0, "F32", 1, 4),
            Self::F16 => (1, "F16", 1, 2),
            Self::BF16 => (30, "BF16", 1, 2),
            Self::Q4_0 => (2, "Q4_0", BLOCK_LEN, 2 + 16),
            Self::Q4_1 => (3, "Q4_1", BLOCK_LEN, 4 + 16),
            Self::Q5_0 => (6, "Q5_0", BLOCK_LEN, 2 + 4 + 16),
            Self::Q5_1 => (7, "Q5_1", BLOCK_LEN, 4 + 4 + 16),
            Self::Q8_0 => (8, "Q8_0", BLOCK_LEN, 2 + 32),
            Self::Q2_K => (10, "Q2_K", SUPER_BLOCK_LEN, 16 + 64 + 4),
            Self::Q3_K => (11, "Q3_K", SUPER_BLOCK_LEN, 32 + 64 + 12 + 2),
            Self::Q4_K => (12, "Q4_K", SUPER_BLOCK_LEN, 4 + 12 + 128),
            Self::Q5_K => (13, "Q5_K", SUPER_BLOCK_LEN, 4 + 12 + 32 + 128),
            Self::Q6_K => (14, "Q6_K", SUPER_BLOCK_LEN, 128 + 64 + 16 + 2),
            Self::IQ4_NL => (20, "IQ4_NL", BLOCK_LEN, 2 + 16),
            Self::IQ4_XS => (23, "IQ4_XS", SUPER_BLOCK_LEN, 2 + 2 + 4 + 128),
        };
        Facts { number, name, block_len, block_bytes }
    }

    /// Elements that share a block; rows hold whole blocks.
    pub const fn block_len(self) -> usize {
        self.facts().block_len
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> usize {
        self.facts().block_bytes
    }

    /// What ggml calls it.
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The number that stands for it in files.
    pub const fn ggml_number(self) -> u32 {
        self.facts().number
    }

    /// The type that a number in a file stands for; `None` if there is no arithmetic for it.
    pub fn from_ggml_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.ggml_number() == number)
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
