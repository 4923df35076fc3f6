//! The files of all volumes, as the agent's tools see them.

use alloc::{
    boxed::Box,
    format,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};
use core::cell::{Cell, RefCell};
use llm_memory::BoxFuture;
use llm_tools::{
    Files,
    facility::{FileEntry, FileError, Room},
    measure::bytes,
};
use system_files::{
    FatError, Tree, Volume,
    fat::{Item, Space},
    probe::{Contents, probe},
};
use system_platform::BlockDevice;

/// The tree of volumes, and which disk they are on. It only grows, while the system starts.
#[derive(Default)]
pub struct DiskFiles {
    tree: RefCell<Tree>,
    /// Disks whose volumes are in the tree, and in which folders.
    places: RefCell<Vec<(Rc<dyn BlockDevice>, String)>>,
    /// Files were written since somebody asked.
    has_changed: Cell<bool>,
}

impl DiskFiles {
    /// Whether there is any volume.
    pub fn is_there(&self) -> bool {
        !self.tree.borrow().is_empty()
    }

    /// Puts the volume of our own disk at the root.
    pub fn set_root(&self, disk: &Rc<dyn BlockDevice>, volume: Volume) {
        self.tree.borrow_mut().set_root(Rc::new(volume));
        self.note(disk, "/".into());
    }

    /// Puts the volume of somebody else's disk into a folder.
    pub fn add(&self, disk: &Rc<dyn BlockDevice>, folder: String, volume: Volume) {
        self.note(disk, format!("/{folder}"));
        self.tree.borrow_mut().add(folder, Rc::new(volume));
    }

    fn note(&self, disk: &Rc<dyn BlockDevice>, folder: String) {
        self.places.borrow_mut().push((disk.clone(), folder));
        self.has_changed.set(true);
    }

    /// The folders in which a disk's volumes are.
    fn folders_of(&self, disk: &Rc<dyn BlockDevice>) -> Vec<String> {
        let places = self.places.borrow();
        let of_disk = places.iter().filter(|(other, _)| Rc::ptr_eq(other, disk));
        of_disk.map(|(_, folder)| folder.clone()).collect()
    }

    /// What is on a disk, in words.
    pub async fn holds(&self, disk: &Rc<dyn BlockDevice>) -> String {
        let folders = self.folders_of(disk);
        if folders == ["/"] {
            let room = self.room().await.ok();
            let free = room.map(|room| format!(", {} of them free", bytes(room.free_bytes)));
            return format!("files in `/`{}, and the store", free.unwrap_or_default());
        }
        if !folders.is_empty() {
            return format!("files of somebody else, to be read in `{}`", folders.join("`, `"));
        }
        match probe(disk).await {
            Ok(Contents::Blank) => "blank".into(),
            Ok(_) => "nothing that can be used".into(),
            Err(error) => format!("it cannot be read: {error}"),
        }
    }

    /// Whether files were written since the last call.
    pub fn take_changed(&self) -> bool {
        self.has_changed.take()
    }

    /// The tree as it is now: volumes are shared, so it is cheap.
    pub fn tree(&self) -> Tree {
        self.tree.borrow().clone()
    }
}

impl Files for DiskFiles {
    fn room(&self) -> BoxFuture<'_, Result<Room, FileError>> {
        let tree = self.tree();
        Box::pin(async move {
            let root = tree.root().ok_or(FileError::NotFound { path: "/".into() })?;
            let Space { total_bytes, free_bytes } = root.space().await.map_err(told)?;
            Ok(Room { total_bytes, free_bytes })
        })
    }

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
            self.has_changed.set(true);
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
