//! Where things lie.

use std::env;
use std::path::{Path, PathBuf};

/// The top of the source tree.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("xtask lies in the workspace").to_path_buf()
}

/// Build output: `CARGO_TARGET_DIR` or `target`.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Downloads, which outlive `make clean`: `LLMOS_CACHE`, or `llm-os` in the user's cache directory.
pub fn cache() -> PathBuf {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("LLMOS_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|dir| dir.join("llm-os")))
        .or_else(|| set("HOME").map(|dir| dir.join(".cache/llm-os")))
        .unwrap_or_else(|| root().join(".cache"))
}
