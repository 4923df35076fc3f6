//! The CPUs as one calculator.

/// Runs independent pieces of one computation on all CPUs.
pub trait ComputePool: Sync {
    /// How many CPUs take part, the caller's own included; at least 1.
    fn workers(&self) -> usize;

    /// Calls `work(i)` exactly once for every `i` in `0..tasks`, on any CPU and in any order, and
    /// returns when all calls have returned. `work` must not call the pool again.
    fn parallel_for(&self, tasks: usize, work: &(dyn Fn(usize) + Sync));
}

/// The caller's CPU alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct SerialPool;

impl ComputePool for SerialPool {
    fn workers(&self) -> usize {
        1
    }

    fn parallel_for(&self, tasks: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..tasks).for_each(work);
    }
}
