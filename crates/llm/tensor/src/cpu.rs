//! What the CPU can do, as far as the kernels of this crate care.

use core::{
    arch::x86_64::{__cpuid, __cpuid_count, _xgetbv},
    fmt,
};

/// The instruction sets that the kernels are written for, each with what the ones before it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// What every x86_64 CPU can do.
    Scalar,
    /// AVX2, in the plain dialect: CPUs without FMA.
    PlainAvx2,
    /// AVX2 as an emulator is quick at it, in the fixed-point dialect.
    FixedAvx2,
    /// AVX2, FMA and F16C, in the fused dialect; so are those that follow.
    Avx2,
    /// Dot products of bytes in 256-bit vectors.
    AvxVnni,
    /// Dot products of bytes in 512-bit vectors.
    Avx512Vnni,
}

impl Level {
    const ALL: [Self; 6] = [
        Self::Scalar,
        Self::PlainAvx2,
        Self::FixedAvx2,
        Self::Avx2,
        Self::AvxVnni,
        Self::Avx512Vnni,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::PlainAvx2 => "plain-avx2",
            Self::FixedAvx2 => "fixed-avx2",
            Self::Avx2 => "avx2",
            Self::AvxVnni => "avx-vnni",
            Self::Avx512Vnni => "avx512-vnni",
        }
    }
}

/// How products are added up; see [`crate::scalar`]. Two machines of one dialect give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The product is rounded, then the sum.
    Plain,
    /// Only the sum is rounded.
    Fused,
    /// As in the plain one, but for the types that can be multiplied in integers throughout.
    Fixed,
}

/// The instruction sets that may be used. A value that allows more than the baseline can only come
/// from asking the CPU, so whoever holds one has proof that the instructions exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuFeatures {
    level: Level,
    is_emulated: bool,
}

/// Why a set of kernels cannot be had by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelError {
    /// No kernels have this name.
    Unknown,
    /// The CPU lacks the instructions, or the operating system does not save their registers.
    Missing(&'static str),
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => {
                f.write_str("no such kernels; there are")?;
                Level::ALL.iter().try_for_each(|level| write!(f, " {}", level.name()))
            }
            Self::Missing(name) => write!(f, "this CPU has no {name}"),
        }
    }
}

impl core::error::Error for LevelError {}

// CPUID.1:ECX (Intel SDM, volume 2A, CPUID).
const FMA: u32 = 1 << 12;
const XSAVE: u32 = 1 << 26;
const OSXSAVE: u32 = 1 << 27;
const AVX: u32 = 1 << 28;
const F16C: u32 = 1 << 29;
const HYPERVISOR: u32 = 1 << 31;
/// The first leaf of a hypervisor; it holds the signature.
const HYPERVISOR_LEAF: u32 = 0x4000_0000;
// CPUID.7.0:EBX.
const AVX2: u32 = 1 << 5;
/// AVX-512 F, DQ, BW and VL.
const AVX512: u32 = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31;
// CPUID.7.0:ECX.
const AVX512_VNNI: u32 = 1 << 11;
// CPUID.7.1:EAX.
const AVX_VNNI: u32 = 1 << 4;
// XCR0: SSE and AVX state; with it the masks and both parts of the 512-bit registers (Intel SDM,
// volume 1, 13.3).
const XCR0_SSE_AVX: u64 = 0b110;
const XCR0_AVX512: u64 = 0b1110_0110;

impl CpuFeatures {
    /// What every x86_64 CPU can do.
    pub const fn baseline() -> Self {
        Self { level: Level::Scalar, is_emulated: false }
    }

    /// The best kernels for this CPU. Call it once, after XCR0 has been set up; it must hold for
    /// every CPU of the compute pool.
    pub fn detect() -> Self {
        let is_emulated = is_tcg();
        let best = if is_emulated { Level::FixedAvx2 } else { Level::Avx512Vnni };
        // What is good for emulators only is not for silicon.
        let suits = |level: Level| level <= best && (is_emulated || level != Level::FixedAvx2);
        let level = Level::ALL.into_iter().rev().find(|&level| suits(level) && has(level));
        Self { level: level.unwrap_or(Level::Scalar), is_emulated }
    }

    /// The kernels of that name.
    ///
    /// # Errors
    /// There are none, or not for this CPU.
    pub fn by_name(name: &str) -> Result<Self, LevelError> {
        let level = Level::ALL.into_iter().find(|level| level.name() == name);
        let level = level.ok_or(LevelError::Unknown)?;
        let is_emulated = Self::detect().is_emulated;
        if has(level) {
            Ok(Self { level, is_emulated })
        } else {
            Err(LevelError::Missing(level.name()))
        }
    }

