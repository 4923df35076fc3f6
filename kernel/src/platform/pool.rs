//! All CPUs as one calculator: implements [`ComputePool`].
//!
//! One job at a time. The caller publishes it, takes pieces of it like everybody else, closes it
//! when no piece is left, and waits for those who are still at one. A CPU that comes late finds the
//! job closed, so a slow or sleeping CPU never holds the others up. CPUs without work spin for a
//! while, because the next matrix of a layer follows within microseconds, and then sleep until an
//! interrupt wakes them.

use super::{clock::KernelClock, memory::address_space};
use crate::arch::{lapic, smp};
use alloc::vec::Vec;
use core::{
    cell::UnsafeCell,
    hint,
    mem::transmute,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};
use spin::Once;
use system_platform::{Clock, ComputePool};
use x86_64::instructions::interrupts;

/// The work of one job, called with the index of a piece.
type Work<'a> = dyn Fn(usize) + Sync + 'a;

/// How long a CPU spins for another job before it sleeps. Between two matrices of a layer lie ten to
/// some hundred microseconds in an emulator, where waking a sleeper takes a hundred.
const SPIN_NS: u64 = 500_000;

static POOL: Pool = Pool::new();
static WORKERS: Once<Vec<Worker>> = Once::new();

/// What the pool keeps about each CPU, on cache lines of their own.
#[repr(align(128))]
struct Worker {
    is_asleep: AtomicBool,
    busy_ns: AtomicU64,
    /// How many unmappings it has taken note of.
    unmappings: AtomicU64,
}

/// A job under way, or the last one.
#[derive(Clone, Copy)]
struct Job {
    /// Valid while the job is open or someone is still at it.
    work: Option<&'static Work<'static>>,
    tasks: usize,
}

#[repr(align(128))]
struct Line<T>(T);

struct Pool {
    /// Twice the number of jobs so far, plus one while the last of them is open.
    state: Line<AtomicU64>,
    /// The next piece that nobody has taken.
    next: Line<AtomicUsize>,
    /// CPUs, apart from the caller, that may be looking at the job.
    active: Line<AtomicUsize>,
    /// Whether a caller is in [`ComputePool::parallel_for`].
    is_taken: AtomicBool,
    job: UnsafeCell<Job>,
}

// SAFETY: `job` is written only by the caller that holds `is_taken`, while the job is closed and
// `active` is zero, and read only by CPUs that have raised `active` and then seen the job open.
unsafe impl Sync for Pool {}

/// Makes room for this many CPUs, the boot CPU included. Called once, before any of them starts.
pub fn init(cpus: usize) {
    let worker = || Worker {
        is_asleep: AtomicBool::new(false),
        busy_ns: AtomicU64::new(0),
        unmappings: AtomicU64::new(0),
    };
    WORKERS.call_once(|| (0..cpus).map(|_| worker()).collect());
}

/// Nanoseconds that CPU `index` has spent on jobs.
pub fn busy_ns(index: usize) -> u64 {
    workers().get(index).map_or(0, |worker| worker.busy_ns.load(Ordering::Relaxed))
}

/// The life of every CPU but the first.
pub fn serve(index: usize) -> ! {
    let worker = &workers()[index];
    let mut last = 0;
    loop {
        last = POOL.wait_for_job(worker, last);
        POOL.help(worker, last);
    }
}

fn workers() -> &'static [Worker] {
    WORKERS.get().map_or(&[], Vec::as_slice)
}

/// The CPUs that run the kernel.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuPool;

impl ComputePool for CpuPool {
    fn workers(&self) -> usize {
        smp::online_count()
    }

    fn parallel_for(&self, tasks: usize, work: &(dyn Fn(usize) + Sync)) {
        if POOL.is_taken.swap(true, Ordering::Acquire) {
            // A piece that starts a job of its own: all CPUs are busy with the outer one.
            (0..tasks).for_each(work);
            return;
        }
        if tasks < 2 || self.workers() == 1 {
            let started_ns = KernelClock.now_ns();
            (0..tasks).for_each(work);
            count_busy(workers().first(), started_ns);
        } else {
            POOL.run(tasks, work);
        }
        POOL.is_taken.store(false, Ordering::Release);
    }
}

