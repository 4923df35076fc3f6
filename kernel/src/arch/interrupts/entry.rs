//! The first instructions of every interrupt: one naked stub for each vector, then a common part
//! that saves what the Rust handlers may change.
//!
//! The handlers are compiled for SSE2, so the FPU state is saved; they contain no AVX code, which
//! would clear the upper halves of the vector registers that `fxsave64` does not keep.

use super::{dispatch, frame::TrapFrame};
use core::arch::naked_asm;
use system_core::exception::has_error_code;
use x86_64::VirtAddr;

/// The entry point of a vector: gives it the same frame whether the CPU pushed an error code or not.
#[unsafe(naked)]
unsafe extern "C" fn stub<const VECTOR: u8>() {
    naked_asm!(
        ".if {has_error} == 0",
        "push 0",
        ".endif",
        "push {vector}",
        "jmp {common}",
        has_error = const has_error_code(VECTOR as u64) as u8,
        vector = const VECTOR,
        common = sym common,
    )
}

/// The address of a vector's entry point.
pub(super) fn address<const VECTOR: u8>() -> VirtAddr {
    VirtAddr::from_ptr(stub::<VECTOR> as *const ())
}

/// Completes the [`TrapFrame`], saves the FPU, calls [`dispatch`] and undoes it all.
#[unsafe(naked)]
unsafe extern "C" fn common() {
    naked_asm!(
        "push rax",
        "push rbx",
        "push rcx",
        "push rdx",
        "push rbp",
        "push rsi",
        "push rdi",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "cld",
        "mov rdi, rsp",
        // rbx survives the call and remembers the frame; fxsave64 wants 512 bytes aligned to 16.
        "mov rbx, rsp",
        "sub rsp, 512",
        "and rsp, -16",
        "fxsave64 [rsp]",
        "call {dispatch}",
        "fxrstor64 [rsp]",
        "mov rsp, rbx",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rdi",
        "pop rsi",
        "pop rbp",
        "pop rdx",
        "pop rcx",
        "pop rbx",
        "pop rax",
        // The vector and the error code.
        "add rsp, 16",
        "iretq",
        dispatch = sym enter,
    )
}

/// The border between the stub and Rust.
extern "C" fn enter(frame: &mut TrapFrame) {
    dispatch(frame);
}
