//! Output that several CPUs write at the same time: the one place where a buffer is divided
//! between the workers of a [`ComputePool`].

use core::{marker::PhantomData, ops::Range};
use system_platform::ComputePool;

/// One worker's columns of a `(tokens, stride)` output.
#[derive(Debug)]
pub struct ColumnWriter<'a> {
    base: *mut f32,
    tokens: usize,
    stride: usize,
    columns: Range<usize>,
    output: PhantomData<&'a mut [f32]>,
}

impl ColumnWriter<'_> {
    /// The columns that may be written.
    pub fn columns(&self) -> Range<usize> {
        self.columns.clone()
    }

    /// Writes `values` to the columns from `first` on, in the row of `token`.
    pub fn write(&mut self, token: usize, first: usize, values: &[f32]) {
        assert!(
            token < self.tokens
                && first >= self.columns.start
                && first <= self.columns.end
                && values.len() <= self.columns.end - first,
            "a worker writes its own columns only"
        );
        // SAFETY: `token < tokens` and `first <= stride`, so the offset is inside the output.
        let target = unsafe { self.base.add(token * self.stride + first) };
        // SAFETY: the asserted bounds keep the target within this writer's columns, which nobody
        // else reads or writes while it exists; `values` is a shared borrow of something else.
        unsafe { core::ptr::copy_nonoverlapping(values.as_ptr(), target, values.len()) };
    }
}

struct SharedPointer<T>(*mut T);

// SAFETY: the pointer is only used to make writers for, or slices of, disjoint parts, each of which
// one CPU works on.
unsafe impl<T: Send> Sync for SharedPointer<T> {}

impl<T> SharedPointer<T> {
    const fn get(&self) -> *mut T {
        self.0
    }
}

/// Divides `columns` of `output`, `(tokens, stride)`, into parts of `part` columns (the last may be
/// shorter) and lets the pool work on each.
pub fn for_each_columns(
    pool: &dyn ComputePool,
    output: &mut [f32],
    stride: usize,
    columns: Range<usize>,
    part: usize,
    work: &(dyn Fn(ColumnWriter<'_>) + Sync),
) {
    assert!(columns.start <= columns.end && columns.end <= stride && part > 0, "columns exist");
    let tokens = output.len() / stride;
    let base = SharedPointer(output.as_mut_ptr());
    pool.parallel_for(columns.len().div_ceil(part), &|index| {
        let start = columns.start + index * part;
        let end = columns.end.min(start + part);
        // The pool calls each index once, so no two writers share a column.
        work(ColumnWriter {
            base: base.get(),
            tokens,
            stride,
            columns: start..end,
            output: PhantomData,
        });
    });
}

/// Work on chunk `i` of two buffers.
pub type PairWork<'a, A, B> = dyn Fn(usize, &mut [A], &mut [B]) + Sync + 'a;

/// Divides two buffers into the same number of chunks and lets the pool work on each pair.
pub fn for_each_chunk_pair<A: Send, B: Send>(
    pool: &dyn ComputePool,
    chunks: usize,
    first: &mut [A],
    second: &mut [B],
    work: &PairWork<'_, A, B>,
) {
    assert!(
        chunks > 0 && first.len().is_multiple_of(chunks) && second.len().is_multiple_of(chunks),
        "chunks are of one size"
    );
    let (first_len, second_len) = (first.len() / chunks, second.len() / chunks);
    let (first, second) = (SharedPointer(first.as_mut_ptr()), SharedPointer(second.as_mut_ptr()));
    pool.parallel_for(chunks, &|index| {
        assert!(index < chunks, "the pool calls the indices it was given");
        // SAFETY: `index < chunks`, so the offset is inside the buffer.
        let start = unsafe { first.get().add(index * first_len) };
        // SAFETY: chunk `index` lies inside the buffer, and the pool calls each index once, so
        // nobody else holds it.
        let first = unsafe { core::slice::from_raw_parts_mut(start, first_len) };
        // SAFETY: as above.
        let start = unsafe { second.get().add(index * second_len) };
        // SAFETY: as above.
        let second = unsafe { core::slice::from_raw_parts_mut(start, second_len) };
        work(index, first, second);
    });
}