    /// The names of all kernels, whether this CPU can run them or not; the simplest first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Level::ALL.into_iter().map(Level::name)
    }

    /// Whether AVX2 may be used.
    pub const fn has_avx2(self) -> bool {
        !matches!(self.level, Level::Scalar)
    }

    /// The dialect of arithmetic that is spoken.
    pub const fn dialect(self) -> Dialect {
        match self.level {
            Level::Scalar | Level::PlainAvx2 => Dialect::Plain,
            Level::FixedAvx2 => Dialect::Fixed,
            Level::Avx2 | Level::AvxVnni | Level::Avx512Vnni => Dialect::Fused,
        }
    }

    /// Whether AVX2, FMA and F16C may be used, and with them the fused dialect must be.
    pub const fn is_fused(self) -> bool {
        matches!(self.dialect(), Dialect::Fused)
    }

    /// Whether the fixed-point dialect must be used.
    pub const fn is_fixed(self) -> bool {
        matches!(self.dialect(), Dialect::Fixed)
    }

    /// Whether AVX-VNNI may be used.
    pub(crate) const fn has_avx_vnni(self) -> bool {
        matches!(self.level, Level::AvxVnni)
    }

    /// Whether AVX-512 F, DQ, BW, VL and VNNI may be used.
    pub const fn has_avx512_vnni(self) -> bool {
        matches!(self.level, Level::Avx512Vnni)
    }

    /// Whether instructions are executed by QEMU's emulator.
    pub const fn is_emulated(self) -> bool {
        self.is_emulated
    }

    /// Whether weights in [`crate::Panels`] are multiplied faster than as the file has them.
    pub const fn prefers_panels(self) -> bool {
        self.is_fused() || self.is_fixed()
    }

    /// The kernels that will be used, for people.
    pub const fn name(self) -> &'static str {
        match self.level {
            Level::Scalar => "scalar",
            Level::PlainAvx2 => "AVX2",
            Level::FixedAvx2 => "AVX2, fixed point",
            Level::Avx2 => "AVX2 with FMA",
            Level::AvxVnni => "AVX-VNNI",
            Level::Avx512Vnni => "AVX-512 VNNI",
        }
    }
}

/// Whether Miri executes the instructions: those it was told to compile for, as it has no CPUID.
#[cfg(miri)]
const fn has(level: Level) -> bool {
    match level {
        Level::Scalar => true,
        Level::PlainAvx2 | Level::FixedAvx2 => cfg!(target_feature = "avx2"),
        Level::Avx2 => cfg!(target_feature = "fma"),
        Level::AvxVnni => cfg!(target_feature = "avxvnni"),
        Level::Avx512Vnni => cfg!(target_feature = "avx512vnni"),
    }
}

/// Whether the CPU has the instructions and the operating system saves their registers.
#[cfg(not(miri))]
fn has(level: Level) -> bool {
    let max_leaf = __cpuid(0).eax;
    let basic = __cpuid(1).ecx;
    let state = XSAVE | OSXSAVE | AVX;
    if max_leaf < 7 || basic & state != state {
        return level == Level::Scalar;
    }
    // SAFETY: XSAVE and OSXSAVE were found set above, so the instruction exists and is enabled.
    let xcr0 = unsafe { _xgetbv(0) };
    let extended = __cpuid_count(7, 0);
    let plain = xcr0 & XCR0_SSE_AVX == XCR0_SSE_AVX && extended.ebx & AVX2 != 0;
    let fused = plain && basic & (FMA | F16C) == FMA | F16C;
    match level {
        Level::Scalar => true,
        Level::PlainAvx2 | Level::FixedAvx2 => plain,
        Level::Avx2 => fused,
        Level::AvxVnni => fused && extended.eax >= 1 && __cpuid_count(7, 1).eax & AVX_VNNI != 0,
        Level::Avx512Vnni => {
            fused
                && xcr0 & XCR0_AVX512 == XCR0_AVX512
                && extended.ebx & AVX512 == AVX512
                && extended.ecx & AVX512_VNNI != 0
        }
    }
}

/// Whether QEMU's own emulator, not a hypervisor, executes the instructions: it signs itself.
fn is_tcg() -> bool {
    if cfg!(miri) || __cpuid(1).ecx & HYPERVISOR == 0 {
        return false;
    }
    let leaf = __cpuid(HYPERVISOR_LEAF);
    let signature = [leaf.ebx, leaf.ecx, leaf.edx].map(u32::to_le_bytes);
    signature.as_flattened() == b"TCGTCGTCGTCG"
}

/// Defines a function that exists three times, compiled for any x86_64, for AVX2 and for AVX-512, and
/// takes a [`CpuFeatures`] first to choose. The body is plain Rust. All versions do the same float
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

            // The vectors stay at 256 bits, but there are twice as many registers for them.
            #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl")]
            fn with_avx512($($arg: $type),*) $(-> $ret)? {
                portable($($arg),*)
            }

            if cpu.has_avx512_vnni() {
                // SAFETY: `has_avx512_vnni` is only true when the CPU was found to have these too.
                unsafe { with_avx512($($arg),*) }
            } else if cpu.has_avx2() {
                // SAFETY: `has_avx2` is only true when the CPU was found to have AVX2.
                unsafe { with_avx2($($arg),*) }
            } else {
                portable($($arg),*)
            }
        }
    };
}
pub(crate) use for_each_cpu;
