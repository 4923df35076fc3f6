//! Runs several futures side by side, those that were woken and no others: a waker that is lost is
//! a test that fails.

use alloc::{boxed::Box, sync::Arc, task::Wake};
use core::{
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Waker},
};

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A future and what it came to.
pub(super) struct Task<'f, T> {
    future: Option<Pin<Box<dyn Future<Output = T> + 'f>>>,
    flag: Arc<Flag>,
    output: Option<T>,
}

impl<'f, T> Task<'f, T> {
    pub(super) fn new(future: impl Future<Output = T> + 'f) -> Self {
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        Self { future: Some(Box::pin(future)), flag, output: None }
    }

    /// Drops the future, if it is not ready.
    pub(super) fn cancel(&mut self) {
        self.future = None;
    }

    pub(super) fn output(self) -> Option<T> {
        self.output
    }

    /// Polls it if it was woken; whether it was.
    pub(super) fn poll(&mut self) -> bool {
        let Some(future) = &mut self.future else { return false };
        if !self.flag.0.swap(false, Ordering::Relaxed) {
            return false;
        }
        let waker = Waker::from(Arc::clone(&self.flag));
        if let core::task::Poll::Ready(output) =
            future.as_mut().poll(&mut Context::from_waker(&waker))
        {
            self.output = Some(output);
            self.future = None;
        }
        true
    }

    fn is_over(&self) -> bool {
        self.future.is_none()
    }
}

/// Polls the tasks in turn until all are over.
///
/// # Panics
/// None is woken, and some are not over.
pub(super) fn finish<T>(tasks: &mut [Task<'_, T>]) {
    while !tasks.iter().all(Task::is_over) {
        let polled = tasks.iter_mut().fold(false, |any, task| task.poll() | any);
        assert!(polled, "somebody waits for nobody");
    }
}

/// The output of one future.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut tasks = [Task::new(future)];
    finish(&mut tasks);
    let [task] = tasks;
    task.output().expect("it is over")
}
