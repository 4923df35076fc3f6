//! The local APIC, as far as waking other CPUs needs it (Intel SDM volume 3, chapter 11).
//!
//! Registers are reached through memory, or through MSRs where the firmware has switched the x2APIC
//! on already. Device interrupts stay with the PIC: the boot CPU's LINT0 pin passes them on
//! ("virtual wire"), as firmware usually sets up and UEFI firmware sometimes masks.

use crate::platform::memory::devices;
use core::arch::x86_64::__cpuid;
use spin::Once;
use system_core::{address::PhysAddr, paging::Caching};
use x86_64::registers::model_specific::{ApicBase, ApicBaseFlags, Msr};

/// The interrupt that ends another CPU's sleep. Its handler does nothing but
/// [`end_of_interrupt`].
pub const WAKE_VECTOR: u8 = 0xf0;
/// What the local APIC raises when an interrupt vanished; takes no end of interrupt.
pub const SPURIOUS_VECTOR: u8 = 0xff;

/// Offsets of registers in the memory window; an MSR is at 0x800 plus a sixteenth of it.
mod register {
    pub const END_OF_INTERRUPT: u32 = 0xb0;
    pub const SPURIOUS: u32 = 0xf0;
    pub const COMMAND_LOW: u32 = 0x300;
    pub const COMMAND_HIGH: u32 = 0x310;
    pub const LINT0: u32 = 0x350;
    pub const LINT1: u32 = 0x360;
}

const SPURIOUS_ENABLE: u32 = 1 << 8;
const DELIVERY_NMI: u32 = 4 << 8;
const DELIVERY_EXTERNAL: u32 = 7 << 8;
const MASKED: u32 = 1 << 16;
const COMMAND_ASSERT: u32 = 1 << 14;
const COMMAND_ALL_OTHERS: u32 = 3 << 18;
const COMMAND_PENDING: u32 = 1 << 12;
const X2APIC_MSR_BASE: u32 = 0x800;
/// Attempts to see the last command accepted; a healthy APIC needs a handful.
const COMMAND_POLLS: u32 = 100_000;

enum LocalApic {
    /// Address of the register window, the same on every CPU.
    Memory(usize),
    Msr,
}

static LOCAL_APIC: Once<LocalApic> = Once::new();

/// Which part a CPU plays for device interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuRole {
    /// Takes the PIC's interrupts.
    Boot,
    /// Takes none.
    Secondary,
}

/// Finds the local APIC; without one there is nothing to wake and the other calls do nothing.
pub fn init() {
    // CPUID leaf 1, EDX bit 9: the CPU has a local APIC.
    if __cpuid(1).edx >> 9 & 1 == 0 {
        return;
    }
    let (base, flags) = ApicBase::read();
    if !flags.contains(ApicBaseFlags::LAPIC_ENABLE) {
        return;
    }
    let access = if flags.contains(ApicBaseFlags::X2APIC_ENABLE) {
        LocalApic::Msr
    } else {
        let start = PhysAddr(base.start_address().as_u64());
        match devices::map_device(start, 4096, Caching::Uncached) {
            Ok(window) => LocalApic::Memory(window.as_ptr() as usize),
            Err(_) => return,
        }
    };
    LOCAL_APIC.call_once(|| access);
}

/// Lets this CPU receive interrupts from others; each CPU calls it once.
pub fn enable(role: CpuRole) {
    let Some(apic) = LOCAL_APIC.get() else { return };
    match role {
        CpuRole::Boot => {
            apic.write(register::LINT0, DELIVERY_EXTERNAL);
            apic.write(register::LINT1, DELIVERY_NMI);
        }
        CpuRole::Secondary => apic.write(register::LINT0, DELIVERY_EXTERNAL | MASKED),
    }
    apic.write(register::SPURIOUS, SPURIOUS_ENABLE | u32::from(SPURIOUS_VECTOR));
}

/// Acknowledges an interrupt that came from the local APIC.
pub fn end_of_interrupt() {
    if let Some(apic) = LOCAL_APIC.get() {
        apic.write(register::END_OF_INTERRUPT, 0);
    }
}

/// Raises [`WAKE_VECTOR`] on another CPU. Not to be called from an interrupt handler: the command
/// register is written in two halves.
pub fn wake(lapic_id: u32) {
    if let Some(apic) = LOCAL_APIC.get() {
        apic.command(lapic_id, COMMAND_ASSERT | u32::from(WAKE_VECTOR));
    }
}

/// Raises a non-maskable interrupt on all other CPUs, so that they stop when this one has crashed.
pub fn interrupt_all_others() {
    if let Some(apic) = LOCAL_APIC.get() {
        apic.command(0, COMMAND_ALL_OTHERS | COMMAND_ASSERT | DELIVERY_NMI);
    }
}

const fn msr(register: u32) -> Msr {
    Msr::new(X2APIC_MSR_BASE + register / 16)
}

impl LocalApic {
    fn read(&self, register: u32) -> u32 {
        match self {
            // SAFETY: the window is mapped for good, and reading these registers has no effect.
            Self::Memory(base) => unsafe {
                ((base + register as usize) as *const u32).read_volatile()
            },
            // SAFETY: the x2APIC is on and has the register.
            Self::Msr => unsafe { msr(register).read() as u32 },
        }
    }

    fn write(&self, register: u32, value: u32) {
        match self {
            // SAFETY: the window is mapped for good; callers write what the manual allows, and it
            // affects interrupts of this CPU only.
            Self::Memory(base) => unsafe {
                ((base + register as usize) as *mut u32).write_volatile(value);
            },
            // SAFETY: as above, and the x2APIC is on.
            Self::Msr => unsafe { msr(register).write(u64::from(value)) },
        }
    }

    /// Sends an interrupt command.
    fn command(&self, lapic_id: u32, command: u32) {
        match self {
            Self::Memory(_) => {
                let is_pending = || self.read(register::COMMAND_LOW) & COMMAND_PENDING != 0;
                let mut polls = 0;
                while is_pending() && polls < COMMAND_POLLS {
                    polls += 1;
                    core::hint::spin_loop();
                }
                self.write(register::COMMAND_HIGH, lapic_id << 24);
                self.write(register::COMMAND_LOW, command);
            }
            Self::Msr => {
                let value = u64::from(lapic_id) << 32 | u64::from(command);
                // SAFETY: the x2APIC is on; the commands of this module interrupt CPUs on vectors
                // that have handlers.
                unsafe { msr(register::COMMAND_LOW).write(value) };
            }
        }
    }
}
