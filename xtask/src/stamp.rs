//! Whether a product is younger than what it was made of.

use crate::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// What a product was made of: names, sizes and times of files, and settings.
#[derive(Debug, Default)]
pub struct Inputs {
    text: String,
}

impl Inputs {
    /// Adds a setting.
    pub fn setting(&mut self, name: &str, value: impl std::fmt::Display) {
        self.text.push_str(&format!("{name} = {value}\n"));
    }

    /// Adds a file, or all files below a directory.
    pub fn file(&mut self, path: &Path) -> Result<(), Error> {
        let unreadable = || Error::io(format!("cannot read {}", path.display()));
        let facts = fs::metadata(path).map_err(unreadable())?;
        if facts.is_dir() {
            let entries = fs::read_dir(path).map_err(unreadable())?;
            let mut children: Vec<PathBuf> = entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<_, _>>()
                .map_err(unreadable())?;
            children.sort();
            return children.iter().try_for_each(|child| self.file(child));
        }
        let time = facts.modified().map_err(unreadable())?;
        let age_ns = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        self.setting(&path.display().to_string(), format!("{} bytes, {age_ns}", facts.len()));
        Ok(())
    }

    /// Whether `product` is there and was made of exactly this.
    pub fn made(&self, product: &Path) -> bool {
        product.exists() && fs::read_to_string(stamp(product)).is_ok_and(|text| text == self.text)
    }

    /// Remembers that `product` was made of this.
    pub fn remember(&self, product: &Path) -> Result<(), Error> {
        let stamp = stamp(product);
        fs::write(&stamp, &self.text)
            .map_err(Error::io(format!("cannot write {}", stamp.display())))
    }
}

fn stamp(product: &Path) -> PathBuf {
    let mut name = product.as_os_str().to_owned();
    name.push(".inputs");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::scratch::Scratch;

    #[test]
    fn a_product_is_made_again_when_an_input_or_setting_changes() {
        let scratch = Scratch::new().unwrap();
        let (source, product) = (scratch.path().join("source"), scratch.path().join("product"));
        fs::write(&source, "1").unwrap();
        let inputs = |mode: &str| {
            let mut inputs = Inputs::default();
            inputs.setting("mode", mode);
            inputs.file(scratch.path().join("source").as_path()).unwrap();
            inputs
        };
        assert!(!inputs("a").made(&product), "there is none yet");
        fs::write(&product, "").unwrap();
        assert!(!inputs("a").made(&product), "nobody knows what of");
        inputs("a").remember(&product).unwrap();
        assert!(inputs("a").made(&product));
        assert!(!inputs("b").made(&product));
        fs::write(&source, "22").unwrap();
        assert!(!inputs("a").made(&product));
    }
}
