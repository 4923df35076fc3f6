//! An index that looks at every vector: exact, quick to change, and as fast as memory is read.

use crate::{
    DamagedIndex, Filter, Hit, IndexError, Scratch,
    best::Best,
    bytes::{Kind, Reader, Writer},
    scan::{BLOCK, scan, scan_block, second_look, take_second_look},
    vectors::Vectors,
};
use alloc::vec::Vec;
use llm_tensor::{CpuFeatures, codes::Query};

/// Vectors one behind the other.
#[derive(Clone, Debug)]
pub struct FlatIndex {
    pub(crate) vectors: Vectors,
}

/// Questions that a block of vectors is compared with while it is in the cache.
const BATCH: usize = 64;

impl FlatIndex {
    /// An empty index of vectors of `dims` elements, a multiple of 32 up to [`crate::MAX_DIMS`].
    ///
    /// # Errors
    /// [`IndexError::BadDims`].
    pub fn new(cpu: CpuFeatures, dims: usize) -> Result<Self, IndexError> {
        Ok(Self { vectors: Vectors::new(cpu, dims)? })
    }

    /// Keeps a vector, of any length but 0, under a number; whether it took the place of another.
    ///
    /// # Errors
    /// A vector that has no direction, or another number of elements; or no memory.
    pub fn insert(&mut self, id: u64, vector: &[f32]) -> Result<bool, IndexError> {
        let unit = self.vectors.normalized(vector)?;
        let old = self.vectors.slot_of(id);
        let slot = match old {
            Some(slot) => slot,
            None => self.vectors.push()?,
        };
        self.vectors.put(slot, id, &unit);
        Ok(old.is_some())
    }

    /// Drops a vector; whether there was one of this number.
    pub fn remove(&mut self, id: u64) -> bool {
        let slot = self.vectors.forget(id);
        if let Some(slot) = slot {
            self.vectors.close_gap(slot);
        }
        slot.is_some()
    }

    /// The `k` vectors nearest to `query` that the filter accepts, nearest first; among equals those
    /// that came first, as long as nothing has been removed.
    ///
    /// # Errors
    /// A query that has no direction, or another number of elements.
    pub fn search(
        &self,
        query: &[f32],
        k: usize,
        filter: Option<Filter<'_>>,
        scratch: &mut Scratch,
    ) -> Result<Vec<Hit>, IndexError> {
        let query = Query::new(self.vectors.cpu, &self.vectors.normalized(query)?);
        Ok(match filter {
            None => scan(&self.vectors, &query, k, |_| true, scratch),
            Some(filter) => {
                let accepts = |slot: u32| filter(self.vectors.ids[slot as usize]);
                scan(&self.vectors, &query, k, accepts, scratch)
            }
        })
    }

    /// [`Self::search`] for many queries, which takes less time than one after the other.
    ///
    /// # Errors
    /// The same, for any of them.
    pub fn search_batch(
        &self,
        queries: &[&[f32]],
        k: usize,
        filter: Option<Filter<'_>>,
        scratch: &mut Scratch,
    ) -> Result<Vec<Vec<Hit>>, IndexError> {
        let mut results = Vec::with_capacity(queries.len());
        for batch in queries.chunks(BATCH) {
            let mut prepared = Vec::with_capacity(batch.len());
            for query in batch {
                prepared.push(Query::new(self.vectors.cpu, &self.vectors.normalized(query)?));
            }
            let mut bests: Vec<Best> = prepared.iter().map(|_| Best::default()).collect();
            bests.iter_mut().for_each(|best| best.reset(second_look(k)));
            let accepts = |slot: u32| {
                filter.is_none_or(|filter| filter(self.vectors.ids[slot as usize]))
            };
            for first in (0..self.vectors.slots()).step_by(BLOCK) {
                for (query, best) in prepared.iter().zip(&mut bests) {
                    scan_block(&self.vectors, query, first, accepts, &mut scratch.scores, best);
                }
            }
            for (query, best) in prepared.iter().zip(bests) {
                scratch.best = best;
                results.push(take_second_look(&self.vectors, query, k, scratch));
            }
        }
        Ok(results)
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
        self.vectors.len_bytes()
    }

    /// The index as bytes, for [`Self::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::Flat);
        writer.vectors(&self.vectors);
        writer.finish()
    }

    /// The index that [`Self::to_bytes`] has written.
    ///
    /// # Errors
    /// The bytes are not as they were written; the index must be built anew.
    pub fn from_bytes(cpu: CpuFeatures, bytes: &[u8]) -> Result<Self, DamagedIndex> {
        let mut reader = Reader::new(Kind::Flat, bytes)?;
        let vectors = reader.vectors(cpu, |_| true)?;
        reader.finish()?;
        Ok(Self { vectors })
    }
}
