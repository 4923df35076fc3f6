//! A mounted volume: what others see of the file system.

use super::{
    FatError, File, Kind, Report, Writer,
    disk::Disk,
    entry::{self, Entry},
    geometry::{BOOT_BYTES, Geometry},
    lock::Lock,
    path,
    table::Window,
};
use alloc::{boxed::Box, rc::Rc, string::String, vec, vec::Vec};
use system_platform::{BlockDevice, DateTime};

/// What may be done with a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing on the disk is changed.
    ReadOnly,
    /// Files may be changed.
    ReadWrite,
}

/// Says what time it is, for the dates of files; nothing while that is not known.
pub type TimeSource = Box<dyn Fn() -> Option<DateTime>>;

/// A file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name, without the path.
    pub name: String,
    /// Its length; `None` for a folder.
    pub len_bytes: Option<u64>,
    /// When it was last written, in the time that the writer's clock had.
    pub modified: Option<DateTime>,
}

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes of all clusters.
    pub total_bytes: u64,
    /// Bytes of the free ones.
    pub free_bytes: u64,
}

/// A mounted volume. Paths are names separated by `/`, from the root; names are the same in upper
/// and lower case.
///
/// Operations of several tasks wait for each other. Every change is durable when its operation ends;
/// [`sync`](Self::sync) then tells other systems that nothing is missing. A change whose future is
/// dropped leaves the old state or the new one, and at worst clusters that nobody has until
/// [`repair`](Self::repair).
pub struct Volume {
    disk: Lock<Disk>,
    geometry: Geometry,
    is_read_only: bool,
}

impl Volume {
    /// Mounts the file system that begins at a device's first block. FAT12 and FAT16 are read-only
    /// whatever is asked for, as are write-protected devices and sectors of several blocks.
    ///
    /// # Errors
    /// The device fails, or there is no FAT file system, or a damaged one.
    pub async fn mount(
        device: Rc<dyn BlockDevice>,
        access: Access,
        now: TimeSource,
    ) -> Result<Self, FatError> {
        let info = device.info().clone();
        let block_bytes = info.block_bytes as usize;
        let mut boot = vec![0; BOOT_BYTES.next_multiple_of(block_bytes)];
        device.read(0, &mut boot).await?;
        let geometry = Geometry::parse(&boot, &info)?;
        let is_read_only = access == Access::ReadOnly
            || info.is_read_only
            || geometry.kind != Kind::Fat32
            || geometry.sector_bytes != info.block_bytes;
        let disk = Disk {
            device,
            geometry: geometry.clone(),
            is_read_only,
            window: Window::default(),
            free: None,
            generation: 0,
            is_marked: false,
            now,
        };
        Ok(Self { disk: Lock::new(disk), geometry, is_read_only })
    }

    /// What lies where.
    pub const fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Whether nothing can be changed.
    pub const fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// Whether the volume was not put away properly before it was mounted.
    pub const fn was_dirty(&self) -> bool {
        self.geometry.is_dirty
    }

    /// The volume's label, if it has one.
    ///
    /// # Errors
    /// The device fails, or the root folder is damaged.
    pub async fn label(&self) -> Result<Option<String>, FatError> {
        let root = self.disk.lock().await.folder(&[]).await?;
        Ok(entry::label(&root.slots))
    }

    /// How much room there is. The first call reads the whole allocation table.
    ///
    /// # Errors
    /// The device fails.
    pub async fn space(&self) -> Result<Space, FatError> {
        let free = self.disk.lock().await.free_map().await?.count();
        let bytes = |clusters: u32| u64::from(clusters) * u64::from(self.geometry.cluster_bytes());
        Ok(Space { total_bytes: bytes(self.geometry.clusters), free_bytes: bytes(free) })
    }

    /// What is in a folder, in the order of names.
    ///
    /// # Errors
    /// The device fails, there is no such folder, or it is damaged.
    pub async fn list(&self, path: &str) -> Result<Vec<Item>, FatError> {
        let folder = self.disk.lock().await.folder(&path::parse(path)?).await?;
        let mut items: Vec<Item> = folder.entries.into_iter().map(Item::from).collect();
        items.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(items)
    }

    /// A file or folder by its path; the root has no name.
    ///
    /// # Errors
    /// The device fails, there is no such thing, or a folder on the way is damaged.
    pub async fn item(&self, path: &str) -> Result<Item, FatError> {
        let found = self.disk.lock().await.find(&path::parse(path)?).await?;
        Ok(match found {
            Some(found) => found.entry.into(),
            None => Item { name: String::new(), len_bytes: None, modified: None },
        })
    }

