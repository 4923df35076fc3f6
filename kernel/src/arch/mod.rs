//! The x86-64 CPU: entry from the boot loader, features, tables, interrupts, other CPUs.

pub mod cpu;
pub mod entry;
pub mod lapic;
pub mod paging;
pub mod smp;
