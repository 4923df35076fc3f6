//! [`Isa`] in vectors of 256 bits: with AVX2 alone, and with the byte products of AVX-VNNI. Each
//! line is two vectors of eight rows.

use super::isa::{Isa, Kernel, Line, Unit, operations};
use crate::CpuFeatures;
use core::arch::x86_64::*;

/// AVX2, FMA and F16C.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

/// The same with AVX-VNNI.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AvxVnni(());

impl Avx2 {
    /// `None` where the CPU lacks the instructions.
    pub(crate) const fn new(cpu: CpuFeatures) -> Option<Self> {
        if cpu.is_fused() { Some(Self(())) } else { None }
    }
}

impl AvxVnni {
    /// `None` where the CPU lacks the instructions.
    pub(crate) const fn new(cpu: CpuFeatures) -> Option<Self> {
        if cpu.has_avx_vnni() { Some(Self(())) } else { None }
    }
}

type Two<T> = [T; 2];

/// What the two have in common.
macro_rules! common {
    ($features:literal) => {
        operations! { $features;
            fn line(line: &Line) -> Two<__m256i> {
                let source = line.0.as_ptr().cast::<__m256i>();
                // SAFETY: a line has 64 bytes and is aligned to as many.
                let low = unsafe { _mm256_load_si256(source) };
                // SAFETY: the upper 32 of the 64 bytes.
                let source = unsafe { source.add(1) };
                // SAFETY: the same.
                let high = unsafe { _mm256_load_si256(source) };
                [low, high]
            }
            fn shift_right<const N: i32>(line: Two<__m256i>) -> Two<__m256i> {
                [_mm256_srli_epi16::<N>(line[0]), _mm256_srli_epi16::<N>(line[1])]
            }
            fn shift_left<const N: i32>(line: Two<__m256i>) -> Two<__m256i> {
                [_mm256_slli_epi16::<N>(line[0]), _mm256_slli_epi16::<N>(line[1])]
            }
            fn mask(line: Two<__m256i>, mask: u8) -> Two<__m256i> {
                let mask = _mm256_set1_epi8(mask.cast_signed());
                [_mm256_and_si256(line[0], mask), _mm256_and_si256(line[1], mask)]
            }
            fn or(a: Two<__m256i>, b: Two<__m256i>) -> Two<__m256i> {
                [_mm256_or_si256(a[0], b[0]), _mm256_or_si256(a[1], b[1])]
            }
            fn lookup(line: Two<__m256i>, table: &Unit) -> Two<__m256i> {
                // SAFETY: the table has 16 bytes, and the load needs no alignment.
                let table = unsafe { _mm_loadu_si128(table.as_ptr().cast()) };
                let table = _mm256_broadcastsi128_si256(table);
                [_mm256_shuffle_epi8(table, line[0]), _mm256_shuffle_epi8(table, line[1])]
            }
            fn quad(inputs: [i8; 4]) -> __m256i {
                let bytes = inputs.map(i8::cast_unsigned);
                _mm256_set1_epi32(i32::from_le_bytes(bytes))
            }
            fn no_sums() -> Two<__m256i> {
                [_mm256_setzero_si256(); 2]
            }
            fn no_ints() -> Two<__m256i> {
                [_mm256_setzero_si256(); 2]
            }
            fn to_floats(ints: Two<__m256i>) -> Two<__m256> {
                [_mm256_cvtepi32_ps(ints[0]), _mm256_cvtepi32_ps(ints[1])]
            }
            fn splat(value: f32) -> Two<__m256> {
                [_mm256_set1_ps(value); 2]
            }
            fn floats(values: &[f32; 16]) -> Two<__m256> {
                let (low, high) = values.split_at(8);
                // SAFETY: the lower half has eight floats, and the load needs no alignment.
                let low = unsafe { _mm256_loadu_ps(low.as_ptr()) };
                // SAFETY: so has the upper one.
                let high = unsafe { _mm256_loadu_ps(high.as_ptr()) };
                [low, high]
            }
            fn prefetch(address: *const u8) {
                _mm_prefetch::<_MM_HINT_T1>(address.cast());
            }
            fn singles(units: &[Unit; 4]) -> Two<__m256> {
                let (low, high) = units.split_at(2);
                // SAFETY: two units have 32 bytes, and the load needs no alignment.
                let low = unsafe { _mm256_loadu_ps(low.as_ptr().cast()) };
                // SAFETY: so have the other two.
                let high = unsafe { _mm256_loadu_ps(high.as_ptr().cast()) };
                [low, high]
            }
            fn brains(units: &[Unit; 2]) -> Two<__m256> {
                // SAFETY: a unit has 16 bytes, and the load needs no alignment.
                let low = unsafe { _mm_loadu_si128(units[0].as_ptr().cast()) };
                // SAFETY: the same.
                let high = unsafe { _mm_loadu_si128(units[1].as_ptr().cast()) };
                let low = _mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(low));
                let high = _mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(high));
                [_mm256_castsi256_ps(low), _mm256_castsi256_ps(high)]
            }
            fn halves(units: &[Unit; 2]) -> Two<__m256> {
                // SAFETY: a unit has 16 bytes, and the load needs no alignment.
                let low = unsafe { _mm_loadu_si128(units[0].as_ptr().cast()) };
                // SAFETY: the same.
                let high = unsafe { _mm_loadu_si128(units[1].as_ptr().cast()) };
                [_mm256_cvtph_ps(low), _mm256_cvtph_ps(high)]
            }
            fn cached(halves: &[u16; 16]) -> Two<__m256> {
                let (low, high) = halves.split_at(8);
                // SAFETY: the lower half has 16 bytes, and the load needs no alignment.
                let low = unsafe { _mm_loadu_si128(low.as_ptr().cast()) };
                // SAFETY: so has the upper one.
                let high = unsafe { _mm_loadu_si128(high.as_ptr().cast()) };
                [_mm256_cvtph_ps(low), _mm256_cvtph_ps(high)]
            }
            fn signed_bytes(unit: &Unit) -> Two<__m256> {
                // SAFETY: a unit has 16 bytes, and the load needs no alignment.
                let bytes = unsafe { _mm_loadu_si128(unit.as_ptr().cast()) };
                let high = _mm_srli_si128::<8>(bytes);
                [
                    _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)),
                    _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(high)),
                ]
            }
            fn unsigned_bytes(unit: &Unit) -> Two<__m256> {
                // SAFETY: a unit has 16 bytes, and the load needs no alignment.
                let bytes = unsafe { _mm_loadu_si128(unit.as_ptr().cast()) };
                let high = _mm_srli_si128::<8>(bytes);
                [
                    _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)),
                    _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(high)),
                ]
            }
            fn times(a: Two<__m256>, b: Two<__m256>) -> Two<__m256> {
                [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])]
            }
            fn fused(a: Two<__m256>, b: Two<__m256>, c: Two<__m256>) -> Two<__m256> {
                [_mm256_fmadd_ps(a[0], b[0], c[0]), _mm256_fmadd_ps(a[1], b[1], c[1])]
            }
            fn sum_four(floats: [Two<__m256>; 4]) -> [f32; 4] {
                let halves = |[low, high]: Two<__m256>| _mm256_add_ps(low, high);
                // The upper quarters of two vectors meet the lower ones.
                let quarters = |a, b| {
                    let lower = _mm256_permute2f128_ps::<0x20>(a, b);
                    _mm256_add_ps(lower, _mm256_permute2f128_ps::<0x31>(a, b))
                };
                let sums = |quarters| {
                    let swapped = _mm256_permute_ps::<0b01_00_11_10>(quarters);
                    let pairs = _mm256_add_ps(quarters, swapped);
                    let sums = _mm256_add_ps(pairs, _mm256_permute_ps::<0b10_11_00_01>(pairs));
                    let mut out = [0.0; 8];
                    // SAFETY: the array has eight floats, and the store needs no alignment.
                    unsafe { _mm256_storeu_ps(out.as_mut_ptr(), sums) };
                    [out[0], out[4]]
                };
                let [a, b, c, d] = floats;
                let [a, b] = sums(quarters(halves(a), halves(b)));
                let [c, d] = sums(quarters(halves(c), halves(d)));
                [a, b, c, d]
            }
            fn store(values: Two<__m256>, out: &mut [f32; 16]) {
                let (low, high) = out.split_at_mut(8);
                // SAFETY: the lower half has eight floats, and the store needs no alignment.
                unsafe { _mm256_storeu_ps(low.as_mut_ptr(), values[0]) };
                // SAFETY: so has the upper one.
                unsafe { _mm256_storeu_ps(high.as_mut_ptr(), values[1]) };
            }
        }

        #[inline]
        fn run(self, kernel: impl Kernel) {
            #[target_feature(enable = $features)]
            #[inline(never)]
            fn compiled<I: Isa>(isa: I, kernel: impl Kernel) {
                kernel.run_on(isa);
            }
            // SAFETY: a value of the type is only made where the CPU has the instructions.
            unsafe { compiled(self, kernel) }
        }

        type Line = Two<__m256i>;
        type Quad = __m256i;
        type Sums = Two<__m256i>;
        type Ints = Two<__m256i>;
        type Floats = Two<__m256>;
        const IS_ROOMY: bool = false;
    };
}

