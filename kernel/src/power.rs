//! Switching off and starting anew.

use crate::{
    arch::{hypervisor, port::Ports},
    platform::{clock::KernelClock, executor::halt_forever},
};
use drivers_acpi::{PowerOff, Register};
use spin::Once;
use system_platform::{Clock, PortIo, PortIo32};
use x86_64::{
    VirtAddr,
    instructions::{interrupts, tables::lidt},
    structures::DescriptorTablePointer,
};

/// QEMU's power register, also on machines whose ACPI tables cannot be read.
const QEMU_PM1A_CONTROL: u16 = 0x604;
const QEMU_POWER_OFF: u16 = 0x2000;
/// QEMU's `isa-debug-exit` device, where the test bench puts it.
const QEMU_EXIT: u16 = 0xF4;

/// Keyboard controller: status and commands.
const KEYBOARD_CONTROLLER: u16 = 0x64;
/// Status bit: the controller has not taken the last command yet.
const INPUT_FULL: u8 = 1 << 1;
/// Command: pulse the reset line.
const PULSE_RESET: u8 = 0xFE;

/// PM1 control register: the hardware belongs to the operating system.
const SCI_EN: u16 = 1 << 0;
/// The firmware may take so long to hand the hardware over, or to switch off.
const PATIENCE_NS: u64 = 500_000_000;

/// What the ACPI tables say about power.
#[derive(Clone, Copy, Debug, Default)]
pub struct PowerControls {
    /// The writes that switch off.
    pub power_off: Option<PowerOff>,
    /// The register and the value that reset.
    pub reset: Option<(Register, u8)>,
}

static CONTROLS: Once<PowerControls> = Once::new();

/// Remembers how the machine is switched off. The first call counts.
pub fn configure(controls: PowerControls) {
    CONTROLS.call_once(|| controls);
}

fn controls() -> PowerControls {
    CONTROLS.get().copied().unwrap_or_default()
}

/// Waits until `is_done`, for half a second at most.
fn wait_until(is_done: impl Fn() -> bool) {
    let deadline_ns = KernelClock.now_ns() + PATIENCE_NS;
    while !is_done() && KernelClock.now_ns() < deadline_ns {
        core::hint::spin_loop();
    }
}

/// Switches the machine off; where that is impossible, halts it for good.
pub fn shut_down() -> ! {
    interrupts::disable();
    if let Some(power_off) = controls().power_off {
        switch_off(&power_off);
        wait_until(|| false);
    }
    if hypervisor::is_qemu() {
        Ports.write_u16(QEMU_PM1A_CONTROL, QEMU_POWER_OFF);
    }
    halt_forever()
}

fn switch_off(power_off: &PowerOff) {
    let is_enabled = || Ports.read_u16(power_off.pm1a_port) & SCI_EN != 0;
    if let Some((port, value)) = power_off.enable
        && !is_enabled()
    {
        Ports.write_u8(port, value);
        wait_until(is_enabled);
    }
    Ports.write_u16(power_off.pm1a_port, power_off.pm1a_value);
    if let Some((port, value)) = power_off.pm1b {
        Ports.write_u16(port, value);
    }
}

/// Starts the machine anew: by its reset register, else through the keyboard controller, else by a
/// fault that no CPU survives.
pub fn reboot() -> ! {
    interrupts::disable();
    if let Some((Register::Io(port), value)) = controls().reset {
        Ports.write_u8(port, value);
        wait_until(|| false);
    }
    wait_until(|| Ports.read_u8(KEYBOARD_CONTROLLER) & INPUT_FULL == 0);
    Ports.write_u8(KEYBOARD_CONTROLLER, PULSE_RESET);
    wait_until(|| false);
    triple_fault()
}

fn triple_fault() -> ! {
    let empty = DescriptorTablePointer { limit: 0, base: VirtAddr::zero() };
    // SAFETY: losing all handlers is the purpose: the next exception cannot be delivered, nor can
    // the double fault after it, and the CPU resets.
    unsafe { lidt(&empty) };
    interrupts::int3();
    halt_forever()
}

/// Ends QEMU with exit code `2 * code + 1`; returns on any other machine, and on QEMU without the
/// `isa-debug-exit` device.
pub fn exit_emulator(code: u32) {
    if hypervisor::is_qemu() {
        Ports.write_u32(QEMU_EXIT, code);
    }
}
