//! The symbols that the prebuilt `core` and `alloc` of a hosted target expect from the C library
//! and the unwinder.
//!
//! In assembly, because a compiler turns a copy loop in `memcpy` into a call of `memcpy`. Copies go
//! through 16-byte registers in blocks of 64 bytes, the last block overlapping the one before, so
//! that no length needs a byte loop. `rep movsb` would be shorter, but an emulator executes it byte
//! by byte. Neither these nor any other function here uses the red zone.

use core::arch::naked_asm;

/// Landing pads are never entered: a panic aborts.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// See [`rust_eh_personality`].
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    unreachable!("a panic aborts and never unwinds")
}

/// Copies `len` bytes between areas that do not overlap; returns `destination`.
///
/// # Safety
/// As in C: both areas are valid for `len` bytes.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(destination: *mut u8, source: *const u8, len: usize) -> *mut u8 {
    // The test for overlap costs less than a second copy of the code in the cache.
    naked_asm!("jmp {}", sym memmove)
}

/// Copies `len` bytes between areas that may overlap; returns `destination`.
///
/// # Safety
/// As in C: both areas are valid for `len` bytes.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(destination: *mut u8, source: *const u8, len: usize) -> *mut u8 {
    naked_asm!(
        "mov rax, rdi",
        "cmp rdx, 16",
        "jb 20f",
        "cmp rdx, 32",
        "ja 2f",
        // 16 to 32 bytes: two blocks that overlap, both loaded before either is stored.
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + rdx - 16], xmm1",
        "ret",
        "2:",
        "cmp rdx, 64",
        "ja 3f",
        // 33 to 64 bytes: the same with two pairs.
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + rdx - 32]",
        "movups xmm3, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + rdx - 32], xmm2",
        "movups [rdi + rdx - 16], xmm3",
        "ret",
        "3:",
        // Would a forward copy overwrite bytes of the source that it has not read yet?
        "mov rcx, rdi",
        "sub rcx, rsi",
        "cmp rcx, rdx",
        "jb 6f",
        // Forward; the last 64 bytes are loaded first and stored last.
        "movups xmm4, [rsi + rdx - 64]",
        "movups xmm5, [rsi + rdx - 48]",
        "movups xmm6, [rsi + rdx - 32]",
        "movups xmm7, [rsi + rdx - 16]",
        "lea r8, [rdi + rdx - 64]",
        "4:",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + 32]",
        "movups xmm3, [rsi + 48]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + 32], xmm2",
        "movups [rdi + 48], xmm3",
        "add rsi, 64",
        "add rdi, 64",
        "cmp rdi, r8",
        "jb 4b",
        "movups [r8], xmm4",
        "movups [r8 + 16], xmm5",
        "movups [r8 + 32], xmm6",
        "movups [r8 + 48], xmm7",
        "ret",
        // Backward; the first 64 bytes are loaded first and stored last.
        "6:",
        "movups xmm4, [rsi]",
        "movups xmm5, [rsi + 16]",
        "movups xmm6, [rsi + 32]",
        "movups xmm7, [rsi + 48]",
        "7:",
        "movups xmm0, [rsi + rdx - 16]",
        "movups xmm1, [rsi + rdx - 32]",
        "movups xmm2, [rsi + rdx - 48]",
        "movups xmm3, [rsi + rdx - 64]",
        "movups [rdi + rdx - 16], xmm0",
        "movups [rdi + rdx - 32], xmm1",
        "movups [rdi + rdx - 48], xmm2",
        "movups [rdi + rdx - 64], xmm3",
        "sub rdx, 64",
        "cmp rdx, 64",
        "ja 7b",
        "movups [rdi], xmm4",
        "movups [rdi + 16], xmm5",
        "movups [rdi + 32], xmm6",
        "movups [rdi + 48], xmm7",
        "ret",
        // Fewer than 16 bytes.
        "20:",
        "cmp edx, 8",
        "jb 21f",
        "mov rcx, [rsi]",
        "mov r8, [rsi + rdx - 8]",
        "mov [rdi], rcx",
        "mov [rdi + rdx - 8], r8",
        "ret",
        "21:",
        "cmp edx, 4",
        "jb 22f",
        "mov ecx, [rsi]",
        "mov r8d, [rsi + rdx - 4]",
        "mov [rdi], ecx",
        "mov [rdi + rdx - 4], r8d",
        "ret",
        "22:",
        "test edx, edx",
        "jz 23f",
        // 1 to 3 bytes: first, middle and last, which may be the same.
        "mov r10, rdx",
        "shr r10, 1",
        "movzx ecx, byte ptr [rsi]",
        "movzx r8d, byte ptr [rsi + r10]",
        "movzx r9d, byte ptr [rsi + rdx - 1]",
        "mov [rdi], cl",
        "mov [rdi + r10], r8b",
        "mov [rdi + rdx - 1], r9b",
        "23:",
        "ret",
    )
}

