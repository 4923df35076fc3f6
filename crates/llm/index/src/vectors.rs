//! Vectors in slots: their planes, scales and numbers, and which number is where.

use crate::{IndexError, MAX_DIMS};
use alloc::{collections::BTreeMap, vec::Vec};
use llm_tensor::{
    CpuFeatures,
    codes::{Line, Planes, encode, lines_of, prefetch},
};

/// Slots are numbered with so many bits less than 32; the rest is for those who keep slots.
pub const MAX_SLOTS: usize = 1 << 31;

/// Vectors, each in a slot of its own.
#[derive(Clone, Debug)]
pub struct Vectors {
    pub cpu: CpuFeatures,
    pub dims: usize,
    /// `(slots, lines)`
    pub high: Vec<Line>,
    /// `(slots, lines)`
    pub low: Vec<Line>,
    /// `(slots, lines)`
    pub last: Vec<Line>,
    /// `(slots)`
    pub scales: Vec<f32>,
    /// `(slots)`
    pub ids: Vec<u64>,
    slot_of: BTreeMap<u64, u32>,
}

/// Makes room for `more` elements. Vectors that double are half empty; this wastes an eighth.
pub fn reserve<T>(values: &mut Vec<T>, more: usize) -> Result<(), IndexError> {
    if values.capacity() - values.len() < more {
        values.try_reserve_exact(more.max(values.len() / 8))?;
    }
    Ok(())
}

impl Vectors {
    pub fn new(cpu: CpuFeatures, dims: usize) -> Result<Self, IndexError> {
        if dims == 0 || dims > MAX_DIMS || !dims.is_multiple_of(32) {
            return Err(IndexError::BadDims { dims });
        }
        Ok(Self {
            cpu,
            dims,
            high: Vec::new(),
            low: Vec::new(),
            last: Vec::new(),
            scales: Vec::new(),
            ids: Vec::new(),
            slot_of: BTreeMap::new(),
        })
    }

    /// Vectors as they were written: planes of `ids.len()` slots, of which `used` tells who have a
    /// vector. `None` where two of them have the same number.
    pub fn from_parts(
        empty: Self,
        planes: [Vec<Line>; 3],
        scales: Vec<f32>,
        ids: Vec<u64>,
        used: impl Fn(usize) -> bool,
    ) -> Option<Self> {
        let [high, low, last] = planes;
        let mut slot_of = BTreeMap::new();
        for (slot, &id) in ids.iter().enumerate().filter(|(slot, _)| used(*slot)) {
            if slot_of.insert(id, slot as u32).is_some() {
                return None;
            }
        }
        Some(Self { high, low, last, scales, ids, slot_of, ..empty })
    }

    /// Lines of a vector in each plane.
    pub const fn lines(&self) -> usize {
        lines_of(self.dims)
    }

    /// Slots, whether they are in use or not.
    pub fn slots(&self) -> usize {
        self.ids.len()
    }

    /// Vectors that have a number.
    pub fn len(&self) -> usize {
        self.slot_of.len()
    }

