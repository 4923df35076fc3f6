//! One operation at a time on a volume: a lock that is waited for, on one CPU.

use alloc::vec::Vec;
use core::{
    cell::{RefCell, RefMut},
    future::{Future, poll_fn},
    ops::{Deref, DerefMut},
    task::{Poll, Waker},
};

/// A value that one task has at a time. Who has waited is woken when it is free; a dropped future
/// gives back what it had.
pub(super) struct Lock<T> {
    value: RefCell<T>,
    waiting: RefCell<Vec<Waker>>,
}

/// The value, until this is dropped.
pub(super) struct Guard<'a, T> {
    value: Option<RefMut<'a, T>>,
    waiting: &'a RefCell<Vec<Waker>>,
}

impl<T> Lock<T> {
    pub const fn new(value: T) -> Self {
        Self { value: RefCell::new(value), waiting: RefCell::new(Vec::new()) }
    }

    /// The value, once nobody has it.
    pub fn lock(&self) -> impl Future<Output = Guard<'_, T>> {
        poll_fn(|context| match self.value.try_borrow_mut() {
            Ok(value) => Poll::Ready(Guard { value: Some(value), waiting: &self.waiting }),
            Err(_) => {
                self.waiting.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("taken only by drop")
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("taken only by drop")
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        self.value = None;
        let waiting = core::mem::take(&mut *self.waiting.borrow_mut());
        waiting.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::{pin::pin, task::Context};

    #[test]
    fn the_second_waits_until_the_first_is_done() {
        let lock = Lock::new(1);
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(mut first) = pin!(lock.lock()).poll(&mut context) else { panic!() };
        let mut second = pin!(lock.lock());
        assert!(second.as_mut().poll(&mut context).is_pending());
        *first += 1;
        drop(first);
        let Poll::Ready(second) = second.poll(&mut context) else { panic!() };
        assert_eq!(*second, 2);
    }
}
