//! A cooperative executor for one CPU.
//!
//! A task that computes for long without awaiting anything may run rounds of the others itself
//! ([`Executor::run_round`] within a task): it is not polled in them.
//!
//! Tasks run in rounds: every task that is woken is polled once before any is polled again, and those
//! that an event has woken come before those that merely yielded. So a long computation delays others
//! by no more than one of its steps. Wakers set two atomic flags and nothing else: interrupt handlers and other CPUs may
//! call them. Sleeping is in [`crate::timer`], signals from handlers in [`crate::event`], queues
//! between tasks in [`crate::channel`].

use crate::timer::Timers;
use alloc::{boxed::Box, rc::Rc, sync::Arc, task::Wake, vec::Vec};
use core::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
};

/// The flags that a waker sets.
struct WakeState {
    is_woken: AtomicBool,
    /// Shared by all tasks of the executor: some task is woken.
    is_any_woken: Arc<AtomicBool>,
}

impl Wake for WakeState {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        self.is_any_woken.store(true, Ordering::Release);
    }
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    state: Arc<WakeState>,
    waker: Waker,
    /// The number of the round in which it was polled last; 0 for never.
    last_round: u64,
    /// Whether it had woken itself when that was over.
    has_yielded: bool,
}

impl Task {
    /// Polls the task if it is woken and was not polled in this round; `None` if not.
    fn run(&mut self, round: u64) -> Option<Poll<()>> {
        if self.last_round == round || !self.state.is_woken.swap(false, Ordering::AcqRel) {
            return None;
        }
        self.last_round = round;
        let result = self.future.as_mut().poll(&mut Context::from_waker(&self.waker));
        self.has_yielded = self.state.is_woken.load(Ordering::Acquire);
        Some(result)
    }
}

/// Starts tasks from inside and outside of tasks; clones start them on the same executor.
#[derive(Clone)]
pub struct Spawner {
    /// Tasks that join at the start of the next round.
    newcomers: Rc<RefCell<Vec<Task>>>,
    is_any_woken: Arc<AtomicBool>,
}

impl Spawner {
    /// Starts a task; it is polled for the first time in the next round.
    pub fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        let state = Arc::new(WakeState {
            is_woken: AtomicBool::new(true),
            is_any_woken: Arc::clone(&self.is_any_woken),
        });
        let waker = Waker::from(Arc::clone(&state));
        self.newcomers.borrow_mut().push(Task {
            future: Box::pin(future),
            state,
            waker,
            last_round: 0,
            has_yielded: false,
        });
        self.is_any_woken.store(true, Ordering::Release);
    }
}

/// The tasks of one CPU; clones are the same executor.
#[derive(Clone)]
pub struct Executor {
    /// `None` in the place of a task that is being polled, or that has ended.
    tasks: Rc<RefCell<Vec<Option<Task>>>>,
    spawner: Spawner,
    timers: Timers,
    rounds: Rc<Cell<u64>>,
    /// Rounds under way, one within the other.
    depth: Rc<Cell<u32>>,
}

impl Executor {
    /// An executor without tasks.
    pub fn new() -> Self {
        Self {
            tasks: Rc::default(),
            spawner: Spawner {
                newcomers: Rc::new(RefCell::new(Vec::new())),
                is_any_woken: Arc::new(AtomicBool::new(false)),
            },
            timers: Timers::default(),
            rounds: Rc::default(),
            depth: Rc::default(),
        }
    }

    /// A handle that starts tasks.
    pub fn spawner(&self) -> Spawner {
        self.spawner.clone()
    }

    /// The queue in which tasks sleep.
    pub fn timers(&self) -> Timers {
        self.timers.clone()
    }

    /// How many tasks have not finished, those not polled yet included. Within a task, that one does
    /// not count.
    pub fn task_count(&self) -> usize {
        let tasks = self.tasks.borrow();
        tasks.iter().flatten().count() + self.spawner.newcomers.borrow().len()
    }

    /// Whether a task waits to be polled. With interrupts off, a `false` stays true until they are
    /// on again, unless another CPU wakes a task.
    pub fn has_woken(&self) -> bool {
        self.spawner.is_any_woken.load(Ordering::Acquire)
    }