    pub fn planes(&self) -> Planes<'_> {
        Planes { high: &self.high, low: &self.low, last: &self.last, scales: &self.scales }
    }

    /// The upper plane of a vector.
    #[inline]
    pub fn high_of(&self, slot: u32) -> &[Line] {
        let lines = self.lines();
        &self.high[slot as usize * lines..][..lines]
    }

    /// The lower plane of a vector.
    #[inline]
    pub fn low_of(&self, slot: u32) -> &[Line] {
        let lines = self.lines();
        &self.low[slot as usize * lines..][..lines]
    }

    /// Asks for all of a vector, to be read a little later.
    #[inline]
    pub fn prefetch(&self, slot: u32) {
        let rows = slot as usize * self.lines()..(slot as usize + 1) * self.lines();
        for plane in [&self.high, &self.low, &self.last] {
            prefetch(&plane[rows.clone()]);
        }
    }

    pub fn slot_of(&self, id: u64) -> Option<u32> {
        self.slot_of.get(&id).copied()
    }

    /// The numbers, in their order.
    pub fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.slot_of.keys().copied()
    }

    /// A vector of length 1 in the direction of `vector`.
    pub fn normalized(&self, vector: &[f32]) -> Result<Vec<f32>, IndexError> {
        if vector.len() != self.dims {
            return Err(IndexError::WrongDims { expected: self.dims, found: vector.len() });
        }
        let square: f32 = vector.iter().map(|x| x * x).sum();
        // What squares to nothing or to infinity may still have a direction, in smaller steps.
        let largest = vector.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        if !vector.iter().all(|x| x.is_finite()) {
            return Err(IndexError::NotFinite);
        }
        if largest == 0.0 {
            return Err(IndexError::Zero);
        }
        if square.is_normal() && square > 1e-30 {
            let factor = 1.0 / libm::sqrtf(square);
            return Ok(vector.iter().map(|x| x * factor).collect());
        }
        let square: f32 = vector.iter().map(|x| (x / largest) * (x / largest)).sum();
        let length = libm::sqrtf(square);
        Ok(vector.iter().map(|x| x / largest / length).collect())
    }

    /// Makes room for more slots.
    pub fn reserve(&mut self, more: usize) -> Result<(), IndexError> {
        if MAX_SLOTS - self.slots() < more {
            return Err(IndexError::Full);
        }
        let lines = self.lines();
        for plane in [&mut self.high, &mut self.low, &mut self.last] {
            reserve(plane, more * lines)?;
        }
        reserve(&mut self.scales, more)?;
        reserve(&mut self.ids, more)
    }

    /// A new slot, for [`Self::put`].
    pub fn push(&mut self) -> Result<u32, IndexError> {
        self.reserve(1)?;
        let (slot, lines) = (self.slots() as u32, self.lines());
        for plane in [&mut self.high, &mut self.low, &mut self.last] {
            plane.resize(plane.len() + lines, Line::default());
        }
        self.scales.push(0.0);
        self.ids.push(0);
        Ok(slot)
    }

    /// Puts a vector of length 1 into a slot that nobody uses.
    pub fn put(&mut self, slot: u32, id: u64, vector: &[f32]) {
        let rows = slot as usize * self.lines()..(slot as usize + 1) * self.lines();
        let planes =
            [&mut self.high[rows.clone()], &mut self.low[rows.clone()], &mut self.last[rows]];
        self.scales[slot as usize] = encode(self.cpu, vector, planes);
        self.ids[slot as usize] = id;
        self.slot_of.insert(id, slot);
    }

    /// Takes the number of a vector away and leaves the rest; the slot it was in.
    pub fn forget(&mut self, id: u64) -> Option<u32> {
        self.slot_of.remove(&id)
    }

    /// Fills the slot of a vector that has been forgotten with the last one, and drops that.
    pub fn close_gap(&mut self, slot: u32) {
        let (lines, last) = (self.lines(), self.slots() - 1);
        let to = slot as usize;
        if to != last {
            for plane in [&mut self.high, &mut self.low, &mut self.last] {
                plane.copy_within(last * lines.., to * lines);
            }
            self.scales[to] = self.scales[last];
            self.ids[to] = self.ids[last];
            self.slot_of.insert(self.ids[to], slot);
        }
        for plane in [&mut self.high, &mut self.low, &mut self.last] {
            plane.truncate(last * lines);
        }
        self.scales.truncate(last);
        self.ids.truncate(last);
    }

    /// Bytes of memory that are held, without the allocator's own.
    pub fn len_bytes(&self) -> usize {
        // A node of the tree has eleven numbers with their slots and is two thirds full or more.
        let map = self.slot_of.len() * (size_of::<(u64, u32)>() * 3 / 2 + 2);
        (self.high.capacity() + self.low.capacity() + self.last.capacity()) * size_of::<Line>()
            + self.scales.capacity() * size_of::<f32>()
            + self.ids.capacity() * size_of::<u64>()
            + map
    }
}
