//! The inputs of a matrix product: the floats, and the same rounded to 8 bits in blocks of 32 for
//! the integer kernels, as ggml's Q8_0 and Q8_1. Scales have the precision of halves, as there, but the
//! range of singles.

use crate::{
    BLOCK_LEN, CpuFeatures,
    cpu::for_each_cpu,
    fixed::{InputScale, fix_scales},
    half::to_half_precision,
    scalar::ROUNDING_MAGIC,
    split::for_each_chunk_pair,
};
use alloc::{collections::TryReserveError, vec::Vec};
use system_platform::ComputePool;

/// Inputs for up to `capacity` tokens of up to `max_cols` columns each.
#[derive(Debug)]
pub struct Activations {
    tokens: usize,
    cols: usize,
    /// `(tokens, cols)`.
    values: Vec<f32>,
    /// `(tokens, cols)`, each in -127..=127.
    quants: Vec<i8>,
    /// `(tokens, cols)`: the same in 16 bits, which emulators spread over a vector at half the cost.
    /// This and the next two are for the fixed-point dialect alone.
    wide_quants: Vec<i16>,
    /// `(tokens, cols / 32)`: the scales as integers.
    fixed_scales: Vec<InputScale>,
    /// `(tokens)`: what these are worth. There is room for more, as blocks may be tokens.
    factors: Vec<f32>,
    /// `(tokens, cols / 32)`: what one step of a quant is worth.
    scales: Vec<f32>,
    /// `(tokens, cols / 32)`: sum of the quants of the block.
    sums: Vec<i32>,
    /// `(tokens, cols / 32)`: the sums of the first 16 quants of the block, of the last 16, and of
    /// all, as floats.
    float_sums: Vec<[f32; 3]>,
    /// `(tokens, cols / 32)`: the sum of all times the scale.
    scaled_sums: Vec<f32>,
    is_quantized: bool,
    /// Whether what only the fixed-point dialect needs is there too.
    is_fixed: bool,
}

/// The rounded form of `tokens` neighbouring tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantized<'a> {
    /// `(tokens, blocks)`
    pub quants: &'a [[i8; BLOCK_LEN]],
    /// `(tokens, blocks)`
    pub wide_quants: &'a [[i16; BLOCK_LEN]],
    /// `(tokens, blocks)`
    pub fixed_scales: &'a [InputScale],
    /// `(tokens)`
    pub factors: &'a [f32],
    /// `(tokens, blocks)`
    pub scales: &'a [f32],
    /// `(tokens, blocks)`
    pub sums: &'a [i32],
    /// `(tokens, blocks)`: of the first half, of the last, of all.
    pub float_sums: &'a [[f32; 3]],
    /// `(tokens, blocks)`
    pub scaled_sums: &'a [f32],
}

/// Parts that rows are divided into, at most.
const MAX_PARTS: usize = 16;

/// The rows of some tokens while they are filled in.
struct Part<'a> {
    values: &'a mut [f32],
    quants: &'a mut [[i8; BLOCK_LEN]],
    wide_quants: &'a mut [[i16; BLOCK_LEN]],
    fixed_scales: &'a mut [InputScale],
    factors: &'a mut [f32],
    scales: &'a mut [f32],
    sums: &'a mut [i32],
    float_sums: &'a mut [[f32; 3]],
    scaled_sums: &'a mut [f32],
}

impl Part<'_> {
    /// Computes the rounded form of tokens with `cols` elements each.
    fn quantize(&mut self, cpu: CpuFeatures, cols: usize) {
        let Self { quants, scales, sums, float_sums, scaled_sums, .. } = self;
        let values = self.values.as_chunks().0;
        quantize_blocks(cpu, values, quants, scales, sums, float_sums, scaled_sums);
        if cpu.is_fixed() {
            widen_quants(cpu, quants, self.wide_quants);
            let blocks = cols / BLOCK_LEN;
            let tokens = self.quants.chunks(blocks).zip(self.scales.chunks(blocks));
            let fixed = self.fixed_scales.chunks_mut(blocks).zip(&mut *self.factors);
            for ((quants, scales), (fixed, factor)) in tokens.zip(fixed) {
                *factor = fix_scales(cpu, quants, scales, fixed);
            }
        }
    }
}

/// `len` zeros.
pub(crate) fn zeroed<T: Copy + Default>(len: usize) -> Result<Vec<T>, TryReserveError> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(len)?;
    vec.resize(len, T::default());
    Ok(vec)
}

