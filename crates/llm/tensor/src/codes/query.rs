//! A vector that others are compared with, and the comparisons.

use super::{
    LINE_ELEMENTS, Line, OFFSET, Rows, avx2, avx512, lines_of,
    portable::{self, QueryWords, query_words},
    quantize,
};
use crate::{CpuFeatures, cpu::for_each_cpu};
use alloc::{vec, vec::Vec};
use core::iter;

/// What a nibble is where it is not known.
const MIDDLE: f32 = 7.5;

/// Vectors whose products are kept on the stack.
const CHUNK: usize = 64;

/// Many vectors of the same number of lines, one behind the other in each plane.
#[derive(Clone, Copy, Debug)]
pub struct Planes<'a> {
    /// Upper halves of the elements' bytes, `(vectors, lines)`.
    pub high: &'a [Line],
    /// Lower halves, `(vectors, lines)`.
    pub low: &'a [Line],
    /// What is less than a step, `(vectors, lines)`.
    pub last: &'a [Line],
    /// `(vectors)`
    pub scales: &'a [f32],
}

/// A vector in eight bits, and what rounding takes off in eight more. Scores are dot products, in
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
    /// A vector, and what rounding takes off.
    fn new(cpu: CpuFeatures, vector: &[f32]) -> (Self, Vec<f32>) {
        let mut part = Self::default();
        let lines = lines_of(vector.len());
        let len = lines * LINE_ELEMENTS;
        let (mut steps, mut rest) = (vec![0; len], vec![0.0; len]);
        part.scale = quantize(cpu, vector, &mut steps, &mut rest);
        part.sum = steps.iter().map(|&step| i32::from(step)).sum();
        part.quants.resize(lines, Default::default());
        let lines = part.quants.as_flattened_mut().iter_mut();
        for (line, steps) in lines.zip(steps.as_chunks::<64>().0) {
            line.0 = steps.map(i8::cast_unsigned);
        }
        part.update_words(cpu);
        rest.iter_mut().for_each(|rest| *rest *= part.scale);
        (part, rest)
    }

    fn update_words(&mut self, cpu: CpuFeatures) {
        self.words.clear();
        if !has_byte_products(cpu) {
            self.words.extend(self.quants.iter().map(query_words));
        }
    }
}

/// Whether nibbles are multiplied in bytes, as silicon does it best.
const fn has_byte_products(cpu: CpuFeatures) -> bool {
    cpu.has_avx2() && !cpu.is_fixed()
}

impl Query {
    /// A query for vectors of the same length; all elements must be finite.
    pub fn new(cpu: CpuFeatures, vector: &[f32]) -> Self {
        let (main, rest) = Part::new(cpu, vector);
        let (rest, _) = Part::new(cpu, &rest);
        Self { cpu, main, rest: Some(rest) }
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
        part.sum =
            unpack(self.cpu, &planes.high[rows.clone()], &planes.low[rows], &mut part.quants);
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

    /// Scores of some vectors, in eight bits as the query is: `out` is `(slots)`.
    pub fn exact(&self, planes: Planes<'_>, slots: &[u32], out: &mut [f32]) {
        out.fill(0.0);
        self.add_whole_steps(&self.main, planes, slots, out);
        scale(planes.scales, slots, out);
    }

    /// Scores of some vectors with all that is known of them and of the query: `out` is `(slots)`.
    pub fn fine(&self, planes: Planes<'_>, slots: &[u32], out: &mut [f32]) {
        out.fill(0.0);
        for part in iter::once(&self.main).chain(&self.rest) {
            self.add_whole_steps(part, planes, slots, out);
            self.add_part_of_steps(part, planes, slots, out);
        }
        scale(planes.scales, slots, out);
    }

    /// Adds the products of some vectors' bytes, in steps, with a part of the query.
    fn add_whole_steps(&self, part: &Part, planes: Planes<'_>, slots: &[u32], out: &mut [f32]) {
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

    /// The same of what is less than a step.
    fn add_part_of_steps(&self, part: &Part, planes: Planes<'_>, slots: &[u32], out: &mut [f32]) {
        let mut sums = [0; CHUNK];
        for (slots, out) in slots.chunks(CHUNK).zip(out.chunks_mut(CHUNK)) {
            let sums = &mut sums[..out.len()];
            self.sums(part, planes.last, |at| slots[at] as usize, sums);
            for (out, &sum) in out.iter_mut().zip(&*sums) {
                *out += (sum as f32 - MIDDLE * part.sum as f32) * (part.scale / 16.0);
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
        (16.0 * sum as f32 - (OFFSET as f32 - MIDDLE) * self.sum as f32) * self.scale
    }
}
