//! Random histories on a disk whose power is cut anywhere: during commits, compaction, erasing,
//! formatting's last steps and recovery itself. After each cut the store opens, and holds exactly
//! what was acknowledged, and of what was not, some batches from the first one on, each wholly.
//!
//! That this test can fail was tried by breaking the store in one place at a time. It found each of
//! these: no flush at the end of a group; none after the headers of new segments; none after a segment
//! is marked as one to be erased, or after it was erased; none after the repairs of opening; the last
//! group taken for whole, or its payloads not checked; the torn rest of a segment not erased; torn
//! segments not marked; tombstones not copied by compaction.

use super::{
    Records,
    executor::{Task, block_on, finish},
    noise,
};
use crate::{Batch, Effort, FormatOptions, Key, Store, StoreError, bytes::is_blank};
use alloc::{collections::VecDeque, format, rc::Rc, vec::Vec};
use system_platform::PowerCutDisk;

/// Histories of a run.
const HISTORIES: u64 = 10_000;

/// Blocks of a disk with so many segments of 8 pages: it is soon full, and a record of 20 KiB has
/// pieces in two of them.
const fn blocks(segments: u64) -> u64 {
    (16 + segments * 8) * 8
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((bits ^ (bits >> 27)) >> 11) % limit
    }
}

/// What the store may hold.
struct Model {
    acknowledged: Records,
    /// Batches that were given to the store and not acknowledged, oldest first.
    open: VecDeque<Batch>,
}

fn apply(records: &mut Records, batch: &Batch) {
    for change in &batch.changes {
        match &change.payload {
            Some(payload) => records.insert(change.key, payload.clone()),
            None => records.remove(&change.key),
        };
    }
}

impl Model {
    /// Checks what was found after a cut, and goes on from there.
    fn recover(&mut self, found: &Records, context: &str) {
        let mut candidate = self.acknowledged.clone();
        let open = core::mem::take(&mut self.open);
        for batch in core::iter::once(Batch::new()).chain(open) {
            apply(&mut candidate, &batch);
            if candidate == *found {
                self.acknowledged = candidate;
                return;
            }
        }
        let keys = |records: &Records| {
            records.iter().map(|(key, payload)| (key.id, payload.len())).collect::<Vec<_>>()
        };
        panic!(
            "{context}: found {:?}, wanted {:?} or later",
            keys(found),
            keys(&self.acknowledged)
        );
    }
}

/// A batch of changes to so many records of two kinds.
fn random_batch(random: &mut Random, ids: u64) -> Batch {
    let mut batch = Batch::new();
    for _ in 0..=random.below(3) {
        let key = Key::new(random.below(2) as u16, random.below(ids));
        let len = match random.below(12) {
            0..4 => {
                batch.delete(key);
                continue;
            }
            4..8 => random.below(200),
            8..11 => random.below(6000),
            // Larger than what is left of any segment.
            _ => random.below(30_000),
        };
        batch.put(key, noise(random.below(u64::MAX), len as usize));
    }
    batch
}

fn contents(store: &Store<'_>) -> Result<Records, StoreError> {
    let mut records = Records::new();
    let mut bad = None;
    block_on(store.visit(0..=u16::MAX, |key, payload| match payload {
        Ok(payload) => drop(records.insert(key, payload.to_vec())),
        Err(error) => bad = Some(error),
    }))?;
    bad.map_or(Ok(records), Err)
}

/// Free segments are blank: nothing of what was deleted is in them, and nothing that could be found
/// by a later opening.
fn check_free_segments(store: &Store<'_>, context: &str) {
    let free = store.shared.state.borrow().free.clone();
    let geometry = store.shared.geometry();
    let mut bytes = alloc::vec![0; geometry.segment_bytes()];
    for segment in free {
        block_on(store.shared.pages.read(geometry.first_page(segment), &mut bytes)).unwrap();
        assert!(is_blank(&bytes), "{context}: segment {segment} is free and not blank");
    }
}

struct History<'d> {
    disk: &'d Rc<PowerCutDisk>,
    random: Random,
    model: Model,
    seed: u64,
    /// Full stores, finished erasures, cuts: so that the test knows what it has tried.
    seen: [u64; 3],
}

