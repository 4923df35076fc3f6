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

#[derive(Debug)]
struct SharedPointer<T>(*mut T);

// SAFETY: the pointer is only used to make writers for, or slices of, disjoint parts, each of which
// one CPU works on.
unsafe impl<T: Send> Sync for SharedPointer<T> {}

impl<T> SharedPointer<T> {
    const fn get(&self) -> *mut T {
        self.0
    }
}

/// Columns of a `(tokens, stride)` output that are to be divided between CPUs.
#[derive(Debug)]
pub struct Columns<'a> {
    base: SharedPointer<f32>,
    tokens: usize,
    stride: usize,
    columns: Range<usize>,
    part: usize,
    output: PhantomData<&'a mut [f32]>,
}

impl<'a> Columns<'a> {
    /// `columns` of `output`, in parts of `part` columns (the last may be shorter).
    pub fn new(output: &'a mut [f32], stride: usize, columns: Range<usize>, part: usize) -> Self {
        assert!(columns.start <= columns.end && columns.end <= stride && part > 0, "columns exist");
        let tokens = output.len() / stride;
        let base = SharedPointer(output.as_mut_ptr());
        Self { base, tokens, stride, columns, part, output: PhantomData }
    }

    /// How many parts there are.
    fn parts(&self) -> usize {
        self.columns.len().div_ceil(self.part)
    }
}

/// Lets the pool work on each part of several outputs, which `work` gets with the place of its
/// output in the list.
pub fn for_each_columns(
    pool: &dyn ComputePool,
    outputs: &mut [Columns<'_>],
    work: &(dyn Fn(usize, ColumnWriter<'_>) + Sync),
) {
    let outputs = &*outputs;
    pool.parallel_for(outputs.iter().map(Columns::parts).sum(), &|task| {
        let mut index = task;
        for (place, output) in outputs.iter().enumerate() {
            if index >= output.parts() {
                index -= output.parts();
                continue;
            }
            let start = output.columns.start + index * output.part;
            let end = output.columns.end.min(start + output.part);
            // The pool calls each index once, so no two writers share a column.
            let writer = ColumnWriter {
                base: output.base.get(),
                tokens: output.tokens,
                stride: output.stride,
                columns: start..end,
                output: PhantomData,
            };
            return work(place, writer);
        }
    });
}

/// Some rows and columns of an output, `(rows, stride)`, that one worker writes.
#[derive(Debug)]
pub struct Tile<'a> {
    base: *mut f32,
    stride: usize,
    rows: Range<usize>,
    columns: Range<usize>,
    output: PhantomData<&'a mut [f32]>,
}

impl Tile<'_> {
    /// The rows that may be written.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// The columns of the tile, in one of its rows.
    pub fn row_mut(&mut self, row: usize) -> &mut [f32] {
        assert!(self.rows.contains(&row), "a worker writes its own rows only");
        // SAFETY: `for_each_tile` has checked that rows and columns are inside the output.
        let start = unsafe { self.base.add(row * self.stride + self.columns.start) };
        // SAFETY: as above; nobody else has this tile, and it is borrowed as long as the slice.
        unsafe { core::slice::from_raw_parts_mut(start, self.columns.len()) }
    }
}

/// Divides the columns of `rows` of `output`, `(rows, stride)`, into tiles of up to `tile_rows` rows
/// and `tile_columns` columns, side by side, then downwards, and lets the pool work on each. The
/// work is told which columns it has, counted in tiles.
pub fn for_each_tile(
    pool: &dyn ComputePool,
    output: &mut [f32],
    stride: usize,
    rows: Range<usize>,
    [tile_rows, tile_columns]: [usize; 2],
    work: &(dyn Fn(usize, Tile<'_>) + Sync),
) {
    assert!(
        tile_rows > 0
            && tile_columns > 0
            && stride.is_multiple_of(tile_columns)
            && rows.end <= output.len() / stride,
        "tiles are inside the output"
    );
    let across = stride / tile_columns;
    let base = SharedPointer(output.as_mut_ptr());
    pool.parallel_for(across * rows.len().div_ceil(tile_rows), &|index| {
        let (start, column) = (rows.start + index / across * tile_rows, index % across);
        assert!(start < rows.end, "the pool calls the indices it was given");
        // The pool calls each index once, so no two tiles share an element.
        let tile = Tile {
            base: base.get(),
            stride,
            rows: start..rows.end.min(start + tile_rows),
            columns: column * tile_columns..(column + 1) * tile_columns,
            output: PhantomData,
        };
        work(column, tile);
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
