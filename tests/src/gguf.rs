//! Models that are damaged on purpose, made from the real one.

use crate::system::artifacts;
use std::{
    fs,
    path::{Path, PathBuf},
};
use xtask::artifacts::default_model;

/// A file that is no good model.
pub struct DamagedModel {
    bytes: Vec<u8>,
}

/// A damaged model on disk, removed with the value.
pub struct ModelFile(PathBuf);

impl ModelFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ModelFile {
    fn drop(&mut self) {
        // It is 100 MB; a file that stays behind does no other harm.
        let _ = fs::remove_file(&self.0);
    }
}

impl DamagedModel {
    /// These bytes.
    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// The first bytes of the real model.
    pub fn truncated(len_bytes: usize) -> Self {
        let mut model = Self::real();
        model.bytes.truncate(len_bytes);
        model
    }

    /// The real model with another GGUF version.
    pub fn with_version(version: u32) -> Self {
        let mut model = Self::real();
        model.overwrite(4, &version.to_le_bytes());
        model
    }

    /// The real model with another architecture. (Its own name has five letters too.)
    pub fn with_architecture(name: [u8; 5]) -> Self {
        let mut model = Self::real();
        // The key, then the type "string" and the length, 12 bytes together.
        let key = b"general.architecture";
        let at = model.find(key) + key.len() + 12;
        assert_eq!(&model.bytes[at..at + 5], b"llama");
        model.overwrite(at, &name);
        model
    }

    /// The real model with another type for one tensor.
    pub fn with_tensor_type(tensor: &str, type_number: u32) -> Self {
        let mut model = Self::real();
        let at = model.tensor_info(tensor).type_at;
        model.overwrite(at, &type_number.to_le_bytes());
        model
    }

    /// The real model with the data of one tensor somewhere else.
    pub fn with_tensor_offset(tensor: &str, offset: u64) -> Self {
        let mut model = Self::real();
        let at = model.tensor_info(tensor).type_at + 4;
        model.overwrite(at, &offset.to_le_bytes());
        model
    }

    /// The real model with another second dimension for one tensor.
    pub fn with_tensor_rows(tensor: &str, rows: u64) -> Self {
        let mut model = Self::real();
        let at = model.tensor_info(tensor).type_at - 8;
        model.overwrite(at, &rows.to_le_bytes());
        model
    }

    /// Writes it among the build's output.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn write(&self) -> ModelFile {
        let path = artifacts().join("damaged.gguf");
        fs::write(&path, &self.bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        ModelFile(path)
    }

    fn real() -> Self {
        let path = default_model().unwrap_or_else(|error| panic!("model: {error}"));
        let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Self { bytes }
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn find(&self, pattern: &[u8]) -> usize {
        let found = self.bytes.windows(pattern.len()).position(|window| window == pattern);
        found.expect("the real model has it")
    }

    /// Where the description of a tensor of two dimensions is: name, count of dimensions (4 bytes),
    /// dimensions (8 each), type (4), offset (8).
    fn tensor_info(&self, tensor: &str) -> TensorInfo {
        let name = [&(tensor.len() as u64).to_le_bytes()[..], tensor.as_bytes()].concat();
        let count_at = self.find(&name) + name.len();
        let count = &self.bytes[count_at..count_at + 4];
        assert_eq!(count, 2_u32.to_le_bytes(), "{tensor} has two dimensions");
        TensorInfo { type_at: count_at + 4 + 16 }
    }
}

struct TensorInfo {
    type_at: usize,
}
