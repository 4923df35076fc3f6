//! Changes of files and folders other than writing one anew.

use super::{
    FatError,
    directory::Found,
    disk::Disk,
    entry::{self, FOLDER, SLOT},
    free::push,
    path,
    table::total,
    writer::check_name,
};
use crate::bytes::put;
use alloc::{borrow::ToOwned, vec, vec::Vec};

impl Disk {
    pub async fn append(&mut self, path: &str, bytes: &[u8]) -> Result<(), FatError> {
        self.mark().await?;
        let Found { mut parent, entry } = match self.find(&path::parse(path)?).await {
            Ok(Some(found)) if !found.entry.is_folder() => found,
            Ok(_) => return Err(FatError::IsFolder { path: path.to_owned() }),
            Err(FatError::NotFound { .. }) => {
                let mut writer = self.writer(path).await?;
                self.write_part(&mut writer, bytes).await?;
                return self.finish(writer).await;
            }
            Err(error) => return Err(error),
        };
        if entry.is_protected() {
            return Err(FatError::Protected { path: path.to_owned() });
        }
        let Some(len) = usize::try_from(entry.len)
            .ok()
            .and_then(|len| len.checked_add(bytes.len()))
            .and_then(|len| u32::try_from(len).ok())
        else {
            return Err(FatError::TooLarge { path: path.to_owned() });
        };
        let mut runs = self.file_runs(&entry, path).await?;
        let last = runs.last().map(|run| run.first + run.count - 1);
        let missing = len.div_ceil(self.geometry.cluster_bytes()).saturating_sub(total(&runs));
        let reserved = self.take(missing, last).await?;
        reserved.runs.iter().for_each(|run| push(&mut runs, *run));
        self.write_runs(&runs, entry.len.into(), bytes).await?;
        // From here on the table may name them.
        let new = reserved.keep();
        self.link(&new, last).await?;
        self.flush().await?;

        let first = runs.first().map_or(0, |run| run.first);
        let (key, now) = (entry.slots.end - 1, (self.now)());
        entry::write_target(&mut parent.slots[key * SLOT..][..SLOT], first, len, now);
        self.generation += 1;
        self.write_slots(&parent, 0..0, key, 0..0).await
    }

    pub async fn create_folder(&mut self, path: &str) -> Result<(), FatError> {
        self.mark().await?;
        let names = path::parse(path)?;
        let exists = || FatError::Exists { path: path.to_owned() };
        let Some((last, parents)) = names.split_last() else { return Err(exists()) };
        let mut parent = self.folder(parents).await?;
        if parent.find(last).is_some() {
            return Err(exists());
        }
        check_name(last)?;
        let now = (self.now)();
        let reserved = self.take(1, None).await?;
        let cluster = reserved.runs[0].first;
        let mut slots = vec![0; self.geometry.cluster_bytes() as usize];
        let up = parent.link(self.geometry.root);
        for (index, (dots, first)) in
            [(b".          ", cluster), (b"..         ", up)].into_iter().enumerate()
        {
            let mut slot = entry::new_slot(dots, FOLDER, now);
            entry::write_target(&mut slot, first, 0, now);
            put(&mut slots, index * SLOT, &slot);
        }
        self.write_runs(&reserved.runs, 0, &slots).await?;
        self.link(&reserved.runs, None).await?;
        let mut slot = entry::new_slot(&[0; 11], FOLDER, now);
        entry::write_target(&mut slot, cluster, 0, now);
        let slots = self.place(&mut parent, last, slot).await?;
        reserved.keep();
        self.write_new(&parent, slots).await
    }

    pub async fn delete(&mut self, path: &str) -> Result<(), FatError> {
        self.mark().await?;
        let Some(Found { mut parent, entry }) = self.find(&path::parse(path)?).await? else {
            return Err(FatError::NotEmpty { path: path.to_owned() });
        };
        if entry.is_protected() {
            return Err(FatError::Protected { path: path.to_owned() });
        }
        if entry.is_folder() && !self.enter(&entry, path).await?.entries.is_empty() {
            return Err(FatError::NotEmpty { path: path.to_owned() });
        }
        // Nobody knows what a damaged chain has besides: its clusters stay taken.
        let runs = match entry.first {
            0 => Vec::new(),
            first => self.chain(first).await?.unwrap_or_default(),
        };
        self.remove(&mut parent, entry.slots).await?;
        self.release(runs).await
    }

    pub async fn rename(&mut self, from: &str, to: &str) -> Result<(), FatError> {
        self.mark().await?;
        let (old_names, new_names) = (path::parse(from)?, path::parse(to)?);
        let Some(Found { parent: mut old_parent, entry }) = self.find(&old_names).await? else {
            return Err(FatError::IntoItself { path: from.to_owned() });
        };
        let exists = || FatError::Exists { path: to.to_owned() };
        let Some((new_name, new_parents)) = new_names.split_last() else { return Err(exists()) };
        let mut new_parent = self.folder(new_parents).await?;
        let root = self.geometry.root;
        let is_same_folder = old_parent.link(root) == new_parent.link(root);
        match new_parent.find(new_name) {
            // Only the case of letters changes.
            Some(there) if is_same_folder && there.slots == entry.slots => {}
            Some(_) => return Err(exists()),
            None => {}
        }
        check_name(new_name)?;
        if entry.is_folder() {
            for count in 0..=new_parents.len() {
                let above = self.folder(&new_parents[..count]).await?;
                if above.link(root) == entry.first {
                    return Err(FatError::IntoItself { path: from.to_owned() });
                }
            }
        }

        let old_slots = entry.slots.clone();
        let old_key = old_slots.end - 1;
        let mut slot = [0; SLOT];
        slot.copy_from_slice(&old_parent.slots[old_key * SLOT..][..SLOT]);
        // The case of a short name, which the new one says by itself.
        slot[12] = 0;
        self.generation += 1;
        if is_same_folder {
            // The old name must not count as taken: it may be the new one's.
            let new_slots = self.place(&mut old_parent, new_name, slot).await?;
            let new_key = new_slots.end - 1;
            let per_sector = self.geometry.sector_bytes as usize / SLOT;
            if new_key / per_sector == old_key / per_sector {
                // Both names change places in one sector, which is written whole or not at all.
                self.strike(&mut old_parent, old_slots.clone());
                let end = (new_slots.end + 1).min(old_parent.slots.len() / SLOT);
                let before = new_slots.start..end;
                return self.write_slots(&old_parent, before, new_key, old_slots).await;
            }
            self.write_new(&old_parent, new_slots).await?;
        } else {
            let new_slots = self.place(&mut new_parent, new_name, slot).await?;
            self.write_new(&new_parent, new_slots).await?;
            if entry.is_folder() {
                self.point_upwards(entry.first, new_parent.link(root)).await?;
            }
        }
        self.remove(&mut old_parent, old_slots).await
    }

    /// Has the link upwards of a folder lead to the one that it has come to lie in.
    async fn point_upwards(&mut self, folder: u32, parent: u32) -> Result<(), FatError> {
        let mut sector = vec![0; self.geometry.sector_bytes as usize];
        let at = self.geometry.sector_of(folder);
        self.read_sectors(at, &mut sector).await?;
        let up = &mut sector[SLOT..2 * SLOT];
        if up.starts_with(b"..         ") {
            put(up, 20, &((parent >> 16) as u16).to_le_bytes());
            put(up, 26, &(parent as u16).to_le_bytes());
            self.write_sectors(at, &sector).await?;
            self.flush().await?;
        }
        Ok(())
    }
}
