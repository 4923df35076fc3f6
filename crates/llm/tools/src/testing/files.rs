//! Files in memory.

use crate::facility::{FileEntry, FileError, Files, Room};
use alloc::{
    borrow::ToOwned,
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
    string::String,
    vec::Vec,
};
use core::{cell::RefCell, future::ready};
use llm_memory::BoxFuture;

/// A tree of files. A folder exists as long as something is in it; the root always does.
#[derive(Debug, Default)]
pub struct FakeFiles {
    files: RefCell<BTreeMap<String, Vec<u8>>>,
    failure: RefCell<Option<FileError>>,
}

impl FakeFiles {
    /// Three small files: `notes.txt`, `todo.md` and `data/temps.csv`.
    pub fn with_samples() -> Self {
        let files = Self::default();
        files.put("notes.txt", "Buy milk and bread.\nCall the dentist on Thursday.\n");
        files.put("todo.md", "- water the plants\n- pay the rent\n");
        files.put("data/temps.csv", "day,temp\nMon,4\nTue,7\n");
        files
    }

    /// Sets what a file holds. `path` has no `/` at either end.
    pub fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        self.files.borrow_mut().insert(path.to_owned(), content.as_ref().to_vec());
    }

    /// What a file holds, as text; `None` if there is no such file.
    pub fn text(&self, path: &str) -> Option<String> {
        self.files.borrow().get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Lets the next operation fail.
    pub fn fail_next(&self, error: FileError) {
        self.failure.replace(Some(error));
    }

    /// The path as it is kept, unless the operation is to fail or it is none.
    fn begin(&self, path: &str) -> Result<String, FileError> {
        if let Some(error) = self.failure.take() {
            return Err(error);
        }
        let inner = path.trim_matches('/');
        let is_good = |name: &str| {
            !matches!(name, "" | "." | "..")
                && !name.contains(|c: char| c == '\\' || c.is_control())
        };
        if !inner.is_empty() && !inner.split('/').all(is_good) {
            return Err(FileError::BadPath { path: path.to_owned() });
        }
        Ok(inner.to_owned())
    }

    fn list_now(&self, path: &str) -> Result<Vec<FileEntry>, FileError> {
        let folder = self.begin(path)?;
        let files = self.files.borrow();
        if files.contains_key(&folder) {
            return Err(FileError::WrongKind { path: path.to_owned() });
        }
        let mut entries = Vec::new();
        let mut folders = BTreeSet::new();
        for (name, bytes) in files.iter() {
            let Some(below) = below(name, &folder) else { continue };
            match below.split_once('/') {
                Some((name, _)) => {
                    folders.insert(name.to_owned());
                }
                None => entries.push(FileEntry {
                    name: below.to_owned(),
                    len_bytes: Some(bytes.len() as u64),
                }),
            }
        }
        entries.extend(folders.into_iter().map(|name| FileEntry { name, len_bytes: None }));
        if entries.is_empty() && !folder.is_empty() {
            return Err(FileError::NotFound { path: path.to_owned() });
        }
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(entries)
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.files.borrow().keys().any(|name| below(name, path).is_some())
    }

    fn read_now(&self, path: &str, most: usize) -> Result<Vec<u8>, FileError> {
        let name = self.begin(path)?;
        if self.is_folder(&name) {
            return Err(FileError::WrongKind { path: path.to_owned() });
        }
        let files = self.files.borrow();
        let bytes = files.get(&name).ok_or(FileError::NotFound { path: path.to_owned() })?;
        Ok(bytes[..bytes.len().min(most)].to_vec())
    }

    fn write_now(&self, path: &str, bytes: &[u8], is_append: bool) -> Result<(), FileError> {
        let name = self.begin(path)?;
        if self.is_folder(&name) {
            return Err(FileError::WrongKind { path: path.to_owned() });
        }
        let mut files = self.files.borrow_mut();
        let content = files.entry(name).or_default();
        if !is_append {
            content.clear();
        }
        content.extend_from_slice(bytes);
        Ok(())
    }
}

/// What is left of a path below a folder.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

impl Files for FakeFiles {
    fn room(&self) -> BoxFuture<'_, Result<Room, FileError>> {
        let used: usize = self.files.borrow().values().map(Vec::len).sum();
        let total_bytes = 64 << 20;
        let room = Room { total_bytes, free_bytes: total_bytes - used as u64 };
        Box::pin(ready(Ok(room)))
    }

    fn list<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Vec<FileEntry>, FileError>> {
        Box::pin(ready(self.list_now(path)))
    }

    fn read<'a>(&'a self, path: &'a str, most: usize) -> BoxFuture<'a, Result<Vec<u8>, FileError>> {
        Box::pin(ready(self.read_now(path, most)))
    }

    fn write<'a>(
        &'a self,
        path: &'a str,
        bytes: &'a [u8],
        is_append: bool,
    ) -> BoxFuture<'a, Result<(), FileError>> {
        Box::pin(ready(self.write_now(path, bytes, is_append)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_told_from_files_and_paths_stay_inside() {
        let files = FakeFiles::with_samples();
        let names = |path: &str| -> Result<Vec<String>, FileError> {
            Ok(files.list_now(path)?.into_iter().map(|entry| entry.name).collect())
        };
        assert_eq!(names("/").unwrap(), ["data", "notes.txt", "todo.md"]);
        assert_eq!(names("data/").unwrap(), ["temps.csv"]);
        assert!(matches!(names("todo.md"), Err(FileError::WrongKind { .. })));
        assert!(matches!(names("dat"), Err(FileError::NotFound { .. })));
        assert!(matches!(files.read_now("data", 9), Err(FileError::WrongKind { .. })));
        for path in ["../x", "a//b", "a\\b", "a/./b"] {
            assert!(matches!(files.write_now(path, b"", false), Err(FileError::BadPath { .. })));
        }
        assert_eq!(files.read_now("todo.md", 7).unwrap(), b"- water");
    }
}
