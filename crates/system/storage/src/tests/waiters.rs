//! Many tasks on one store.

use super::{
    delete,
    executor::{Task, block_on, finish},
    format, key, noise, open, put,
};
use crate::{Effort, StoreError};
use alloc::{rc::Rc, vec, vec::Vec};
use system_platform::{FaultyDisk, PowerCutDisk};

fn disk() -> Rc<FaultyDisk<PowerCutDisk>> {
    let disk = PowerCutDisk::new(512, (16 + 40 * 8) * 8, 3).waiting();
    let disk = Rc::new(FaultyDisk::new(disk));
    let options = crate::FormatOptions { store: 1, segment_bytes: Some(32 << 10) };
    block_on(crate::Store::format(Rc::<FaultyDisk<_>>::clone(&disk) as _, options)).unwrap();
    disk
}

fn store(disk: &Rc<FaultyDisk<PowerCutDisk>>) -> crate::Store<'_> {
    block_on(crate::Store::open(Rc::<FaultyDisk<_>>::clone(disk) as _)).unwrap()
}

#[test]
fn commits_at_the_same_time_share_a_flush() {
    let disk = disk();
    let store = store(&disk);
    block_on(store.commit(put(0, b"opens a segment"))).unwrap();
    let before = disk.flushes();
    let mut tasks: Vec<_> =
        (1..=20).map(|id| Task::new(store.commit(put(id, &noise(id, 50))))).collect();
    finish(&mut tasks);
    assert!(tasks.into_iter().all(|task| task.output() == Some(Ok(()))));
    // The first one is under way when the others come.
    assert!(disk.flushes() - before <= 2, "{} flushes", disk.flushes() - before);
    assert_eq!(store.usage().records, 21);
}

#[test]
fn a_waiter_that_is_dropped_stops_nobody_else() {
    for dropped in 0..4 {
        for polls in 0..6 {
            let disk = disk();
            let store = store(&disk);
            let mut tasks: Vec<_> =
                (0..4).map(|id| Task::new(store.commit(put(id, &noise(id, 9000))))).collect();
            for _ in 0..polls {
                tasks.iter_mut().for_each(|task| _ = task.poll());
            }
            tasks[dropped].cancel();
            finish(&mut tasks);
            for (number, task) in tasks.into_iter().enumerate() {
                let output = task.output();
                assert!(output == Some(Ok(())) || number == dropped, "{dropped} {polls}");
            }
            block_on(store.commit(delete(9))).unwrap();
            let keys = store.keys(0..=9);
            assert!((0..4).all(|id| id == dropped as u64 || keys.contains(&key(id))));
            assert_eq!(store.damages(), []);
        }
    }
}

#[test]
fn records_are_read_while_compaction_moves_them() {
    let disk = disk();
    let store = store(&disk);
    for id in 0..30 {
        block_on(store.commit(put(id, &noise(id, 1500)))).unwrap();
    }
    for id in (0..30).filter(|id| id % 2 == 0) {
        block_on(store.commit(delete(id))).unwrap();
    }
    let reader = async |id: u64| {
        for _ in 0..20 {
            let expected = (id % 2 == 1).then(|| noise(id, 1500));
            assert_eq!(store.get(key(id)).await, Ok(expected));
        }
    };
    let compactor = async { while store.compact_step(Effort::Erase).await.unwrap() {} };
    let mut tasks = vec![Task::new(compactor)];
    tasks.extend((0..30).map(|id| Task::new(reader(id))));
    finish(&mut tasks);
    assert_eq!(store.damages(), []);
}

#[test]
fn after_a_failed_write_the_store_is_closed_and_what_was_acknowledged_is_there() {
    let disk = Rc::new(FaultyDisk::new(PowerCutDisk::new(512, (16 + 40 * 8) * 8, 3)));
    format(Rc::<FaultyDisk<_>>::clone(&disk) as _);
    for good in 0..12 {
        let store = open(&disk).unwrap();
        disk.fail_after(good);
        let mut acknowledged = Vec::new();
        let error = (0..100)
            .find_map(|id| {
                let id = good * 100 + id;
                let outcome = block_on(store.commit(put(id, &noise(id, 3000))));
                outcome.map(|()| acknowledged.push(id)).err()
            })
            .expect("a write fails");
        assert!(matches!(error, StoreError::Device(_)), "{error}");
        let again = block_on(store.commit(put(1, b"x")));
        assert!(matches!(again, Err(StoreError::Broken(_))), "{again:?}");
        assert!(matches!(block_on(store.compact_step(Effort::Space)), Err(StoreError::Broken(_))));
        for id in &acknowledged {
            assert_eq!(block_on(store.get(key(*id))), Ok(Some(noise(*id, 3000))), "still readable");
        }
        let store = open(&disk).unwrap();
        for id in acknowledged {
            assert_eq!(block_on(store.get(key(id))), Ok(Some(noise(id, 3000))));
        }
        assert_eq!(store.damages(), []);
    }
}
