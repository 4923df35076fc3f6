//! A file that is being written: its clusters are its own, and nothing leads to them yet.

use super::{
    FatError,
    disk::Disk,
    entry::{self, ARCHIVE, SLOT},
    free::Reservation,
    name, path,
    table::total,
};
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// Bytes that are gathered before they are written, if clusters are smaller.
const GATHER_BYTES: usize = 256 << 10;

/// A file that is being written in parts.
#[derive(Debug)]
pub struct Writer {
    path: String,
    /// Clusters that were written, each to its end.
    reserved: Option<Reservation>,
    /// What comes behind them.
    gathered: Vec<u8>,
    len: u64,
}

impl Writer {
    /// Bytes so far.
    pub const fn len_bytes(&self) -> u64 {
        self.len
    }
}

impl Disk {
    pub async fn writer(&mut self, path: &str) -> Result<Writer, FatError> {
        self.mark().await?;
        let names = path::parse(path)?;
        let Some((last, parents)) = names.split_last() else {
            return Err(FatError::IsFolder { path: path.to_owned() });
        };
        let parent = self.folder(parents).await?;
        match parent.find(last) {
            Some(entry) if entry.is_folder() => {
                return Err(FatError::IsFolder { path: path.to_owned() });
            }
            Some(entry) if entry.is_protected() => {
                return Err(FatError::Protected { path: path.to_owned() });
            }
            Some(_) => {}
            None => check_name(last)?,
        }
        Ok(Writer { path: path.to_owned(), reserved: None, gathered: Vec::new(), len: 0 })
    }

    pub async fn write_part(&mut self, writer: &mut Writer, bytes: &[u8]) -> Result<(), FatError> {
        writer.len += bytes.len() as u64;
        if writer.len > u64::from(u32::MAX) {
            return Err(FatError::TooLarge { path: writer.path.clone() });
        }
        let unit = GATHER_BYTES.max(self.geometry.cluster_bytes() as usize);
        let mut bytes = bytes;
        if !writer.gathered.is_empty() {
            let len = bytes.len().min(unit - writer.gathered.len());
            writer.gathered.extend_from_slice(&bytes[..len]);
            bytes = &bytes[len..];
            if writer.gathered.len() < unit {
                return Ok(());
            }
            let gathered = core::mem::take(&mut writer.gathered);
            self.write_clusters(writer, &gathered).await?;
        }
        let len = bytes.len() - bytes.len() % unit;
        self.write_clusters(writer, &bytes[..len]).await?;
        writer.gathered.extend_from_slice(&bytes[len..]);
        Ok(())
    }

    /// Writes to clusters behind those that are written already.
    async fn write_clusters(&mut self, writer: &mut Writer, bytes: &[u8]) -> Result<(), FatError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let count = bytes.len().div_ceil(self.geometry.cluster_bytes() as usize) as u32;
        let last = writer.reserved.as_ref().and_then(|reserved| reserved.runs.last());
        let near = last.map(|run| run.first + run.count - 1);
        let new = self.take(count, near).await?;
        self.write_runs(&new.runs, 0, bytes).await?;
        match &mut writer.reserved {
            Some(reserved) => reserved.join(new),
            none => *none = Some(new),
        }
        Ok(())
    }

    pub async fn finish(&mut self, mut writer: Writer) -> Result<(), FatError> {
        self.mark().await?;
        let gathered = core::mem::take(&mut writer.gathered);
        self.write_clusters(&mut writer, &gathered).await?;
        let path = writer.path;
        let names = path::parse(&path)?;
        let Some((last, parents)) = names.split_last() else {
            return Err(FatError::IsFolder { path });
        };
        let mut parent = self.folder(parents).await?;
        let now = (self.now)();
        let len = writer.len as u32;
        let runs = writer.reserved.as_ref().map_or(&[][..], |reserved| &reserved.runs);
        let first = runs.first().map_or(0, |run| run.first);
        debug_assert!(total(runs) >= len.div_ceil(self.geometry.cluster_bytes()));
        match parent.find(last).cloned() {
            Some(entry) if entry.is_folder() => Err(FatError::IsFolder { path }),
            Some(old) => {
                let old_runs = match old.first {
                    0 => Vec::new(),
                    first => self.chain_of(first, &path).await?,
                };
                self.link(runs, None).await?;
                let key = old.slots.end - 1;
                entry::write_target(&mut parent.slots[key * SLOT..][..SLOT], first, len, now);
                writer.reserved.map(Reservation::keep);
                self.generation += 1;
                self.write_slots(&parent, 0..0, key, 0..0).await?;
                self.release(old_runs).await
            }
            None => {
                check_name(last)?;
                self.link(runs, None).await?;
                let mut slot = entry::new_slot(&[0; 11], ARCHIVE, now);
                entry::write_target(&mut slot, first, len, now);
                let slots = self.place(&mut parent, last, slot).await?;
                writer.reserved.map(Reservation::keep);
                self.write_new(&parent, slots).await
            }
        }
    }
}

/// Refuses names that no new file may have.
pub(super) fn check_name(name: &str) -> Result<(), FatError> {
    name::check(name).map_err(|fault| FatError::Name { name: name.to_owned(), fault })
}
