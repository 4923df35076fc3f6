//! A lock between tasks of one executor: who waits for it sleeps, and gets it in order.

use alloc::{collections::VecDeque, rc::Rc};
use core::{
    cell::{Cell, RefCell},
    future::Future,
    ops::{Deref, DerefMut},
    pin::Pin,
    task::{Context, Poll, Waker},
};

/// One that waits: shared by its future and the queue.
#[derive(Default)]
struct Waiter {
    waker: RefCell<Option<Waker>>,
}

/// A value that one task at a time uses, across `await`s too. A guard may be dropped anywhere, so a
/// task that is given up in the middle leaves the value as it is then.
pub struct Lock<T> {
    /// `None` while somebody has it.
    value: Cell<Option<T>>,
    /// The first of them may take the value when it is there.
    waiting: RefCell<VecDeque<Rc<Waiter>>>,
}

impl<T> Lock<T> {
    /// A lock that is free.
    pub const fn new(value: T) -> Self {
        Self { value: Cell::new(Some(value)), waiting: RefCell::new(VecDeque::new()) }
    }

    /// Waits until it is free and those that came before have had it.
    pub fn lock(&self) -> Locking<'_, T> {
        Locking { lock: self, waiter: None }
    }

    fn wake_first(&self) {
        let waiting = self.waiting.borrow();
        let waker = waiting.front().and_then(|first| first.waker.borrow_mut().take());
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The future of [`Lock::lock`]; dropping it takes it off the queue.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Locking<'a, T> {
    lock: &'a Lock<T>,
    waiter: Option<Rc<Waiter>>,
}

impl<'a, T> Future for Locking<'a, T> {
    type Output = Guard<'a, T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Guard<'a, T>> {
        let lock = self.lock;
        let mut waiting = lock.waiting.borrow_mut();
        let waiter = self.waiter.get_or_insert_with(|| {
            let waiter = Rc::new(Waiter::default());
            waiting.push_back(Rc::clone(&waiter));
            waiter
        });
        let is_first = waiting.front().is_some_and(|first| Rc::ptr_eq(first, waiter));
        if is_first && let Some(value) = lock.value.take() {
            waiting.pop_front();
            self.waiter = None;
            return Poll::Ready(Guard { lock, value: Some(value) });
        }
        *waiter.waker.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    }
}

impl<T> Drop for Locking<'_, T> {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter.take() {
            self.lock.waiting.borrow_mut().retain(|other| !Rc::ptr_eq(other, &waiter));
            // It may have been woken for nothing; so may the next.
            self.lock.wake_first();
        }
    }
}

/// The right to use the value; dropping it passes the lock on.
pub struct Guard<'a, T> {
    lock: &'a Lock<T>,
    value: Option<T>,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("a guard has the value until it is dropped")
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("a guard has the value until it is dropped")
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.lock.value.set(self.value.take());
        self.lock.wake_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::{Executor, yield_now};
    use std::{boxed::Box, string::String};

    fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
        Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn tasks_get_it_one_at_a_time_and_in_order() {
        let executor = Executor::new();
        let lock = Rc::new(Lock::new(String::new()));
        for name in ['a', 'b', 'c'] {
            let lock = Rc::clone(&lock);
            executor.spawner().spawn(async move {
                for _ in 0..2 {
                    let mut log = lock.lock().await;
                    log.push(name);
                    yield_now().await;
                    log.push(name);
                }
            });
        }
        executor.run_until_idle(|| 0);
        assert_eq!(executor.task_count(), 0);
        let log = poll(&mut lock.lock());
        let Poll::Ready(log) = log else { panic!("it is free at the end") };
        assert_eq!(*log, "aabbccaabbcc");
    }

    #[test]
    fn who_gives_up_while_waiting_or_woken_holds_nobody_up() {
        let lock = Lock::new(0);
        let Poll::Ready(mut guard) = poll(&mut lock.lock()) else { panic!("it is free") };
        *guard += 1;
        let mut gives_up = lock.lock();
        let mut is_woken_and_gives_up = Box::new(lock.lock());
        let mut last = lock.lock();
        assert!(poll(&mut gives_up).is_pending());
        assert!(poll(&mut is_woken_and_gives_up).is_pending());
        assert!(poll(&mut last).is_pending());
        drop(gives_up);
        drop(guard);
        assert!(poll(&mut lock.lock()).is_pending(), "nobody overtakes the one whose turn it is");
        drop(is_woken_and_gives_up);
        let Poll::Ready(guard) = poll(&mut last) else { panic!("its turn has come") };
        assert_eq!(*guard, 1);
    }
}
