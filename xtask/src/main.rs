//! The program behind `cargo xtask`.
#![forbid(unsafe_code)]

use std::process::ExitCode;
use xtask::{Error, cli};

fn main() -> ExitCode {
    let command = match cli::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error}\n\n{}", cli::HELP);
            return ExitCode::from(2);
        }
    };
    match cli::execute(command) {
        Ok(()) => ExitCode::SUCCESS,
        // The closing line of the tests stays the last one.
        Err(Error::Tests) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
