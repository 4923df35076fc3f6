//! Trees of operations at random, against a model and with the power cut anywhere.

use super::*;
use core::{cell::RefCell, future::ready};
use proptest::prelude::*;
use system_platform::{BlockError, BlockFuture, BlockInfo};

/// Names that operations work on: short, long, in folders, longer than a sector of slots.
const PATHS: &[&str] = &[
    "/A",
    "/b.txt",
    "/A name that is long enough for several slots.txt",
    "/folder",
    "/folder/x",
    "/folder/inner folder",
    "/folder/inner folder/Größe.bin",
];

#[derive(Clone, Debug)]
enum Operation {
    Write(usize, usize),
    Append(usize, usize),
    Folder(usize),
    Delete(usize),
    Rename(usize, usize),
    Sync,
}

fn operation() -> impl Strategy<Value = Operation> {
    let path = 0..PATHS.len();
    prop_oneof![
        3 => (path.clone(), 0..3000_usize).prop_map(|(path, len)| Operation::Write(path, len)),
        2 => (path.clone(), 0..1500_usize).prop_map(|(path, len)| Operation::Append(path, len)),
        2 => path.clone().prop_map(Operation::Folder),
        2 => path.clone().prop_map(Operation::Delete),
        2 => (path.clone(), path).prop_map(|(from, to)| Operation::Rename(from, to)),
        1 => Just(Operation::Sync),
    ]
}

fn parent_is_folder(tree: &Tree, path: &str) -> bool {
    let (parent, _) = path.rsplit_once('/').unwrap();
    parent.is_empty() || tree.get(parent) == Some(&None)
}

/// What an operation does to the model; nothing where it must be refused.
fn expected(tree: &Tree, operation: &Operation, seed: u8) -> Option<Tree> {
    let mut new = tree.clone();
    let children = |path: &str| {
        let prefix = format!("{path}/");
        tree.keys().filter(|key| key.starts_with(&prefix)).cloned().collect::<Vec<_>>()
    };
    match operation {
        Operation::Write(path, len) | Operation::Append(path, len) => {
            let path = PATHS[*path];
            let is_append = matches!(operation, Operation::Append(..));
            let mut bytes = match tree.get(path) {
                Some(None) => return None,
                Some(Some(old)) if is_append => old.clone(),
                _ => Vec::new(),
            };
            if !parent_is_folder(tree, path) {
                return None;
            }
            bytes.extend(contents(seed, *len));
            new.insert(path.into(), Some(bytes));
        }
        Operation::Folder(path) => {
            let path = PATHS[*path];
            if tree.contains_key(path) || !parent_is_folder(tree, path) {
                return None;
            }
            new.insert(path.into(), None);
        }
        Operation::Delete(path) => {
            let path = PATHS[*path];
            if !children(path).is_empty() || new.remove(path).is_none() {
                return None;
            }
        }
        Operation::Rename(from, to) => {
            let (from, to) = (PATHS[*from], PATHS[*to]);
            if from == to && tree.contains_key(from) {
                return Some(new);
            }
            let is_inside = to.starts_with(&format!("{from}/"));
            if tree.contains_key(to) || !parent_is_folder(tree, to) || is_inside {
                return None;
            }
            let moved = new.remove(from)?;
            new.insert(to.into(), moved);
            for child in children(from) {
                let moved = new.remove(&child).unwrap();
                new.insert(format!("{to}{}", &child[from.len()..]), moved);
            }
        }
        Operation::Sync => {}
    }
    Some(new)
}

fn run(volume: &Volume, operation: &Operation, seed: u8) -> Result<(), FatError> {
    pace::run(async {
        match operation {
            Operation::Write(path, len) => volume.write(PATHS[*path], &contents(seed, *len)).await,
            Operation::Append(path, len) => {
                volume.append(PATHS[*path], &contents(seed, *len)).await
            }
            Operation::Folder(path) => volume.create_folder(PATHS[*path]).await,
            Operation::Delete(path) => volume.delete(PATHS[*path]).await,
            Operation::Rename(from, to) => volume.rename(PATHS[*from], PATHS[*to]).await,
            Operation::Sync => volume.sync().await,
        }
    })
}

