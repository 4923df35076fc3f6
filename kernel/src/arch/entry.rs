//! The first instructions of every CPU, in assembly.
//!
//! Compiled code uses SSE registers freely, so the bits that allow them (Intel SDM volume 3, 13.1)
//! are set before any of it runs; and it expects a stack that is 16-byte aligned before a `call`.

use crate::arch::smp;
use core::{
    arch::naked_asm,
    mem::offset_of,
    sync::atomic::{AtomicU64, Ordering},
};

/// CR0: monitor coprocessor, numeric error, write protect.
const CR0_SET: u32 = 1 << 1 | 1 << 5 | 1 << 16;
/// CR0: emulation, task switched.
const CR0_CLEAR: u32 = 1 << 2 | 1 << 3;
/// CR4: OSFXSR, OSXMMEXCPT.
const CR4_SET: u32 = 1 << 9 | 1 << 10;
/// Number of the MSR EFER.
const MSR_EFER: u32 = 0xc000_0080;
/// EFER: no-execute enable.
const EFER_NXE: u32 = 1 << 11;
/// MXCSR after reset: all exceptions masked, round to nearest.
static MXCSR_DEFAULT: u32 = 0x1f80;

/// The kernel's page tables, for CPUs that still run on the boot loader's.
static KERNEL_CR3: AtomicU64 = AtomicU64::new(0);
/// EFER bits that those CPUs set before they load [`KERNEL_CR3`].
static KERNEL_EFER_SET: AtomicU64 = AtomicU64::new(0);

/// Where the boot loader jumps to on the first CPU.
///
/// # Safety
/// 1. Called once, by a boot loader that keeps to the Limine protocol: long mode, interrupts off, a
///    stack of the requested size.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "cld",
        "mov rax, cr0",
        "and rax, {cr0_keep}",
        "or rax, {cr0_set}",
        "mov cr0, rax",
        "mov rax, cr4",
        "or rax, {cr4_set}",
        "mov cr4, rax",
        "fninit",
        "ldmxcsr [rip + {mxcsr}]",
        "xor ebp, ebp",
        "and rsp, -16",
        "call {main}",
        "ud2",
        cr0_keep = const !(CR0_CLEAR as i32),
        cr0_set = const CR0_SET,
        cr4_set = const CR4_SET,
        mxcsr = sym MXCSR_DEFAULT,
        main = sym crate::kernel_entry,
    )
}

/// Tells CPUs that start from now on which page tables to load.
pub fn publish_page_tables(cr3: u64, has_no_execute: bool) {
    KERNEL_CR3.store(cr3, Ordering::SeqCst);
    KERNEL_EFER_SET.store(if has_no_execute { u64::from(EFER_NXE) } else { 0 }, Ordering::SeqCst);
}

/// Where every other CPU starts, with the address of its [`smp::Launch`] in `rdi`.
///
/// # Safety
/// 1. In long mode, interrupts off, on page tables that map the kernel image.
/// 2. [`publish_page_tables`] has been called.
/// 3. `rdi` points to a `Launch` of this CPU alone, mapped in the published tables.
#[unsafe(naked)]
pub unsafe extern "C" fn secondary_start() -> ! {
    naked_asm!(
        "cld",
        "mov rax, cr0",
        "and rax, {cr0_keep}",
        "or rax, {cr0_set}",
        "mov cr0, rax",
        "mov rax, cr4",
        "or rax, {cr4_set}",
        "mov cr4, rax",
        // The tables hold no-execute bits, which are reserved until EFER allows them.
        "mov ecx, {efer}",
        "rdmsr",
        "or eax, [rip + {efer_set}]",
        "wrmsr",
        "mov rax, [rip + {cr3}]",
        "mov cr3, rax",
        "mov rsp, [rdi + {stack_top}]",
        "fninit",
        "ldmxcsr [rip + {mxcsr}]",
        "xor ebp, ebp",
        "call {main}",
        "ud2",
        cr0_keep = const !(CR0_CLEAR as i32),
        cr0_set = const CR0_SET,
        cr4_set = const CR4_SET,
        efer = const MSR_EFER,
        efer_set = sym KERNEL_EFER_SET,
        cr3 = sym KERNEL_CR3,
        stack_top = const offset_of!(smp::Launch, stack_top),
        mxcsr = sym MXCSR_DEFAULT,
        main = sym smp::secondary_main,
    )
}

/// Leaves the current stack for good and calls `continuation` on the one that ends at `stack_top`.
///
/// # Safety
/// 1. `stack_top` is 16-byte aligned and ends a mapped, writable, otherwise unused stack.
/// 2. Nothing on the current stack is needed any more.
#[unsafe(naked)]
pub unsafe extern "C" fn switch_stack(stack_top: u64, continuation: extern "C" fn() -> !) -> ! {
    naked_asm!("mov rsp, rdi", "xor ebp, ebp", "call rsi", "ud2")
}
