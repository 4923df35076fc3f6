//! Waiting for devices without holding the CPU.

use crate::{Clock, clock::ManualClock};
use core::{future::Future, task::Poll};

/// How long a device is looked at again at every turn before looks get rarer. Most answers come
/// within this time.
const EAGER_NS: u64 = 2_000_000;
/// Time between two looks afterwards.
const LATER_NS: u64 = 1_000_000;

/// A clock that can also wait.
pub trait Timer: Clock {
    /// Goes on after `duration_ns` or a little later; meanwhile others run. With 0, every other
    /// task that can run has had a turn.
    fn sleep(&self, duration_ns: u64) -> impl Future<Output = ()>;
}

impl<T: Timer> Timer for &T {
    fn sleep(&self, duration_ns: u64) -> impl Future<Output = ()> {
        (**self).sleep(duration_ns)
    }
}

impl<C: Clock> Clock for &C {
    fn now_ns(&self) -> u64 {
        (**self).now_ns()
    }
}

/// Looks until there is an answer, at every turn at first and then about every millisecond; `None`
/// when the time is over. It looks once after that, so that a busy system does not take an answer
/// for a silence.
pub async fn poll_until<R>(
    timer: &impl Timer,
    timeout_ns: u64,
    mut look: impl FnMut() -> Poll<R>,
) -> Option<R> {
    let start_ns = timer.now_ns();
    loop {
        let elapsed_ns = timer.now_ns().saturating_sub(start_ns);
        if let Poll::Ready(answer) = look() {
            return Some(answer);
        }
        if elapsed_ns >= timeout_ns {
            return None;
        }
        timer.sleep(if elapsed_ns < EAGER_NS { 0 } else { LATER_NS }).await;
    }
}

/// A timer for tests: time passes only by sleeping, and then at once. A turn of the others takes
/// 10 microseconds.
#[derive(Debug, Default)]
pub struct ManualTimer {
    clock: ManualClock,
}

impl Clock for ManualTimer {
    fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }
}

impl Timer for ManualTimer {
    async fn sleep(&self, duration_ns: u64) {
        self.clock.advance_ns(duration_ns.max(10_000));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace;

    #[test]
    fn looks_get_rarer_and_end_with_the_time() {
        let timer = ManualTimer::default();
        let mut looks = 0;
        let answer = pace::run(poll_until::<()>(&timer, 1_000_000_000, || {
            looks += 1;
            Poll::Pending
        }));
        assert_eq!(answer, None);
        assert_eq!(timer.now_ns(), 1_000_000_000);
        assert_eq!(looks, 200 + 998 + 1);
    }

    #[test]
    fn an_answer_that_came_while_others_held_the_cpu_counts() {
        let timer = ManualTimer::default();
        let mut looks = 0;
        let answer = pace::run(poll_until(&timer, 1000, || {
            looks += 1;
            if looks == 2 { Poll::Ready('x') } else { Poll::Pending }
        }));
        assert_eq!(answer, Some('x'), "10 microseconds went by, and 1 was granted");
    }
}
