//! Folders: their entries read, found, added, taken away.

use super::{
    ChainFault, FatError,
    disk::Disk,
    entry::{self, DELETED, Entry, SLOT},
    geometry::Root,
    name, path,
    table::{Run, total},
};
use alloc::{borrow::ToOwned, collections::BTreeSet, string::String, vec, vec::Vec};
use core::ops::Range;

/// The longest folder that there can be, in bytes: 65,536 slots.
const MOST_BYTES: u64 = 2 << 20;

/// A folder in memory, as it is on the disk.
pub(super) struct Directory {
    place: Root,
    /// Its chain; none for the root of FAT12 and FAT16.
    runs: Vec<Run>,
    /// Its slots.
    pub slots: Vec<u8>,
    pub entries: Vec<Entry>,
    /// Where it is, for errors.
    pub path: String,
}

/// What a path leads to.
pub(super) struct Found {
    /// The folder that it is in.
    pub parent: Directory,
    pub entry: Entry,
}

impl Directory {
    /// First cluster, as entries in it name it: the root's is 0.
    pub fn link(&self, root: Root) -> u32 {
        match self.place {
            Root::Chain(first) if self.place != root => first,
            _ => 0,
        }
    }

    /// The entry of this name, long or short, in any case.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        let name = name::fold(name);
        let is_it = |entry: &&Entry| {
            name::fold(&entry.name) == name
                || name::fold(&name::decode_short(&entry.short, 0)) == name
        };
        self.entries.iter().find(is_it)
    }

    fn parse(&mut self, has_wide_clusters: bool) {
        let used = self.slots.chunks_exact(SLOT).take_while(|slot| slot[0] != 0).count();
        // Behind the end there may be anything; nothing of it may show when the end moves.
        self.slots[used * SLOT..].fill(0);
        self.entries = entry::parse_all(&self.slots, has_wide_clusters);
    }

    /// Where `count` slots side by side are free; behind the last one where nowhere else.
    fn find_room(&self, count: usize) -> usize {
        let (mut begin, mut len) = (0, 0);
        for (index, slot) in self.slots.chunks_exact(SLOT).enumerate() {
            if matches!(slot[0], 0 | DELETED) {
                begin = if len == 0 { index } else { begin };
                len += 1;
                if len == count {
                    return begin;
                }
            } else {
                len = 0;
            }
        }
        self.slots.len() / SLOT - len
    }
}

impl Disk {
    /// A folder by where it is.
    pub async fn read_folder(&mut self, place: Root, path: &str) -> Result<Directory, FatError> {
        let (runs, slots) = match place {
            Root::Fixed { sector, sectors } => {
                let mut slots = vec![0; sectors as usize * self.geometry.sector_bytes as usize];
                self.read_sectors(sector, &mut slots).await?;
                (Vec::new(), slots)
            }
            Root::Chain(first) => {
                let runs = self.chain_of(first, path).await?;
                let len = u64::from(total(&runs)) * u64::from(self.geometry.cluster_bytes());
                if len > MOST_BYTES {
                    let fault = ChainFault::LongFolder { clusters: total(&runs) };
                    return Err(FatError::Corrupt { path: path.to_owned(), fault });
                }
                let mut slots = vec![0; len as usize];
                self.read_runs(&runs, 0, &mut slots).await?;
                (runs, slots)
            }
        };
        let path = path.to_owned();
        let mut folder = Directory { place, runs, slots, entries: Vec::new(), path };
        folder.parse(self.has_wide_clusters());
        Ok(folder)
    }

    fn has_wide_clusters(&self) -> bool {
        matches!(self.geometry.root, Root::Chain(_))
    }

    /// The folder that an entry is.
    pub async fn enter(&mut self, entry: &Entry, path: &str) -> Result<Directory, FatError> {
        if !entry.is_folder() {
            return Err(FatError::IsFile { path: path.to_owned() });
        }
        // Links upwards say 0 for the root; an entry that does so is taken at its word.
        let place = if entry.first == 0 { self.geometry.root } else { Root::Chain(entry.first) };
        self.read_folder(place, path).await
    }

    /// The folder at the end of these names.
    pub async fn folder(&mut self, names: &[&str]) -> Result<Directory, FatError> {
        let mut folder = self.read_folder(self.geometry.root, "").await?;
        for (index, name) in names.iter().enumerate() {
            let path = path::join(&names[..=index]);
            let Some(entry) = folder.find(name).cloned() else {
                return Err(FatError::NotFound { path });
            };
            folder = self.enter(&entry, &path).await?;
        }
        Ok(folder)
    }

