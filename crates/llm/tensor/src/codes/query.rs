//! A vector that others are compared with, and the comparisons.

use super::{
    LINE_ELEMENTS, Line, OFFSET, Rows, avx2, avx512, lines_of,
    portable::{self, QueryWords, query_words},
    quantize,
};
use crate::{CpuFeatures, cpu::for_each_cpu};
use alloc::vec::Vec;

/// Vectors whose products are kept on the stack.
const CHUNK: usize = 64;

/// Many vectors of the same number of lines, one behind the other in each plane.
#[derive(Clone, Copy, Debug)]
pub struct Planes<'a> {
    /// Upper halves of the elements, `(vectors, lines)`.
    pub high: &'a [Line],
    /// Lower halves, `(vectors, lines)`.
    pub low: &'a [Line],
    /// `(vectors)`
    pub scales: &'a [f32],
}

/// A vector in eight bits, and what rounding took off in eight more. Scores are dot products, in
/// singles; a coarse one takes the lower halves of the other vector's elements for their middle.
#[derive(Clone, Debug)]
pub struct Query {
    cpu: CpuFeatures,
    main: Part,
    /// None for vectors that were in eight bits before.
    rest: Option<Part>,
}

/// A vector in eight bits.
#[derive(Clone, Debug, Default)]
struct Part {
    /// As signed bytes, `(lines, 2)`.
    quants: Vec<[Line; 2]>,
    /// The same for the portable kernel; empty where that is not used.
    words: Vec<QueryWords>,
    sum: i32,
    scale: f32,
}

impl Part {
    fn new(cpu: CpuFeatures, vector: &[f32]) -> Self {
        let mut part = Self::default();
        part.set(cpu, vector);
        part
    }

    fn set(&mut self, cpu: CpuFeatures, vector: &[f32]) {
        self.quants.clear();
        self.quants.resize(lines_of(vector.len()), Default::default());
        self.sum = 0;
        let (quants, sum) = (&mut self.quants, &mut self.sum);
        self.scale = quantize(vector, |index, step| {
            let place = index % LINE_ELEMENTS;
            quants[index / LINE_ELEMENTS][place / 64].0[place % 64] = step.cast_unsigned();
            *sum += i32::from(step);
        });
        self.update_words(cpu);
    }

    fn update_words(&mut self, cpu: CpuFeatures) {
        self.words.clear();
        if !has_byte_products(cpu) {
            self.words.extend(self.quants.iter().map(query_words));
        }
    }

    /// Element `index`.
    fn element(&self, index: usize) -> f32 {
        let place = index % LINE_ELEMENTS;
        let step = self.quants[index / LINE_ELEMENTS][place / 64].0[place % 64].cast_signed();
        f32::from(step) * self.scale
    }
}

/// Whether nibbles are multiplied in bytes, as silicon does it best.
const fn has_byte_products(cpu: CpuFeatures) -> bool {
    cpu.has_avx2() && !cpu.is_fixed()
}

impl Query {
    /// A query for vectors of the same length; all elements must be finite.
    pub fn new(cpu: CpuFeatures, vector: &[f32]) -> Self {
        let main = Part::new(cpu, vector);
        let rest: Vec<f32> =
            vector.iter().enumerate().map(|(index, x)| x - main.element(index)).collect();
        let rest = Some(Part::new(cpu, &rest));
        Self { cpu, main, rest }
    }

    /// An empty query, for [`Self::set_to`].
    pub fn empty(cpu: CpuFeatures) -> Self {
        Self { cpu, main: Part::default(), rest: None }
    }

    /// Becomes one of many vectors.
    pub fn set_to(&mut self, planes: Planes<'_>, lines: usize, slot: u32) {
        let rows = slot as usize * lines..(slot as usize + 1) * lines;
        let part = &mut self.main;
        part.quants.resize(lines, Default::default());
        part.scale = planes.scales[slot as usize];
        part.sum = unpack(self.cpu, &planes.high[rows.clone()], &planes.low[rows], &mut part.quants);
        self.rest = None;
        self.main.update_words(self.cpu);
    }

    /// Lines of a plane of a vector that it can be compared with.
    pub fn lines(&self) -> usize {
        self.main.quants.len()
    }

    /// Coarse scores of all vectors of a stretch: `out` is `(vectors)`.
    pub fn coarse_all(&self, high: &[Line], scales: &[f32], out: &mut [f32]) {
        assert!(high.len() == self.lines() * scales.len() && out.len() == scales.len());
        let mut sums = [0; CHUNK];
        for (chunk, out) in out.chunks_mut(CHUNK).enumerate() {
            let (first, sums) = (chunk * CHUNK, &mut sums[..out.len()]);
            self.sums(&self.main, high, |at| first + at, sums);
            for ((out, &sum), scale) in out.iter_mut().zip(&*sums).zip(&scales[first..]) {
                *out = self.main.coarse(sum) * scale;
            }
        }
    }

