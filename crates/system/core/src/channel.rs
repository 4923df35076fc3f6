//! An unbounded queue between tasks of one executor.

use alloc::{collections::VecDeque, rc::Rc};
use core::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

struct Shared<T> {
    items: VecDeque<T>,
    receiver: Option<Waker>,
    sender_count: usize,
}

/// The end that sends; clones send into the same queue.
pub struct Sender<T> {
    shared: Rc<RefCell<Shared<T>>>,
}

/// The end that receives.
pub struct Receiver<T> {
    shared: Rc<RefCell<Shared<T>>>,
}

/// An empty queue.
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let shared =
        Rc::new(RefCell::new(Shared { items: VecDeque::new(), receiver: None, sender_count: 1 }));
    (Sender { shared: Rc::clone(&shared) }, Receiver { shared })
}

impl<T> Sender<T> {
    /// Appends an item and wakes the receiver.
    pub fn send(&self, item: T) {
        let mut shared = self.shared.borrow_mut();
        shared.items.push_back(item);
        if let Some(waker) = shared.receiver.take() {
            waker.wake();
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.borrow_mut().sender_count += 1;
        Self { shared: Rc::clone(&self.shared) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut shared = self.shared.borrow_mut();
        shared.sender_count -= 1;
        if shared.sender_count == 0
            && let Some(waker) = shared.receiver.take()
        {
            waker.wake();
        }
    }
}

impl<T> Receiver<T> {
    /// The oldest item, if one waits.
    pub fn try_receive(&mut self) -> Option<T> {
        self.shared.borrow_mut().items.pop_front()
    }

    /// Waits for the next item; `None` when the queue is empty and all senders are gone.
    pub fn receive(&mut self) -> Receive<'_, T> {
        Receive { receiver: self }
    }
}

/// The future of [`Receiver::receive`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct Receive<'a, T> {
    receiver: &'a mut Receiver<T>,
}

impl<T> Future for Receive<'_, T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut shared = self.receiver.shared.borrow_mut();
        if let Some(item) = shared.items.pop_front() {
            return Poll::Ready(Some(item));
        }
        if shared.sender_count == 0 {
            return Poll::Ready(None);
        }
        shared.receiver = Some(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::{Executor, yield_now};
    use alloc::vec::Vec;

    #[test]
    fn items_arrive_in_order_and_the_end_is_told() {
        let executor = Executor::new();
        let (sender, mut receiver) = channel();
        let received = Rc::new(RefCell::new(Vec::new()));
        executor.spawner().spawn({
            let received = Rc::clone(&received);
            async move {
                while let Some(item) = receiver.receive().await {
                    received.borrow_mut().push(item);
                }
                received.borrow_mut().push(-1);
            }
        });
        executor.spawner().spawn(async move {
            let second = sender.clone();
            for item in 0..3 {
                sender.send(item);
                second.send(10 + item);
                yield_now().await;
            }
        });
        executor.run_until_idle(|| 0);
        assert_eq!(*received.borrow(), [0, 10, 1, 11, 2, 12, -1]);
    }

    #[test]
    fn try_receive_does_not_wait() {
        let (sender, mut receiver) = channel();
        assert_eq!(receiver.try_receive(), None);
        sender.send('x');
        assert_eq!(receiver.try_receive(), Some('x'));
        assert_eq!(receiver.try_receive(), None);
    }
}
