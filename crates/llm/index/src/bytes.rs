//! Indexes as bytes: a heading, the fields one behind the other in little endian, and a checksum of
//! all of it. What is damaged is found to be, and never believed.

use crate::{DamagedIndex, IndexError, error::VERSION, vectors::Vectors};
use alloc::vec::Vec;
use llm_tensor::{CpuFeatures, codes::Line};

/// Begins every index.
const MAGIC: &[u8; 8] = b"vecindex";
/// Magic, version and kind.
const HEADING_BYTES: usize = 16;
const CHECKSUM_BYTES: usize = 8;

/// Which index the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Flat = 1,
    Hnsw = 2,
}

/// Which index bytes claim to be; `None` where they are none.
pub fn kind_of(bytes: &[u8]) -> Option<Kind> {
    [Kind::Flat, Kind::Hnsw].into_iter().find(|&kind| Reader::heading(kind, bytes).is_ok())
}

/// A sum that every bit of the bytes goes into, eight bytes at a time. Each step can be undone, so
/// that a change of one word never gets lost.
pub fn checksum(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |sum: u64, word: u64| {
        let product = (sum ^ word).wrapping_mul(FACTOR);
        product ^ product >> 29
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let sum =
        words.iter().fold(bytes.len() as u64, |sum, &word| mix(sum, u64::from_le_bytes(word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(sum, u64::from_le_bytes(last)), FACTOR)
}

/// Writes an index.
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn new(kind: Kind) -> Self {
        let mut writer = Self(MAGIC.to_vec());
        writer.u32(VERSION);
        writer.u32(kind as u32);
        writer
    }

    pub fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
    }

    pub fn words(&mut self, words: &[u32]) {
        words.iter().for_each(|&word| self.u32(word));
    }

    /// Length and number of the vectors, and all that is in the slots.
    pub fn vectors(&mut self, vectors: &Vectors) {
        let lines = 3 * vectors.high.len();
        self.0.reserve_exact(lines * size_of::<Line>() + 12 * vectors.slots() + 16);
        self.u32(vectors.dims as u32);
        self.u32(vectors.slots() as u32);
        vectors.ids.iter().for_each(|&id| self.u64(id));
        vectors.scales.iter().for_each(|scale| self.u32(scale.to_bits()));
        for line in vectors.high.iter().chain(&vectors.low).chain(&vectors.last) {
            self.bytes(&line.0);
        }
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.u64(checksum(&self.0));
        self.0
    }
}

/// Reads what a [`Writer`] has written.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader of the fields behind the heading.
    pub fn new(kind: Kind, bytes: &'a [u8]) -> Result<Self, DamagedIndex> {
        Self::heading(kind, bytes)?;
        let (content, sum) =
            bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(DamagedIndex::NotAnIndex)?;
        if checksum(content) != u64::from_le_bytes(*sum) {
            return Err(DamagedIndex::Checksum);
        }
        Ok(Self(content.get(HEADING_BYTES..).ok_or(DamagedIndex::NotAnIndex)?))
    }

    fn heading(kind: Kind, bytes: &'a [u8]) -> Result<(), DamagedIndex> {
        let mut heading = Self(bytes.strip_prefix(MAGIC).ok_or(DamagedIndex::NotAnIndex)?);
        match heading.u32("heading")? {
            VERSION => {}
            found => return Err(DamagedIndex::Version { found }),
        }
        match heading.u32("heading")? {
            found if found == kind as u32 => Ok(()),
            found => Err(DamagedIndex::Kind { found }),
        }
    }

    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], DamagedIndex> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(DamagedIndex::Field(what))?;
        self.0 = rest;
        Ok(bytes)
    }

    /// The next `count` arrays of bytes.
    fn arrays<const N: usize>(
        &mut self,
        count: usize,
        what: &'static str,
    ) -> Result<&'a [[u8; N]], DamagedIndex> {
        let len = count.checked_mul(N).ok_or(DamagedIndex::Field(what))?;
        Ok(self.bytes(len, what)?.as_chunks().0)
    }

    pub fn u32(&mut self, what: &'static str) -> Result<u32, DamagedIndex> {
        Ok(u32::from_le_bytes(self.arrays(1, what)?[0]))
    }

    pub fn u64(&mut self, what: &'static str) -> Result<u64, DamagedIndex> {
        Ok(u64::from_le_bytes(self.arrays(1, what)?[0]))
    }

    pub fn words<const N: usize>(&mut self, what: &'static str) -> Result<[u32; N], DamagedIndex> {
        let mut words = [0; N];
        for (word, bytes) in words.iter_mut().zip(self.arrays(N, what)?) {
            *word = u32::from_le_bytes(*bytes);
        }
        Ok(words)
    }

    /// What [`Writer::vectors`] has written; `used` tells which slots have a vector.
    pub fn vectors(
        &mut self,
        cpu: CpuFeatures,
        used: impl Fn(usize) -> bool,
    ) -> Result<Vectors, DamagedIndex> {
        let dims = self.u32("length of vectors")? as usize;
        let empty =
            Vectors::new(cpu, dims).map_err(|_| DamagedIndex::Field("length of vectors"))?;
        let slots = self.u32("number of vectors")? as usize;
        let ids = collect(self.arrays(slots, "numbers")?, |&id| u64::from_le_bytes(id))?;
        let scales = collect(self.arrays(slots, "scales")?, |&bits| f32::from_le_bytes(bits))?;
        if !scales.iter().all(|scale| scale.is_finite() && *scale >= 0.0) {
            return Err(DamagedIndex::Field("scales"));
        }
        let lines = slots * empty.lines();
        let high = collect(self.arrays(lines, "elements")?, |&line| Line(line))?;
        let low = collect(self.arrays(lines, "elements")?, |&line| Line(line))?;
        let last = collect(self.arrays(lines, "elements")?, |&line| Line(line))?;
        Vectors::from_parts(empty, [high, low, last], scales, ids, used)
            .ok_or(DamagedIndex::Field("numbers"))
    }

    /// There must be nothing left.
    pub fn finish(self) -> Result<(), DamagedIndex> {
        if self.0.is_empty() { Ok(()) } else { Err(DamagedIndex::Field("end")) }
    }
}

/// As many values as there is input, if memory can hold them.
pub fn collect<T, U>(input: &[T], make: impl Fn(&T) -> U) -> Result<Vec<U>, DamagedIndex> {
    let mut values = Vec::new();
    crate::vectors::reserve(&mut values, input.len())
        .map_err(|_: IndexError| DamagedIndex::NoMemory)?;
    values.extend(input.iter().map(make));
    Ok(values)
}
