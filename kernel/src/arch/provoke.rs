//! Violations that the CPU must catch, each committed on purpose: the self-test's raw material.

use core::{
    arch::asm,
    hint::black_box,
    ptr::{self, NonNull},
};
use x86_64::{
    instructions::tables::{lidt, sidt},
    structures::DescriptorTablePointer,
};

/// Canonical, and in the lower half, where this kernel maps nothing.
const UNMAPPED_ADDRESS: usize = 0x1234_5678_9000;
/// Beyond the few entries of the descriptor table.
const BAD_SELECTOR: u16 = 0x1338;
/// Bytes of an interrupt gate.
const GATE_BYTES: u16 = 16;
const PAGE_FAULT_VECTOR: u16 = 14;

static CONSTANT: [u64; 2] = [0x5EED, 0xF00D];

/// Reads where nothing is mapped.
pub fn read_unmapped() {
    // SAFETY: faults, which is the purpose; nothing comes after it.
    black_box(unsafe { ptr::with_exposed_provenance::<u64>(UNMAPPED_ADDRESS).read_volatile() });
}

/// Reads through a null pointer and a field's offset.
pub fn read_null() {
    let field = ptr::without_provenance::<u64>(black_box(0x18));
    // SAFETY: as for `read_unmapped`.
    black_box(unsafe { field.read_volatile() });
}

/// Writes to a constant.
pub fn write_constant() {
    let constant = ptr::from_ref(&CONSTANT[0]).cast_mut();
    // SAFETY: faults before the constant changes: its page is read-only, to the kernel too.
    unsafe { black_box(constant).write_volatile(1) };
}

/// Calls into an array of data.
pub fn execute_data() {
    // `ret`, should it ever run.
    let mut code = [0xC3_u8; 16];
    let address = NonNull::from(black_box(&mut code)).cast::<()>();
    // SAFETY: faults at the first instruction, since no stack is executable; else it returns at
    // once.
    unsafe { asm!("call {}", in(reg) address.as_ptr(), clobber_abi("C")) };
}

/// Calls itself until the stack is used up.
pub fn overflow_stack() {
    #[expect(unconditional_recursion, reason = "the purpose")]
    fn deeper(depth: u64) -> u64 {
        let ballast = black_box([depth; 32]);
        // Used after the call, so that the call is not the last thing done.
        deeper(depth + 1) + ballast[depth as usize % 32]
    }
    black_box(deeper(black_box(0)));
}

/// Loads a segment register with a selector that names nothing.
pub fn load_bad_selector() {
    // SAFETY: faults and leaves the register as it was.
    unsafe { asm!("mov fs, {:x}", in(reg) BAD_SELECTOR, options(nostack, preserves_flags)) };
}

/// Divides by zero, which Rust's own division would refuse before the CPU does.
pub fn divide_by_zero() {
    // SAFETY: faults; the registers are declared.
    unsafe {
        asm!("div {zero:e}", zero = in(reg) 0_u32, inout("eax") 1_u32 => _, inout("edx") 0_u32 => _);
    }
}

/// Executes an instruction that is defined to be undefined.
pub fn execute_invalid_opcode() {
    // SAFETY: faults.
    unsafe { asm!("ud2", options(nomem, nostack)) };
}

/// Faults in a way that the CPU cannot report: a page fault while the gate for page faults is out
/// of reach.
pub fn fault_twice() {
    let table = sidt();
    let shortened = DescriptorTablePointer { limit: PAGE_FAULT_VECTOR * GATE_BYTES - 1, ..table };
    // SAFETY: the table is the one in use, without its end; the gate for double faults is kept, and
    // its handler does not return.
    unsafe { lidt(&shortened) };
    read_unmapped();
}
