//! What can be wrong with a machine's ACPI tables.

use crate::table::Signature;
use core::fmt;

/// Why a table, or something in it, cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcpiError {
    /// A pointer leads to memory that is not there.
    Unreadable {
        /// Physical address of the first byte wanted.
        phys: u64,
        /// Bytes wanted.
        len_bytes: usize,
    },
    /// There is no RSDP at the given address.
    NotAnRsdp {
        /// The physical address.
        phys: u64,
    },
    /// Another table, or none, is where this one should be.
    WrongSignature {
        /// The table that was expected.
        expected: Signature,
        /// What stands there instead.
        found: Signature,
        /// Its physical address.
        phys: u64,
    },
    /// The bytes of a table do not add up to zero.
    BadChecksum {
        /// The table.
        signature: Signature,
        /// Its physical address.
        phys: u64,
    },
    /// A table's length is impossible.
    BadLength {
        /// The table.
        signature: Signature,
        /// The length it claims.
        len_bytes: u32,
    },
    /// A field lies behind the end of its table.
    OutOfBounds {
        /// The table.
        signature: Signature,
        /// Offset of the field from the table's start.
        offset: u32,
    },
    /// An entry inside a table has an impossible length.
    BadEntry {
        /// The table.
        signature: Signature,
        /// Offset of the entry from the table's start.
        offset: u32,
    },
    /// The firmware has no such table.
    Missing(Signature),
    /// The definition blocks have no `\_S5` package that could be understood.
    NoSleepTypes,
    /// The FADT names no PM1a control register that `out` can reach.
    NoPowerRegister,
}

impl fmt::Display for AcpiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Unreadable { phys, len_bytes } => {
                write!(f, "acpi: no memory at {phys:#x} ({len_bytes} bytes)")
            }
            Self::NotAnRsdp { phys } => write!(f, "acpi: no valid rsdp at {phys:#x}"),
            Self::WrongSignature { expected, found, phys } => {
                write!(f, "acpi: {found} at {phys:#x} where {expected} should be")
            }
            Self::BadChecksum { signature, phys } => {
                write!(f, "acpi: checksum of {signature} at {phys:#x} is wrong")
            }
            Self::BadLength { signature, len_bytes } => {
                write!(f, "acpi: {signature} claims the impossible length {len_bytes}")
            }
            Self::OutOfBounds { signature, offset } => {
                write!(f, "acpi: {signature} ends before its field at offset {offset}")
            }
            Self::BadEntry { signature, offset } => {
                write!(f, "acpi: entry of {signature} at offset {offset} has an impossible length")
            }
            Self::Missing(signature) => write!(f, "acpi: the firmware has no {signature}"),
            Self::NoSleepTypes => write!(f, "acpi: no \\_S5 package in the definition blocks"),
            Self::NoPowerRegister => write!(f, "acpi: no pm1a control register in i/o space"),
        }
    }
}

impl core::error::Error for AcpiError {}
