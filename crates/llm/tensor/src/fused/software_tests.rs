//! The tiles in plain Rust: what wide instruction sets make of them, on machines that lack those.
//!
//! A line is sixteen rows and sums have 32 bits, as with VNNI in 512 bits. What is left to test
//! where the instructions exist is that each operation is the instruction meant.

use super::{
    compute_panels,
    isa::{Isa, Kernel, Line, Unit},
    packed::PANEL_ROWS,
    *,
};
use crate::{
    TensorType, scalar,
    split::{Columns, for_each_columns},
    testing::{Random, random_weights},
};
use alloc::vec;
use core::array::from_fn;
use system_platform::compute::SerialPool;

#[derive(Clone, Copy)]
struct Software;

/// Each 16 bits of a line.
fn each_word(line: [u8; 64], change: impl Fn(u16) -> u16) -> [u8; 64] {
    let mut out = [0; 64];
    for (out, word) in out.as_chunks_mut().0.iter_mut().zip(line.as_chunks().0) {
        *out = change(u16::from_le_bytes(*word)).to_le_bytes();
    }
    out
}

impl Isa for Software {
    type Line = [u8; 64];
    type Quad = [i8; 4];
    type Sums = [i32; 16];
    type Ints = [i32; 16];
    type Floats = [f32; 16];

    const IS_WIDE: bool = true;
    const IS_ROOMY: bool = true;

    fn line(self, line: &Line) -> [u8; 64] {
        line.0
    }
    fn shift_right<const N: i32>(self, line: [u8; 64]) -> [u8; 64] {
        each_word(line, |word| word >> N)
    }
    fn shift_left<const N: i32>(self, line: [u8; 64]) -> [u8; 64] {
        each_word(line, |word| word << N)
    }
    fn mask(self, line: [u8; 64], mask: u8) -> [u8; 64] {
        line.map(|byte| byte & mask)
    }
    fn or(self, a: [u8; 64], b: [u8; 64]) -> [u8; 64] {
        from_fn(|index| a[index] | b[index])
    }
    fn lookup(self, line: [u8; 64], table: &Unit) -> [u8; 64] {
        line.map(|byte| table[usize::from(byte)])
    }
    fn quad(self, inputs: [i8; 4]) -> [i8; 4] {
        inputs
    }
    fn no_sums(self) -> [i32; 16] {
        [0; 16]
    }
    fn add_products(self, sums: [i32; 16], line: [u8; 64], quad: [i8; 4]) -> [i32; 16] {
        from_fn(|row| {
            let weights = line[4 * row..4 * row + 4].iter();
            sums[row] + weights.zip(quad).map(|(&w, x)| i32::from(w) * i32::from(x)).sum::<i32>()
        })
    }
    fn no_ints(self) -> [i32; 16] {
        [0; 16]
    }
    fn widen<const FACTOR: i16>(self, ints: [i32; 16], sums: [i32; 16]) -> [i32; 16] {
        from_fn(|row| ints[row] + sums[row] * i32::from(FACTOR))
    }
    fn to_floats(self, ints: [i32; 16]) -> [f32; 16] {
        assert!(ints.iter().all(|int| int.unsigned_abs() < 1 << 24), "{ints:?} would be rounded");
        ints.map(|int| int as f32)
    }
    fn splat(self, value: f32) -> [f32; 16] {
        [value; 16]
    }
    fn floats(self, values: &[f32; 16]) -> [f32; 16] {
        *values
    }
    fn prefetch(self, _: *const u8) {}
    fn singles(self, units: &[Unit; 4]) -> [f32; 16] {
        let singles = units.as_flattened().as_chunks().0;
        from_fn(|row| f32::from_le_bytes(singles[row]))
    }
    fn brains(self, units: &[Unit; 2]) -> [f32; 16] {
        let brains = units.as_flattened().as_chunks().0;
        from_fn(|row| scalar::bf16_to_f32(u16::from_le_bytes(brains[row])))
    }
    fn halves(self, units: &[Unit; 2]) -> [f32; 16] {
        let halves = units.as_flattened().as_chunks().0;
        from_fn(|row| crate::half::f16_to_f32(u16::from_le_bytes(halves[row])))
    }
    fn cached(self, halves: &[u16; 16]) -> [f32; 16] {
        halves.map(crate::half::f16_to_f32)
    }
    fn signed_bytes(self, unit: &Unit) -> [f32; 16] {
        unit.map(|byte| f32::from(byte.cast_signed()))
    }
    fn unsigned_bytes(self, unit: &Unit) -> [f32; 16] {
        unit.map(f32::from)
    }
    fn times(self, a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        from_fn(|row| a[row] * b[row])
    }
    fn fused(self, a: [f32; 16], b: [f32; 16], c: [f32; 16]) -> [f32; 16] {
        from_fn(|row| libm::fmaf(a[row], b[row], c[row]))
    }
    fn sum_four(self, floats: [[f32; 16]; 4]) -> [f32; 4] {
        floats.map(scalar::sum_float_lanes)
    }
    fn store(self, values: [f32; 16], out: &mut [f32; 16]) {
        *out = values;
    }
    fn run(self, kernel: impl Kernel) {
        kernel.run_on(self);
    }
}

#[test]
fn wide_tiles_give_the_bits_of_the_reference_with_and_without_panels() {
    let mut random = Random::new(13);
    for kind in TensorType::ALL.into_iter().filter(|&kind| needs_quantized(kind)) {
        // One row more than a panel; more tokens than a tile has, and each number left over.
        let (rows, cols) = (PANEL_ROWS + 1, 2 * kind.block_len());
        let data = random_weights(&mut random, kind, rows * cols, 0.5);
        let matrix = Matrix::new(kind, rows, cols, &data).expect("the shape fits");
        let panels = FusedPanels::new(&matrix, &SerialPool).expect("tests are small");
        assert!(panels.is_some(), "quantised types have panels");
        for tokens in if cfg!(miri) { 1..3 } else { 1..14 } {
            let mut x = Activations::new(tokens, cols).expect("tests are small");
            x.reshape(tokens, cols).fill_with(|| random.normal());
            x.quantize(CpuFeatures::baseline());
            for panels in [panels.as_ref(), None] {
                let mut output = vec![f32::NAN; tokens * rows];
                let columns = Columns::new(&mut output, rows, 0..rows, rows);
                for_each_columns(&SerialPool, &mut [columns], &|_, mut writer| {
                    compute_panels(Software, &matrix, panels, &x, 0, &mut writer);
                });
                for (index, found) in output.iter().enumerate() {
                    let (token, row) = (index / rows, index % rows);
                    let inputs = x.quantized(token, 1);
                    let row = matrix.row_data(row, 1);
                    let expected = scalar::dot_quantized::<true>(kind, row, &inputs);
                    let name = if panels.is_some() { "in panels" } else { "in rows" };
                    assert_eq!(
                        found.to_bits(),
                        expected.to_bits(),
                        "{kind} {name}, element {index} by {tokens}: {found} for {expected}"
                    );
                }
            }
        }
    }
}
