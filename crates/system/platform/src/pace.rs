//! Long computations on a cooperative system.

use core::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Lets a long computation make room for others. The kernel's implementation yields to its
/// executor once the caller has held the CPU for a few milliseconds; on the host nobody waits.
pub trait Pacer {
    /// A point at which the computation may be interrupted. Call it at least every few
    /// milliseconds; it costs almost nothing when nobody is due.
    fn checkpoint(&self) -> impl Future<Output = ()>;
}

/// Never yields: for programs that have the thread to themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unpaced;

impl Pacer for Unpaced {
    async fn checkpoint(&self) {}
}

impl<P: Pacer> Pacer for &P {
    fn checkpoint(&self) -> impl Future<Output = ()> {
        (**self).checkpoint()
    }
}

/// The output of a future that is given [`Unpaced`] and nothing else to wait for.
///
/// # Panics
/// It waits nevertheless.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits for somebody"),
    }
}