    /// Opens a file for reading in parts. Its whole chain is looked at, so that what can be opened
    /// can be read.
    ///
    /// # Errors
    /// The device fails, there is no such file, or it or a folder on the way is damaged.
    pub async fn open(&self, path: &str) -> Result<File, FatError> {
        self.disk.lock().await.open(path).await
    }

    /// Reads from byte `offset` of a file on, as much as there is and fits; the result is how
    /// much. Each piece of the file goes straight into `buffer` in one transfer, so a large file is
    /// best read by megabytes.
    ///
    /// # Errors
    /// The device fails, or the file was replaced or deleted since it was opened.
    pub async fn read_at(
        &self,
        file: &mut File,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<usize, FatError> {
        self.disk.lock().await.read_at(file, offset, buffer).await
    }

    /// At most `most` bytes of a file, from its start.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub async fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, FatError> {
        let mut disk = self.disk.lock().await;
        let mut file = disk.open(path).await?;
        let len = usize::try_from(file.len_bytes()).unwrap_or(usize::MAX).min(most);
        let mut bytes = vec![0; len];
        disk.read_at(&mut file, 0, &mut bytes).await?;
        Ok(bytes)
    }

    /// Writes a file, in place of what was there; the old contents are there until the new ones
    /// are.
    ///
    /// # Errors
    /// The device fails, the volume is read-only or full, the folder is not there, or the name is
    /// taken by a folder or not allowed.
    pub async fn write(&self, path: &str, bytes: &[u8]) -> Result<(), FatError> {
        let mut writer = self.writer(path).await?;
        self.write_part(&mut writer, bytes).await?;
        self.finish(writer).await
    }

    /// Begins to write a file of any length in parts; its name leads to the old contents, or to
    /// nothing, until [`finish`](Self::finish). A writer that is dropped has written nothing.
    ///
    /// # Errors
    /// As of [`write`](Self::write).
    pub async fn writer(&self, path: &str) -> Result<Writer, FatError> {
        self.disk.lock().await.writer(path).await
    }

    /// Writes the next part.
    ///
    /// # Errors
    /// As of [`write`](Self::write).
    pub async fn write_part(&self, writer: &mut Writer, bytes: &[u8]) -> Result<(), FatError> {
        self.disk.lock().await.write_part(writer, bytes).await
    }

    /// Gives what was written its name.
    ///
    /// # Errors
    /// As of [`write`](Self::write).
    pub async fn finish(&self, writer: Writer) -> Result<(), FatError> {
        self.disk.lock().await.finish(writer).await
    }

    /// Writes at the end of a file, which is made where there is none.
    ///
    /// # Errors
    /// As of [`write`](Self::write), or the file is damaged.
    pub async fn append(&self, path: &str, bytes: &[u8]) -> Result<(), FatError> {
        self.disk.lock().await.append(path, bytes).await
    }

    /// Makes a folder in one that is there.
    ///
    /// # Errors
    /// As of [`write`](Self::write), or there is something of that name.
    pub async fn create_folder(&self, path: &str) -> Result<(), FatError> {
        self.disk.lock().await.create_folder(path).await
    }

    /// Deletes a file or an empty folder.
    ///
    /// # Errors
    /// The device fails, the volume is read-only, or there is nothing of that name, or a folder
    /// that is not empty.
    pub async fn delete(&self, path: &str) -> Result<(), FatError> {
        self.disk.lock().await.delete(path).await
    }

    /// Gives a file or folder another name or place.
    ///
    /// # Errors
    /// As of [`write`](Self::write), there is something of the new name, or a folder would come to
    /// lie in itself.
    pub async fn rename(&self, from: &str, to: &str) -> Result<(), FatError> {
        self.disk.lock().await.rename(from, to).await
    }

    /// Says on the disk that nothing is being changed, with the count of free clusters, so that
    /// other systems need not check it. To be called when nothing was written for a while, and
    /// before power goes.
    ///
    /// # Errors
    /// The device fails.
    pub async fn sync(&self) -> Result<(), FatError> {
        self.disk.lock().await.put_away().await
    }

    /// Looks at every folder and every chain.
    ///
    /// # Errors
    /// The device fails. Damage is no error but in the report.
    pub async fn check(&self) -> Result<Report, FatError> {
        self.disk.lock().await.check().await
    }

    /// Puts right what a power cut may leave, if nothing worse is wrong: frees clusters that
    /// nobody has, and takes one of two names away that lead to the same file. The report is of
    /// what was found before.
    ///
    /// # Errors
    /// The device fails, or the volume is read-only.
    pub async fn repair(&self) -> Result<Report, FatError> {
        self.disk.lock().await.repair().await
    }
}

impl From<Entry> for Item {
    fn from(entry: Entry) -> Self {
        let len_bytes = (!entry.is_folder()).then_some(entry.len.into());
        Self { name: entry.name, len_bytes, modified: entry.modified }
    }
}