    /// Coarse scores of some vectors: `out` is `(slots)`.
    pub fn coarse(&self, high: &[Line], scales: &[f32], slots: &[u32], out: &mut [f32]) {
        assert_eq!(slots.len(), out.len(), "there is a score for each vector");
        let mut sums = [0; CHUNK];
        for (slots, out) in slots.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
            let sums = &mut sums[..out.len()];
            self.sums(&self.main, high, |at| slots[at] as usize, sums);
            for ((out, &sum), &slot) in out.iter_mut().zip(&*sums).zip(slots) {
                *out = self.main.coarse(sum) * scales[slot as usize];
            }
        }
    }

    /// Scores of some vectors with the query in eight bits: `out` is `(slots)`.
    pub fn exact(&self, planes: Planes<'_>, slots: &[u32], out: &mut [f32]) {
        out.fill(0.0);
        self.add_part(&self.main, planes, slots, out);
        scale(planes.scales, slots, out);
    }

    /// Scores of some vectors with the whole query: `out` is `(slots)`.
    pub fn fine(&self, planes: Planes<'_>, slots: &[u32], out: &mut [f32]) {
        out.fill(0.0);
        self.add_part(&self.main, planes, slots, out);
        if let Some(rest) = &self.rest {
            self.add_part(rest, planes, slots, out);
        }
        scale(planes.scales, slots, out);
    }

    /// Adds the products of some vectors, in their steps, with a part of the query.
    fn add_part(&self, part: &Part, planes: Planes<'_>, slots: &[u32], out: &mut [f32]) {
        assert_eq!(slots.len(), out.len(), "there is a score for each vector");
        let [mut high, mut low] = [[0; CHUNK]; 2];
        for (slots, out) in slots.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
            let (high, low) = (&mut high[..out.len()], &mut low[..out.len()]);
            self.sums(part, planes.high, |at| slots[at] as usize, high);
            self.sums(part, planes.low, |at| slots[at] as usize, low);
            for ((out, high), low) in out.iter_mut().zip(&*high).zip(&*low) {
                *out += (16 * high + low - OFFSET * part.sum) as f32 * part.scale;
            }
        }
    }

    /// The products of some rows of a plane with the query, summed up.
    fn sums(&self, part: &Part, plane: &[Line], rows: impl Rows, out: &mut [i32]) {
        if self.cpu.has_avx512_vnni() {
            // SAFETY: `has_avx512_vnni` is only true when the CPU was found to have these.
            unsafe { avx512::sums(&part.quants, plane, rows, out) }
        } else if self.cpu.has_avx_vnni() {
            // SAFETY: `has_avx_vnni` is only true when the CPU was found to have these.
            unsafe { avx2::vnni_sums(&part.quants, plane, rows, out) }
        } else if has_byte_products(self.cpu) {
            // SAFETY: `has_byte_products` asks for AVX2, which the CPU was found to have.
            unsafe { avx2::sums(&part.quants, plane, rows, out) }
        } else {
            portable::sums(self.cpu, &part.words, plane, rows, out);
        }
    }
}

/// Sums of vectors' steps as scores.
fn scale(scales: &[f32], slots: &[u32], out: &mut [f32]) {
    for (out, &slot) in out.iter_mut().zip(slots) {
        *out *= scales[slot as usize];
    }
}

for_each_cpu! {
    /// A vector in planes as signed bytes, and their sum.
    fn unpack(high: &[Line], low: &[Line], out: &mut [[Line; 2]]) -> i32 {
        let mut total = 0;
        for (out, (high, low)) in out.iter_mut().zip(high.iter().zip(low)) {
            // The offset taken off a byte flips its upper bit.
            for (out, (high, low)) in out[0].0.iter_mut().zip(high.0.iter().zip(&low.0)) {
                *out = (high << 4 | low & 15) ^ 0x80;
            }
            for (out, (high, low)) in out[1].0.iter_mut().zip(high.0.iter().zip(&low.0)) {
                *out = (high & 0xf0 | low >> 4) ^ 0x80;
            }
            for line in out {
                // So many signed bytes are at most 64 * 128.
                let sum: i16 = line.0.iter().map(|&x| i16::from(x.cast_signed())).sum();
                total += i32::from(sum);
            }
        }
        total
    }
}

impl Part {
    /// A coarse score but for the other vector's scale, from the sum of the products with its upper
    /// halves.
    #[inline(always)]
    fn coarse(&self, sum: i32) -> f32 {
        // The middle of the lower half of an element is 7.5.
        (16.0 * sum as f32 - (OFFSET as f32 - 7.5) * self.sum as f32) * self.scale
    }
}