    /// What a path leads to; nothing for the root.
    pub async fn find(&mut self, names: &[&str]) -> Result<Option<Found>, FatError> {
        let Some((name, parents)) = names.split_last() else { return Ok(None) };
        let parent = self.folder(parents).await?;
        match parent.find(name).cloned() {
            Some(entry) => Ok(Some(Found { parent, entry })),
            None => Err(FatError::NotFound { path: path::join(names) }),
        }
    }

    /// Puts a new entry into a folder in memory, which grows where it must. Its slots are the
    /// result; they are not on the disk yet.
    pub async fn place(
        &mut self,
        folder: &mut Directory,
        name: &str,
        slot: [u8; SLOT],
    ) -> Result<Range<usize>, FatError> {
        let taken: BTreeSet<_> = folder.entries.iter().map(|entry| entry.short).collect();
        let (short, long) = match name::exact_short(name) {
            Some(short) if !taken.contains(&short) => (short, Vec::new()),
            _ => {
                let alias = name::alias(name, |short| taken.contains(short));
                (alias, name::long_slots(name, name::checksum(&alias)))
            }
        };
        let count = long.len() + 1;
        let begin = folder.find_room(count);
        while folder.slots.len() < (begin + count) * SLOT {
            self.grow(folder).await?;
        }
        let mut short_slot = slot;
        short_slot[..11].copy_from_slice(&short);
        for (index, slot) in long.iter().chain([&short_slot]).enumerate() {
            folder.slots[(begin + index) * SLOT..][..SLOT].copy_from_slice(slot);
        }
        folder.entries = entry::parse_all(&folder.slots, self.has_wide_clusters());
        Ok(begin..begin + count)
    }

    /// Gives a folder one more cluster, of zeros.
    async fn grow(&mut self, folder: &mut Directory) -> Result<(), FatError> {
        let cluster_bytes = self.geometry.cluster_bytes() as usize;
        let is_chain = matches!(folder.place, Root::Chain(_));
        if !is_chain || (folder.slots.len() + cluster_bytes) as u64 > MOST_BYTES {
            return Err(FatError::FolderFull { path: folder.path.clone() });
        }
        let last = folder.runs.last().map(|run| run.first + run.count - 1);
        let reserved = self.take(1, last).await?;
        self.clear(&reserved.runs).await?;
        // From here on the table may name it.
        let runs = reserved.keep();
        self.link(&runs, last).await?;
        runs.into_iter().for_each(|run| super::free::push(&mut folder.runs, run));
        folder.slots.resize(folder.slots.len() + cluster_bytes, 0);
        Ok(())
    }

    /// Writes the sectors of a folder that hold the slots of `before`, then the one with slot
    /// `key`, then those of `after`, each durable before the next.
    pub async fn write_slots(
        &mut self,
        folder: &Directory,
        before: Range<usize>,
        key: usize,
        after: Range<usize>,
    ) -> Result<(), FatError> {
        let per_sector = self.geometry.sector_bytes as usize / SLOT;
        let key = key / per_sector;
        let others = |slots: Range<usize>| -> BTreeSet<usize> {
            slots.map(|slot| slot / per_sector).filter(|sector| *sector != key).collect()
        };
        let (before, after) = (others(before), others(after));
        for sectors in [before, BTreeSet::from([key]), after] {
            for sector in &sectors {
                self.write_folder_sector(folder, *sector).await?;
            }
            if !sectors.is_empty() {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn write_folder_sector(&self, folder: &Directory, sector: usize) -> Result<(), FatError> {
        let len = self.geometry.sector_bytes as usize;
        let bytes = &folder.slots[sector * len..][..len];
        self.write_runs(&folder.runs, (sector * len) as u64, bytes).await.map_err(Into::into)
    }

    /// Writes a new entry that [`place`](Self::place) has put into the folder, with the end of the
    /// folder behind it.
    pub async fn write_new(
        &mut self,
        folder: &Directory,
        slots: Range<usize>,
    ) -> Result<(), FatError> {
        let key = slots.end - 1;
        let with_end = slots.start..(slots.end + 1).min(folder.slots.len() / SLOT);
        self.write_slots(folder, with_end, key, 0..0).await
    }

    /// Takes an entry away. Its short name goes first: parts of a long name without one are
    /// nothing.
    pub async fn remove(
        &mut self,
        folder: &mut Directory,
        slots: Range<usize>,
    ) -> Result<(), FatError> {
        self.strike(folder, slots.clone());
        self.generation += 1;
        let key = slots.end - 1;
        self.write_slots(folder, 0..0, key, slots).await
    }

    /// Takes an entry away, in memory.
    pub fn strike(&self, folder: &mut Directory, slots: Range<usize>) {
        slots.for_each(|slot| folder.slots[slot * SLOT] = DELETED);
        folder.entries = entry::parse_all(&folder.slots, self.has_wide_clusters());
    }
}
