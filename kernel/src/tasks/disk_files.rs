//! The files of all volumes, as the agent's tools see them.

use alloc::{boxed::Box, string::ToString, vec::Vec};
use core::cell::RefCell;
use llm_memory::BoxFuture;
use llm_tools::{
    Files,
    facility::{FileEntry, FileError},
};
use system_files::{FatError, Tree, fat::Item};

/// The tree of volumes. It only grows, while the system starts.
#[derive(Default)]
pub struct DiskFiles {
    tree: RefCell<Tree>,
}

impl DiskFiles {
    /// Whether there is any volume.
    pub fn is_there(&self) -> bool {
        !self.tree.borrow().is_empty()
    }

    /// Changes the tree.
    pub fn change(&self, change: impl FnOnce(&mut Tree)) {
        change(&mut self.tree.borrow_mut());
    }

    /// The tree as it is now: volumes are shared, so it is cheap.
    pub fn tree(&self) -> Tree {
        self.tree.borrow().clone()
    }
}

impl Files for DiskFiles {
    fn list<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Vec<FileEntry>, FileError>> {
        let tree = self.tree();
        Box::pin(async move {
            let entry = |Item { name, len_bytes, .. }| FileEntry { name, len_bytes };
            Ok(tree.list(path).await.map_err(told)?.into_iter().map(entry).collect())
        })
    }

    fn read<'a>(&'a self, path: &'a str, most: usize) -> BoxFuture<'a, Result<Vec<u8>, FileError>> {
        let tree = self.tree();
        Box::pin(async move { tree.read(path, most).await.map_err(told) })
    }

    fn write<'a>(
        &'a self,
        path: &'a str,
        bytes: &'a [u8],
        is_append: bool,
    ) -> BoxFuture<'a, Result<(), FileError>> {
        let tree = self.tree();
        Box::pin(async move {
            tree.create_folders_for(path).await.map_err(told)?;
            let written = match is_append {
                true => tree.append(path, bytes).await,
                false => tree.write(path, bytes).await,
            };
            written.map_err(told)
        })
    }
}

/// An error in the words of the tools.
fn told(error: FatError) -> FileError {
    match error {
        FatError::NotFound { path } => FileError::NotFound { path },
        FatError::IsFolder { path } | FatError::IsFile { path } => FileError::WrongKind { path },
        FatError::OutOfTree { path } => FileError::BadPath { path },
        FatError::Full { .. } => FileError::Full,
        other => FileError::Device { message: other.to_string() },
    }
}
