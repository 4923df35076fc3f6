//! What this CPU can do, and switching it on.

use alloc::{format, string::String};
use core::arch::x86_64::{__cpuid, __cpuid_count, _rdrand64_step, _rdtsc, CpuidResult};
use system_core::paging::PagingFeatures;
use x86_64::registers::{
    control::{Cr4, Cr4Flags},
    model_specific::{Efer, EferFlags, Msr},
    xcontrol::{XCr0, XCr0Flags},
};

/// The page attribute table (Intel SDM volume 3, 12.12): entry 1 write-combining, 3 uncached, as
/// `system_core::paging::Caching` expects; the rest as after reset.
const PAT: u64 = 0x0007_0406_0007_0106;
const MSR_PAT: u32 = 0x277;

/// The masks, the upper halves of the first 16 registers and the other 16, in XCR0 and in
/// CPUID.0xD.0:EAX.
const XCR0_AVX512: u32 = 0b1110_0000;

/// Features of the CPU that the kernel decides by.
#[derive(Clone, Copy, Debug)]
pub struct CpuFeatures {
    /// Extended register state is managed with XSAVE and XCR0.
    pub has_xsave: bool,
    /// 256-bit vectors.
    pub has_avx: bool,
    /// Integer arithmetic on them.
    pub has_avx2: bool,
    /// 512-bit vectors, and their registers can be switched on: hypervisors that hide the latter
    /// may still show the former.
    pub has_avx512: bool,
    /// Errors of the hardware raise an exception.
    pub has_machine_check: bool,
    /// Supervisor-mode execution prevention.
    pub has_smep: bool,
    /// Supervisor-mode access prevention.
    pub has_smap: bool,
    /// User-mode instruction prevention.
    pub has_umip: bool,
    /// What paging can do.
    pub paging: PagingFeatures,
}

impl CpuFeatures {
    /// Asks the CPU this runs on (Intel SDM volume 2, CPUID).
    pub fn detect() -> Self {
        let basic = __cpuid(1);
        let max_leaf = __cpuid(0).eax;
        let structured = if max_leaf >= 7 { Some(__cpuid_count(7, 0)) } else { None };
        // What XCR0 may have set; writing anything else is a fault.
        let states = if max_leaf >= 0xd { __cpuid_count(0xd, 0).eax } else { 0 };
        let extended =
            if __cpuid(0x8000_0000).eax >= 0x8000_0001 { __cpuid(0x8000_0001).edx } else { 0 };
        let has = |word: u32, bit: u32| word >> bit & 1 == 1;
        Self {
            has_xsave: has(basic.ecx, 26),
            has_avx: has(basic.ecx, 26) && has(basic.ecx, 28),
            has_avx2: structured.is_some_and(|leaf| has(leaf.ebx, 5)),
            has_avx512: has(basic.ecx, 26)
                && has(basic.ecx, 28)
                && structured.is_some_and(|leaf| has(leaf.ebx, 16))
                && states & XCR0_AVX512 == XCR0_AVX512,
            has_machine_check: has(basic.edx, 7),
            has_smep: structured.is_some_and(|leaf| has(leaf.ebx, 7)),
            has_smap: structured.is_some_and(|leaf| has(leaf.ebx, 20)),
            has_umip: structured.is_some_and(|leaf| has(leaf.ecx, 2)),
            paging: PagingFeatures {
                has_no_execute: has(extended, 20),
                has_1gib_pages: has(extended, 26),
            },
        }
    }
}