/// A step that a device has taken.
#[derive(Clone)]
enum Step {
    /// A block written.
    Block(u64, Vec<u8>),
    Flush,
}

/// A disk that notes what is done to it.
struct Recorder {
    disk: MemoryDisk,
    steps: RefCell<Vec<Step>>,
}

impl BlockDevice for Recorder {
    fn info(&self) -> &BlockInfo {
        self.disk.info()
    }

    fn read<'a>(&'a self, first: u64, buffer: &'a mut [u8]) -> BlockFuture<'a> {
        self.disk.read(first, buffer)
    }

    fn write<'a>(&'a self, first: u64, bytes: &'a [u8]) -> BlockFuture<'a> {
        let blocks = bytes.chunks(512).zip(first..);
        self.steps.borrow_mut().extend(blocks.map(|(b, at)| Step::Block(at, b.to_vec())));
        self.disk.write(first, bytes)
    }

    fn flush(&self) -> BlockFuture<'_> {
        self.steps.borrow_mut().push(Step::Flush);
        Box::pin(ready(Ok::<(), BlockError>(())))
    }
}

/// What is on the disk when power goes behind these steps: all that was flushed, and of the rest
/// what `luck` lets through.
fn cut(mut image: Vec<u8>, steps: &[Step], luck: &mut impl FnMut() -> bool) -> Vec<u8> {
    let flushed = steps.iter().rposition(|step| matches!(step, Step::Flush)).unwrap_or(0);
    for (index, step) in steps.iter().enumerate() {
        if let Step::Block(at, bytes) = step
            && (index < flushed || luck())
        {
            image[*at as usize * 512..][..512].copy_from_slice(bytes);
        }
    }
    image
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_tree_is_what_the_model_says_and_survives_a_power_cut_anywhere(
        operations in prop::collection::vec(operation(), 1..20),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u64>()), 12),
    ) {
        let disk = MemoryDisk::new(512, 300);
        pace::run(format_small(&disk, &OPTIONS)).unwrap();
        let mut image = vec![0; 300 * 512];
        pace::run(disk.read(0, &mut image)).unwrap();
        let recorder = Rc::new(Recorder { disk, steps: RefCell::default() });
        let volume = mount(recorder.clone());
        // The tree before each operation, and the steps until then.
        let mut trees = vec![(0, Tree::new())];
        for (operation, seed) in operations.iter().zip(0..) {
            let before = &trees.last().unwrap().1;
            let outcome = run(&volume, operation, seed);
            let new = expected(before, operation, seed);
            prop_assert_eq!(outcome.is_ok(), new.is_some(), "{:?}: {:?}", operation, outcome);
            let new = new.unwrap_or_else(|| before.clone());
            prop_assert_eq!(&tree(&volume), &new, "after {:?}", operation);
            trees.push((recorder.steps.borrow().len(), new));
        }
        let report = pace::run(volume.check()).unwrap();
        prop_assert_eq!(report.damage, []);
        prop_assert_eq!(report.lost_clusters, 0);

        let steps = recorder.steps.borrow();
        for (place, mut random) in cuts {
            let end = place.index(steps.len() + 1);
            let mut luck = || {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                random >> 63 == 1
            };
            let image = cut(image.clone(), &steps[..end], &mut luck);
            let volume = mount(Rc::new(MemoryDisk::from_bytes(512, image)));
            let report = pace::run(volume.repair()).unwrap();
            let is_slight = |damage: &Damage| matches!(damage, Damage::Twins { .. });
            prop_assert!(report.damage.iter().all(is_slight), "{:?}", report);
            let clean = pace::run(volume.check()).unwrap();
            prop_assert_eq!((clean.damage, clean.lost_clusters), (vec![], 0));
            let found = tree(&volume);
            let running = trees.iter().rposition(|(begin, _)| *begin <= end).unwrap();
            let is_old = found == trees[running].1;
            let is_new = trees.get(running + 1).is_some_and(|(_, tree)| found == *tree);
            prop_assert!(is_old || is_new, "during {:?}", operations.get(running));
        }
    }
}
