//! One table: a header that has been checked, and fields read within its bounds.

use crate::{
    AcpiError,
    memory::{PhysicalMemory, checksum, read_array},
};
use core::fmt;

/// Bytes of the header that every table starts with (ACPI 6.5, 5.2.6).
pub const HEADER_LEN: u32 = 36;

/// No firmware has a table this long; a length beyond it is damage, not a table.
const MAX_TABLE_LEN: u32 = 16 << 20;

/// The four characters a table is known by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 4]);

impl Signature {
    /// Root table with 32-bit pointers.
    pub const RSDT: Self = Self(*b"RSDT");
    /// Root table with 64-bit pointers.
    pub const XSDT: Self = Self(*b"XSDT");
    /// Interrupt controllers and CPUs.
    pub const MADT: Self = Self(*b"APIC");
    /// Fixed hardware registers.
    pub const FADT: Self = Self(*b"FACP");
    /// Byte code of the main definition block.
    pub const DSDT: Self = Self(*b"DSDT");
    /// Byte code of a further definition block.
    pub const SSDT: Self = Self(*b"SSDT");
    /// PCI Express configuration space.
    pub const MCFG: Self = Self(*b"MCFG");
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// A table whose signature, length and checksum have been checked. Fields are read from memory when
/// asked for, and only within the table's length.
#[derive(Clone, Copy, Debug)]
pub struct Table<'m, M> {
    memory: &'m M,
    phys: u64,
    signature: Signature,
    len_bytes: u32,
    revision: u8,
}

impl<'m, M: PhysicalMemory> Table<'m, M> {
    /// The signature of whatever table is at `phys`.
    ///
    /// # Errors
    /// [`AcpiError::Unreadable`].
    pub fn signature_at(memory: &'m M, phys: u64) -> Result<Signature, AcpiError> {
        Ok(Signature(read_array(memory, phys)?))
    }

    /// Checks the table at `phys`.
    ///
    /// # Errors
    /// Memory that is not there, another signature, an impossible length, a wrong checksum.
    pub fn new_checked(memory: &'m M, phys: u64, expected: Signature) -> Result<Self, AcpiError> {
        let header: [u8; 9] = read_array(memory, phys)?;
        let [s0, s1, s2, s3, l0, l1, l2, l3, revision] = header;
        let found = Signature([s0, s1, s2, s3]);
        if found != expected {
            return Err(AcpiError::WrongSignature { expected, found, phys });
        }
        let len_bytes = u32::from_le_bytes([l0, l1, l2, l3]);
        if !(HEADER_LEN..=MAX_TABLE_LEN).contains(&len_bytes) {
            return Err(AcpiError::BadLength { signature: expected, len_bytes });
        }
        if checksum(memory, phys, u64::from(len_bytes))? != 0 {
            return Err(AcpiError::BadChecksum { signature: expected, phys });
        }
        Ok(Self { memory, phys, signature: expected, len_bytes, revision })
    }

    /// Physical address of the header.
    pub fn phys(&self) -> u64 {
        self.phys
    }

    /// Bytes of the table, header included.
    pub fn len_bytes(&self) -> u32 {
        self.len_bytes
    }

    /// Its signature.
    pub fn signature(&self) -> Signature {
        self.signature
    }

    /// Revision of the table's form.
    pub fn revision(&self) -> u8 {
        self.revision
    }

    /// The `N` bytes at `offset` from the table's start.
    ///
    /// # Errors
    /// [`AcpiError::OutOfBounds`] where the table ends before them.
    pub fn bytes_at<const N: usize>(&self, offset: u32) -> Result<[u8; N], AcpiError> {
        match offset.checked_add(N as u32) {
            Some(end) if end <= self.len_bytes => {
                read_array(self.memory, self.phys.wrapping_add(u64::from(offset)))
            }
            _ => Err(AcpiError::OutOfBounds { signature: self.signature, offset }),
        }
    }

    /// Copies bytes from `offset` on into `buffer` and returns how many there were before the end
    /// of the table.
    ///
    /// # Errors
    /// [`AcpiError::Unreadable`] where the memory has gone since the checksum was taken.
    pub fn copy_at(&self, offset: u32, buffer: &mut [u8]) -> Result<usize, AcpiError> {
        let available = self.len_bytes.saturating_sub(offset) as usize;
        let take = available.min(buffer.len());
        let phys = self.phys.wrapping_add(u64::from(offset));
        if self.memory.read(phys, &mut buffer[..take]) {
            Ok(take)
        } else {
            Err(AcpiError::Unreadable { phys, len_bytes: take })
        }
    }

    /// The byte at `offset`.
    ///
    /// # Errors
    /// As [`Self::bytes_at`].
    pub fn u8_at(&self, offset: u32) -> Result<u8, AcpiError> {
        self.bytes_at::<1>(offset).map(|[byte]| byte)
    }

    /// The little-endian 16-bit number at `offset`.
    ///
    /// # Errors
    /// As [`Self::bytes_at`].
    pub fn u16_at(&self, offset: u32) -> Result<u16, AcpiError> {
        self.bytes_at(offset).map(u16::from_le_bytes)
    }

    /// The little-endian 32-bit number at `offset`.
    ///
    /// # Errors
    /// As [`Self::bytes_at`].
    pub fn u32_at(&self, offset: u32) -> Result<u32, AcpiError> {
        self.bytes_at(offset).map(u32::from_le_bytes)
    }

    /// The little-endian 64-bit number at `offset`.
    ///
    /// # Errors
    /// As [`Self::bytes_at`].
    pub fn u64_at(&self, offset: u32) -> Result<u64, AcpiError> {
        self.bytes_at(offset).map(u64::from_le_bytes)
    }
}
