//! Deadlines of sleeping tasks.

use alloc::{collections::BTreeMap, rc::Rc};
use core::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

/// Deadline in nanoseconds, then a serial number that keeps equal deadlines apart.
type TimerKey = (u64, u64);

#[derive(Default)]
struct Queue {
    now_ns: Cell<u64>,
    next_serial: Cell<u64>,
    sleepers: RefCell<BTreeMap<TimerKey, Waker>>,
}

/// The sleeping tasks of one executor; clones share the queue.
#[derive(Clone, Default)]
pub struct Timers {
    queue: Rc<Queue>,
}

impl Timers {
    /// Sets the time and wakes every task whose deadline it has reached.
    pub fn advance_to(&self, now_ns: u64) {
        self.queue.now_ns.set(now_ns);
        let mut sleepers = self.queue.sleepers.borrow_mut();
        while let Some(entry) = sleepers.first_entry() {
            if entry.key().0 > now_ns {
                break;
            }
            entry.remove().wake();
        }
    }

    /// The time of the last [`advance_to`](Self::advance_to), in nanoseconds.
    pub fn now_ns(&self) -> u64 {
        self.queue.now_ns.get()
    }

    /// Waits until the time is `deadline_ns` or later.
    pub fn sleep_until(&self, deadline_ns: u64) -> Sleep {
        Sleep { queue: Rc::clone(&self.queue), deadline_ns, key: None }
    }

    /// Waits for `duration_ns` from the executor's present time on.
    pub fn sleep(&self, duration_ns: u64) -> Sleep {
        self.sleep_until(self.now_ns().saturating_add(duration_ns))
    }

    /// The earliest deadline, in nanoseconds.
    pub fn next_deadline_ns(&self) -> Option<u64> {
        self.queue.sleepers.borrow().first_key_value().map(|((deadline_ns, _), _)| *deadline_ns)
    }
}

/// The future of [`Timers::sleep_until`]; dropping it takes it off the queue.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Sleep {
    queue: Rc<Queue>,
    deadline_ns: u64,
    key: Option<TimerKey>,
}

impl Sleep {
    fn unregister(&mut self) {
        if let Some(key) = self.key.take() {
            self.queue.sleepers.borrow_mut().remove(&key);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.queue.now_ns.get() >= self.deadline_ns {
            self.unregister();
            return Poll::Ready(());
        }
        let key = match self.key {
            Some(key) => key,
            None => {
                let serial = self.queue.next_serial.get();
                self.queue.next_serial.set(serial + 1);
                let key = (self.deadline_ns, serial);
                self.key = Some(key);
                key
            }
        };
        self.queue.sleepers.borrow_mut().insert(key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.unregister();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Executor;
    use alloc::vec::Vec;

    #[test]
    fn sleepers_wake_in_the_order_of_their_deadlines() {
        let executor = Executor::new();
        let order = Rc::new(RefCell::new(Vec::new()));
        for deadline_ns in [30, 10, 20, 10] {
            let (timers, order) = (executor.timers(), Rc::clone(&order));
            executor.spawner().spawn(async move {
                timers.sleep_until(deadline_ns).await;
                order.borrow_mut().push(deadline_ns);
            });
        }
        let clock = Cell::new(0);
        for now_ns in 0..=40 {
            clock.set(now_ns);
            executor.run_until_idle(|| clock.get());
            let expected: Vec<u64> =
                [10, 10, 20, 30].into_iter().filter(|d| *d <= now_ns).collect();
            assert_eq!(*order.borrow(), expected, "at {now_ns} ns");
        }
        assert_eq!(executor.timers().next_deadline_ns(), None);
    }

    #[test]
    fn a_dropped_sleep_leaves_the_queue() {
        let timers = Timers::default();
        let mut sleep = alloc::boxed::Box::pin(timers.sleep(5));
        let mut context = Context::from_waker(Waker::noop());
        assert!(sleep.as_mut().poll(&mut context).is_pending());
        assert_eq!(timers.next_deadline_ns(), Some(5));
        drop(sleep);
        assert_eq!(timers.next_deadline_ns(), None);
    }

    #[test]
    fn a_deadline_in_the_past_is_ready_at_once() {
        let timers = Timers::default();
        timers.advance_to(100);
        let mut sleep = core::pin::pin!(timers.sleep_until(99));
        assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    }
}
