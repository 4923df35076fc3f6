//! Interrupts: the descriptor table, and who handles which vector.
//!
//! Exceptions go to [`exceptions`], those of devices to [`devices`]. Handlers run on stacks of their
//! own ([`super::gdt`]) with interrupts off; they push into rings, raise events and count, no more.

pub mod devices;
mod entry;
pub mod exceptions;
mod frame;

pub use frame::TrapFrame;

use super::{gdt::InterruptStack, lapic, pic};
use core::sync::atomic::{AtomicU64, Ordering};
use spin::Once;
use system_core::exception::EXCEPTION_COUNT;
use x86_64::structures::idt::{Entry, InterruptDescriptorTable};

static TABLE: Once<InterruptDescriptorTable> = Once::new();

/// Interrupts on vectors that nobody asked for.
static UNEXPECTED: AtomicU64 = AtomicU64::new(0);

/// Points a gate at its vector's stub and stack.
fn set_gate<const VECTOR: u8, F>(entry: &mut Entry<F>) {
    // SAFETY: the stub saves and restores everything that its handler changes and ends in `iretq`;
    // it accounts for the vector's error code.
    let options = unsafe { entry.set_handler_addr(entry::address::<VECTOR>()) };
    let stack = InterruptStack::of_vector(VECTOR) as u16;
    // SAFETY: `gdt` puts a stack for every index into the task-state segment, and chooses them so
    // that no vector takes the stack of another that is still being handled.
    unsafe { options.set_stack_index(stack) };
}

/// Sets the gates of vectors `$high * 16` to `$high * 16 + 15` for each `$high`.
macro_rules! set_device_gates {
    ($table:ident, $($high:literal)*) => { $(
        set_device_gates!(@row $table, $high, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    )* };
    (@row $table:ident, $high:literal, $($low:literal)*) => { $(
        set_gate::<{ $high * 16 + $low }, _>(&mut $table[$high * 16 + $low]);
    )* };
}

fn build_table() -> InterruptDescriptorTable {
    let mut table = InterruptDescriptorTable::new();
    set_gate::<0, _>(&mut table.divide_error);
    set_gate::<1, _>(&mut table.debug);
    set_gate::<2, _>(&mut table.non_maskable_interrupt);
    set_gate::<3, _>(&mut table.breakpoint);
    set_gate::<4, _>(&mut table.overflow);
    set_gate::<5, _>(&mut table.bound_range_exceeded);
    set_gate::<6, _>(&mut table.invalid_opcode);
    set_gate::<7, _>(&mut table.device_not_available);
    set_gate::<8, _>(&mut table.double_fault);
    set_gate::<10, _>(&mut table.invalid_tss);
    set_gate::<11, _>(&mut table.segment_not_present);
    set_gate::<12, _>(&mut table.stack_segment_fault);
    set_gate::<13, _>(&mut table.general_protection_fault);
    set_gate::<14, _>(&mut table.page_fault);
    set_gate::<16, _>(&mut table.x87_floating_point);
    set_gate::<17, _>(&mut table.alignment_check);
    set_gate::<18, _>(&mut table.machine_check);
    set_gate::<19, _>(&mut table.simd_floating_point);
    set_gate::<20, _>(&mut table.virtualization);
    set_gate::<21, _>(&mut table.cp_protection_exception);
    set_gate::<28, _>(&mut table.hv_injection_exception);
    set_gate::<29, _>(&mut table.vmm_communication_exception);
    set_gate::<30, _>(&mut table.security_exception);
    set_device_gates!(table, 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    table
}

/// Loads the descriptor table on this CPU; the CPU's segments (`gdt`) come first.
pub fn load() {
    TABLE.call_once(build_table).load();
}

/// Interrupts on vectors that nobody asked for, since the start.
pub fn unexpected_count() -> u64 {
    UNEXPECTED.load(Ordering::Relaxed)
}

/// Calls the handler of the frame's vector.
fn dispatch(frame: &mut TrapFrame) {
    let vector = frame.vector;
    if vector < EXCEPTION_COUNT {
        exceptions::handle(frame);
    } else if let Some(irq) = pic::irq_of_vector(vector) {
        devices::handle(irq);
    } else if vector == u64::from(lapic::WAKE_VECTOR) {
        lapic::end_of_interrupt();
    } else if vector != u64::from(lapic::SPURIOUS_VECTOR) {
        UNEXPECTED.fetch_add(1, Ordering::Relaxed);
    }
}
