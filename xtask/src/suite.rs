//! All tests, on the host and in QEMU, with one closing line.

use crate::bootloader::{self, BootloaderChoice};
use crate::error::Error;
use crate::lint::BARE_METAL;
use crate::{artifacts, setup};
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u32,
    failed: u32,
    skipped: u32,
}

impl Tally {
    /// Adds what a line of libtest says, if it is a closing line.
    fn add_line(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ") else { return };
        for part in counts.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(count), Some(kind)) = (words.next(), words.next()) else { continue };
            let Ok(count) = count.parse::<u32>() else { continue };
            match kind {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.skipped += count,
                _ => {}
            }
        }
    }

    fn is_good(self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        match self.skipped {
            0 => Ok(()),
            skipped => write!(f, ", {skipped} skipped"),
        }
    }
}

/// Runs all tests. The last line of the output is the sum.
pub fn run() -> Result<(), Error> {
    let mut tally = Tally::default();
    let outcome = run_all(&mut tally);
    if let Err(error) = &outcome {
        // Something that could not be built counts: the sum must not look good.
        eprintln!("error: {error}");
        tally.failed += 1;
    }
    println!("{tally}");
    match tally.is_good() {
        true => Ok(()),
        false => Err(Error::Tests),
    }
}

fn run_all(tally: &mut Tally) -> Result<(), Error> {
    setup::ensure_all()?;
    // Before the tests, so that they find everything and time-outs measure machines alone.
    let model = artifacts::default_model()?;
    artifacts::default_embedding()?;
    let mut host = setup::cargo();
    host.args(["test", "--workspace", "--exclude", "tests", "--no-fail-fast"]);
    for binary in BARE_METAL {
        host.args(["--exclude", binary.name()]);
    }
    stream(host.env("LLM_OS_MODEL", &model), tally)?;

    artifacts::image(BootloaderChoice::Grub)?;
    let limine = bootloader::local_limine();
    if limine.is_some() {
        artifacts::image(BootloaderChoice::Limine)?;
    }
    let mut machines = setup::cargo();
    machines.args(["test", "--package", "tests", "--no-fail-fast", "--", "--test-threads=1"]);
    match limine {
        Some(_) => {
            machines.arg("--include-ignored");
        }
        None => println!("Limine is not here (LIMINE_DIR): the tests that need it are skipped."),
    }
    stream(machines.env("LLM_OS_MODEL", &model), tally)
}

/// Runs `command`, shows what it says, and counts.
fn stream(command: &mut Command, tally: &mut Tally) -> Result<(), Error> {
    let before = *tally;
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(Error::io("cannot start cargo"))?;
    let output = child.stdout.take().expect("it was piped");
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(Error::io("cannot read the output of the tests"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        // Nobody reads any more: the tests go on for their exit code.
        let _ = std::io::stdout().flush();
        tally.add_line(&line);
    }
    let status = child.wait().map_err(Error::io("cannot wait for cargo"))?;
    let has_failures = tally.failed > before.failed;
    match status.success() || has_failures {
        true => Ok(()),
        // Nothing failed, and yet: it did not compile, or a test killed its process.
        false => Err(Error::Command {
            command: "cargo test".into(),
            outcome: format!("failed ({status})"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally_of(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            tally.add_line(line);
        }
        tally
    }

    #[test]
    fn closing_lines_are_summed_and_others_are_not() {
        let tally = tally_of(&[
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "test says 7 passed; 7 failed ... ok",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 4 filtered out; finished in 1.00s",
        ]);
        assert_eq!(tally, Tally { passed: 5, failed: 1, skipped: 1 });
        assert_eq!(tally.to_string(), "5 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn failures_and_no_tests_at_all_are_bad() {
        let tally = |passed, failed| Tally { passed, failed, skipped: 0 };
        assert!(tally(1, 0).is_good());
        assert!(!tally(1, 1).is_good());
        assert!(!tally(0, 0).is_good());
        assert_eq!(tally(1, 0).to_string(), "1 passed, 0 failed");
    }
}
