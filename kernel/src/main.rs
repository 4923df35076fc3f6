//! The kernel: from the boot loader to a running executor, in order.
#![no_std]
#![no_main]

extern crate alloc;

mod arch;
mod boot;
mod platform;
mod runtime;

use arch::cpu::{self, CpuFeatures};
use boot::{BootInfo, EarlyInfo};
use core::fmt::Write as _;
use platform::memory;

/// Bytes of the stack that the boot CPU works on: console, agent and inference.
const MAIN_STACK_BYTES: u64 = 512 * 1024;

/// On the boot loader's stack and page tables: sets memory up and moves to a guarded stack.
extern "C" fn kernel_entry() -> ! {
    let features = CpuFeatures::detect();
    cpu::enable(&features);
    let early = EarlyInfo::read().unwrap_or_else(|error| panic!("{error}"));
    // SAFETY: once, on the boot CPU, with what the boot loader told.
    unsafe { memory::init(&early, &features) };
    let stack = memory::stacks::allocate(MAIN_STACK_BYTES)
        .unwrap_or_else(|error| panic!("main stack: {error}"));
    // SAFETY: the stack is new and whole, and nothing here is needed any more.
    unsafe { arch::entry::switch_stack(stack.top.0, main) }
}

/// On our own stack and page tables: sets the rest up and runs the system.
extern "C" fn main() -> ! {
    assert!(cpu::float_arithmetic_works(), "the kernel was built without hardware floating point");
    let early = EarlyInfo::read().unwrap_or_else(|error| panic!("{error}"));
    let boot = BootInfo::collect(&early);
    let _ = writeln!(Early, "{} {} {:?} cmdline {:?} fb {:?} rsdp {:?} modules {}", boot.bootloader_name, boot.bootloader_version, boot.firmware, boot.command_line, boot.framebuffer, boot.rsdp, boot.modules.len());
    let _ = writeln!(Early, "{:?} {:?} model {:?}", memory::heap::usage(), memory::frames::counts(), boot.model().map(|m| m.bytes.len()));
    loop {
        x86_64::instructions::hlt();
    }
}

struct Early;
impl core::fmt::Write for Early {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        for b in s.bytes() {
            // SAFETY: temporary
            unsafe { x86_64::instructions::port::Port::<u8>::new(0x3f8).write(b) };
        }
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let _ = writeln!(Early, "{info}");
    loop {
        x86_64::instructions::hlt();
    }
}
