//! What the CPU can do, as far as the kernels of this crate care.

use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};

/// The instruction sets that may be used. A value that allows AVX2 can only come from
/// [`CpuFeatures::detect`], so whoever holds one has proof that the instructions exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuFeatures {
    has_avx2: bool,
    is_emulated: bool,
}

// CPUID.1:ECX (Intel SDM, volume 2A, CPUID).
const XSAVE: u32 = 1 << 26;
const OSXSAVE: u32 = 1 << 27;
const AVX: u32 = 1 << 28;
const HYPERVISOR: u32 = 1 << 31;
/// The first leaf of a hypervisor; it holds the signature.
const HYPERVISOR_LEAF: u32 = 0x4000_0000;
// CPUID.7.0:EBX.
const AVX2: u32 = 1 << 5;
// XCR0: SSE and AVX state (Intel SDM, volume 1, 13.3).
const XCR0_SSE_AVX: u64 = 0b110;

impl CpuFeatures {
    /// What every x86_64 CPU can do.
    pub const fn baseline() -> Self {
        Self { has_avx2: false, is_emulated: false }
    }

    /// Asks the CPU, and whether the operating system saves the registers. Call it once, after
    /// XCR0 has been set up; it must hold for every CPU of the compute pool.
    pub fn detect() -> Self {
        let max_leaf = __cpuid(0).eax;
        if max_leaf < 7 {
            return Self::baseline();
        }
        let leaf1 = __cpuid(1).ecx;
        let needed = XSAVE | OSXSAVE | AVX;
        if leaf1 & needed != needed {
            return Self::baseline();
        }
        // SAFETY: XSAVE and OSXSAVE were found set above, so the instruction exists and is enabled.
        let xcr0 = unsafe { _xgetbv(0) };
        let saves_avx = xcr0 & XCR0_SSE_AVX == XCR0_SSE_AVX;
        let has_avx2 = saves_avx && __cpuid_count(7, 0).ebx & AVX2 != 0;
        Self { has_avx2, is_emulated: leaf1 & HYPERVISOR != 0 && is_tcg() }
    }

    /// Whether the AVX2 kernels may be used.
    pub const fn has_avx2(self) -> bool {
        self.has_avx2
    }

    /// Whether weights in [`crate::Panels`] are multiplied faster than as the file has them.
    pub const fn prefers_panels(self) -> bool {
        self.has_avx2 && self.is_emulated
    }

    /// The kernels that will be used, for people.
    pub const fn name(self) -> &'static str {
        if self.has_avx2 { "AVX2" } else { "scalar" }
    }
}

/// Whether QEMU's own emulator, not a hypervisor, executes the instructions: it signs itself.
fn is_tcg() -> bool {
    let leaf = __cpuid(HYPERVISOR_LEAF);
    let signature = [leaf.ebx, leaf.ecx, leaf.edx].map(u32::to_le_bytes);
    signature.as_flattened() == b"TCGTCGTCGTCG"
}

/// Defines a function that exists twice, compiled for any x86_64 and for AVX2, and takes a
/// [`CpuFeatures`] first to choose. The body is plain Rust. Both versions do the same float
/// operations in the same order (the compiler may vectorise but never reassociates or fuses), so
/// their results are the same bit for bit.
macro_rules! for_each_cpu {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name(cpu: $crate::CpuFeatures, $($arg: $type),*) $(-> $ret)? {
            #[inline(always)]
            fn portable($($arg: $type),*) $(-> $ret)? $body

            #[target_feature(enable = "avx2")]
            fn with_avx2($($arg: $type),*) $(-> $ret)? {
                portable($($arg),*)
            }

            if cpu.has_avx2() {
                // SAFETY: `has_avx2` is only true when the CPU was found to have AVX2.
                unsafe { with_avx2($($arg),*) }
            } else {
                portable($($arg),*)
            }
        }
    };
}
pub(crate) use for_each_cpu;
