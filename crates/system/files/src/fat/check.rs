//! A look at the whole volume: who has which clusters.

use super::{
    ChainFault, FatError,
    directory::Found,
    disk::Disk,
    entry::Entry,
    free::FreeMap,
    geometry::Root,
    path,
    table::{Link, Run, total},
};
use alloc::{borrow::ToOwned, collections::BTreeMap, format, string::String, vec, vec::Vec};

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// A chain makes no sense.
    Chain {
        /// The file or folder; empty for the root.
        path: String,
        /// What is wrong.
        fault: ChainFault,
    },
    /// A file or folder has a cluster that another one has too.
    Shared {
        /// The file or folder that was seen later.
        path: String,
        /// The cluster.
        cluster: u32,
    },
    /// Two names lead to the same file or folder, as a renaming leaves that was cut short.
    Twins {
        /// The name that was seen first.
        path: String,
        /// The other.
        other: String,
    },
}

/// What there is on a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many files.
    pub files: u64,
    /// How many folders, without the root.
    pub folders: u64,
    /// Clusters that are in use and that nobody has.
    pub lost_clusters: u32,
    /// What is wrong besides.
    pub damage: Vec<Damage>,
}

/// A walk over the tree.
struct Walk {
    report: Report,
    /// Clusters that somebody has.
    seen: FreeMap,
    /// By first cluster: who has it.
    owners: BTreeMap<u32, String>,
    /// Folders that are still to be looked at.
    folders: Vec<(Root, String)>,
}

impl Disk {
    pub async fn check(&mut self) -> Result<Report, FatError> {
        Ok(self.walk().await?.report)
    }

    async fn walk(&mut self) -> Result<Walk, FatError> {
        let mut walk = Walk {
            report: Report::default(),
            seen: FreeMap::new(self.geometry.clusters),
            owners: BTreeMap::new(),
            folders: vec![(self.geometry.root, String::new())],
        };
        if let Root::Chain(first) = self.geometry.root {
            self.claim(&mut walk, first, "", None).await?;
        }
        while let Some((place, path)) = walk.folders.pop() {
            let folder = match self.read_folder(place, &path).await {
                Err(FatError::Corrupt { path, fault }) => {
                    // A broken chain was noted when it was claimed.
                    if matches!(fault, ChainFault::LongFolder { .. }) {
                        walk.report.damage.push(Damage::Chain { path, fault });
                    }
                    continue;
                }
                folder => folder?,
            };
            for entry in folder.entries {
                let path = format!("{path}/{}", entry.name);
                self.look_into(&mut walk, &entry, path).await?;
            }
        }
        for cluster in 2..self.geometry.clusters + 2 {
            let is_lost = self.free_map().await?.is_used(cluster) && !walk.seen.is_used(cluster);
            if is_lost && !matches!(self.link_of(cluster).await?, Link::Bad | Link::Free) {
                walk.report.lost_clusters += 1;
            }
        }
        Ok(walk)
    }

    async fn look_into(
        &mut self,
        walk: &mut Walk,
        entry: &Entry,
        path: String,
    ) -> Result<(), FatError> {
        if entry.is_folder() {
            walk.report.folders += 1;
        } else {
            walk.report.files += 1;
        }
        if entry.first == 0 {
            if entry.is_folder() || entry.len > 0 {
                let fault = ChainFault::Short { clusters: 0, len_bytes: entry.len };
                walk.report.damage.push(Damage::Chain { path, fault });
            }
            return Ok(());
        }
        if let Some(owner) = walk.owners.get(&entry.first) {
            let damage = Damage::Twins { path: owner.clone(), other: path };
            walk.report.damage.push(damage);
            return Ok(());
        }
        let len = (!entry.is_folder()).then_some(entry.len);
        let is_sound = self.claim(walk, entry.first, &path, len).await?;
        if entry.is_folder() && is_sound {
            walk.folders.push((Root::Chain(entry.first), path));
        }
        Ok(())
    }

    /// Notes who has the clusters of a chain, and whether it is sound and nobody else's.
    async fn claim(
        &mut self,
        walk: &mut Walk,
        first: u32,
        path: &str,
        len: Option<u32>,
    ) -> Result<bool, FatError> {
        walk.owners.insert(first, path.to_owned());
        let path = path.to_owned();
        let runs = match self.chain(first).await? {
            Ok(runs) => runs,
            Err(fault) => {
                walk.report.damage.push(Damage::Chain { path, fault });
                return Ok(false);
            }
        };
        let clusters = total(&runs);
        for cluster in runs.iter().flat_map(|run| run.clusters()) {
            if !walk.seen.set_used(cluster) {
                walk.report.damage.push(Damage::Shared { path, cluster });
                return Ok(false);
            }
        }
        match len {
            Some(len) if len.div_ceil(self.geometry.cluster_bytes()) > clusters => {
                let fault = ChainFault::Short { clusters, len_bytes: len };
                walk.report.damage.push(Damage::Chain { path, fault });
                Ok(false)
            }
            _ => Ok(true),
        }
    }

    pub async fn repair(&mut self) -> Result<Report, FatError> {
        self.mark().await?;
        // Clusters of files that are being written are nobody's, and not lost.
        let walk = self.walk().await?;
        let is_slight = |damage: &Damage| matches!(damage, Damage::Twins { .. });
        if !walk.report.damage.iter().all(is_slight) {
            return Ok(walk.report);
        }
        for damage in &walk.report.damage {
            let Damage::Twins { other, .. } = damage else { continue };
            let Some(Found { mut parent, entry }) = self.find(&path::parse(other)?).await? else {
                continue;
            };
            self.remove(&mut parent, entry.slots).await?;
        }
        let mut lost = Vec::new();
        for cluster in 2..self.geometry.clusters + 2 {
            let is_lost = self.free_map().await?.is_used(cluster) && !walk.seen.is_used(cluster);
            if is_lost && !matches!(self.link_of(cluster).await?, Link::Bad | Link::Free) {
                super::free::push(&mut lost, Run { first: cluster, count: 1 });
            }
        }
        self.release(lost).await?;
        Ok(walk.report)
    }
}
