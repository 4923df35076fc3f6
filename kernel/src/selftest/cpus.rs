//! The compute pool: nothing is lost and nothing is done twice.

use super::{Failure, expect_equal};
use crate::platform::pool::CpuPool;
use alloc::{format, string::String, vec::Vec};
use core::sync::atomic::{AtomicU64, Ordering};
use system_platform::ComputePool;

/// Jobs in a row, enough for a helper that comes late for one to meet the next.
const JOBS: u64 = 500;

/// Many short jobs of different sizes.
pub fn pieces_run_once() -> Result<String, Failure> {
    for tasks in [1, 2, 3, 64] {
        let calls: Vec<AtomicU64> = (0..tasks).map(|_| AtomicU64::new(0)).collect();
        for job in 1..=JOBS {
            CpuPool.parallel_for(tasks, &|piece| {
                calls[piece].fetch_add(1, Ordering::Relaxed);
            });
            for count in &calls {
                expect_equal("calls of a piece", count.load(Ordering::Relaxed), job)?;
            }
        }
    }
    Ok(format!("{JOBS} jobs of each size"))
}

/// A piece that starts a job of its own must neither hang nor lose work.
pub fn job_within_a_job() -> Result<String, Failure> {
    let calls = AtomicU64::new(0);
    CpuPool.parallel_for(8, &|_| {
        CpuPool.parallel_for(8, &|_| {
            calls.fetch_add(1, Ordering::Relaxed);
        });
    });
    expect_equal("calls of the inner pieces", calls.load(Ordering::Relaxed), 64)?;
    Ok(format!("on {} CPUs", CpuPool.workers()))
}
