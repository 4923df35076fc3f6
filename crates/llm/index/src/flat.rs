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

    /// Makes room for `more` vectors, so that memory is taken once.
    ///
    /// # Errors
    /// There is not enough, or more than can be numbered.
    pub fn reserve(&mut self, more: usize) -> Result<(), IndexError> {
        self.vectors.reserve(more)
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

    /// The `k` vectors nearest to `query` that the filter accepts, nearest first; among equals
    /// those that came first, as long as nothing has been removed.
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
        let k = k.min(self.len());
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
        let k = k.min(self.len());
        let mut results = Vec::with_capacity(queries.len());
        for batch in queries.chunks(BATCH) {
            let mut prepared = Vec::with_capacity(batch.len());
            for query in batch {
                prepared.push(Query::new(self.vectors.cpu, &self.vectors.normalized(query)?));
            }
            let mut bests: Vec<Best> = prepared.iter().map(|_| Best::default()).collect();
            bests.iter_mut().for_each(|best| best.reset(second_look(k)));
            let accepts =
                |slot: u32| filter.is_none_or(|filter| filter(self.vectors.ids[slot as usize]));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{best_scores, check, clustered, recall};
    use alloc::string::ToString;
    use llm_tensor::testing::{Random, kernels};

    const DIMS: usize = 96;

    fn index_of(cpu: CpuFeatures, vectors: &[Vec<f32>]) -> FlatIndex {
        let mut index = FlatIndex::new(cpu, vectors[0].len()).unwrap();
        for (id, vector) in vectors.iter().enumerate() {
            assert_eq!(index.insert(id as u64, vector), Ok(false));
        }
        index
    }

    #[test]
    fn finds_what_a_look_at_every_float_finds_on_all_kernels() {
        let random = &mut Random::new(1);
        for (count, dims) in [(3000, 384), (700, 32), (300, 416)] {
            let vectors = clustered(random, count, dims);
            let queries = clustered(random, 20, dims);
            let mut first: Option<Vec<Vec<Hit>>> = None;
            for cpu in kernels() {
                let (index, scratch) = (index_of(cpu, &vectors), &mut Scratch::new());
                let mut share = 0.0;
                let mut results = Vec::new();
                for query in queries.iter().chain(&vectors[..20]) {
                    let hits = index.search(query, 10, None, scratch).unwrap();
                    check(&hits, query, |id| &vectors[id as usize]);
                    let best = best_scores(vectors.iter().map(Vec::as_slice), query, 10);
                    share += recall(&hits, &best) / 40.0;
                    results.push(hits);
                }
                assert!(share >= 0.99, "{share} of {count} by {}", cpu.name());
                // All kernels give the same bits.
                assert_eq!(first.get_or_insert(results.clone()), &results, "{}", cpu.name());
            }
        }
    }

    #[test]
    fn many_at_once_find_what_they_find_one_by_one() {
        let random = &mut Random::new(2);
        let vectors = clustered(random, 600, DIMS);
        let (index, scratch) = (index_of(CpuFeatures::detect(), &vectors), &mut Scratch::new());
        let queries = clustered(random, 70, DIMS);
        let queries: Vec<&[f32]> = queries.iter().map(Vec::as_slice).collect();
        let is_even = |id: u64| id.is_multiple_of(2);
        for filter in [None, Some(&is_even as Filter<'_>)] {
            let together = index.search_batch(&queries, 5, filter, scratch).unwrap();
            for (query, hits) in queries.iter().zip(together) {
                assert_eq!(index.search(query, 5, filter, scratch).unwrap(), hits);
            }
        }
    }

    #[test]
    fn what_was_removed_or_replaced_is_not_found() {
        let random = &mut Random::new(3);
        let vectors = clustered(random, 300, DIMS);
        let (mut index, scratch) = (index_of(CpuFeatures::detect(), &vectors), &mut Scratch::new());
        for id in (0..300).step_by(3) {
            assert!(index.remove(id));
            assert!(!index.remove(id) && !index.contains(id));
        }
        assert_eq!(index.insert(1, &vectors[0]), Ok(true));
        assert_eq!(index.len(), 200);
        let nearest = index.search(&vectors[0], 1, None, scratch).unwrap()[0];
        assert!(nearest.id == 1 && nearest.score > 0.9999, "{nearest:?}");
        let all = index.search(&vectors[5], 300, None, scratch).unwrap();
        assert_eq!(all.len(), 200);
        assert!(all.iter().all(|hit| !hit.id.is_multiple_of(3)));
        check(&all, &vectors[5], |id| if id == 1 { &vectors[0] } else { &vectors[id as usize] });
        assert!(index.ids().eq((0..300_u64).filter(|id| !id.is_multiple_of(3))));
    }

    #[test]
    fn a_filter_leaves_the_best_of_what_it_accepts() {
        let random = &mut Random::new(4);
        let vectors = clustered(random, 1000, DIMS);
        let (index, scratch) = (index_of(CpuFeatures::detect(), &vectors), &mut Scratch::new());
        for part in [2, 100, 400] {
            let accepts = |id: u64| id.is_multiple_of(part);
            let hits = index.search(&vectors[17], 10, Some(&accepts), scratch).unwrap();
            let accepted = vectors.iter().step_by(part as usize).map(Vec::as_slice);
            let best = best_scores(accepted, &vectors[17], 10);
            assert_eq!(hits.len(), best.len());
            assert!(hits.iter().all(|hit| accepts(hit.id)));
            assert!(recall(&hits, &best) > 0.99);
        }
        assert_eq!(index.search(&vectors[0], 5, Some(&|_| false), scratch), Ok(Vec::new()));
    }

    #[test]
    fn equals_are_all_found_the_first_first() {
        let (mut index, scratch) =
            (FlatIndex::new(CpuFeatures::detect(), 32).unwrap(), &mut Scratch::new());
        let vector: Vec<f32> = (0..32).map(|at| at as f32 - 7.5).collect();
        for id in 0..600 {
            index.insert(id, &vector).unwrap();
        }
        let hits = index.search(&vector, 9, None, scratch).unwrap();
        assert!(hits.iter().map(|hit| hit.id).eq(0..9), "{hits:?}");
    }

    #[test]
    fn an_empty_index_finds_nothing_and_few_vectors_are_all_found() {
        let (mut index, scratch) =
            (FlatIndex::new(CpuFeatures::detect(), 32).unwrap(), &mut Scratch::new());
        assert_eq!(index.search(&[1.0; 32], 10, None, scratch), Ok(Vec::new()));
        assert!(index.is_empty());
        index.insert(u64::MAX, &[1.0; 32]).unwrap();
        let hits = index.search(&[1e20; 32], usize::MAX, None, scratch).unwrap();
        assert_eq!(hits.len(), 1);
        assert!((hits[0].score - 1.0).abs() < 1e-3, "{hits:?}");
        assert_eq!(index.search(&[1.0; 32], 0, None, scratch), Ok(Vec::new()));
    }

    #[test]
    fn what_has_no_direction_is_refused() {
        let cpu = CpuFeatures::detect();
        for dims in [0, 31, 33, 4128] {
            let error = FlatIndex::new(cpu, dims).unwrap_err();
            assert_eq!(error, IndexError::BadDims { dims });
        }
        let mut index = FlatIndex::new(cpu, 32).unwrap();
        assert_eq!(
            index.insert(1, &[1.0; 64]).unwrap_err().to_string(),
            "a vector of 64 elements, where the index has 32"
        );
        assert_eq!(index.insert(1, &[0.0; 32]), Err(IndexError::Zero));
        assert_eq!(index.insert(1, &[f32::NAN; 32]), Err(IndexError::NotFinite));
        assert_eq!(index.insert(1, &[f32::INFINITY; 32]), Err(IndexError::NotFinite));
        assert_eq!(index.insert(1, &[f32::MAX; 32]), Ok(false), "large, but with a direction");
        assert_eq!(index.insert(2, &[1e-40; 32]), Ok(false), "small, but with a direction");
        assert_eq!(index.len(), 2);
    }

    #[test]
    fn an_index_is_read_as_it_was_written_and_no_damage_is_missed() {
        let random = &mut Random::new(5);
        let vectors = clustered(random, 9, 32);
        let (mut index, scratch) = (index_of(CpuFeatures::detect(), &vectors), &mut Scratch::new());
        index.remove(4);
        let mut bytes = index.to_bytes();
        let read = FlatIndex::from_bytes(CpuFeatures::detect(), &bytes).unwrap();
        assert_eq!(read.to_bytes(), bytes);
        for query in &vectors {
            let hits = index.search(query, 9, None, scratch).unwrap();
            assert_eq!(read.search(query, 9, None, scratch).unwrap(), hits);
        }
        for at in 0..bytes.len() {
            for bit in [1, 0x80] {
                bytes[at] ^= bit;
                assert!(FlatIndex::from_bytes(CpuFeatures::detect(), &bytes).is_err(), "at {at}");
                bytes[at] ^= bit;
            }
            assert!(FlatIndex::from_bytes(CpuFeatures::detect(), &bytes[..at]).is_err());
        }
    }
}
