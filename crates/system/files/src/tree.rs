//! All volumes in one tree: our own at the root, everybody else's in folders of their own.

use crate::{
    FatError, Volume,
    fat::{self, Item},
};
use alloc::{rc::Rc, string::String, vec::Vec};

/// Volumes in one tree. A foreign volume stands in the root by its name, which hides what the root
/// itself has of that name.
#[derive(Clone, Default)]
pub struct Tree {
    root: Option<Rc<Volume>>,
    others: Vec<(String, Rc<Volume>)>,
}

impl Tree {
    /// A tree with this volume at its root.
    pub fn set_root(&mut self, volume: Rc<Volume>) {
        self.root = Some(volume);
    }

    /// Puts a volume into the root, by a name that no other has.
    pub fn add(&mut self, name: String, volume: Rc<Volume>) {
        self.others.push((name, volume));
    }

    /// The volume at the root.
    pub const fn root(&self) -> Option<&Rc<Volume>> {
        self.root.as_ref()
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.root.is_none() && self.others.is_empty()
    }

    /// What is in a folder, in the order of names.
    ///
    /// # Errors
    /// As of [`Volume::list`].
    pub async fn list(&self, path: &str) -> Result<Vec<Item>, FatError> {
        let names = fat::path_names(path)?;
        if !names.is_empty() {
            let (volume, rest) = self.volume_of(path, &names)?;
            return volume.list(&rest).await;
        }
        let mut items = match &self.root {
            Some(root) => root.list("").await?,
            None => Vec::new(),
        };
        let is_hidden =
            |item: &Item| self.others.iter().any(|(name, _)| name.eq_ignore_ascii_case(&item.name));
        items.retain(|item| !is_hidden(item));
        items.extend(self.others.iter().map(|(name, _)| Item {
            name: name.clone(),
            len_bytes: None,
            modified: None,
        }));
        items.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(items)
    }

    /// At most `most` bytes of a file, from its start.
    ///
    /// # Errors
    /// As of [`Volume::read`].
    pub async fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, FatError> {
        let (volume, rest) = self.file(path)?;
        volume.read(&rest, most).await
    }

    /// Writes a file, in place of what was there.
    ///
    /// # Errors
    /// As of [`Volume::write`].
    pub async fn write(&self, path: &str, bytes: &[u8]) -> Result<(), FatError> {
        let (volume, rest) = self.file(path)?;
        volume.write(&rest, bytes).await
    }

    /// Writes at the end of a file, which is made where there is none.
    ///
    /// # Errors
    /// As of [`Volume::append`].
    pub async fn append(&self, path: &str, bytes: &[u8]) -> Result<(), FatError> {
        let (volume, rest) = self.file(path)?;
        volume.append(&rest, bytes).await
    }

    /// Makes the folders above a file, where they are missing.
    ///
    /// # Errors
    /// As of [`Volume::create_folder`].
    pub async fn create_folders_for(&self, path: &str) -> Result<(), FatError> {
        let (volume, rest) = self.file(path)?;
        for (end, _) in rest.match_indices('/') {
            match volume.create_folder(&rest[..end]).await {
                Ok(()) | Err(FatError::Exists { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The volume that a path leads to, and the path in it; a volume itself is no file.
    fn file(&self, path: &str) -> Result<(&Rc<Volume>, String), FatError> {
        let names = fat::path_names(path)?;
        let (volume, rest) = self.volume_of(path, &names)?;
        match rest.is_empty() {
            true => Err(FatError::IsFolder { path: path.into() }),
            false => Ok((volume, rest)),
        }
    }

    fn volume_of(&self, path: &str, names: &[&str]) -> Result<(&Rc<Volume>, String), FatError> {
        let foreign = names.first().and_then(|first| {
            self.others.iter().find(|(name, _)| name.eq_ignore_ascii_case(first))
        });
        match (foreign, &self.root) {
            (Some((_, volume)), _) => Ok((volume, names[1..].join("/"))),
            (None, Some(root)) => Ok((root, names.join("/"))),
            (None, None) => Err(FatError::NotFound { path: path.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fat::{Access, FormatOptions, format};
    use alloc::{boxed::Box, vec};
    use system_platform::{BlockDevice, MemoryDisk, pace};

    fn volume(access: Access, file: &str) -> Rc<Volume> {
        let disk = Rc::new(MemoryDisk::new(512, 80_000)) as Rc<dyn BlockDevice>;
        let options = FormatOptions { label: "TEST", id: 1, first_block: 0 };
        pace::run(format(&*disk, &options)).unwrap();
        let mount = |access| pace::run(Volume::mount(disk.clone(), access, Box::new(|| None)));
        pace::run(mount(Access::ReadWrite).unwrap().write(file, b"here")).unwrap();
        Rc::new(mount(access).unwrap())
    }

    fn names(tree: &Tree, path: &str) -> Vec<String> {
        let items = pace::run(tree.list(path)).unwrap();
        items.into_iter().map(|item| item.name).collect()
    }

    #[test]
    fn foreign_volumes_stand_in_the_root_and_are_not_changed() {
        let mut tree = Tree::default();
        assert!(tree.is_empty());
        assert_eq!(names(&tree, "/"), [""; 0]);
        assert!(matches!(pace::run(tree.read("a.txt", 9)), Err(FatError::NotFound { .. })));
        tree.set_root(volume(Access::ReadWrite, "a.txt"));
        tree.add("disk2".into(), volume(Access::ReadOnly, "b.txt"));
        assert_eq!(names(&tree, "/"), ["a.txt", "disk2"]);
        assert_eq!(names(&tree, "/DISK2/"), ["b.txt"]);
        assert_eq!(pace::run(tree.read("/disk2/b.txt", 9)), Ok(b"here".to_vec()));
        assert_eq!(pace::run(tree.read("disk2/../a.txt", 2)), Ok(b"he".to_vec()));
        assert_eq!(pace::run(tree.write("disk2/b.txt", b"x")), Err(FatError::ReadOnly));
        assert!(matches!(pace::run(tree.write("disk2", b"x")), Err(FatError::IsFolder { .. })));
        assert!(matches!(pace::run(tree.read("../x", 9)), Err(FatError::OutOfTree { .. })));
    }

    #[test]
    fn folders_above_a_file_are_made() {
        let mut tree = Tree::default();
        tree.set_root(volume(Access::ReadWrite, "a.txt"));
        for text in ["one", "two"] {
            pace::run(tree.create_folders_for("/x/y/z.txt")).unwrap();
            pace::run(tree.append("/x/y/z.txt", text.as_bytes())).unwrap();
        }
        assert_eq!(pace::run(tree.read("x/y/z.txt", 99)), Ok(b"onetwo".to_vec()));
        assert_eq!(names(&tree, "x"), vec!["y"]);
        pace::run(tree.create_folders_for("a.txt/b.txt")).unwrap();
        let error = pace::run(tree.append("a.txt/b.txt", b"x")).unwrap_err();
        assert!(matches!(error, FatError::IsFile { .. }), "{error:?}");
    }
}
