//! The kernel: from the boot loader to a running executor, in order.
#![no_std]
#![no_main]

extern crate alloc;

mod arch;
mod boot;
mod devices;
mod disks;
mod panic;
mod platform;
mod power;
mod runtime;
mod selftest;
mod tasks;

use alloc::format;
use arch::{
    cpu::{self, CpuFeatures},
    gdt, interrupts,
    lapic::{self, CpuRole},
    pic, pit,
    port::Ports,
    smp,
};
use boot::{BootInfo, EarlyInfo};
use core::fmt;
use disks::Disks;
use drivers_ps2::Controller;
use panic::CrashContext;
use platform::{
    clock::{self, KernelClock},
    display::Display,
    executor,
    machine::KernelMachine,
    memory,
    serial::{COM1, COM2},
};
use system_core::executor::Executor;
use system_platform::{BlockInfo, Clock, Machine};
use tasks::Equipment;

/// Disks that take longer to wake are found while the system runs already.
const DISK_PATIENCE_NS: u64 = 30_000_000;

/// Bytes of the stack that the boot CPU works on: console, agent and inference.
const MAIN_STACK_BYTES: u64 = 512 * 1024;

/// On the boot loader's stack and page tables: makes crashes visible, sets memory up and moves to a
/// guarded stack.
extern "C" fn kernel_entry() -> ! {
    let entered = cpu::time_stamp();
    let features = CpuFeatures::detect();
    cpu::enable(&features);
    COM1.init(true);
    COM2.init(false);
    gdt::init_early();
    interrupts::load();
    clock::init(entered);
    let early = EarlyInfo::read().unwrap_or_else(|error| panic!("{error}"));
    // SAFETY: once, on the boot CPU, with what the boot loader told.
    unsafe { memory::init(&early, &features) };
    let stack = memory::stacks::allocate("main", MAIN_STACK_BYTES)
        .unwrap_or_else(|error| panic!("main stack: {error}"));
    // SAFETY: the stack is new and whole, and nothing here is needed any more.
    unsafe { arch::entry::switch_stack(stack.top.0, main) }
}

/// On our own stack and page tables: sets the rest up and runs the system.
extern "C" fn main() -> ! {
    assert!(cpu::float_arithmetic_works(), "the kernel was built without hardware floating point");
    let early = EarlyInfo::read().unwrap_or_else(|error| panic!("{error}"));
    let boot = BootInfo::collect(&early);
    tasks::event_log::phase("memory");

    gdt::init_cpu(smp::interrupt_stack);
    let screen = devices::find_screen(&boot);
    panic::configure(CrashContext {
        screen,
        kernel_file: boot.kernel_file,
        exits_emulator: boot.has_option("panic=exit"),
    });

    lapic::init();
    lapic::enable(CpuRole::Boot);
    // SAFETY: once, on the boot CPU; memory, interrupts and the local APIC are set up above.
    unsafe { smp::start_others() };
    // Before its interrupt is let through: the handler would take the controller's answers.
    let keyboard_error = Controller::new(Ports).initialize().err();
    pic::init();
    pit::start_ticking();
    x86_64::instructions::interrupts::enable();

    let firmware = devices::read_firmware_tables(&boot);
    power::configure(firmware.power);
    let machine = KernelMachine::new(&boot, firmware.century_register);

    smp::wait_for_others();
    if smp::all_are_online() {
        // SAFETY: once; `boot` and `machine` own copies of the boot loader's answers, and every CPU
        // has left its stack and page tables.
        unsafe { memory::frames::reclaim_boot_loader_memory(&boot.memory_map) };
    }
    tasks::event_log::phase("CPUs");
    report_start(&machine, &boot);

    let executor = Executor::new();
    executor::spawn_serial_pump(&executor, &COM1);
    executor::spawn_serial_pump(&executor, &COM2);
    // SAFETY: the screen stays mapped, and this is the only place that takes it over.
    let display = unsafe { Display::new(screen) };
    let display = display.unwrap_or_else(|error| {
        say(format_args!("no picture: {error}"));
        Display::None
    });
    let disks = Disks::search(&executor, firmware.ecam);
    executor::run_until(&executor, DISK_PATIENCE_NS, || disks.are_known());
    for disk in disks.found() {
        let BlockInfo { name, blocks, block_bytes, .. } = disk.info();
        say(format_args!("{name}, {blocks} blocks of {block_bytes} bytes"));
    }
    disks.problems().iter().for_each(|problem| say(format_args!("{problem}")));
    tasks::event_log::phase("devices");
    tasks::start(&executor, Equipment { boot, machine, display, keyboard_error, disks });
    executor::run(&executor)
}

/// Tells on the serial console what was found.
fn report_start(machine: &KernelMachine, boot: &BootInfo) {
    let mib = |bytes: u64| bytes >> 20;
    let memory = machine.memory();
    say(format_args!("LLM OS, loaded by {}", machine.boot_description()));
    say(format_args!("{} x {}", smp::online_count(), machine.cpu_description()));
    say(format_args!("{} MiB of memory, {} MiB free", mib(memory.total), mib(memory.free)));
    for module in &boot.modules {
        say(format_args!(
            "module {} ({}), {} bytes",
            module.path,
            module.string,
            module.bytes.len()
        ));
    }
    say(format_args!("started in {} ms", KernelClock.now_ms()));
}

fn say(line: fmt::Arguments<'_>) {
    COM1.write(format!("{line}\r\n").as_bytes());
}
