//! The local APIC, as far as starting other CPUs goes.
//!
//! Registers: Intel SDM volume 3A, sections 11.4 (xAPIC), 11.6 (interrupt commands), 11.12 (x2APIC).

use core::arch::asm;

const APIC_BASE_MSR: u32 = 0x1b;
const X2APIC_ENABLED: u64 = 1 << 10;
const X2APIC_MSRS: u32 = 0x800;
const ID: u32 = 0x20;
const SPURIOUS: u32 = 0xf0;
const COMMAND_LOW: u32 = 0x300;
const COMMAND_HIGH: u32 = 0x310;
const SOFTWARE_ENABLED: u32 = 1 << 8;
const DELIVERY_PENDING: u32 = 1 << 12;
const INIT: u32 = 0x4500;
const STARTUP: u32 = 0x4600;

/// This CPU's local APIC.
pub enum LocalApic {
    /// Registers in memory at this physical address.
    Memory(u64),
    /// Registers are MSRs: firmware switched x2APIC on.
    Msr,
}

impl LocalApic {
    /// The APIC of the CPU that calls, switched on.
    pub fn of_this_cpu() -> Self {
        let base = read_msr(APIC_BASE_MSR);
        let apic = match base & X2APIC_ENABLED {
            0 => Self::Memory(base & 0xffff_f000),
            _ => Self::Msr,
        };
        apic.write(SPURIOUS, apic.read(SPURIOUS) | SOFTWARE_ENABLED);
        apic
    }

    /// Whether firmware switched x2APIC on.
    pub fn is_x2apic(&self) -> bool {
        matches!(self, Self::Msr)
    }

    /// This CPU's number.
    pub fn id(&self) -> u32 {
        match self {
            Self::Memory(_) => self.read(ID) >> 24,
            Self::Msr => self.read(ID),
        }
    }

    /// Resets another CPU.
    pub fn send_init(&self, target: u32) {
        self.send(target, INIT);
    }

    /// Starts another CPU in real mode at physical address `page`, a page below 1 MiB.
    pub fn send_startup(&self, target: u32, page: u32) {
        self.send(target, STARTUP | page >> 12);
    }

    fn send(&self, target: u32, command: u32) {
        match self {
            Self::Memory(_) => {
                self.write(COMMAND_HIGH, target << 24);
                self.write(COMMAND_LOW, command);
                // Bounded: an APIC that never delivers shows as a CPU that does not start.
                for _ in 0..100_000 {
                    if self.read(COMMAND_LOW) & DELIVERY_PENDING == 0 {
                        break;
                    }
                }
            }
            Self::Msr => {
                let value = u64::from(target) << 32 | u64::from(command);
                write_msr(X2APIC_MSRS + (COMMAND_LOW >> 4), value);
            }
        }
    }

    fn read(&self, register: u32) -> u32 {
        match self {
            Self::Memory(base) => {
                let address = (base + u64::from(register)) as *const u32;
                // SAFETY: the CPU said that its APIC's registers are there, below 4 GiB, which is
                // identity mapped; reading these registers has no effect.
                unsafe { address.read_volatile() }
            }
            Self::Msr => read_msr(X2APIC_MSRS + (register >> 4)) as u32,
        }
    }

    fn write(&self, register: u32, value: u32) {
        match self {
            Self::Memory(base) => {
                let address = (base + u64::from(register)) as *mut u32;
                // SAFETY: as in `read`; the registers written switch the APIC on and send commands to
                // other CPUs, which touch the memory that `smp` prepared for them alone.
                unsafe { address.write_volatile(value) };
            }
            Self::Msr => write_msr(X2APIC_MSRS + (register >> 4), value.into()),
        }
    }
}

fn read_msr(register: u32) -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: called for the APIC base register, which every 64-bit CPU has, and for x2APIC registers
    // after that one said that they exist.
    unsafe {
        asm!("rdmsr", in("ecx") register, out("eax") low, out("edx") high, options(nostack, preserves_flags));
    }
    u64::from(high) << 32 | u64::from(low)
}

fn write_msr(register: u32, value: u64) {
    let (low, high) = (value as u32, (value >> 32) as u32);
    // SAFETY: called for x2APIC registers only, after the APIC base register said that they exist.
    unsafe {
        asm!("wrmsr", in("ecx") register, in("eax") low, in("edx") high, options(nostack, preserves_flags));
    }
}
