//! `llm-cli bandwidth`: how fast this machine's memory can be read, which bounds how fast a model
//! decodes: every token reads all weights once.

use crate::{args::Args, error::CliError, pool::ThreadPool};
use std::{
    hint::black_box,
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};
use system_platform::ComputePool;

/// More than the caches of any machine that this is likely to run on.
const DEFAULT_MEGABYTES: usize = 512;
/// The best of so many passes counts: others share the machine.
const PASSES: usize = 12;
/// Words of a piece that one thread reads at a time (1 MiB).
const PIECE_WORDS: usize = 1 << 17;

pub fn run(mut args: Args) -> Result<ExitCode, CliError> {
    let threads = match args.option("--threads")? {
        Some(threads) => threads,
        None => thread::available_parallelism().map_or(1, |count| count.get()),
    };
    let megabytes: usize = args.option("--megabytes")?.unwrap_or(DEFAULT_MEGABYTES).max(1);
    let as_json = args.flag("--json");
    args.words(0)?;
    let pool = ThreadPool::new(threads.max(1));
    let bytes_s = read_bandwidth(&pool, megabytes << 17);
    if as_json {
        println!("{}", serde_json::json!({ "threads": pool.workers(), "bytes_s": bytes_s }));
    } else {
        println!("{:.1} GB/s read by {} threads", bytes_s / 1e9, pool.workers());
    }
    Ok(ExitCode::SUCCESS)
}

/// Bytes a second that the pool reads from a buffer of `words` words of eight bytes.
fn read_bandwidth(pool: &ThreadPool, words: usize) -> f64 {
    // Written, or all pages would be the same one of zeros.
    let buffer: Vec<u64> = (0..words as u64).collect();
    let sum = AtomicU64::new(0);
    let pieces: Vec<&[u64]> = buffer.chunks(PIECE_WORDS).collect();
    let mut best_s = f64::INFINITY;
    for _ in 0..PASSES {
        let start = Instant::now();
        pool.parallel_for(pieces.len(), &|piece| {
            let total = pieces[piece].iter().fold(0_u64, |sum, &word| sum.wrapping_add(word));
            sum.fetch_add(total, Ordering::Relaxed);
        });
        best_s = best_s.min(start.elapsed().as_secs_f64());
    }
    black_box(sum.into_inner());
    (words * size_of::<u64>()) as f64 / best_s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_at_a_speed_that_memory_can_have() {
        let bytes_s = read_bandwidth(&ThreadPool::new(2), 1 << 20);
        assert!((1e8..1e14).contains(&bytes_s), "{bytes_s} bytes a second");
    }
}
