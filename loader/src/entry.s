// From the 32-bit protected mode that Multiboot loaders leave us in, to 64-bit Rust.
// On entry: eax = magic, ebx = physical address of the boot information, interrupts off, no stack.

.section .multiboot, "a"

// Multiboot 2 (GRUB). Multiboot2 Specification 2.0, section 3.1.
.align 8
multiboot2_header:
    .long 0xe85250d6                    // magic
    .long 0                             // i386 protected mode
    .long multiboot2_end - multiboot2_header
    .long -(0xe85250d6 + (multiboot2_end - multiboot2_header))
    // Console flags: text mode is understood.
    .short 4, 1
    .long 12, 2
    .align 8
    // Preferred picture, optional: 1280x800, 32 bits per pixel.
    .short 5, 1
    .long 20, 1280, 800, 32
    .align 8
    // Modules begin on pages.
    .short 6, 0
    .long 8
    // End.
    .short 0, 0
    .long 8
multiboot2_end:

// Multiboot 1 (`qemu -kernel`). Multiboot Specification 0.6.96, section 3.1.
// Flags: modules begin on pages, memory map wanted, addresses given here. The last one lets QEMU
// load a 64-bit ELF.
.align 4
multiboot1_header:
    .long 0x1badb002
    .long 0x00010003
    .long -(0x1badb002 + 0x00010003)
    .long multiboot1_header, image_start, image_file_end, image_end, _start

.section .text.entry, "ax"
.code32
.global _start
_start:
    cli
    cld
    mov esp, offset boot_stack_top
    mov ebp, eax

    // The first 4 GiB, identity mapped with 2 MiB pages: present, writable, large.
    xor ecx, ecx
2:  mov eax, ecx
    shl eax, 21
    or eax, 0x83
    mov [boot_page_directories + ecx * 8], eax
    inc ecx
    cmp ecx, 4 * 512
    jne 2b
    mov eax, offset boot_page_directories + 3
    xor ecx, ecx
3:  mov [boot_page_directory_pointers + ecx * 8], eax
    add eax, 4096
    inc ecx
    cmp ecx, 4
    jne 3b
    mov dword ptr [boot_page_map], offset boot_page_directory_pointers + 3

    call enter_long_mode
    push 0x28
    mov eax, offset boot_long
    push eax
    retf

.code64
boot_long:
    call load_data_segments
    mov rsp, offset boot_stack_top
    xor eax, eax
    push rax                            // no caller
    mov edi, ebp
    mov esi, ebx
    xor ebp, ebp
    jmp {boot}

// Turns paging and long mode on with the boot page tables; the code segment is still 32-bit.
.code32
enter_long_mode:
    mov eax, offset boot_page_map
    mov cr3, eax
    mov eax, cr4
    or eax, 1 << 5                      // PAE
    mov cr4, eax
    mov ecx, 0xc0000080                 // EFER
    rdmsr
    or eax, (1 << 8) | (1 << 11)        // long mode, no-execute
    wrmsr
    mov eax, cr0
    and eax, 0x9fffffff                 // caches on: other CPUs start with them off
    or eax, (1 << 31) | (1 << 16) | 1   // paging, write protection, protected mode
    mov cr0, eax
    lgdt [boot_gdt_pointer]
    ret

.code64
load_data_segments:
    mov eax, 0x30
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov fs, eax
    mov gs, eax
    ret

// Other CPUs. The piece up to `ap_trampoline_end` is copied to a page below 1 MiB, where they start in
// real mode with that page as their code segment. They are started one at a time, so one stack does
// until each has its own.
.section .text.trampoline, "ax"
.code16
.global ap_trampoline
ap_trampoline:
    cli
    .byte 0x2e, 0x0f, 0x01, 0x16        // lgdt cs:[disp16]
    .short ap_gdt_pointer - ap_trampoline
    mov eax, cr0
    or al, 1
    mov cr0, eax
    .byte 0x66, 0xea                    // ljmp 0x18:ap_protected
    .long ap_protected
    .short 0x18
.align 8
ap_gdt_pointer:
    .short boot_gdt_end - boot_gdt - 1
    .long boot_gdt
.global ap_trampoline_end
ap_trampoline_end:

.code32
ap_protected:
    mov eax, 0x20
    mov ds, eax
    mov ss, eax
    mov esp, offset ap_stack_top
    call enter_long_mode
    push 0x28
    mov eax, offset ap_long
    push eax
    retf

.code64
ap_long:
    call load_data_segments
    // From here on in the kernel's address space, and at HHDM addresses: the boot CPU's low memory
    // belongs to the kernel soon.
    mov rax, [ap_page_map]
    mov cr3, rax
    mov rdi, [ap_record]
    mov rsp, [rdi + 8]                  // the loader's word of the record holds the stack
    lgdt [hhdm_gdt_pointer]
    mov rax, {hhdm}
    lea rcx, [rip + ap_park]
    add rcx, rax
    mov qword ptr [ap_record], 0        // tells the boot CPU that we are up
    jmp rcx
// Waits for the kernel to write an entry point into the record.
ap_park:
    pause
    mov rax, [rdi + 16]
    test rax, rax
    jz ap_park
    xor ebp, ebp
    push rbp                            // no caller; the stack is 8 modulo 16, as after a call
    jmp rax

.section .data
.align 8
.global ap_record
ap_record: .quad 0
.global ap_page_map
ap_page_map: .quad 0
// Null, 16-bit code and data, 32-bit code and data, 64-bit code and data: the segments that Limine
// hands over, at its selectors.
boot_gdt:
    .quad 0
    .quad 0x00009b000000ffff
    .quad 0x000093000000ffff
    .quad 0x00cf9b000000ffff
    .quad 0x00cf93000000ffff
    .quad 0x00209b0000000000
    .quad 0x0000930000000000
boot_gdt_end:
boot_gdt_pointer:
    .short boot_gdt_end - boot_gdt - 1
    .quad boot_gdt
.global hhdm_gdt_pointer
hhdm_gdt_pointer:
    .short boot_gdt_end - boot_gdt - 1
    .quad boot_gdt + {hhdm}

.section .bss
.align 4096
boot_page_map: .skip 4096
boot_page_directory_pointers: .skip 4096
boot_page_directories: .skip 4 * 4096
boot_stack: .skip {stack}
boot_stack_top:
ap_stack: .skip 4096
ap_stack_top:
