//! Time limits of calls.

use crate::{Refusal, ToolError};
use alloc::boxed::Box;
use core::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

/// Polls `call` until it is done or `limit_ms` have passed; then it is dropped. The clock is looked
/// at whenever the call waits: what computes without waiting must watch its own time.
pub async fn within<T>(
    limit_ms: u64,
    now_ns: &dyn Fn() -> u64,
    mut call: Pin<Box<dyn Future<Output = Result<T, ToolError>> + '_>>,
) -> Result<T, ToolError> {
    let deadline_ns = now_ns().saturating_add(limit_ms.saturating_mul(1_000_000));
    poll_fn(move |task| match call.as_mut().poll(task) {
        Poll::Pending if now_ns() >= deadline_ns => {
            Poll::Ready(Err(Refusal::TimedOut { limit_ms }.into()))
        }
        poll => poll,
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::{
        cell::Cell,
        pin::pin,
        task::{Context, Waker},
    };

    #[test]
    fn a_call_that_waits_too_long_is_stopped() {
        let clock = Cell::new(0);
        let now_ns = || {
            clock.set(clock.get() + 1_000_000);
            clock.get()
        };
        let call = Box::pin(core::future::pending::<Result<(), ToolError>>());
        let mut call = pin!(within(20, &now_ns, call));
        let mut task = Context::from_waker(Waker::noop());
        let polls = (1..100).find_map(|polls| match call.as_mut().poll(&mut task) {
            Poll::Ready(result) => Some((polls, result)),
            Poll::Pending => None,
        });
        assert_eq!(polls, Some((20, Err(Refusal::TimedOut { limit_ms: 20 }.into()))));
        let quick = Box::pin(core::future::ready(Ok::<_, ToolError>(7)));
        let mut quick = pin!(within(20, &now_ns, quick));
        assert_eq!(quick.as_mut().poll(&mut task), Poll::Ready(Ok(7)));
    }
}
