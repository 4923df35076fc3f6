//! Every target over its seeds, over inputs that once failed, and over mutations that are the same
//! in every run.
//!
//! One test, since the allocator counts for the whole process.

use fuzz::{TARGETS, Target, mutate::mutate};
use llm_tensor::testing::Random;
use peak_alloc::PeakAlloc;
use std::{
    fs, panic,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// How long one input may take: far more than any needs, also where others want the CPU.
const INPUT_TIME: Duration = Duration::from_secs(20);

/// How long a target gets. How many inputs that is depends on the machine; which ones does not.
const TARGET_TIME: Duration = Duration::from_secs(6);

/// Mutations that each target gets however slow the machine is.
const LEAST_MUTATIONS: usize = 100;

/// Inputs that once failed, kept in `fuzz/regressions/TARGET`.
fn regressions(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions").join(target.name);
    if !folder.exists() {
        return Vec::new();
    }
    let read =
        |path: PathBuf| fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries.map(|entry| read(entry.expect("a folder that can be read").path())).collect()
}

/// Runs one input and says what was wrong. The input is kept, to be looked at and to be fed to
/// libFuzzer.
fn check(target: &Target, data: &[u8], origin: &str) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let start = Instant::now();
    let outcome = panic::catch_unwind(|| (target.run)(data));
    let (duration, peak) = (start.elapsed(), ALLOCATOR.peak_usage() - before);
    let limit = (target.memory_limit)(data.len());
    let complaint = if outcome.is_err() {
        "panicked".to_owned()
    } else if peak > limit {
        format!("allocated {peak} bytes at a time, more than {limit}")
    } else if duration > INPUT_TIME {
        format!("took {duration:?}")
    } else {
        return;
    };
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-failure", target.name));
    fs::write(&path, data).expect("the folder for temporary files can be written");
    panic!("{} {complaint} on {origin}, {} bytes: {}", target.name, data.len(), path.display());
}

#[test]
fn no_input_panics_or_takes_more_time_or_memory_than_it_justifies() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        // What a target sets up once is not for one input to answer for.
        (target.run)(&seeds[0]);
        for (index, seed) in seeds.iter().enumerate() {
            check(target, seed, &format!("seed {index}"));
        }
        for (index, input) in regressions(target).iter().enumerate() {
            check(target, input, &format!("regression {index}"));
        }
        let mut random = Random::new(2024);
        let start = Instant::now();
        let mut mutations = 0;
        while mutations < LEAST_MUTATIONS || start.elapsed() < TARGET_TIME {
            let input = mutate(&mut random, &seeds, target.words);
            check(target, &input, &format!("mutation {mutations}"));
            mutations += 1;
        }
        println!("{}: {} seeds, {mutations} mutations", target.name, seeds.len());
    }
}
