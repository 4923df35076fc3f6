//! Sixteen rows times a few tokens: the inner loop of every product with quantised weights.

use super::{
    isa::{Isa, Kernel, Line, Unit},
    packed::{Bits, Packed, Part, Steps, quad},
    panel::Panel,
};
use crate::{BLOCK_LEN, activations::Quantized};
use core::marker::PhantomData;

/// The inputs of some tokens, or some neighbouring groups of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a> {
    /// All groups of the tokens.
    pub quantized: Quantized<'a>,
    /// Groups of a token.
    pub stride: usize,
    /// The first group that is multiplied.
    pub first: usize,
    /// How many are.
    pub groups: usize,
}

/// One group's share in the inputs of a token.
#[derive(Clone, Copy)]
struct Token<'a> {
    /// `(groups)` each.
    quants: &'a [[i8; BLOCK_LEN]],
    scales: &'a [f32],
    scaled_sums: &'a [f32],
    float_sums: &'a [[f32; 3]],
}

impl<'a> Inputs<'a> {
    /// Those of a token; of the last one where there are fewer.
    #[inline(always)]
    fn token(&self, token: usize) -> Token<'a> {
        let token = token.min(self.quantized.scales.len() / self.stride - 1);
        let start = token * self.stride + self.first;
        let range = start..start + self.groups;
        Token {
            quants: &self.quantized.quants[range.clone()],
            scales: &self.quantized.scales[range.clone()],
            scaled_sums: &self.quantized.scaled_sums[range.clone()],
            float_sums: &self.quantized.float_sums[range],
        }
    }
}

/// Quads whose products may be added up in 16 bits before they must be widened, with the parts that
/// [`parts`] names: `2 * largest weight * 127` for each.
const fn span(bits: Bits) -> usize {
    match bits {
        Bits::Five => 4,
        Bits::Six => 2,
        _ => 8,
    }
}

/// Adds to the totals the products of a panel with the inputs.
#[derive(Debug)]
pub(crate) struct Tile<'a, F, const TOKENS: usize> {
    panel: Panel<'a>,
    inputs: &'a Inputs<'a>,
    /// `(TOKENS, 16)`
    totals: &'a mut [[f32; 16]; TOKENS],
    format: PhantomData<F>,
}

impl<'a, F: Packed, const TOKENS: usize> Tile<'a, F, TOKENS> {
    /// A panel of weights of the type `F`, and as many tokens as there are totals.
    pub(crate) const fn new(
        panel: Panel<'a>,
        inputs: &'a Inputs<'a>,
        totals: &'a mut [[f32; 16]; TOKENS],
    ) -> Self {
        Self { panel, inputs, totals, format: PhantomData }
    }
}

impl<F: Packed, const TOKENS: usize> Kernel for Tile<'_, F, TOKENS> {
    #[inline(always)]
    fn run_on<I: Isa>(self, isa: I) {
        tile::<I, F, TOKENS>(isa, self.panel, self.inputs, self.totals);
    }
}

#[inline(always)]
fn tile<I: Isa, F: Packed, const TOKENS: usize>(
    isa: I,
    panel: Panel<'_>,
    x: &Inputs<'_>,
    totals: &mut [[f32; 16]; TOKENS],
) {
    let mut tokens = [x.token(0); TOKENS];
    for (index, token) in tokens.iter_mut().enumerate() {
        *token = x.token(index);
    }
    let mut sums = [isa.splat(0.0); TOKENS];
    for (sum, total) in sums.iter_mut().zip(totals.iter()) {
        *sum = isa.floats(total);
    }
    let blocks = panel.lines.chunks_exact(F::GROUPS * F::LINES);
    let units = panel.units.chunks_exact(F::UNITS);
    for (block, (lines, units)) in blocks.zip(units).enumerate() {
        let scale = isa.halves(pair(units, 0));
        let minimum = if F::HALVES.len() == 2 { isa.halves(pair(units, 2)) } else { scale };
        for group in 0..F::GROUPS {
            let lines = &lines[group * F::LINES..][..F::LINES];
            let units = &units[2 * F::HALVES.len() + group * F::GROUP_UNITS..][..F::GROUP_UNITS];
            let index = block * F::GROUPS + group;
            let values = integers::<I, F, TOKENS>(isa, lines, units, &tokens, index);
            let minima = &units[F::SCALES.count()..];
            for ((sum, value), token) in sums.iter_mut().zip(values).zip(&tokens) {
                let input_scale = isa.splat(token.scales[index]);
                *sum = isa.fused(value, isa.times(scale, input_scale), *sum);
                if F::HALVES.len() == 1 {
                    continue;
                }
                *sum = match F::MINIMA {
                    Steps::None => isa.fused(minimum, isa.splat(token.scaled_sums[index]), *sum),
                    Steps::Whole => {
                        let product = isa.times(minimum, isa.unsigned_bytes(&minima[0]));
                        isa.fused(product, isa.splat(-token.scaled_sums[index]), *sum)
                    }
                    Steps::Halves => {
                        // The sum of integers below 2^24 is exact in floats.
                        let [first, last, _] = token.float_sums[index];
                        let low = isa.times(isa.unsigned_bytes(&minima[0]), isa.splat(-first));
                        let both = isa.fused(isa.unsigned_bytes(&minima[1]), isa.splat(-last), low);
                        isa.fused(both, isa.times(minimum, input_scale), *sum)
                    }
                };
            }
        }
    }
    for (sum, total) in sums.iter().zip(totals) {
        isa.store(*sum, total);
    }
}

