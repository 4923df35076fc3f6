//! The index that chooses how to search: a scan of few vectors, a walk through many.

use crate::{
    DamagedIndex, Filter, FlatIndex, Hit, HnswIndex, HnswOptions, IndexError, Scratch,
    bytes::{Kind, kind_of},
};
use alloc::{boxed::Box, vec::Vec};
use core::mem;
use llm_tensor::CpuFeatures;

/// Up to so many vectors all are looked at: in less time than it takes to make the question's
/// vector.
pub const SCAN_LIMIT: usize = 20_000;

/// Vectors that are linked when one is added, as long as there are more to link than that one.
const LINKS_PER_INSERT: usize = 4;

/// Any number of vectors.
#[derive(Clone, Debug)]
pub struct VectorIndex {
    form: Form,
    limit: usize,
    options: HnswOptions,
}

#[derive(Clone, Debug)]
enum Form {
    Flat(FlatIndex),
    Graph(Box<HnswIndex>),
}

/// Candidates that a walk keeps where the best `k` are asked for.
const fn ef_for(k: usize) -> usize {
    let twice = 2 * k;
    if twice < 64 { 64 } else { twice }
}

impl VectorIndex {
    /// An empty index of vectors of `dims` elements, a multiple of 32 up to [`crate::MAX_DIMS`].
    ///
    /// # Errors
    /// [`IndexError::BadDims`].
    pub fn new(cpu: CpuFeatures, dims: usize) -> Result<Self, IndexError> {
        Self::with_limit(cpu, dims, SCAN_LIMIT, HnswOptions::default())
    }

    /// The same with another limit than [`SCAN_LIMIT`] and another graph.
    ///
    /// # Errors
    /// [`IndexError::BadDims`].
    pub fn with_limit(
        cpu: CpuFeatures,
        dims: usize,
        limit: usize,
        options: HnswOptions,
    ) -> Result<Self, IndexError> {
        Ok(Self { form: Form::Flat(FlatIndex::new(cpu, dims)?), limit, options })
    }

    /// Makes room for `more` vectors, so that memory is taken once.
    ///
    /// # Errors
    /// There is not enough, or more than can be numbered.
    pub fn reserve(&mut self, more: usize) -> Result<(), IndexError> {
        match &mut self.form {
            Form::Flat(flat) => flat.reserve(more),
            Form::Graph(graph) => graph.reserve(more),
        }
    }

    /// Keeps a vector, of any length but 0, under a number; whether it took the place of another.
    ///
    /// # Errors
    /// A vector that has no direction, or another number of elements; or no memory.
    pub fn insert(
        &mut self,
        id: u64,
        vector: &[f32],
        scratch: &mut Scratch,
    ) -> Result<bool, IndexError> {
        let has_graph = self.has_graph();
        let has_replaced = self.append(id, vector, scratch)?;
        if has_graph {
            self.maintain(LINKS_PER_INSERT, scratch);
        }
        Ok(has_replaced)
    }

    /// As [`Self::insert`], but leaves all linking to [`Self::maintain`]: for many vectors at once.
    ///
    /// # Errors
    /// As [`Self::insert`].
    pub fn append(
        &mut self,
        id: u64,
        vector: &[f32],
        scratch: &mut Scratch,
    ) -> Result<bool, IndexError> {
        let has_replaced = match &mut self.form {
            Form::Flat(flat) => flat.insert(id, vector)?,
            Form::Graph(graph) => return graph.append(id, vector, scratch),
        };
        if self.len() > self.limit {
            self.become_graph();
        }
        Ok(has_replaced)
    }

    /// Where there is no memory for a graph, a scan still finds everything.
    fn become_graph(&mut self) {
        if let Form::Flat(flat) = &mut self.form
            && let Ok(graph) = HnswIndex::from_flat(flat, self.options)
        {
            self.form = Form::Graph(Box::new(graph));
        }
    }

    /// Drops a vector; whether there was one of this number.
    pub fn remove(&mut self, id: u64, scratch: &mut Scratch) -> bool {
        match &mut self.form {
            Form::Flat(flat) => flat.remove(id),
            Form::Graph(graph) => {
                let has_removed = graph.remove(id, scratch);
                // Far below the limit, or a change back and forth would link everything anew.
                if graph.len() < self.limit / 2 {
                    let empty = HnswIndex::new(graph.cpu(), graph.dims(), self.options);
                    let empty = empty.expect("an index of this length exists");
                    self.form = Form::Flat(mem::replace(&mut **graph, empty).into_flat());
                }
                has_removed
            }
        }
    }

