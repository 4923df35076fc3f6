//! The host's CPUs as a [`ComputePool`]: threads that wait for work by spinning, since a forward
//! pass hands out hundreds of pieces a token, microseconds each.

use std::{
    cell::UnsafeCell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};
use system_platform::ComputePool;

/// Rounds of spinning before a thread lets others have its CPU.
const SPINS: usize = 2_000;

/// Rounds of spinning and yielding before a thread goes to sleep: some milliseconds.
const PATIENCE: usize = 10_000;

/// Waits a little in round `round` of waiting.
fn wait(round: usize) {
    if round < SPINS {
        std::hint::spin_loop();
    } else {
        thread::yield_now();
    }
}

type Work<'a> = dyn Fn(usize) + Sync + 'a;

/// What all threads see.
struct Shared {
    /// Grows by one with each job.
    epoch: AtomicUsize,
    /// The job; only valid while `busy` is not zero.
    work: UnsafeCell<Option<*const Work<'static>>>,
    tasks: AtomicUsize,
    next_task: AtomicUsize,
    /// Helper threads that have not finished the job.
    busy: AtomicUsize,
    has_panicked: AtomicBool,
    is_closed: AtomicBool,
}

// SAFETY: `work` is written only by `parallel_for`, which holds the pool's lock, while no helper is
// busy; helpers read it only after they saw the new epoch. The pointee is `Sync`, and
// `parallel_for` does not return while a helper may still use it.
unsafe impl Sync for Shared {}
// SAFETY: the same.
unsafe impl Send for Shared {}

impl Shared {
    /// Takes tasks until none is left.
    fn take_tasks(&self, work: &Work<'_>) {
        let tasks = self.tasks.load(Ordering::Relaxed);
        loop {
            let task = self.next_task.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                return;
            }
            work(task);
        }
    }

    fn help(&self) {
        let mut seen = 0;
        loop {
            let mut round = 0;
            while self.epoch.load(Ordering::Acquire) == seen {
                if self.is_closed.load(Ordering::Relaxed) {
                    return;
                }
                round += 1;
                if round < PATIENCE {
                    wait(round);
                } else {
                    thread::park();
                }
            }
            seen += 1;
            // SAFETY: the new epoch was published after `work` was written, and `work` is not
            // written again before this thread has left `busy`.
            let work = unsafe { *self.work.get() };
            if let Some(work) = work {
                // SAFETY: `parallel_for` keeps the closure alive until `busy` is zero.
                let work = unsafe { &*work };
                if catch_unwind(AssertUnwindSafe(|| self.take_tasks(work))).is_err() {
                    self.has_panicked.store(true, Ordering::Relaxed);
                }
            }
            self.busy.fetch_sub(1, Ordering::Release);
        }
    }
}

/// A fixed number of threads, the caller's included.
pub struct ThreadPool {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
    /// One job at a time.
    job: Mutex<()>,
}

impl ThreadPool {
    /// A pool of `workers` threads, at least 1.
    pub fn new(workers: usize) -> Self {
        let shared = Arc::new(Shared {
            epoch: AtomicUsize::new(0),
            work: UnsafeCell::new(None),
            tasks: AtomicUsize::new(0),
            next_task: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            has_panicked: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
        });
        let helpers = (1..workers)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.help())
            })
            .collect();
        Self { shared, helpers, job: Mutex::new(()) }
    }
}

impl ComputePool for ThreadPool {
    fn workers(&self) -> usize {
        self.helpers.len() + 1
    }

    fn parallel_for(&self, tasks: usize, work: &Work<'_>) {
        let _job = self.job.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes; the loop on `busy` below outlives every use.
        let pointer = unsafe { std::mem::transmute::<*const Work<'_>, *const Work<'static>>(work) };
        // SAFETY: no helper is busy, and the lock keeps other callers out.
        unsafe { *shared.work.get() = Some(pointer) };
        shared.tasks.store(tasks, Ordering::Relaxed);
        shared.next_task.store(0, Ordering::Relaxed);
        shared.busy.store(self.helpers.len(), Ordering::Relaxed);
        shared.epoch.fetch_add(1, Ordering::Release);
        for helper in &self.helpers {
            helper.thread().unpark();
        }
        let own = catch_unwind(AssertUnwindSafe(|| shared.take_tasks(work)));
        let mut round = 0;
        while shared.busy.load(Ordering::Acquire) > 0 {
            wait(round);
            round += 1;
        }
        if let Err(panic) = own {
            resume_unwind(panic);
        }
        assert!(!shared.has_panicked.swap(false, Ordering::Relaxed), "a worker has panicked");
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::Relaxed);
        for helper in self.helpers.drain(..) {
            helper.thread().unpark();
            // A helper catches panics of its work, so it ends by itself.
            let _ = helper.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_every_task_once_on_any_number_of_threads() {
        for workers in 1..=4 {
            let pool = ThreadPool::new(workers);
            for tasks in [0, 1, 2, 3, 50, 1000] {
                let calls: Vec<_> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
                pool.parallel_for(tasks, &|task| {
                    calls[task].fetch_add(1, Ordering::Relaxed);
                });
                assert!(calls.iter().all(|count| count.load(Ordering::Relaxed) == 1));
            }
        }
    }

    #[test]
    fn survives_a_panic_in_a_task() {
        let pool = ThreadPool::new(3);
        let result = catch_unwind(AssertUnwindSafe(|| {
            pool.parallel_for(64, &|task| assert_ne!(task, 40, "on purpose"));
        }));
        assert!(result.is_err());
        let count = AtomicUsize::new(0);
        pool.parallel_for(64, &|_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 64);
    }
}
