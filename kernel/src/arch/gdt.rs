//! Segments and the task-state segment of each CPU: in 64-bit mode they exist to name the stacks
//! that interrupts switch to.
//!
//! Every vector has such a stack, because the interrupted code's red zone must not be overwritten.
//! Vectors share one only where the second cannot come before the first is done: handlers of device
//! interrupts run with interrupts off, and most exceptions end in a crash report.

use alloc::boxed::Box;
use spin::Once;
use x86_64::{
    VirtAddr,
    instructions::{
        segmentation::{CS, DS, ES, SS, Segment},
        tables::load_tss,
    },
    structures::{
        gdt::{Descriptor, GlobalDescriptorTable, SegmentSelector},
        tss::TaskStateSegment,
    },
};

/// Stacks of interrupts, by their index in the task-state segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum InterruptStack {
    /// Double faults, because the stack that caused one is unusable.
    DoubleFault,
    /// Non-maskable interrupts, which come at any time.
    NonMaskable,
    /// Machine checks, likewise.
    MachineCheck,
    /// Page faults, which the report of another exception may cause.
    PageFault,
    /// Debug exceptions and breakpoints, which return.
    Debug,
    /// All other exceptions, which do not return.
    Exception,
    /// Interrupts of devices and other CPUs.
    Device,
}

impl InterruptStack {
    /// All of them, in the order of their indices.
    pub const ALL: [Self; 7] = [
        Self::DoubleFault,
        Self::NonMaskable,
        Self::MachineCheck,
        Self::PageFault,
        Self::Debug,
        Self::Exception,
        Self::Device,
    ];

    /// The stack for a vector.
    pub const fn of_vector(vector: u8) -> Self {
        match vector {
            8 => Self::DoubleFault,
            2 => Self::NonMaskable,
            18 => Self::MachineCheck,
            14 => Self::PageFault,
            1 | 3 => Self::Debug,
            0..=31 => Self::Exception,
            _ => Self::Device,
        }
    }

    /// What the stack is for, as crash reports name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DoubleFault => "double fault",
            Self::NonMaskable => "non-maskable interrupt",
            Self::MachineCheck => "machine check",
            Self::PageFault => "page fault",
            Self::Debug => "debug",
            Self::Exception => "exception",
            Self::Device => "device interrupt",
        }
    }

    /// Bytes that its deepest handler needs with room to spare: a crash report formats text, walks
    /// stacks and draws, a device's handler pushes a byte.
    pub const fn size_bytes(self) -> usize {
        match self {
            Self::Device => 16 * 1024,
            _ => 32 * 1024,
        }
    }
}

/// The tables of one CPU.
struct CpuTables {
    gdt: GlobalDescriptorTable,
    code: SegmentSelector,
    data: SegmentSelector,
    task_state: SegmentSelector,
}

fn task_state_segment(stack_top: impl Fn(InterruptStack) -> VirtAddr) -> TaskStateSegment {
    let mut task_state = TaskStateSegment::new();
    task_state.interrupt_stack_table = InterruptStack::ALL.map(stack_top);
    task_state
}

impl CpuTables {
    fn new(task_state: &'static TaskStateSegment) -> Self {
        let mut gdt = GlobalDescriptorTable::new();
        let code = gdt.append(Descriptor::kernel_code_segment());
        let data = gdt.append(Descriptor::kernel_data_segment());
        let task_state = gdt.append(Descriptor::tss_segment(task_state));
        Self { gdt, code, data, task_state }
    }

    fn load(&'static self) {
        self.gdt.load();
        // SAFETY: the selector was made for a 64-bit code segment of the table just loaded.
        unsafe { CS::set_reg(self.code) };
        // SAFETY: a flat data segment of the table just loaded.
        unsafe { SS::set_reg(self.data) };
        // SAFETY: likewise.
        unsafe { DS::set_reg(self.data) };
        // SAFETY: likewise.
        unsafe { ES::set_reg(self.data) };
        // SAFETY: the descriptor was made for a task-state segment that lives for ever, and this
        // table's one is loaded once only, so that it is not marked busy yet.
        unsafe { load_tss(self.task_state) };
    }
}

/// Bytes of the one stack that exceptions share before there is memory for more.
const EARLY_STACK_BYTES: usize = 32 * 1024;

#[repr(align(16))]
struct EarlyStack(#[expect(dead_code, reason = "only its address counts")] [u8; EARLY_STACK_BYTES]);

/// Loads tables that make exceptions reportable before there is memory for stacks: all vectors share
/// one static stack, which is safe while no exception returns and interrupts are off. For the boot
/// CPU, once.
pub fn init_early() {
    static mut STACK: EarlyStack = EarlyStack([0; EARLY_STACK_BYTES]);
    static TASK_STATE: Once<TaskStateSegment> = Once::new();
    static TABLES: Once<CpuTables> = Once::new();
    let top = VirtAddr::from_ptr((&raw const STACK).wrapping_add(1));
    let task_state = TASK_STATE.call_once(|| task_state_segment(|_| top));
    TABLES.call_once(|| CpuTables::new(task_state)).load();
}

/// Loads tables for this CPU whose stacks `stack_top` gives: the address above each, aligned to 16
/// bytes. Tables and stacks stay for ever. Call it once on each CPU.
pub fn init_cpu(stack_top: impl Fn(InterruptStack) -> VirtAddr) {
    let task_state = Box::leak(Box::new(task_state_segment(stack_top)));
    Box::leak(Box::new(CpuTables::new(task_state))).load();
}