impl Activations {
    /// Room for `capacity` tokens of `max_cols`.
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn new(capacity: usize, max_cols: usize) -> Result<Self, TryReserveError> {
        let elements = capacity * max_cols;
        let blocks = capacity * max_cols.div_ceil(BLOCK_LEN);
        Ok(Self {
            tokens: 0,
            cols: 0,
            values: zeroed(elements)?,
            quants: zeroed(elements)?,
            wide_quants: zeroed(elements)?,
            fixed_scales: zeroed(blocks)?,
            factors: zeroed(blocks)?,
            scales: zeroed(blocks)?,
            sums: zeroed(blocks)?,
            float_sums: zeroed(blocks)?,
            scaled_sums: zeroed(blocks)?,
            is_quantized: false,
            is_fixed: false,
        })
    }

    /// Bytes that [`Self::new`] allocates.
    pub const fn len_bytes(capacity: usize, max_cols: usize) -> usize {
        capacity * (max_cols * 7 + max_cols.div_ceil(BLOCK_LEN) * 36)
    }

    /// Takes the shape `(tokens, cols)` and hands out the floats to be filled in. The contents
    /// before that are unspecified.
    pub fn reshape(&mut self, tokens: usize, cols: usize) -> &mut [f32] {
        assert!(tokens * cols <= self.values.len(), "the shape is within the capacity");
        (self.tokens, self.cols, self.is_quantized) = (tokens, cols, false);
        &mut self.values[..tokens * cols]
    }

    /// Tokens of the present shape.
    pub const fn tokens(&self) -> usize {
        self.tokens
    }

    /// Columns of the present shape.
    pub const fn cols(&self) -> usize {
        self.cols
    }

    /// The floats, `(tokens, cols)`.
    pub fn values(&self) -> &[f32] {
        &self.values[..self.tokens * self.cols]
    }

    /// Takes the shape `(tokens, cols)` and lets `work` fill in the row of each token, on all CPUs
    /// of the pool. A row holds before that what it held last, if the shape was the same. Whoever
    /// fills a row also computes its rounded form, if that `is_wanted`.
    pub fn fill(
        &mut self,
        (cpu, pool): (CpuFeatures, &dyn ComputePool),
        (tokens, cols): (usize, usize),
        is_wanted: bool,
        work: &(dyn Fn(usize, &mut [f32]) + Sync),
    ) {
        self.reshape(tokens, cols);
        assert!(
            !is_wanted || cols.is_multiple_of(BLOCK_LEN),
            "quantised matrices have whole blocks"
        );
        let step = tokens.div_ceil(MAX_PARTS.min(pool.workers() * 2)).max(1);
        let (elements, blocks) = (step * cols, step * (cols / BLOCK_LEN));
        let mut values = self.values[..tokens * cols].chunks_mut(elements.max(1));
        let mut quants = self.quants.as_chunks_mut().0.chunks_mut(blocks.max(1));
        let mut wide_quants = self.wide_quants.as_chunks_mut().0.chunks_mut(blocks.max(1));
        let mut fixed_scales = self.fixed_scales.chunks_mut(blocks.max(1));
        let mut factors = self.factors.chunks_mut(step);
        let mut scales = self.scales.chunks_mut(blocks.max(1));
        let mut sums = self.sums.chunks_mut(blocks.max(1));
        let mut float_sums = self.float_sums.chunks_mut(blocks.max(1));
        let mut scaled_sums = self.scaled_sums.chunks_mut(blocks.max(1));
        let mut parts = [const { None }; MAX_PARTS];
        let mut count = 0;
        for (part, values) in parts.iter_mut().zip(&mut values) {
            *part = Some(Part {
                values,
                quants: quants.next().unwrap_or_default(),
                wide_quants: wide_quants.next().unwrap_or_default(),
                fixed_scales: fixed_scales.next().unwrap_or_default(),
                factors: factors.next().unwrap_or_default(),
                scales: scales.next().unwrap_or_default(),
                sums: sums.next().unwrap_or_default(),
                float_sums: float_sums.next().unwrap_or_default(),
                scaled_sums: scaled_sums.next().unwrap_or_default(),
            });
            count += 1;
        }
        let fill = |index: usize, part: &mut [Option<Part<'_>>]| {
            let Some(part) = part.iter_mut().flatten().next() else { return };
            for (row, values) in part.values.chunks_exact_mut(cols).enumerate() {
                work(index * step + row, values);
            }
            if is_wanted {
                part.quantize(cpu, cols);
            }
        };
        if count == 1 {
            fill(0, &mut parts[..1]);
        } else if count > 1 {
            let nothing = &mut [(); MAX_PARTS][..count];
            for_each_chunk_pair(pool, count, &mut parts[..count], nothing, &|index, part, _| {
                fill(index, part);
            });
        }
        (self.is_quantized, self.is_fixed) = (is_wanted, cpu.is_fixed());
    }