/// Sets `len` bytes to the low byte of `value`; returns `destination`.
///
/// # Safety
/// As in C: the area is valid for `len` bytes.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(destination: *mut u8, value: i32, len: usize) -> *mut u8 {
    naked_asm!(
        "mov rax, rdi",
        "movzx ecx, sil",
        "mov r8, 0x0101010101010101",
        "imul rcx, r8",
        "cmp rdx, 16",
        "jb 20f",
        "movq xmm0, rcx",
        "punpcklqdq xmm0, xmm0",
        "cmp rdx, 64",
        "ja 3f",
        // 16 to 64 bytes.
        "movups [rdi], xmm0",
        "movups [rdi + rdx - 16], xmm0",
        "cmp rdx, 32",
        "jbe 2f",
        "movups [rdi + 16], xmm0",
        "movups [rdi + rdx - 32], xmm0",
        "2:",
        "ret",
        "3:",
        "lea r8, [rdi + rdx - 64]",
        "4:",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm0",
        "movups [rdi + 32], xmm0",
        "movups [rdi + 48], xmm0",
        "add rdi, 64",
        "cmp rdi, r8",
        "jb 4b",
        "movups [r8], xmm0",
        "movups [r8 + 16], xmm0",
        "movups [r8 + 32], xmm0",
        "movups [r8 + 48], xmm0",
        "ret",
        "20:",
        "cmp edx, 8",
        "jb 21f",
        "mov [rdi], rcx",
        "mov [rdi + rdx - 8], rcx",
        "ret",
        "21:",
        "test edx, edx",
        "jz 23f",
        "22:",
        "mov [rdi + rdx - 1], cl",
        "dec edx",
        "jnz 22b",
        "23:",
        "ret",
    )
}

/// Compares `len` bytes as unsigned numbers: negative, zero or positive.
///
/// # Safety
/// As in C: both areas are valid for `len` bytes.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    naked_asm!(
        "xor ecx, ecx",
        // Four words at a time while they are equal: one branch for 32 bytes.
        "sub rdx, 32",
        "jb 8f",
        "7:",
        "mov rax, [rdi + rcx]",
        "mov r8, [rdi + rcx + 8]",
        "mov r9, [rdi + rcx + 16]",
        "mov r10, [rdi + rcx + 24]",
        "xor rax, [rsi + rcx]",
        "xor r8, [rsi + rcx + 8]",
        "xor r9, [rsi + rcx + 16]",
        "xor r10, [rsi + rcx + 24]",
        "or rax, r8",
        "or r9, r10",
        "or rax, r9",
        "jnz 8f",
        "add rcx, 32",
        "cmp rcx, rdx",
        "jbe 7b",
        "8:",
        "add rdx, 24",
        "cmp rcx, rdx",
        "jg 3f",
        "2:",
        "mov rax, [rdi + rcx]",
        "mov r8, [rsi + rcx]",
        "cmp rax, r8",
        "jne 6f",
        "add rcx, 8",
        "cmp rcx, rdx",
        "jle 2b",
        "3:",
        "add rdx, 8",
        "4:",
        "cmp rcx, rdx",
        "jae 5f",
        "movzx eax, byte ptr [rdi + rcx]",
        "movzx r8d, byte ptr [rsi + rcx]",
        "inc rcx",
        "sub eax, r8d",
        "je 4b",
        "ret",
        "5:",
        "xor eax, eax",
        "ret",
        // The first byte in memory decides, and it is the lowest of the register.
        "6:",
        "bswap rax",
        "bswap r8",
        "cmp rax, r8",
        "sbb eax, eax",
        "or eax, 1",
        "ret",
    )
}

/// Whether `len` bytes differ: zero or not.
///
/// # Safety
/// As for [`memcmp`].
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    naked_asm!("jmp {}", sym memcmp)
}

/// Length of a string that ends in a zero byte.
///
/// # Safety
/// As in C: `text` points to such a string.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn strlen(text: *const u8) -> usize {
    naked_asm!(
        "xor eax, eax",
        "2:",
        "cmp byte ptr [rdi + rax], 0",
        "je 3f",
        "inc rax",
        "jmp 2b",
        "3:",
        "ret",
    )
}
