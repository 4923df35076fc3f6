//! Whether the vector registers survive interrupts.

use core::arch::{asm, x86_64::__cpuid};

/// Sixteen registers of 32 bytes.
pub type Registers = [[u8; 32]; 16];

/// Whether the registers are 32 bytes wide: AVX is there and switched on (CPUID leaf 1, ECX: AVX,
/// and OSXSAVE, which the kernel sets together with XCR0).
pub fn are_wide() -> bool {
    const AVX_AND_OSXSAVE: u32 = 1 << 28 | 1 << 27;
    __cpuid(1).ecx & AVX_AND_OSXSAVE == AVX_AND_OSXSAVE
}

/// Fills the vector registers with `values`, idles for `rounds` rounds, and returns what they hold
/// then. Where they are not wide, the upper 16 bytes of each are returned as they were.
pub fn hold(values: &Registers, rounds: u64) -> Registers {
    let mut held = *values;
    if are_wide() {
        // SAFETY: reads and writes the arrays alone, AVX is on, and all vector registers are
        // declared as changed.
        unsafe {
            asm!(
                "vmovdqu ymm0, [{from}]", "vmovdqu ymm1, [{from} + 32]",
                "vmovdqu ymm2, [{from} + 64]", "vmovdqu ymm3, [{from} + 96]",
                "vmovdqu ymm4, [{from} + 128]", "vmovdqu ymm5, [{from} + 160]",
                "vmovdqu ymm6, [{from} + 192]", "vmovdqu ymm7, [{from} + 224]",
                "vmovdqu ymm8, [{from} + 256]", "vmovdqu ymm9, [{from} + 288]",
                "vmovdqu ymm10, [{from} + 320]", "vmovdqu ymm11, [{from} + 352]",
                "vmovdqu ymm12, [{from} + 384]", "vmovdqu ymm13, [{from} + 416]",
                "vmovdqu ymm14, [{from} + 448]", "vmovdqu ymm15, [{from} + 480]",
                "2:", "pause", "dec {rounds}", "jnz 2b",
                "vmovdqu [{to}], ymm0", "vmovdqu [{to} + 32], ymm1",
                "vmovdqu [{to} + 64], ymm2", "vmovdqu [{to} + 96], ymm3",
                "vmovdqu [{to} + 128], ymm4", "vmovdqu [{to} + 160], ymm5",
                "vmovdqu [{to} + 192], ymm6", "vmovdqu [{to} + 224], ymm7",
                "vmovdqu [{to} + 256], ymm8", "vmovdqu [{to} + 288], ymm9",
                "vmovdqu [{to} + 320], ymm10", "vmovdqu [{to} + 352], ymm11",
                "vmovdqu [{to} + 384], ymm12", "vmovdqu [{to} + 416], ymm13",
                "vmovdqu [{to} + 448], ymm14", "vmovdqu [{to} + 480], ymm15",
                "vzeroupper",
                from = in(reg) values.as_ptr(),
                to = in(reg) held.as_mut_ptr(),
                rounds = inout(reg) rounds.max(1) => _,
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
                out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
                out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
                out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
                options(nostack),
            );
        }
    } else {
        // SAFETY: as above, with SSE, which every 64-bit CPU has.
        unsafe {
            asm!(
                "movdqu xmm0, [{from}]", "movdqu xmm1, [{from} + 32]",
                "movdqu xmm2, [{from} + 64]", "movdqu xmm3, [{from} + 96]",
                "movdqu xmm4, [{from} + 128]", "movdqu xmm5, [{from} + 160]",
                "movdqu xmm6, [{from} + 192]", "movdqu xmm7, [{from} + 224]",
                "movdqu xmm8, [{from} + 256]", "movdqu xmm9, [{from} + 288]",
                "movdqu xmm10, [{from} + 320]", "movdqu xmm11, [{from} + 352]",
                "movdqu xmm12, [{from} + 384]", "movdqu xmm13, [{from} + 416]",
                "movdqu xmm14, [{from} + 448]", "movdqu xmm15, [{from} + 480]",
                "2:", "pause", "dec {rounds}", "jnz 2b",
                "movdqu [{to}], xmm0", "movdqu [{to} + 32], xmm1",
                "movdqu [{to} + 64], xmm2", "movdqu [{to} + 96], xmm3",
                "movdqu [{to} + 128], xmm4", "movdqu [{to} + 160], xmm5",
                "movdqu [{to} + 192], xmm6", "movdqu [{to} + 224], xmm7",
                "movdqu [{to} + 256], xmm8", "movdqu [{to} + 288], xmm9",
                "movdqu [{to} + 320], xmm10", "movdqu [{to} + 352], xmm11",
                "movdqu [{to} + 384], xmm12", "movdqu [{to} + 416], xmm13",
                "movdqu [{to} + 448], xmm14", "movdqu [{to} + 480], xmm15",
                from = in(reg) values.as_ptr(),
                to = in(reg) held.as_mut_ptr(),
                rounds = inout(reg) rounds.max(1) => _,
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
                out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
                out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
                out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
                options(nostack),
            );
        }
    }
    held
}
