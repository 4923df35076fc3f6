//! [`Isa`] in vectors of 512 bits, with the byte products of AVX-512 VNNI. A line is one vector.

use super::isa::{Isa, Kernel, Line, Unit, operations};
use crate::CpuFeatures;
use core::arch::x86_64::*;

/// AVX-512 F, BW and VNNI.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512Vnni(());

impl Avx512Vnni {
    /// `None` where the CPU lacks the instructions.
    pub(crate) const fn new(cpu: CpuFeatures) -> Option<Self> {
        if cpu.has_avx512_vnni() { Some(Self(())) } else { None }
    }
}

impl Isa for Avx512Vnni {
    type Line = __m512i;
    type Quad = __m512i;
    type Sums = __m512i;
    type Ints = __m512i;
    type Floats = __m512;

    const IS_WIDE: bool = true;
    const IS_ROOMY: bool = true;

    operations! { "avx512f,avx512bw,avx512vnni";
        fn line(line: &Line) -> __m512i {
            // SAFETY: a line has 64 bytes and is aligned to as many.
            unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
        }
        fn shift_right<const N: i32>(line: __m512i) -> __m512i {
            // The form with the number in the instruction has an unsigned parameter: a constant that
            // the compiler turns into it.
            _mm512_srl_epi16(line, _mm_cvtsi32_si128(N))
        }
        fn shift_left<const N: i32>(line: __m512i) -> __m512i {
            _mm512_sll_epi16(line, _mm_cvtsi32_si128(N))
        }
        fn mask(line: __m512i, mask: u8) -> __m512i {
            _mm512_and_si512(line, _mm512_set1_epi8(mask.cast_signed()))
        }
        fn or(a: __m512i, b: __m512i) -> __m512i {
            _mm512_or_si512(a, b)
        }
        fn lookup(line: __m512i, table: &Unit) -> __m512i {
            // SAFETY: the table has 16 bytes, and the load needs no alignment.
            let table = unsafe { _mm_loadu_si128(table.as_ptr().cast()) };
            _mm512_shuffle_epi8(_mm512_broadcast_i32x4(table), line)
        }
        fn quad(inputs: [i8; 4]) -> __m512i {
            _mm512_set1_epi32(i32::from_le_bytes(inputs.map(i8::cast_unsigned)))
        }
        fn no_sums() -> __m512i {
            _mm512_setzero_si512()
        }
        fn add_products(sums: __m512i, line: __m512i, quad: __m512i) -> __m512i {
            _mm512_dpbusd_epi32(sums, line, quad)
        }
        fn no_ints() -> __m512i {
            _mm512_setzero_si512()
        }
        fn widen<const FACTOR: i16>(ints: __m512i, sums: __m512i) -> __m512i {
            let factor = _mm512_set1_epi32(i32::from(FACTOR));
            _mm512_add_epi32(ints, _mm512_mullo_epi32(sums, factor))
        }
        fn to_floats(ints: __m512i) -> __m512 {
            _mm512_cvtepi32_ps(ints)
        }
        fn splat(value: f32) -> __m512 {
            _mm512_set1_ps(value)
        }
        fn floats(values: &[f32; 16]) -> __m512 {
            // SAFETY: the array has sixteen floats, and the load needs no alignment.
            unsafe { _mm512_loadu_ps(values.as_ptr()) }
        }
        fn prefetch(address: *const u8) {
            _mm_prefetch::<_MM_HINT_T1>(address.cast());
        }
        fn singles(units: &[Unit; 4]) -> __m512 {
            // SAFETY: four units have 64 bytes, and the load needs no alignment.
            unsafe { _mm512_loadu_ps(units.as_ptr().cast()) }
        }
        fn brains(units: &[Unit; 2]) -> __m512 {
            // SAFETY: two units have 32 bytes, and the load needs no alignment.
            let upper = unsafe { _mm256_loadu_si256(units.as_ptr().cast()) };
            let bits = _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(upper));
            _mm512_castsi512_ps(bits)
        }
        fn halves(units: &[Unit; 2]) -> __m512 {
            // SAFETY: two units have 32 bytes, and the load needs no alignment.
            _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(units.as_ptr().cast()) })
        }
        fn cached(halves: &[u16; 16]) -> __m512 {
            // SAFETY: sixteen halves have 32 bytes, and the load needs no alignment.
            _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(halves.as_ptr().cast()) })
        }
        fn signed_bytes(unit: &Unit) -> __m512 {
            // SAFETY: a unit has 16 bytes, and the load needs no alignment.
            let bytes = unsafe { _mm_loadu_si128(unit.as_ptr().cast()) };
            _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes))
        }
        fn unsigned_bytes(unit: &Unit) -> __m512 {
            // SAFETY: a unit has 16 bytes, and the load needs no alignment.
            let bytes = unsafe { _mm_loadu_si128(unit.as_ptr().cast()) };
            _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))
        }
        fn times(a: __m512, b: __m512) -> __m512 {
            _mm512_mul_ps(a, b)
        }
        fn fused(a: __m512, b: __m512, c: __m512) -> __m512 {
            _mm512_fmadd_ps(a, b, c)
        }
        fn sum_four(floats: [__m512; 4]) -> [f32; 4] {
            // The upper halves of two vectors meet the lower ones; what is left fills one vector.
            let halves = |a, b| {
                let lower = _mm512_shuffle_f32x4::<0b01_00_01_00>(a, b);
                _mm512_add_ps(lower, _mm512_shuffle_f32x4::<0b11_10_11_10>(a, b))
            };
            let [a, b, c, d] = floats;
            let (ab, cd) = (halves(a, b), halves(c, d));
            // The same for halves of halves.
            let lower = _mm512_shuffle_f32x4::<0b10_00_10_00>(ab, cd);
            let quarters = _mm512_add_ps(lower, _mm512_shuffle_f32x4::<0b11_01_11_01>(ab, cd));
            let swapped = _mm512_permute_ps::<0b01_00_11_10>(quarters);
            let pairs = _mm512_add_ps(quarters, swapped);
            let sums = _mm512_add_ps(pairs, _mm512_permute_ps::<0b10_11_00_01>(pairs));
            let mut out = [0.0; 16];
            // SAFETY: the array has sixteen floats, and the store needs no alignment.
            unsafe { _mm512_storeu_ps(out.as_mut_ptr(), sums) };
            [out[0], out[4], out[8], out[12]]
        }
        fn store(values: __m512, out: &mut [f32; 16]) {
            // SAFETY: the array has sixteen floats, and the store needs no alignment.
            unsafe { _mm512_storeu_ps(out.as_mut_ptr(), values) };
        }
    }

    #[inline]
    fn run(self, kernel: impl Kernel) {
        #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
        #[inline(never)]
        fn compiled(isa: Avx512Vnni, kernel: impl Kernel) {
            kernel.run_on(isa);
        }
        // SAFETY: a value of the type is only made where the CPU has the instructions.
        unsafe { compiled(self, kernel) }
    }
}
