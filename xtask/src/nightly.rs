//! What needs the nightly toolchain: long fuzz runs and Miri. Neither is installed here unasked:
//! who wants them types the command that the error holds.

use crate::error::Error;
use crate::{paths, process, setup};
use std::ffi::OsStr;
use std::process::Command;

/// A long fuzz run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuzzOptions {
    /// Which target of the package `fuzz`.
    pub target: String,
    /// How long. In seconds.
    pub seconds: u64,
}

/// The parts of the tensor crate's tests that Miri runs, by what the CPU is said to have: it
/// executes the instructions that it is told to compile for.
const MIRI_PASSES: &[(&str, &str)] =
    &[("any x86_64", ""), ("AVX2 with FMA", "-C target-feature=+avx2,+fma,+f16c")];

/// The modules whose tests are small enough for it: the storage types and their arithmetic, the
/// products in all kernels, and the division of work, where the `unsafe` code is.
const MIRI_TESTS: &[&str] =
    &["activations::", "formats_tests::", "half::", "matmul_tests::", "panels::", "split::"];

/// Runs libFuzzer on a target for a while. What it finds of interest stays in
/// `target/fuzz/corpus`, where the next run goes on; an input that fails stays in
/// `fuzz/artifacts`.
///
/// # Errors
/// Something must be installed first, there is no such target, or an input failed.
pub fn fuzz(options: &FuzzOptions) -> Result<(), Error> {
    require(&["rustc", "--version"], "the nightly toolchain", "rustup toolchain install nightly")?;
    require(&["cargo", "fuzz", "--version"], "cargo-fuzz", "cargo install cargo-fuzz")?;
    let folder = paths::target().join("fuzz");
    let of = |part: &str| folder.join(part).join(&options.target);
    let (corpus, seeds) = (of("corpus"), of("seeds"));
    let mut write_seeds = setup::cargo();
    write_seeds.args(["run", "--quiet", "--package", "fuzz", "--bin", "write-seeds", "--"]);
    process::run(write_seeds.arg(&options.target).arg(&seeds))?;
    std::fs::create_dir_all(&corpus).map_err(Error::io("cannot make the folder of the corpus"))?;
    let mut run = nightly(["cargo", "fuzz", "run", "--features", "libfuzzer", "--target-dir"]);
    run.arg(folder.join("build")).arg(&options.target).args([&corpus, &seeds]);
    run.arg("--").arg(format!("-max_total_time={}", options.seconds));
    process::run(run.args(["-timeout=20", "-rss_limit_mb=2048", "-max_len=65536"]))
}

/// Runs the tests of the tensor crate under Miri, which notices what is undefined where a CPU would
/// go on: reads past the end, unaligned references, data races.
///
/// # Errors
/// Miri must be installed first, or a test failed.
pub fn miri() -> Result<(), Error> {
    require(
        &["cargo", "miri", "--version"],
        "Miri",
        "rustup toolchain install nightly --component miri --component rust-src",
    )?;
    for (name, flags) in MIRI_PASSES {
        eprintln!("As on {name}:");
        let mut run = nightly(["cargo", "miri", "test", "--package", "llm-tensor", "--lib"]);
        run.arg("--target-dir").arg(paths::target().join("miri")).arg("--").args(MIRI_TESTS);
        // The fixtures are files.
        process::run(run.env("MIRIFLAGS", "-Zmiri-disable-isolation").env("RUSTFLAGS", flags))?;
    }
    Ok(())
}

fn nightly<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new("rustup");
    command.current_dir(paths::root()).args(["run", "nightly"]).args(arguments);
    // What the cargo that runs this program tells its children is about another toolchain.
    command.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTDOC");
    command
}

fn require(probe: &[&str], what: &str, remedy: &str) -> Result<(), Error> {
    process::run_quietly(&mut nightly(probe))
        .map(drop)
        .map_err(|_| Error::Missing { what: what.to_owned(), remedy: remedy.to_owned() })
}
