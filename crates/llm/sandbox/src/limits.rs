//! How much a run may take.

/// Bounds of a run. Whatever is passed ends it with the error named here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Operations of a script, each about an expression or a statement; a WebAssembly instruction
    /// counts as [`crate::wasm::UNITS_PER_OPERATION`]th of one. Then `OutOfFuel`.
    pub fuel: u64,
    /// Bytes that the heap may grow by; for a module, bytes of its linear memory. Then
    /// `OutOfMemory`. One operation may pass it by as much again before it is noticed.
    pub memory_bytes: u64,
    /// Bytes of printed text, and of the text of the value. Then `OutputTooLong`.
    pub output_bytes: usize,
    /// Function calls within one another in a script. Then `TooDeep`.
    pub call_depth: usize,
    /// Bytes of the caller's stack that a script may take before it is stopped as `TooDeep`. A call
    /// takes 4 to 6 KiB in a release build, so the default is good for 17 to 25 calls within one
    /// another; on a larger stack, give more. The stack must hold
    /// [`Limits::STACK_HEADROOM_BYTES`] on top.
    pub stack_bytes: usize,
}

impl Limits {
    /// What is needed on the stack beyond [`Limits::stack_bytes`] in a release build: to parse, and
    /// to copy, print and drop what a script has nested.
    pub const STACK_HEADROOM_BYTES: usize = 24 * 1024;
}

impl Default for Limits {
    /// A second or two of an emulated CPU, and no more than 128 KiB of stack in a release build.
    fn default() -> Self {
        Self {
            fuel: 1_000_000,
            memory_bytes: 4 * 1024 * 1024,
            output_bytes: 4096,
            call_depth: 64,
            stack_bytes: 104 * 1024,
        }
    }
}
