//! What tests of agents need: a scripted model, a fake host, a recorder of events, an executor.

mod fake_host;
mod recorder;

pub use fake_host::FakeHost;
pub use llm_context::testing::{END, START, Script, ScriptedModel, Template, UNKNOWN};
pub use recorder::{Recorded, Recorder};

use core::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Drives a future that never waits for anything outside, by polling it until it is done.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = work.as_mut().poll(&mut context) {
            return value;
        }
    }
}
