//! Which model a name means.

use super::{ModelFile, stem};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// Why a name means no model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChooseError {
    /// No model is called so.
    Unknown {
        /// The name.
        name: String,
        /// The models there are, separated by commas.
        known: String,
    },
    /// Several models are called so, or begin so.
    Ambiguous {
        /// The name.
        name: String,
        /// Their paths, separated by commas.
        candidates: String,
    },
}

/// The model of this name, file name or path, or the only one that begins so; upper and lower case
/// are the same.
///
/// # Errors
/// There is none, or more than one.
pub fn choose<'f>(name: &str, files: &'f [ModelFile]) -> Result<&'f ModelFile, ChooseError> {
    let lower = |text: &str| text.to_lowercase();
    let (wanted, wanted_stem) = (lower(name), lower(stem(name)));
    let is_path = |file: &&ModelFile| lower(file.place.path()) == wanted;
    let is_name = |file: &&ModelFile| lower(&file.name) == wanted_stem;
    let begins_so = |file: &&ModelFile| lower(file.place.file_name()).starts_with(&wanted);
    let tests: [&dyn Fn(&&ModelFile) -> bool; 3] = [&is_path, &is_name, &begins_so];
    for test in tests {
        let found: Vec<&ModelFile> = files.iter().filter(test).collect();
        match found[..] {
            [] => {}
            [only] => return Ok(only),
            _ => {
                let candidates = found.iter().map(|file| file.place.path());
                let candidates = candidates.collect::<Vec<_>>().join(", ");
                return Err(ChooseError::Ambiguous { name: name.into(), candidates });
            }
        }
    }
    let known = files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ");
    Err(ChooseError::Unknown { name: name.into(), known })
}

impl fmt::Display for ChooseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, known } if known.is_empty() => {
                write!(f, "there is no model \"{name}\", or any other to switch to")
            }
            Self::Unknown { name, known } => {
                write!(f, "there is no model \"{name}\"; there are {known}")
            }
            Self::Ambiguous { name, candidates } => {
                write!(f, "\"{name}\" may be any of {candidates}")
            }
        }
    }
}

impl core::error::Error for ChooseError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::ModelPlace;
    use alloc::string::ToString;

    fn files() -> Vec<ModelFile> {
        let boot = ModelPlace::Boot("boot():/boot/model.gguf".into());
        let disk = |path: &str| ModelPlace::Disk(path.into());
        [boot, disk("/Llama-1B.GGUF"), disk("/models/Llama-1B.gguf"), disk("/models/smol.gguf")]
            .map(|place| ModelFile::new(place, 1))
            .into()
    }

    #[test]
    fn a_model_is_found_by_name_file_name_path_or_beginning() {
        let files = files();
        for (name, path) in [
            ("model", "boot():/boot/model.gguf"),
            ("SMOL", "/models/smol.gguf"),
            ("smol.gguf", "/models/smol.gguf"),
            ("sm", "/models/smol.gguf"),
            ("/models/llama-1b.gguf", "/models/Llama-1B.gguf"),
            ("/llama-1b.gguf", "/Llama-1B.GGUF"),
        ] {
            assert_eq!(choose(name, &files).unwrap().place.path(), path, "{name}");
        }
    }

    #[test]
    fn what_is_unknown_or_ambiguous_is_answered_with_what_there_is() {
        let files = files();
        for (name, message) in [
            ("phi", "there is no model \"phi\"; there are model, Llama-1B, Llama-1B, smol"),
            ("llama-1b", "\"llama-1b\" may be any of /Llama-1B.GGUF, /models/Llama-1B.gguf"),
            ("ll", "\"ll\" may be any of /Llama-1B.GGUF, /models/Llama-1B.gguf"),
        ] {
            assert_eq!(choose(name, &files).unwrap_err().to_string(), message);
        }
        let nothing = choose("phi", &[]).unwrap_err().to_string();
        assert_eq!(nothing, "there is no model \"phi\", or any other to switch to");
    }
}