    /// Wakes the tasks whose time has come, then polls every woken task once: first those that an
    /// event has woken, then those that yielded when they were polled last, each in the order in
    /// which they were spawned. Returns how many were polled.
    /// A task may call it, to let the others run in the middle of a computation.
    pub fn run_round(&self, now_ns: u64) -> usize {
        self.timers.advance_to(now_ns);
        // Cleared before the tasks' own flags are read: a wake that comes later sets it again.
        self.spawner.is_any_woken.store(false, Ordering::Release);
        let round = self.rounds.get() + 1;
        self.rounds.set(round);
        self.depth.set(self.depth.get() + 1);
        self.tasks.borrow_mut().extend(self.spawner.newcomers.take().into_iter().map(Some));
        let count = self.tasks.borrow().len();
        let mut polled = 0;
        for takes_yielders in [false, true] {
            for index in 0..count {
                polled += usize::from(self.run_task(index, round, takes_yielders));
            }
        }
        self.depth.set(self.depth.get() - 1);
        if self.depth.get() == 0 {
            self.tasks.borrow_mut().retain(Option::is_some);
        }
        polled
    }

    /// Polls a task if its turn has come, out of its place meanwhile. Returns whether it was polled.
    fn run_task(&self, index: usize, round: u64, takes_yielders: bool) -> bool {
        let Some(mut task) = self.tasks.borrow_mut()[index].take() else {
            return false;
        };
        let is_due = takes_yielders || !task.has_yielded;
        let result = if is_due { task.run(round) } else { None };
        if result.is_none_or(|result| result.is_pending()) {
            self.tasks.borrow_mut()[index] = Some(task);
        } else {
            // What it owned is dropped while nothing is borrowed.
            drop(task);
        }
        result.is_some()
    }

    /// Runs rounds until no task is woken; `now_ns` gives the time, in nanoseconds.
    pub fn run_until_idle(&self, now_ns: impl Fn() -> u64) {
        while self.run_round(now_ns()) > 0 || self.has_woken() {}
    }

    /// Runs for ever: rounds while tasks are woken, else `idle`, which should sleep until the next
    /// interrupt unless [`has_woken`](Self::has_woken) says, with interrupts off, that a task was
    /// woken meanwhile. `idle` must return in time for the next deadline.
    pub fn run(&self, now_ns: impl Fn() -> u64, mut idle: impl FnMut(&Self)) -> ! {
        loop {
            self.run_until_idle(&now_ns);
            idle(self);
        }
    }
}

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}

/// Lets every other woken task run once, then goes on.
pub fn yield_now() -> YieldNow {
    YieldNow { has_yielded: false }
}