    /// Computes the rounded form, which the integer kernels need. Does nothing the second time.
    pub fn quantize(&mut self, cpu: CpuFeatures) {
        if self.is_quantized && (self.is_fixed || !cpu.is_fixed()) {
            return;
        }
        assert!(self.cols.is_multiple_of(BLOCK_LEN), "quantised matrices have whole blocks");
        let elements = self.tokens * self.cols;
        let blocks = elements / BLOCK_LEN;
        let mut all = Part {
            values: &mut self.values[..elements],
            quants: self.quants[..elements].as_chunks_mut().0,
            wide_quants: self.wide_quants[..elements].as_chunks_mut().0,
            fixed_scales: &mut self.fixed_scales[..blocks],
            factors: &mut self.factors[..self.tokens],
            scales: &mut self.scales[..blocks],
            sums: &mut self.sums[..blocks],
            float_sums: &mut self.float_sums[..blocks],
            scaled_sums: &mut self.scaled_sums[..blocks],
        };
        all.quantize(cpu, self.cols);
        (self.is_quantized, self.is_fixed) = (true, cpu.is_fixed());
    }

    /// The rounded form of tokens `first..first + count`; [`Self::quantize`] must have been called.
    pub(crate) fn quantized(&self, first: usize, count: usize) -> Quantized<'_> {
        assert!(self.is_quantized && first + count <= self.tokens, "rounded before it is used");
        let blocks = self.cols / BLOCK_LEN;
        let range = first * blocks..(first + count) * blocks;
        let fixed_range = if self.is_fixed { range.clone() } else { 0..0 };
        Quantized {
            quants: &self.quants.as_chunks().0[range.clone()],
            wide_quants: &self.wide_quants.as_chunks().0[fixed_range.clone()],
            fixed_scales: &self.fixed_scales[fixed_range],
            factors: &self.factors[first..first + count],
            scales: &self.scales[range.clone()],
            sums: &self.sums[range.clone()],
            float_sums: &self.float_sums[range.clone()],
            scaled_sums: &self.scaled_sums[range],
        }
    }
}

for_each_cpu! {
    /// The quants in 16 bits.
    fn widen_quants(quants: &[[i8; BLOCK_LEN]], wide_quants: &mut [[i16; BLOCK_LEN]]) {
        let quants = quants.as_flattened().iter();
        for (wide, &quant) in wide_quants.as_flattened_mut().iter_mut().zip(quants) {
            *wide = quant.into();
        }
    }
}