fn count_busy(worker: Option<&Worker>, started_ns: u64) {
    if let Some(worker) = worker {
        worker
            .busy_ns
            .fetch_add(KernelClock.now_ns().saturating_sub(started_ns), Ordering::Relaxed);
    }
}

impl Pool {
    const fn new() -> Self {
        Self {
            state: Line(AtomicU64::new(0)),
            next: Line(AtomicUsize::new(0)),
            active: Line(AtomicUsize::new(0)),
            is_taken: AtomicBool::new(false),
            job: UnsafeCell::new(Job { work: None, tasks: 0 }),
        }
    }

    /// The caller's side; holds `is_taken`.
    fn run(&self, tasks: usize, work: &Work<'_>) {
        let started_ns = KernelClock.now_ns();
        // SAFETY: the longer lifetime is never used: this function returns only after the job was
        // closed and `active` was seen at zero, and nobody reads `work` outside of that.
        let work = unsafe { transmute::<&Work<'_>, &'static Work<'static>>(work) };
        // SAFETY: the last job is closed and its helpers are gone, or the last call would not have
        // returned; a helper that only looks raises `active` but does not see an open job.
        unsafe { *self.job.get() = Job { work: Some(work), tasks } };
        self.next.0.store(0, Ordering::Relaxed);
        self.state.0.fetch_add(1, Ordering::SeqCst);
        self.wake_sleepers(tasks - 1);
        self.take_pieces(work, tasks);
        self.state.0.fetch_add(1, Ordering::SeqCst);
        while self.active.0.load(Ordering::SeqCst) != 0 {
            hint::spin_loop();
        }
        count_busy(workers().first(), started_ns);
    }

    fn take_pieces(&self, work: &Work<'_>, tasks: usize) {
        loop {
            let piece = self.next.0.fetch_add(1, Ordering::Relaxed);
            if piece >= tasks {
                return;
            }
            work(piece);
        }
    }

    /// Wakes up to `wanted` CPUs.
    fn wake_sleepers(&self, wanted: usize) {
        let sleepers = workers().iter().zip(smp::cpus()).skip(1);
        let sleepers = sleepers.filter(|(worker, _)| worker.is_asleep.load(Ordering::SeqCst));
        for (_, record) in sleepers.take(wanted) {
            lapic::wake(record.lapic_id);
        }
    }

    /// Waits until a job other than `last` is open and returns its state.
    fn wait_for_job(&self, worker: &Worker, last: u64) -> u64 {
        let is_new = |state: u64| state % 2 == 1 && state != last;
        let mut spin_end_ns = KernelClock.now_ns() + SPIN_NS;
        loop {
            let state = self.state.0.load(Ordering::Acquire);
            if is_new(state) {
                return state;
            }
            hint::spin_loop();
            if KernelClock.now_ns() > spin_end_ns {
                // Interrupts stay off from the last look until the CPU halts, so that a wake-up in
                // between is not lost: it stays pending and ends the halt. The caller publishes the
                // job before it looks for sleepers, we do the reverse.
                interrupts::disable();
                worker.is_asleep.store(true, Ordering::SeqCst);
                if is_new(self.state.0.load(Ordering::SeqCst)) {
                    interrupts::enable();
                } else {
                    interrupts::enable_and_hlt();
                }
                worker.is_asleep.store(false, Ordering::SeqCst);
                spin_end_ns = KernelClock.now_ns() + SPIN_NS;
            }
        }
    }

    /// A helper's side of the job that had `state` when it was seen.
    fn help(&self, worker: &Worker, state: u64) {
        self.active.0.fetch_add(1, Ordering::SeqCst);
        if self.state.0.load(Ordering::SeqCst) == state {
            let started_ns = KernelClock.now_ns();
            // SAFETY: `active` is raised and the job was open after that, so the caller waits for us
            // before it returns or writes the next job.
            let job = unsafe { *self.job.get() };
            address_space::forget_unmapped(&worker.unmappings);
            if let Some(work) = job.work {
                self.take_pieces(work, job.tasks);
            }
            count_busy(Some(worker), started_ns);
        }
        self.active.0.fetch_sub(1, Ordering::SeqCst);
    }
}