#[inline(always)]
fn pair(units: &[Unit], first: usize) -> &[Unit; 2] {
    units[first..].first_chunk().expect("halves take two units")
}

/// The integers that the scale of a group multiplies, as floats: sub-scales and offsets are in them.
#[inline(always)]
fn integers<I: Isa, F: Packed, const TOKENS: usize>(
    isa: I,
    lines: &[Line],
    units: &[Unit],
    tokens: &[Token<'_>; TOKENS],
    index: usize,
) -> [I::Floats; TOKENS] {
    if matches!(F::SCALES, Steps::Halves) {
        let mut low = [isa.no_ints(); TOKENS];
        add_quads::<I, F, TOKENS, 4>(isa, lines, tokens, index, [0, 1, 2, 3], &mut low);
        let low = offset::<I, F, TOKENS>(isa, low, tokens, index, 0);
        let mut high = [isa.no_ints(); TOKENS];
        add_quads::<I, F, TOKENS, 4>(isa, lines, tokens, index, [4, 5, 6, 7], &mut high);
        let mut values = offset::<I, F, TOKENS>(isa, high, tokens, index, 1);
        let scales = [isa.signed_bytes(&units[0]), isa.signed_bytes(&units[1])];
        for (value, low) in values.iter_mut().zip(low) {
            *value = isa.fused(*value, scales[1], isa.times(low, scales[0]));
        }
        values
    } else {
        let mut ints = [isa.no_ints(); TOKENS];
        // Quads that share a line follow each other.
        let order = [0, 4, 1, 5, 2, 6, 3, 7];
        add_quads::<I, F, TOKENS, 8>(isa, lines, tokens, index, order, &mut ints);
        let mut values = offset::<I, F, TOKENS>(isa, ints, tokens, index, 2);
        if matches!(F::SCALES, Steps::Whole) {
            let scale = isa.signed_bytes(&units[0]);
            for value in &mut values {
                *value = isa.times(*value, scale);
            }
        }
        values
    }
}

/// Integers as floats, less what the offset of the weights added to them. `sum` says which of the
/// sums of the inputs that was multiplied by.
#[inline(always)]
fn offset<I: Isa, F: Packed, const TOKENS: usize>(
    isa: I,
    ints: [I::Ints; TOKENS],
    tokens: &[Token<'_>; TOKENS],
    index: usize,
    sum: usize,
) -> [I::Floats; TOKENS] {
    let mut values = [isa.splat(0.0); TOKENS];
    for ((value, ints), token) in values.iter_mut().zip(ints).zip(tokens) {
        *value = isa.to_floats(ints);
        if F::OFFSET != 0 {
            let sum = isa.splat(token.float_sums[index][sum]);
            *value = isa.fused(sum, isa.splat(-f32::from(F::OFFSET)), *value);
        }
    }
    values
}

/// Adds the products of some quads of a group.
#[inline(always)]
fn add_quads<I: Isa, F: Packed, const TOKENS: usize, const QUADS: usize>(
    isa: I,
    lines: &[Line],
    tokens: &[Token<'_>; TOKENS],
    index: usize,
    order: [usize; QUADS],
    ints: &mut [I::Ints; TOKENS],
) {
    let is_byte = matches!(F::BITS, Bits::Eight | Bits::Table);
    if is_byte && !I::IS_WIDE {
        add_part::<I, F, TOKENS, QUADS, 1>(isa, lines, tokens, index, order, Part::LowNibble, ints);
        add_part::<I, F, TOKENS, QUADS, 16>(
            isa,
            lines,
            tokens,
            index,
            order,
            Part::HighNibble,
            ints,
        );
    } else {
        add_part::<I, F, TOKENS, QUADS, 1>(isa, lines, tokens, index, order, Part::Whole, ints);
    }
}

#[inline(always)]
fn add_part<I: Isa, F: Packed, const TOKENS: usize, const QUADS: usize, const FACTOR: i16>(
    isa: I,
    lines: &[Line],
    tokens: &[Token<'_>; TOKENS],
    index: usize,
    order: [usize; QUADS],
    part: Part,
    ints: &mut [I::Ints; TOKENS],
) {
    let span = if I::IS_WIDE { QUADS } else { span(F::BITS) };
    let mut sums = [isa.no_sums(); TOKENS];
    // Written out, so that the places of bits are constants whatever the optimiser thinks of loops.
    macro_rules! step {
        ($($step:literal)*) => {$(
            if $step < QUADS {
                let q = order[$step % QUADS];
                let weights = quad::<I, F>(isa, lines, q, part);
                for (sum, token) in sums.iter_mut().zip(tokens) {
                    let inputs = token.quants[index].as_chunks::<4>().0[q];
                    *sum = isa.add_products(*sum, weights, isa.quad(inputs));
                }
                if ($step + 1) % span == 0 || $step + 1 == QUADS {
                    for (ints, sum) in ints.iter_mut().zip(&mut sums) {
                        *ints = isa.widen::<FACTOR>(*ints, *sum);
                        *sum = isa.no_sums();
                    }
                }
            }
        )*};
    }
    step!(0 1 2 3 4 5 6 7);
}
