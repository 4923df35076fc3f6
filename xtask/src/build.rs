//! Compiles kernel and loader: other targets and flags than the host's packages have.

use crate::error::Error;
use crate::verify;
use crate::{paths, process, setup};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// Something that runs without an operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// Hard float, so it is compiled for Linux and linked for nothing.
    Kernel,
    /// Runs before floating point is set up.
    Loader,
}

impl Binary {
    /// The package, which is also the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Loader => "loader",
        }
    }

    fn target(self) -> &'static str {
        match self {
            Self::Kernel => "x86_64-unknown-linux-gnu",
            Self::Loader => "x86_64-unknown-none",
        }
    }

    fn flags(self) -> Vec<String> {
        let script = |path| format!("-Clink-arg=-T{}", paths::root().join(path).display());
        let mut flags = match self {
            // The linker is named here and not in the target's configuration, or build scripts would
            // lose theirs. No red zone: interrupts use the kernel's stack.
            Self::Kernel => vec![
                "-Clinker=rust-lld".to_owned(),
                "-Clinker-flavor=ld.lld".to_owned(),
                "-Clink-self-contained=no".to_owned(),
                "-Ccode-model=kernel".to_owned(),
                "-Cno-redzone=yes".to_owned(),
                "-Cforce-frame-pointers=yes".to_owned(),
                script("kernel/linker.ld"),
            ],
            Self::Loader => vec![script("loader/loader.ld")],
        };
        flags.extend([
            "-Crelocation-model=static".to_owned(),
            "-Cpanic=abort".to_owned(),
            "-Clink-arg=--gc-sections".to_owned(),
        ]);
        flags
    }

    /// `cargo <subcommand>` for this package, with its flags and a target directory of its own.
    pub fn cargo(self, subcommand: &str) -> Command {
        let mut command = setup::cargo();
        command.args([
            subcommand,
            "--release",
            "--package",
            self.name(),
            "--target",
            self.target(),
        ]);
        // The encoded form: paths may hold spaces.
        command.env("CARGO_ENCODED_RUSTFLAGS", self.flags().join("\x1f")).env_remove("RUSTFLAGS");
        command.env("CARGO_TARGET_DIR", self.target_dir());
        command
    }

    fn target_dir(self) -> OsString {
        paths::target().join(self.name()).into()
    }

    /// The compiled file, whether it is there yet or not.
    pub fn path(self) -> PathBuf {
        PathBuf::from(self.target_dir()).join(self.target()).join("release").join(self.name())
    }
}

/// Compiles the kernel, checks what was linked, and returns the file.
pub fn kernel() -> Result<PathBuf, Error> {
    let path = compile(Binary::Kernel)?;
    verify::kernel(&path)?;
    Ok(path)
}

/// Compiles the loader and returns the file.
pub fn loader() -> Result<PathBuf, Error> {
    compile(Binary::Loader)
}

fn compile(binary: Binary) -> Result<PathBuf, Error> {
    process::run(binary.cargo("build").arg("--quiet"))?;
    Ok(binary.path())
}