/// Switches on everything of `features`; each CPU calls it once, before the kernel's page tables
/// are used for anything but the kernel image and its stack.
pub fn enable(features: &CpuFeatures) {
    if features.paging.has_no_execute {
        // SAFETY: the CPU has the bit, and no page table in use has bit 63 set by accident: the
        // protocol enables the feature, and the kernel's own tables mean it.
        unsafe { Efer::update(|flags| flags.insert(EferFlags::NO_EXECUTE_ENABLE)) };
    }
    // SAFETY: entries 0, 2 and 3 keep their meaning; entry 1 changes from write-through, which the
    // boot loader's tables do not use.
    unsafe { Msr::new(MSR_PAT).write(PAT) };
    let mut wanted = Cr4Flags::empty();
    wanted.set(Cr4Flags::OSXSAVE, features.has_xsave);
    wanted.set(Cr4Flags::MACHINE_CHECK_EXCEPTION, features.has_machine_check);
    wanted.set(Cr4Flags::SUPERVISOR_MODE_EXECUTION_PROTECTION, features.has_smep);
    wanted.set(Cr4Flags::SUPERVISOR_MODE_ACCESS_PREVENTION, features.has_smap);
    wanted.set(Cr4Flags::USER_MODE_INSTRUCTION_PREVENTION, features.has_umip);
    // SAFETY: CPUID reports each of the bits; no page is a user page, so the protections change
    // nothing that the kernel does.
    unsafe { Cr4::update(|flags| flags.insert(wanted)) };
    if features.has_avx {
        let mut states = XCr0Flags::X87 | XCr0Flags::SSE | XCr0Flags::AVX;
        if features.has_avx512 {
            states |= XCr0Flags::OPMASK | XCr0Flags::ZMM_HI256 | XCr0Flags::HI16_ZMM;
        }
        // SAFETY: OSXSAVE was set above; AVX implies the first three states, and AVX-512, the
        // others, which may only be enabled together.
        unsafe { XCr0::write(states) };
    }
}

/// The CPU's own name, and its instruction sets that matter to arithmetic.
pub fn description() -> String {
    let mut name = [0_u8; 48];
    if __cpuid(0x8000_0000).eax >= 0x8000_0004 {
        for (leaf, part) in (0x8000_0002..).zip(name.as_chunks_mut::<16>().0) {
            let CpuidResult { eax, ebx, ecx, edx } = __cpuid(leaf);
            for (bytes, register) in
                part.as_chunks_mut::<4>().0.iter_mut().zip([eax, ebx, ecx, edx])
            {
                *bytes = register.to_le_bytes();
            }
        }
    }
    let name = String::from_utf8_lossy(&name);
    let name = match name.trim_matches(|c: char| c == '\0' || c.is_whitespace()) {
        "" => "unnamed CPU",
        name => name,
    };
    let features = CpuFeatures::detect();
    match (features.has_avx, features.has_avx2) {
        (true, true) if features.has_avx512 => format!("{name}, AVX-512"),
        (true, true) => format!("{name}, AVX2"),
        (true, false) => format!("{name}, AVX"),
        _ => format!("{name}, SSE2"),
    }
}

/// Cycles of the time stamp counter.
pub fn time_stamp() -> u64 {
    // SAFETY: every 64-bit CPU has the counter, and CR4.TSD, which would forbid it to users only,
    // does not concern the kernel.
    unsafe { _rdtsc() }
}

/// A random number of the CPU's own generator, where it has one that works.
pub fn random() -> Option<u64> {
    // CPUID.1:ECX.RDRAND (Intel SDM volume 1, 7.3.17).
    let has_generator = __cpuid(1).ecx >> 30 & 1 == 1;
    let mut number = 0;
    // SAFETY: the CPU has the instruction.
    let is_there = has_generator && unsafe { _rdrand64_step(&mut number) } == 1;
    is_there.then_some(number)
}

/// Whether floating point works in hardware: guards against a silent fall back to a soft-float
/// build and against a missed control bit.
pub fn float_arithmetic_works() -> bool {
    use core::hint::black_box;
    let remainder = black_box(5.5_f64) % black_box(2.0);
    let converted = black_box(7_i128) as f32;
    let sum = black_box([0.5_f32, 0.25, 0.125, 0.125]).iter().sum::<f32>();
    cfg!(target_feature = "sse2") && remainder == 1.5 && converted == 7.0 && sum == 1.0
}
