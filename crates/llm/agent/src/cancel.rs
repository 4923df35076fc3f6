//! Stopping a long computation from outside.

use core::{
    future::{Future, poll_fn},
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
};

/// Drives `work` until it is done (`Some`) or `cancel` is set (`None`, and the work is dropped
/// where it stands). The flag is looked at each time the work is polled: a computation that yields
/// to its pacer every few milliseconds stops within as many.
pub async fn until_cancelled<T>(work: impl Future<Output = T>, cancel: &AtomicBool) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| {
        if cancel.load(Ordering::Relaxed) {
            return Poll::Ready(None);
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}