    /// The `k` vectors nearest to `query` that the filter accepts, nearest first: all of them,
    /// where no more are accepted.
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
        match &self.form {
            Form::Flat(flat) => flat.search(query, k, filter, scratch),
            Form::Graph(graph) => {
                let k = k.min(graph.len());
                graph.search(query, k, ef_for(k), filter, scratch)
            }
        }
    }

    /// Links up to `count` vectors that searches have to look at one by one until then, some
    /// hundred microseconds each; how many are left. For when there is nothing else to do.
    pub fn maintain(&mut self, count: usize, scratch: &mut Scratch) -> usize {
        match &mut self.form {
            Form::Flat(_) => 0,
            Form::Graph(graph) => graph.link_pending(count, scratch),
        }
    }

    /// Whether searches walk through a graph.
    pub const fn has_graph(&self) -> bool {
        matches!(self.form, Form::Graph(_))
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        match &self.form {
            Form::Flat(flat) => flat.len(),
            Form::Graph(graph) => graph.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Elements of a vector.
    pub const fn dims(&self) -> usize {
        match &self.form {
            Form::Flat(flat) => flat.dims(),
            Form::Graph(graph) => graph.dims(),
        }
    }

    /// Whether there is a vector of this number.
    pub fn contains(&self, id: u64) -> bool {
        match &self.form {
            Form::Flat(flat) => flat.contains(id),
            Form::Graph(graph) => graph.contains(id),
        }
    }

    /// All numbers, the smallest first.
    pub fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        match &self.form {
            Form::Flat(flat) => flat.vectors.ids(),
            Form::Graph(graph) => graph.vectors().ids(),
        }
    }

    /// Bytes of memory that are held.
    pub fn len_bytes(&self) -> usize {
        match &self.form {
            Form::Flat(flat) => flat.len_bytes(),
            Form::Graph(graph) => graph.len_bytes(),
        }
    }

    /// The index as bytes, for [`Self::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.form {
            Form::Flat(flat) => flat.to_bytes(),
            Form::Graph(graph) => graph.to_bytes(),
        }
    }

    /// The index that [`Self::to_bytes`] has written, with the usual limit and graph.
    ///
    /// # Errors
    /// The bytes are not as they were written; the index must be built anew.
    pub fn from_bytes(cpu: CpuFeatures, bytes: &[u8]) -> Result<Self, DamagedIndex> {
        let form = match kind_of(bytes) {
            Some(Kind::Hnsw) => Form::Graph(Box::new(HnswIndex::from_bytes(cpu, bytes)?)),
            Some(Kind::Flat) | None => Form::Flat(FlatIndex::from_bytes(cpu, bytes)?),
        };
        Ok(Self { form, limit: SCAN_LIMIT, options: HnswOptions::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{best_scores, check, clustered, recall};
    use llm_tensor::testing::Random;

    const LIMIT: usize = 300;

    #[test]
    fn the_form_follows_the_number_and_nothing_is_lost() {
        let (random, scratch) = (&mut Random::new(1), &mut Scratch::new());
        let vectors = clustered(random, 700, 64);
        let cpu = CpuFeatures::detect();
        let options = HnswOptions::default();
        let mut index = VectorIndex::with_limit(cpu, 64, LIMIT, options).unwrap();
        let search = |index: &VectorIndex, scratch: &mut Scratch| {
            let mut share = 0.0;
            for query in &vectors[..30] {
                let hits = index.search(query, 10, None, scratch).unwrap();
                check(&hits, query, |id| &vectors[id as usize]);
                assert!(hits.iter().all(|hit| index.contains(hit.id)));
                let left = index.ids().map(|id| &*vectors[id as usize]);
                share += recall(&hits, &best_scores(left, query, 10)) / 30.0;
            }
            assert!(share >= 0.97, "{share} of {}", index.len());
        };
        for (id, vector) in vectors.iter().enumerate() {
            assert_eq!(index.insert(id as u64, vector, scratch), Ok(false));
            assert_eq!(index.has_graph(), id >= LIMIT);
            if id % 97 == 0 {
                search(&index, scratch);
            }
        }
        assert_eq!(index.insert(5, &vectors[5], scratch), Ok(true));
        assert_eq!((index.len(), index.maintain(0, scratch)), (700, 0), "all are linked by now");
        let read = VectorIndex::from_bytes(cpu, &index.to_bytes()).unwrap();
        assert!(read.has_graph() && read.len() == 700);
        search(&read, scratch);
        for id in 0..600 {
            assert!(index.remove(id, scratch));
            if id % 97 == 0 {
                search(&index, scratch);
            }
        }
        assert!(!index.has_graph());
        search(&index, scratch);
        let read = VectorIndex::from_bytes(cpu, &index.to_bytes()).unwrap();
        assert!(!read.has_graph() && read.ids().eq(600..700));
    }
}
