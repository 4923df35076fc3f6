//! Models in memory that they own.

use super::{memory::file::FileMemory, pool::CpuPool};
use alloc::boxed::Box;
use llm_inference::engine::{Engine, LoadError, Options};

/// Loads the model in `file`; the memory is given back when the model goes, or at once where it is no
/// good.
///
/// # Errors
/// As of [`Engine::load`].
pub fn load(file: FileMemory, options: Options) -> Result<Engine<'static>, LoadError> {
    // SAFETY: 1. The engine gives out nothing that outlives it, and an error holds nothing of the
    // file. It keeps the owner, which goes after everything that reads it. 2. The owner is out of
    // reach there.
    let bytes = unsafe { file.lend() };
    Ok(Engine::load(bytes, options, &CpuPool)?.kept_by(Box::new(file)))
}
