//! Which clusters are free, and taking some of them.

use super::table::Run;
use alloc::{rc::Rc, vec, vec::Vec};
use core::cell::RefCell;

/// One bit for each cluster: set where it is in use.
#[derive(Debug)]
pub(super) struct FreeMap {
    used: Vec<u64>,
    clusters: u32,
    free: u32,
    /// Where the last search ended.
    next: u32,
    /// What reservations that came to nothing have given back.
    returned: Rc<RefCell<Vec<Run>>>,
}

/// Clusters that nobody else gets. Dropped, they are free again.
#[derive(Debug)]
pub(super) struct Reservation {
    pub runs: Vec<Run>,
    returned: Rc<RefCell<Vec<Run>>>,
}

impl Reservation {
    /// The clusters, which are in use from now on.
    pub fn keep(mut self) -> Vec<Run> {
        core::mem::take(&mut self.runs)
    }

    /// Has the clusters of both.
    pub fn join(&mut self, other: Self) {
        other.keep().into_iter().for_each(|run| push(&mut self.runs, run));
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.returned.borrow_mut().append(&mut self.runs);
    }
}

/// Adds a run at the end, as part of the last one where it goes on there.
pub(super) fn push(runs: &mut Vec<Run>, run: Run) {
    match runs.last_mut() {
        Some(last) if last.first + last.count == run.first => last.count += run.count,
        _ => runs.push(run),
    }
}

impl FreeMap {
    /// A map of clusters 2 to `clusters + 1`, all of them free.
    pub fn new(clusters: u32) -> Self {
        let used = vec![0; (clusters as usize + 2).div_ceil(64)];
        Self { used, clusters, free: clusters, next: 2, returned: Rc::default() }
    }

    /// How many clusters are free.
    pub fn count(&mut self) -> u32 {
        self.take_back();
        self.free
    }

    /// Whether a cluster is in use.
    pub fn is_used(&self, cluster: u32) -> bool {
        self.used[cluster as usize / 64] >> (cluster % 64) & 1 == 1
    }

    /// Says that a cluster is in use. Whether it was free.
    pub fn set_used(&mut self, cluster: u32) -> bool {
        let was_free = !self.is_used(cluster);
        self.used[cluster as usize / 64] |= 1 << (cluster % 64);
        self.free -= u32::from(was_free);
        was_free
    }

    /// Says that clusters are free.
    pub fn set_free(&mut self, run: Run) {
        for cluster in run.clusters() {
            self.free += u32::from(self.is_used(cluster));
            self.used[cluster as usize / 64] &= !(1 << (cluster % 64));
        }
    }

    /// Where the next search begins, as a hint for others.
    pub const fn next(&self) -> u32 {
        self.next
    }

    /// Takes `count` clusters: in one piece behind `near`, or where there is such a piece, or in
    /// as many as it takes. Nothing where there are too few.
    pub fn take(&mut self, count: u32, near: Option<u32>) -> Option<Reservation> {
        self.take_back();
        if count > self.free {
            return None;
        }
        let from = match near {
            Some(near) => near + 1,
            None => self.find_piece(count).unwrap_or(self.next),
        };
        let (mut runs, mut missing) = (Vec::new(), count);
        let end = self.clusters + 2;
        let from = from.clamp(2, end);
        for cluster in (from..end).chain(2..from) {
            if missing == 0 {
                break;
            }
            if self.set_used(cluster) {
                push(&mut runs, Run { first: cluster, count: 1 });
                missing -= 1;
                self.next = cluster + 1;
            }
        }
        Some(Reservation { runs, returned: self.returned.clone() })
    }

    /// Where so many free clusters lie side by side, looked for from the last place on.
    fn find_piece(&self, count: u32) -> Option<u32> {
        let end = self.clusters + 2;
        let from = self.next.clamp(2, end);
        let find = |from: u32, end: u32| {
            let (mut cluster, mut len) = (from, 0);
            while cluster < end && len < count {
                if cluster.is_multiple_of(64) && self.used[cluster as usize / 64] == u64::MAX {
                    (cluster, len) = (cluster + 64, 0);
                    continue;
                }
                len = if self.is_used(cluster) { 0 } else { len + 1 };
                cluster += 1;
            }
            (len >= count).then(|| cluster - count)
        };
        find(from, end).or_else(|| find(2, end))
    }

    fn take_back(&mut self) {
        let returned = core::mem::take(&mut *self.returned.borrow_mut());
        returned.into_iter().for_each(|run| self.set_free(run));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_come_in_one_piece_where_there_is_one() {
        let mut map = FreeMap::new(10);
        map.set_used(4);
        let piece = map.take(3, None).unwrap();
        assert_eq!(piece.runs, [Run { first: 5, count: 3 }]);
        let pieces = map.take(6, None).unwrap();
        assert_eq!(pieces.runs, [Run { first: 8, count: 4 }, Run { first: 2, count: 2 }]);
        assert!(map.take(1, None).is_none());
        drop(piece);
        assert_eq!(map.count(), 3);
        assert_eq!(map.take(1, Some(5)).unwrap().keep(), [Run { first: 6, count: 1 }]);
        assert_eq!(map.count(), 2);
        assert_eq!(pieces.keep().len(), 2);
        assert_eq!(map.count(), 2);
    }
}
