//! The x86-64 CPU: entry from the boot loader, features, tables, interrupts, other CPUs.

pub mod cpu;
pub mod entry;
pub mod gdt;
pub mod hypervisor;
pub mod interrupts;
pub mod lapic;
pub mod paging;
pub mod pic;
pub mod pit;
pub mod port;
pub mod provoke;
pub mod smp;
pub mod vectors;
