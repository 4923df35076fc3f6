//! The hypervisor below, if there is one (CPUID leaf 0x40000000, a convention of all of them).

use core::arch::x86_64::__cpuid;

const FEATURES_LEAF: u32 = 1;
/// Bit of the feature leaf's ECX that no CPU sets and every hypervisor does.
const HYPERVISOR_BIT: u32 = 31;
const SIGNATURE_LEAF: u32 = 0x4000_0000;

/// Whether a hypervisor or an emulator answers CPUID.
pub fn is_present() -> bool {
    __cpuid(FEATURES_LEAF).ecx >> HYPERVISOR_BIT & 1 == 1
}

/// The hypervisor's twelve-letter name.
pub fn signature() -> Option<[u8; 12]> {
    if !is_present() {
        return None;
    }
    let leaf = __cpuid(SIGNATURE_LEAF);
    let mut signature = [0; 12];
    for (bytes, register) in signature.chunks_exact_mut(4).zip([leaf.ebx, leaf.ecx, leaf.edx]) {
        bytes.copy_from_slice(&register.to_le_bytes());
    }
    Some(signature)
}

/// Whether this is QEMU, with its own emulator or with KVM.
pub fn is_qemu() -> bool {
    matches!(signature().as_ref(), Some(b"TCGTCGTCGTCG" | b"KVMKVMKVM\0\0\0"))
}
