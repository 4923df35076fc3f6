//! Formatting and lints, for the host's packages and for those with targets of their own.

use crate::build::Binary;
use crate::error::Error;
use crate::{process, setup};

/// Packages that do not compile for the host.
pub const BARE_METAL: [Binary; 2] = [Binary::Kernel, Binary::Loader];

/// Checks everything; the first complaint is an error.
pub fn run() -> Result<(), Error> {
    setup::ensure_rust()?;
    process::run(setup::cargo().args(["fmt", "--all", "--check"]))?;
    let mut host = setup::cargo();
    host.args(["clippy", "--quiet", "--workspace", "--all-targets"]);
    for binary in BARE_METAL {
        host.args(["--exclude", binary.name()]);
    }
    process::run(host.args(["--", "-D", "warnings"]))?;
    for binary in BARE_METAL {
        process::run(binary.cargo("clippy").args(["--quiet", "--", "-D", "warnings"]))?;
    }
    eprintln!("No complaints.");
    Ok(())
}