/// The future of [`yield_now`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct YieldNow {
    has_yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.has_yielded {
            return Poll::Ready(());
        }
        self.has_yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn tasks_that_yield_take_turns() {
        let executor = Executor::new();
        let log = Rc::new(RefCell::new(String::new()));
        for name in ['a', 'b', 'c'] {
            let log = Rc::clone(&log);
            executor.spawner().spawn(async move {
                for _ in 0..3 {
                    log.borrow_mut().push(name);
                    yield_now().await;
                }
            });
        }
        assert_eq!(executor.task_count(), 3);
        executor.run_until_idle(|| 0);
        assert_eq!(*log.borrow(), "abcabcabc");
        assert_eq!(executor.task_count(), 0);
    }

    #[test]
    fn a_task_woken_during_a_long_computation_runs_at_its_next_yield() {
        let executor = Executor::new();
        let event = Rc::new(crate::event::Event::new());
        let steps_when_served = Rc::new(Cell::new(None));
        let steps = Rc::new(Cell::new(0));
        executor.spawner().spawn({
            let (event, steps) = (Rc::clone(&event), Rc::clone(&steps));
            async move {
                for step in 0..100 {
                    steps.set(step);
                    if step == 40 {
                        event.raise();
                    }
                    yield_now().await;
                }
            }
        });
        executor.spawner().spawn({
            let (steps, served) = (Rc::clone(&steps), Rc::clone(&steps_when_served));
            async move {
                event.wait().await;
                served.set(Some(steps.get()));
            }
        });
        executor.run_until_idle(|| 0);
        assert_eq!(steps_when_served.get(), Some(40));
        assert_eq!(steps.get(), 99);
    }

    #[test]
    fn a_due_sleeper_runs_before_a_computation_that_was_spawned_first() {
        let executor = Executor::new();
        let log = Rc::new(RefCell::new(String::new()));
        executor.spawner().spawn({
            let log = Rc::clone(&log);
            async move {
                for _ in 0..4 {
                    log.borrow_mut().push('c');
                    yield_now().await;
                }
            }
        });
        executor.spawner().spawn({
            let (log, timers) = (Rc::clone(&log), executor.timers());
            async move {
                timers.sleep_until(2).await;
                log.borrow_mut().push('s');
            }
        });
        let now_ns = Cell::new(0);
        executor.run_until_idle(|| now_ns.replace(now_ns.get() + 1));
        assert_eq!(*log.borrow(), "ccscc");
    }

    #[test]
    fn a_task_may_spawn_others() {
        let executor = Executor::new();
        let count = Rc::new(Cell::new(0));
        executor.spawner().spawn({
            let (spawner, count) = (executor.spawner(), Rc::clone(&count));
            async move {
                for _ in 0..5 {
                    let count = Rc::clone(&count);
                    spawner.spawn(async move { count.set(count.get() + 1) });
                }
            }
        });
        executor.run_until_idle(|| 0);
        assert_eq!(count.get(), 5);
        assert!(!executor.has_woken());
    }

    #[test]
    fn a_task_lets_the_others_run_in_the_middle_of_a_computation() {
        let executor = Executor::new();
        let log = Rc::new(RefCell::new(String::new()));
        executor.spawner().spawn({
            let (executor, log) = (executor.clone(), Rc::clone(&log));
            async move {
                log.borrow_mut().push('a');
                executor.run_round(0);
                executor.spawner().spawn({
                    let log = Rc::clone(&log);
                    async move { log.borrow_mut().push('n') }
                });
                executor.run_round(0);
                log.borrow_mut().push('A');
                yield_now().await;
                log.borrow_mut().push('.');
            }
        });
        executor.spawner().spawn({
            let log = Rc::clone(&log);
            async move {
                log.borrow_mut().push('b');
                yield_now().await;
                log.borrow_mut().push('B');
            }
        });
        executor.run_until_idle(|| 0);
        assert_eq!(*log.borrow(), "abnBA.");
        assert_eq!(executor.task_count(), 0);
    }

    #[test]
    fn a_sleeping_task_is_not_polled() {
        let executor = Executor::new();
        let timers = executor.timers();
        executor.spawner().spawn(async move { timers.sleep_until(10).await });
        assert_eq!(executor.run_round(0), 1);
        assert_eq!(executor.run_round(9), 0);
        assert!(!executor.has_woken());
        assert_eq!(executor.run_round(10), 1);
        assert_eq!(executor.task_count(), 0);
    }

    #[test]
    fn a_wake_between_the_last_round_and_the_idle_hook_is_seen() {
        let executor = Executor::new();
        let event = Rc::new(crate::event::Event::new());
        executor.spawner().spawn({
            let event = Rc::clone(&event);
            async move { event.wait().await }
        });
        executor.run_until_idle(|| 0);
        assert!(!executor.has_woken());
        event.raise();
        assert!(executor.has_woken(), "the idle hook must not sleep now");
        executor.run_until_idle(|| 0);
        assert_eq!(executor.task_count(), 0);
    }

    #[test]
    fn a_waker_outlives_its_task_harmlessly() {
        let executor = Executor::new();
        let kept = Rc::new(RefCell::new(None));
        executor.spawner().spawn({
            let kept = Rc::clone(&kept);
            async move {
                let waker =
                    core::future::poll_fn(|context| Poll::Ready(context.waker().clone())).await;
                *kept.borrow_mut() = Some(waker);
            }
        });
        executor.run_until_idle(|| 0);
        kept.borrow_mut().take().expect("the task left its waker").wake();
        executor.run_until_idle(|| 0);
        assert!(!executor.has_woken());
    }
}
