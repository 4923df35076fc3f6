//! Waiting for several things at once.

use alloc::{boxed::Box, vec::Vec};
use core::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

/// A future, until its output is there.
enum Slot<'f, T> {
    Waiting(Pin<Box<dyn Future<Output = T> + 'f>>),
    Done(T),
}

/// Runs all futures side by side and gives their outputs in the order of the futures.
pub(crate) async fn join_all<'f, T: 'f>(
    futures: impl Iterator<Item = impl Future<Output = T> + 'f>,
) -> Vec<T> {
    let mut slots: Vec<Slot<'f, T>> =
        futures.map(|future| Slot::Waiting(Box::pin(future) as _)).collect();
    poll_fn(move |context| {
        let mut is_done = true;
        for slot in &mut slots {
            if let Slot::Waiting(future) = slot {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *slot = Slot::Done(output),
                    Poll::Pending => is_done = false,
                }
            }
        }
        if !is_done {
            return Poll::Pending;
        }
        let outputs = slots.drain(..).filter_map(|slot| match slot {
            Slot::Done(output) => Some(output),
            Slot::Waiting(_) => None,
        });
        Poll::Ready(outputs.collect())
    })
    .await
}
