//! An index that walks a graph: hierarchical navigable small worlds (Malkov and Yashunin 2018).
//!
//! Every vector is linked to near ones in different directions ([`link`]), so that a walk from one
//! to the next reaches the nearest to a question after some hundred looks ([`walk`]). A vector that
//! is removed is a signpost for a while; its links are replaced bit by bit ([`sweep`]), so that no
//! call takes long and few slots are wasted. What has been added and not linked yet is looked at
//! one by one.

mod graph;
mod link;
mod pool;
mod search;
mod serial;
mod sweep;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use pool::Pool;
pub(crate) use walk::AHEAD;

use crate::{
    FlatIndex, IndexError, Scratch,
    vectors::{Vectors, reserve},
};
use alloc::{collections::VecDeque, vec::Vec};
use core::mem;
use graph::Graph;
use llm_tensor::CpuFeatures;
use sweep::Sweep;

/// How a graph is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HnswOptions {
    /// Candidates among which links are chosen: more make a better graph, and take longer.
    pub ef_construction: usize,
    /// Decides who reaches the higher levels.
    pub seed: u64,
}

impl Default for HnswOptions {
    fn default() -> Self {
        Self { ef_construction: 128, seed: 0x5eed }
    }
}

/// What a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum State {
    /// Nobody's.
    Free,
    /// A vector without links yet.
    Pending,
    /// A vector in the graph.
    Linked,
    /// A vector that has been removed and that others may still have links to.
    Dead,
}

/// A graph of vectors.
#[derive(Clone, Debug)]
pub struct HnswIndex {
    vectors: Vectors,
    graph: Graph,
    /// `(slots)`
    states: Vec<State>,
    free: Vec<u32>,
    pending: VecDeque<u32>,
    sweep: Sweep,
    options: HnswOptions,
    /// Levels that have been drawn.
    drawn: u64,
}

impl HnswIndex {
    /// An empty index of vectors of `dims` elements, a multiple of 32 up to [`crate::MAX_DIMS`].
    ///
    /// # Errors
    /// [`IndexError::BadDims`].
    pub fn new(cpu: CpuFeatures, dims: usize, options: HnswOptions) -> Result<Self, IndexError> {
        Ok(Self::over(Vectors::new(cpu, dims)?, options))
    }

    fn over(vectors: Vectors, options: HnswOptions) -> Self {
        Self {
            vectors,
            graph: Graph::default(),
            states: Vec::new(),
            free: Vec::new(),
            pending: VecDeque::new(),
            sweep: Sweep::default(),
            options,
            drawn: 0,
        }
    }

    /// An index of the vectors of another, none of which is linked yet; the other is left empty.
    ///
    /// # Errors
    /// There is not enough memory; the other index is as it was.
    pub fn from_flat(flat: &mut FlatIndex, options: HnswOptions) -> Result<Self, IndexError> {
        let empty = Vectors::new(flat.vectors.cpu, flat.vectors.dims)?;
        let slots = flat.vectors.slots();
        let mut index = Self::over(empty, options);
        reserve(&mut index.states, slots)?;
        index.graph.reserve(slots)?;
        index.pending.try_reserve(slots)?;
        for slot in 0..slots as u32 {
            index.graph.push();
            index.states.push(State::Pending);
            index.pending.push_back(slot);
        }
        mem::swap(&mut index.vectors, &mut flat.vectors);
        Ok(index)
    }

    /// The vectors of an index without its graph.
    pub fn into_flat(mut self) -> FlatIndex {
        for slot in (0..self.vectors.slots() as u32).rev() {
            if !self.is_alive(slot) {
                self.vectors.close_gap(slot);
            }
        }
        FlatIndex { vectors: self.vectors }
    }

    /// Makes room for `more` vectors, so that memory is taken once.
    ///
    /// # Errors
    /// There is not enough, or more than can be numbered.
    pub fn reserve(&mut self, more: usize) -> Result<(), IndexError> {
        reserve(&mut self.states, more)?;
        self.graph.reserve(more)?;
        self.vectors.reserve(more)
    }

