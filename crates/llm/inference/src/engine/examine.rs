//! What a model file is and what it would take, from its beginning alone: for those who read it from
//! a disk and want to know before whether that is worth it.

use super::{LoadError, Options, merges, plan};
use crate::{
    config::Config,
    gguf::{Gguf, GgufError},
    plan::{MIN_CONTEXT, MemoryPlan},
};

/// What a model needs beside its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Examined {
    /// With the context that the options ask for.
    pub wanted: MemoryPlan,
    /// With the least context that is taken instead; the same where the options name one.
    pub least: MemoryPlan,
}

/// Checks the header of a model file of `file_len` bytes that begins with `head`; `None` where the
/// header goes on behind `head`. How much memory the options allow makes no difference, and the
/// weights are not looked at.
///
/// # Errors
/// What is wrong with the header, or the model makes no text.
pub fn examine(
    head: &[u8],
    file_len: u64,
    options: &Options,
) -> Result<Option<Examined>, LoadError> {
    let gguf = match Gguf::parse_head(head, file_len) {
        Err(GgufError::Truncated { .. }) if (head.len() as u64) < file_len => return Ok(None),
        parsed => parsed?,
    };
    let config = Config::from_gguf(&gguf)?;
    if config.family().is_encoder {
        return Err(LoadError::Encoder(config.architecture));
    }
    let wanted = plan(&gguf, &config, &Options { available_bytes: None, ..*options })?;
    let least = match options.context {
        Some(_) => wanted.context,
        None => wanted.context.min(MIN_CONTEXT),
    };
    let least = MemoryPlan::new(&config, merges(&gguf)?, least, options.extra_tokens);
    Ok(Some(Examined { wanted, least }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::Engine,
        testing::{Defect, TestModel, damaged_model},
    };
    use alloc::{boxed::Box, rc::Rc};
    use core::cell::Cell;
    use llm_tensor::CpuFeatures;
    use system_platform::compute::SerialPool;

    fn options() -> Options {
        Options::new(CpuFeatures::baseline())
    }

    #[test]
    fn the_beginning_of_a_file_tells_what_loading_it_takes() {
        let file = TestModel::default().build();
        let loaded = Engine::load(&file, options(), &SerialPool).unwrap();
        let known = (64..=file.len()).step_by(64).find_map(|len| {
            examine(&file[..len], file.len() as u64, &options()).unwrap().map(|found| (len, found))
        });
        let (len, found) = known.unwrap();
        assert!(len < file.len() / 2, "{len} of {}", file.len());
        assert_eq!(found.wanted, *loaded.memory_plan());
        assert_eq!(found.least.context, MIN_CONTEXT);
        assert!(found.least.total() < found.wanted.total());
        let fixed = Options { context: Some(300), ..options() };
        let found = examine(&file, file.len() as u64, &fixed).unwrap().unwrap();
        assert_eq!((found.wanted.context, found.least.context), (300, 300));
    }

    #[test]
    fn a_file_that_cannot_be_loaded_is_refused_before_it_is_read() {
        let file = TestModel::default().build();
        let whole = file.len() as u64;
        let is_refused = |head: &[u8], len| examine(head, len, &options()).is_err();
        assert!(is_refused(b"GIF89a, and more of it", whole));
        assert!(is_refused(&file, whole - 1), "the last tensor lies beyond the end");
        assert!(is_refused(&file[..100], 100), "the header ends where the file does");
        assert!(is_refused(&damaged_model(Defect::UnsupportedArchitecture), whole));
    }

    #[test]
    fn the_keeper_of_the_file_goes_with_the_model() {
        struct Keeper(Rc<Cell<bool>>);
        impl Drop for Keeper {
            fn drop(&mut self) {
                self.0.set(true);
            }
        }
        let gone = Rc::new(Cell::new(false));
        let file = TestModel::default().build();
        let engine = Engine::load(&file, options(), &SerialPool).unwrap();
        let engine = engine.kept_by(Box::new(Keeper(gone.clone())));
        assert!(!gone.get());
        drop(engine);
        assert!(gone.get());
    }
}
