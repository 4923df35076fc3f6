//! Memory in pages of 2 MiB, which the kernel's own heap has anyway. A token reads all weights; in
//! pages of 4 KiB that is a walk through the page tables for every few of them, which in a virtual
//! machine costs an eighth of the time.

use std::{env, os::unix::process::CommandExt, process::Command};

/// What the C library reads its settings from when a program starts.
const VARIABLE: &str = "GLIBC_TUNABLES";
/// Ask Linux for large pages wherever memory comes from.
const SETTING: &str = "glibc.malloc.hugetlb=1";

/// Starts this program anew with that setting, unless there are settings already: ours, or some
/// that a person has chosen. Where this fails or nobody reads the setting, all is only slower.
pub fn ask() {
    if env::var_os(VARIABLE).is_none()
        && let Ok(program) = env::current_exe()
    {
        // Comes back only if it failed.
        let _ = Command::new(program).args(env::args_os().skip(1)).env(VARIABLE, SETTING).exec();
    }
}