    /// Keeps a vector, of any length but 0, under a number, and links it; whether it took the place
    /// of another.
    ///
    /// # Errors
    /// A vector that has no direction, or another number of elements; or no memory.
    pub fn insert(
        &mut self,
        id: u64,
        vector: &[f32],
        scratch: &mut Scratch,
    ) -> Result<bool, IndexError> {
        let has_replaced = self.append(id, vector, scratch)?;
        self.link_pending(usize::MAX, scratch);
        Ok(has_replaced)
    }

    /// Keeps a vector as [`Self::insert`] does, but leaves it to [`Self::link_pending`] to link it.
    ///
    /// # Errors
    /// The same.
    pub fn append(
        &mut self,
        id: u64,
        vector: &[f32],
        scratch: &mut Scratch,
    ) -> Result<bool, IndexError> {
        let unit = self.vectors.normalized(vector)?;
        let slot = self.take_slot()?;
        let has_replaced = self.drop_vector(id, scratch);
        self.vectors.put(slot, id, &unit);
        self.states[slot as usize] = State::Pending;
        self.pending.push_back(slot);
        Ok(has_replaced)
    }

    /// A slot that nobody uses.
    fn take_slot(&mut self) -> Result<u32, IndexError> {
        self.pending.try_reserve(1)?;
        if let Some(slot) = self.free.pop() {
            return Ok(slot);
        }
        self.reserve(1)?;
        let slot = self.vectors.push()?;
        self.graph.push();
        self.states.push(State::Free);
        Ok(slot)
    }

    /// Drops a vector; whether there was one of this number.
    pub fn remove(&mut self, id: u64, scratch: &mut Scratch) -> bool {
        let has_removed = self.drop_vector(id, scratch);
        if has_removed && self.is_empty() {
            self.reset();
        }
        has_removed
    }

    fn drop_vector(&mut self, id: u64, scratch: &mut Scratch) -> bool {
        let Some(slot) = self.vectors.forget(id) else { return false };
        if self.states[slot as usize] == State::Pending {
            self.states[slot as usize] = State::Free;
            self.pending.retain(|&pending| pending != slot);
            self.free.push(slot);
        } else {
            self.states[slot as usize] = State::Dead;
            self.sweep.bury(slot);
            self.sweep_some(scratch);
        }
        true
    }

    /// Gives all memory back, when no vector is left.
    fn reset(&mut self) {
        let empty = Vectors::new(self.vectors.cpu, self.vectors.dims);
        let vectors = empty.expect("an index of this length exists");
        *self = Self { drawn: self.drawn, ..Self::over(vectors, self.options) };
    }

    /// Links up to `count` of the vectors that are not linked yet; how many are left. Each takes
    /// some hundred microseconds.
    pub fn link_pending(&mut self, count: usize, scratch: &mut Scratch) -> usize {
        for _ in 0..count {
            let Some(slot) = self.pending.pop_front() else { break };
            self.link(slot, scratch);
        }
        self.pending.len()
    }

    /// Vectors that are not linked yet.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether a slot has a vector that can be found.
    #[inline]
    fn is_alive(&self, slot: u32) -> bool {
        matches!(self.states[slot as usize], State::Linked | State::Pending)
    }

    pub(crate) const fn vectors(&self) -> &Vectors {
        &self.vectors
    }

    pub(crate) const fn cpu(&self) -> CpuFeatures {
        self.vectors.cpu
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.vectors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Elements of a vector.
    pub const fn dims(&self) -> usize {
        self.vectors.dims
    }

    /// Whether there is a vector of this number.
    pub fn contains(&self, id: u64) -> bool {
        self.vectors.slot_of(id).is_some()
    }

    /// All numbers, the smallest first.
    pub fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.vectors.ids()
    }

    /// Bytes of memory that are held.
    pub fn len_bytes(&self) -> usize {
        let slots = self.free.capacity() + self.pending.capacity() + self.sweep.capacity();
        self.vectors.len_bytes()
            + self.graph.len_bytes()
            + self.states.capacity()
            + slots * size_of::<u32>()
    }
}