impl<'d> History<'d> {
    /// Opens the store, perhaps with cuts while that is done, and checks what is in it.
    fn open(&mut self) -> Store<'d> {
        for attempt in 0.. {
            self.disk.power_on();
            if attempt < 3 && self.random.below(2) == 0 {
                self.disk.cut_after(self.random.below(8));
            }
            let device = Rc::<PowerCutDisk>::clone(self.disk);
            let opened = block_on(Store::open(device));
            let is_cut = !self.disk.is_on();
            // If power stays on, it does so until the store is compared.
            match opened {
                Ok(store) if !is_cut => {
                    self.disk.power_on();
                    let context = format!("history {}", self.seed);
                    assert_eq!(store.damages(), [], "{context}");
                    assert_eq!(store.usage().damaged_bytes, 0, "{context}");
                    let found = contents(&store).unwrap_or_else(|e| panic!("{context}: {e}"));
                    self.model.recover(&found, &context);
                    check_free_segments(&store, &context);
                    return store;
                }
                Err(error) if !is_cut => panic!("history {}: {error}", self.seed),
                _ => self.seen[2] += 1,
            }
        }
        unreachable!("power stays on in the end")
    }

    /// Commits some batches at the same time; they are asked for in order.
    fn commit(&mut self, store: &Store<'_>) {
        let count = 1 + self.random.below(4) * self.random.below(2);
        let ids = 5 + self.seed % 4 * 9;
        let batches: Vec<Batch> = (0..count).map(|_| random_batch(&mut self.random, ids)).collect();
        let commit = |batch: &Batch| Task::new(store.commit(batch.clone()));
        let mut tasks: Vec<_> = batches.iter().map(commit).collect();
        finish(&mut tasks);
        for (task, batch) in tasks.into_iter().zip(batches) {
            match task.output().expect("it is over") {
                Ok(()) => {
                    assert!(self.model.open.is_empty(), "acknowledged in order");
                    apply(&mut self.model.acknowledged, &batch);
                }
                Err(StoreError::Full { .. }) => self.seen[0] += 1,
                Err(StoreError::Broken(_) | StoreError::Device(_)) => {
                    self.model.open.push_back(batch);
                }
                Err(error) => panic!("history {}: {error}", self.seed),
            }
        }
    }

    /// Gives up waiting for a commit somewhere in the midst of it.
    fn abandon(&mut self, store: &Store<'_>) {
        let batch = random_batch(&mut self.random, 5);
        let mut task = Task::new(store.commit(batch.clone()));
        for _ in 0..self.random.below(20) {
            task.poll();
        }
        match task.output() {
            Some(Ok(())) => apply(&mut self.model.acknowledged, &batch),
            Some(Err(StoreError::Full { .. })) => {}
            _ => self.model.open.push_back(batch),
        }
    }

    /// Compacts a little or to the end. Nothing that a user can see may change.
    fn compact(&mut self, store: &Store<'_>) {
        let effort = if self.random.below(3) == 0 { Effort::Erase } else { Effort::Space };
        let steps = if self.random.below(4) == 0 { 1000 } else { 1 + self.random.below(6) };
        for step in 0..steps {
            assert!(step < 999, "history {}: compaction comes to no end", self.seed);
            match block_on(store.compact_step(effort)) {
                Ok(true) => {}
                Ok(false) => {
                    self.seen[1] += u64::from(effort == Effort::Erase);
                    return;
                }
                Err(StoreError::Full { .. }) if effort == Effort::Erase => return,
                Err(StoreError::Broken(_) | StoreError::Device(_)) if !self.disk.is_on() => return,
                Err(error) => panic!("history {}: {error}", self.seed),
            }
        }
    }

    fn run(&mut self) {
        for _ in 0..2 + self.random.below(3) {
            let store = self.open();
            if self.random.below(5) > 0 {
                self.disk.cut_after(self.random.below(60));
            }
            for _ in 0..4 + self.random.below(12) {
                match self.random.below(4) {
                    0 => self.compact(&store),
                    1 if self.random.below(4) == 0 => drop(block_on(store.close())),
                    _ => self.commit(&store),
                }
                if !self.disk.is_on() {
                    self.seen[2] += 1;
                    break;
                }
            }
            if self.disk.is_on() && self.random.below(4) == 0 {
                self.abandon(&store);
                continue;
            }
            // Without a cut, what the store says must be what opening finds, sometimes after a cut
            // behind everything.
            if self.disk.is_on() && self.random.below(2) == 0 {
                let found = contents(&store);
                assert_eq!(found.as_ref(), Ok(&self.model.acknowledged), "history {}", self.seed);
                self.disk.cut();
            }
        }
        drop(self.open());
    }
}

/// Runs the histories of some seeds and adds up what they have seen.
fn run_all(seeds: impl Iterator<Item = u64>) -> [u64; 3] {
    let mut seen = [0; 3];
    for seed in seeds {
        let disk = Rc::new(PowerCutDisk::new(512, blocks(9 + seed % 5), seed).waiting());
        let options = FormatOptions { store: seed, segment_bytes: Some(32 << 10) };
        block_on(Store::format(Rc::<PowerCutDisk>::clone(&disk), options)).unwrap();
        let model = Model { acknowledged: Records::new(), open: VecDeque::new() };
        let mut history = History { disk: &disk, random: Random(seed), model, seed, seen: [0; 3] };
        history.run();
        seen.iter_mut().zip(history.seen).for_each(|(all, one)| *all += one);
    }
    seen
}

#[test]
fn whatever_power_cuts_do_what_was_acknowledged_is_there_and_nothing_else_is() {
    let threads = [0, 1].map(|half| {
        std::thread::spawn(move || run_all((0..HISTORIES).filter(|seed| seed % 2 == half)))
    });
    let halves = threads.map(|thread| thread.join().expect("the panic is above"));
    let [full, erased, cuts] = [0, 1, 2].map(|what| halves[0][what] + halves[1][what]);
    std::println!("{full} times full, {erased} times erased, {cuts} cuts");
    assert!(full > HISTORIES / 100 && erased > HISTORIES / 100 && cuts > HISTORIES);
}