impl Isa for Avx2 {
    common! { "avx2,fma,f16c" }

    const IS_WIDE: bool = false;

    operations! { "avx2,fma,f16c";
        fn add_products(sums: Two<__m256i>, line: Two<__m256i>, quad: __m256i) -> Two<__m256i> {
            // The saturating addition, though nothing saturates: the compiler may not reorder it,
            // and if it does it runs out of registers.
            [
                _mm256_adds_epi16(sums[0], _mm256_maddubs_epi16(line[0], quad)),
                _mm256_adds_epi16(sums[1], _mm256_maddubs_epi16(line[1], quad)),
            ]
        }
        fn widen<const FACTOR: i16>(ints: Two<__m256i>, sums: Two<__m256i>) -> Two<__m256i> {
            let factor = _mm256_set1_epi16(FACTOR);
            [
                _mm256_add_epi32(ints[0], _mm256_madd_epi16(sums[0], factor)),
                _mm256_add_epi32(ints[1], _mm256_madd_epi16(sums[1], factor)),
            ]
        }
    }
}

impl Isa for AvxVnni {
    common! { "avx2,fma,f16c,avxvnni" }

    const IS_WIDE: bool = true;

    operations! { "avx2,fma,f16c,avxvnni";
        fn add_products(sums: Two<__m256i>, line: Two<__m256i>, quad: __m256i) -> Two<__m256i> {
            [
                _mm256_dpbusd_avx_epi32(sums[0], line[0], quad),
                _mm256_dpbusd_avx_epi32(sums[1], line[1], quad),
            ]
        }
        fn widen<const FACTOR: i16>(ints: Two<__m256i>, sums: Two<__m256i>) -> Two<__m256i> {
            let factor = _mm256_set1_epi32(i32::from(FACTOR));
            [
                _mm256_add_epi32(ints[0], _mm256_mullo_epi32(sums[0], factor)),
                _mm256_add_epi32(ints[1], _mm256_mullo_epi32(sums[1], factor)),
            ]
        }
    }
}