for_each_cpu! {
    /// Rounds each block to steps of a 127th of its largest magnitude. A block that holds an
    /// infinity or a NaN gets the scale NaN, so that the damage shows in every result.
    pub fn quantize_blocks(
        values: &[[f32; BLOCK_LEN]],
        quants: &mut [[i8; BLOCK_LEN]],
        scales: &mut [f32],
        sums: &mut [i32],
        float_sums: &mut [[f32; 3]],
        scaled_sums: &mut [f32],
    ) {
        for (index, (values, quants)) in values.iter().zip(quants.iter_mut()).enumerate() {
            // The order of magnitudes is the order of their bits; NaN and infinity come last.
            let largest =
                values.iter().fold(0, |largest, x| u32::max(largest, x.to_bits() & 0x7fff_ffff));
            let is_finite = largest < 0x7f80_0000;
            let largest = f32::from_bits(largest);
            // The inverse of a tiny magnitude would be infinite: such a block counts as zero.
            let inverse = if is_finite && largest > 1e-30 { 127.0 / largest } else { 0.0 };
            let mut sum = 0;
            for (quant, &x) in quants.iter_mut().zip(values) {
                // The mask keeps the result in range whatever bits a NaN leaves.
                let rounded = (x * inverse + ROUNDING_MAGIC).to_bits() as i8;
                *quant = if is_finite { rounded } else { 0 };
                sum += i32::from(*quant);
            }
            let scale = to_half_precision(if is_finite { largest / 127.0 } else { f32::NAN });
            scales[index] = scale;
            sums[index] = sum;
            let first: i32 = quants[..BLOCK_LEN / 2].iter().map(|&quant| i32::from(quant)).sum();
            float_sums[index] = [first as f32, (sum - first) as f32, sum as f32];
            scaled_sums[index] = scale * sum as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn quantized_block(values: [f32; 32]) -> ([i8; 32], f32, i32, f32) {
        let mut activations = Activations::new(1, 32).expect("a block is small");
        activations.reshape(1, 32).copy_from_slice(&values);
        activations.quantize(CpuFeatures::detect());
        let block = activations.quantized(0, 1);
        (block.quants[0], block.scales[0], block.sums[0], block.scaled_sums[0])
    }

    #[test]
    fn rounds_to_the_nearest_step_and_ties_to_even() {
        let mut values = [0.0; 32];
        values[..6].copy_from_slice(&[127.0, -127.0, 0.5, 1.5, -2.4, 2.6]);
        let (quants, scale, sum, scaled_sum) = quantized_block(values);
        assert_eq!(quants[..6], [127, -127, 0, 2, -2, 3]);
        assert_eq!((scale, sum, scaled_sum), (1.0, 3, 3.0));
    }

    #[test]
    fn a_block_of_zeros_or_of_tiny_numbers_has_only_zeros() {
        assert_eq!(quantized_block([0.0; 32]), ([0; 32], 0.0, 0, 0.0));
        assert_eq!(quantized_block([1e-40; 32]).0, [0; 32]);
    }

    #[test]
    fn a_block_with_something_that_is_no_number_has_the_scale_nan() {
        for damage in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut values = [1.0; 32];
            values[17] = damage;
            let (quants, scale, _, scaled_sum) = quantized_block(values);
            assert_eq!(quants, [0; 32]);
            assert!(scale.is_nan() && scaled_sum.is_nan());
        }
    }

    #[test]
    fn rows_filled_together_are_those_filled_alone() {
        let value = |token: usize, column: usize| (token * 31 + column * 7 % 64) as f32 - 40.0;
        for (tokens, cols) in [(1, 64), (2, 32), (5, 96), (16, 32), (37, 64)] {
            let mut together = Activations::new(40, 96).expect("small");
            for is_wanted in [false, true] {
                let fill = |token: usize, row: &mut [f32]| {
                    for (column, x) in row.iter_mut().enumerate() {
                        *x = value(token, column);
                    }
                };
                let tools: (_, &dyn ComputePool) = (CpuFeatures::detect(), &ThreeWorkers);
                together.fill(tools, (tokens, cols), is_wanted, &fill);
                together.quantize(CpuFeatures::detect());
                for token in 0..tokens {
                    let mut alone = Activations::new(1, cols).expect("small");
                    fill(token, alone.reshape(1, cols));
                    alone.quantize(CpuFeatures::detect());
                    assert_eq!(together.values()[token * cols..][..cols], *alone.values());
                    let (found, expected) = (together.quantized(token, 1), alone.quantized(0, 1));
                    assert_eq!((found.quants, found.scales), (expected.quants, expected.scales));
                    assert_eq!(
                        (found.sums, found.scaled_sums),
                        (expected.sums, expected.scaled_sums)
                    );
                }
            }
        }
    }

    /// Runs tasks backwards, as if by others.
    struct ThreeWorkers;

    impl ComputePool for ThreeWorkers {
        fn workers(&self) -> usize {
            3
        }

        fn parallel_for(&self, tasks: usize, work: &(dyn Fn(usize) + Sync)) {
            (0..tasks).rev().for_each(work);
        }
    }

    #[test]
    fn both_builds_round_alike() {
        let mut random = crate::testing::Random::new(1);
        let values: Vec<[f32; 32]> =
            (0..100).map(|_| core::array::from_fn(|_| random.normal() * 3.0)).collect();
        let mut results = [CpuFeatures::baseline(), CpuFeatures::detect()].map(|cpu| {
            let (mut quants, mut sums) = (vec![[0; 32]; 100], vec![0; 100]);
            let (mut scales, mut scaled_sums) = (vec![0.0; 100], vec![0.0; 100]);
            let mut float_sums = vec![[0.0; 3]; 100];
            quantize_blocks(
                cpu,
                &values,
                &mut quants,
                &mut scales,
                &mut sums,
                &mut float_sums,
                &mut scaled_sums,
            );
            (quants, scales, sums, float_sums, scaled_sums)
        });
        let [first, second] = &mut results;
        assert_eq!(first, second);
    }
}
