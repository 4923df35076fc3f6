//! A flag that an interrupt handler raises and one task waits for.

use core::{
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering, fence},
    task::{Context, Poll, Waker},
};
use spin::Mutex;

/// Remembers that something happened until its one waiting task has seen it; usable as a `static`.
///
/// [`raise`](Self::raise) may be called anywhere, in an interrupt handler and on another CPU too: it
/// never blocks, allocates or frees. Raising twice before the task runs counts once, so the event
/// goes along with a queue that the task empties.
pub struct Event {
    is_raised: AtomicBool,
    waiter: Mutex<Option<Waker>>,
}

impl Event {
    /// An event that has not happened.
    pub const fn new() -> Self {
        Self { is_raised: AtomicBool::new(false), waiter: Mutex::new(None) }
    }

    /// Notes that it happened and wakes the waiting task, if there is one.
    pub fn raise(&self) {
        self.is_raised.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        // Whoever holds the lock is registering just now (this handler may have interrupted it),
        // and looks at the flag once more after it has let go.
        if let Some(waiter) = self.waiter.try_lock()
            && let Some(waker) = waiter.as_ref()
        {
            waker.wake_by_ref();
        }
    }

    /// Waits until the event is raised, or takes a raise that came before. One task may wait at a
    /// time; a second would replace the first.
    pub fn wait(&self) -> EventWait<'_> {
        EventWait { event: self }
    }

    fn take(&self) -> bool {
        self.is_raised.swap(false, Ordering::SeqCst)
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

/// The future of [`Event::wait`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct EventWait<'a> {
    event: &'a Event,
}

impl Future for EventWait<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.event.take() {
            return Poll::Ready(());
        }
        // The replaced waker is dropped after the lock is released, and never by a handler: the
        // last reference frees memory.
        let replaced = {
            let mut waiter = self.event.waiter.lock();
            match waiter.as_ref() {
                Some(waker) if waker.will_wake(context.waker()) => None,
                _ => waiter.replace(context.waker().clone()),
            }
        };
        drop(replaced);
        fence(Ordering::SeqCst);
        if self.event.take() { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Executor;
    use std::{rc::Rc, sync::Arc, thread};

    #[test]
    fn a_raise_before_the_wait_is_not_lost() {
        let executor = Executor::new();
        let event = Rc::new(Event::new());
        event.raise();
        event.raise();
        let waits = Rc::new(core::cell::Cell::new(0));
        executor.spawner().spawn({
            let (event, waits) = (Rc::clone(&event), Rc::clone(&waits));
            async move {
                loop {
                    event.wait().await;
                    waits.set(waits.get() + 1);
                }
            }
        });
        executor.run_until_idle(|| 0);
        assert_eq!(waits.get(), 1, "two raises before the task ran count once");
        event.raise();
        executor.run_until_idle(|| 0);
        assert_eq!(waits.get(), 2);
        executor.run_until_idle(|| 0);
        assert_eq!(waits.get(), 2);
    }

    #[test]
    fn a_raise_during_registration_does_not_block_and_is_seen() {
        let event = Event::new();
        let registering = event.waiter.lock();
        event.raise();
        drop(registering);
        assert!(event.take());
    }

    #[test]
    fn raises_from_another_thread_all_arrive() {
        const COUNT: usize = if cfg!(miri) { 50 } else { 20_000 };
        let event = Arc::new(Event::new());
        let acknowledged = Arc::new(Event::new());
        let done = Rc::new(core::cell::Cell::new(false));
        let executor = Executor::new();
        executor.spawner().spawn({
            let (event, acknowledged) = (Arc::clone(&event), Arc::clone(&acknowledged));
            let done = Rc::clone(&done);
            async move {
                for _ in 0..COUNT {
                    event.wait().await;
                    acknowledged.raise();
                }
                done.set(true);
            }
        });
        let raiser = thread::spawn(move || {
            for _ in 0..COUNT {
                event.raise();
                while !acknowledged.take() {
                    thread::yield_now();
                }
            }
        });
        while !done.get() {
            executor.run_until_idle(|| 0);
            thread::yield_now();
        }
        raiser.join().expect("the raiser does not panic");
    }
}
