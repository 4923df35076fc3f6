//! The driver against a controller that plays along until it is told not to.

use crate::{
    NvmeDrive, ProbeError,
    testing::{Controller, Medium, Mood},
};
use alloc::{rc::Rc, vec, vec::Vec};
use drivers_disk::{BlockDevice, BlockError, BlockOperation, DATA_TIMEOUT_MS, Disk, Queue};
use system_platform::{
    Clock, OutOfDmaMemory,
    dma::{FakeDma, FakeRegion},
    pace,
    wait::ManualTimer,
};

type Drive = NvmeDrive<Rc<Controller>, FakeRegion>;

fn probe(controller: &Rc<Controller>) -> Result<Vec<Disk<Drive, ManualTimer>>, ProbeError> {
    let timer = ManualTimer::default();
    let registers = Rc::clone(controller);
    let probed = Drive::probe(registers, &controller.memory, &timer, "00:05.0");
    let (drive, namespaces) = pace::run(probed)?;
    let queue = Rc::new(Queue::new(drive, timer));
    let disk = |queue: &Rc<_>, number, info| Disk::new(Rc::clone(queue), number, info);
    Ok(namespaces.into_iter().map(|found| disk(&queue, found.number, found.info)).collect())
}

/// The only disk of a controller.
fn disk(controller: &Rc<Controller>) -> Disk<Drive, ManualTimer> {
    let mut disks = probe(controller).unwrap();
    assert_eq!(disks.len(), 1);
    disks.remove(0)
}

fn small() -> Rc<Controller> {
    Controller::new(&[Medium::new(512, 64)])
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 512) as u8).collect()
}

#[test]
fn every_length_goes_through_the_right_pages() {
    let controller = Controller::new(&[Medium::new(512, 1024)]);
    let disk = disk(&controller);
    assert_eq!(disk.info().name, "FAKE NVME SERIAL-1 at 00:05.0, namespace 1");
    assert_eq!((disk.info().blocks, disk.info().block_bytes), (1024, 512));
    // Within a page, a page, two, and a list of pages; then more than a command moves.
    for blocks in [1, 8, 9, 16, 17, 255, 256, 300] {
        let data = pattern(blocks * 512);
        pace::run(disk.write(700, &data)).unwrap();
        let at = 700 * 512;
        assert_eq!(controller.media.borrow()[0].bytes[at..at + data.len()], data);
        let mut back = vec![0; data.len()];
        pace::run(disk.read(700, &mut back)).unwrap();
        assert_eq!(back, data, "{blocks} blocks");
    }
    pace::run(disk.flush()).unwrap();
    let log = controller.log.borrow();
    assert_eq!(log[log.len() - 3..], [(2, 1, 256), (2, 1, 44), (0, 1, 0)]);
}

#[test]
fn many_commands_go_round_the_queues() {
    let controller = small();
    let disk = disk(&controller);
    for round in 0..70_000_u32 {
        pace::run(disk.write(u64::from(round % 64), &[round as u8; 512])).unwrap();
    }
    assert_eq!(controller.log.borrow().len(), 70_000);
}

#[test]
fn namespaces_are_disks_of_their_own() {
    for version in [0x0001_0000, 0x0001_0400] {
        let controller = Controller::new(&[Medium::new(512, 64), Medium::new(4096, 16)]);
        controller.version.set(version);
        let disks = probe(&controller).unwrap();
        assert_eq!(disks.len(), 2);
        assert_eq!((disks[1].info().blocks, disks[1].info().block_bytes), (16, 4096));
        let data = pattern(3 * 4096);
        pace::run(disks[1].write(13, &data)).unwrap();
        pace::run(disks[0].write(0, &[9; 512])).unwrap();
        let media = controller.media.borrow();
        assert_eq!(media[1].bytes[13 * 4096..], data);
        assert_eq!(media[0].bytes[..512], [9; 512]);
    }
}

#[test]
fn namespaces_that_cannot_be_used_are_left_out_and_protected_ones_say_so() {
    let mut odd = Medium::new(512, 64);
    odd.metadata_bytes = 8;
    let mut protected = Medium::new(512, 64);
    protected.is_read_only = true;
    let media = [odd, Medium::new(2048, 64), Medium::new(512, 0), protected];
    let disks = probe(&Controller::new(&media)).unwrap();
    assert_eq!(disks.len(), 1);
    assert!(disks[0].info().is_read_only);
    assert!(disks[0].info().name.ends_with("namespace 4"));
}

#[test]
fn the_limit_of_the_controller_is_kept_and_no_cache_needs_no_flush() {
    let controller = Controller::new(&[Medium::new(512, 256)]);
    controller.transfer_pages_log2.set(2);
    controller.has_cache.set(false);
    let disk = disk(&controller);
    pace::run(disk.write(0, &pattern(40 * 512))).unwrap();
    pace::run(disk.flush()).unwrap();
    assert_eq!(*controller.log.borrow(), [(1, 1, 32), (1, 1, 8)]);
}

#[test]
fn names_what_keeps_a_controller_from_being_used() {
    let error = |change: fn(&Controller)| {
        let controller = small();
        change(&controller);
        probe(&controller).err()
    };
    assert_eq!(error(|it| it.is_there.set(false)), Some(ProbeError::Unsuitable));
    assert_eq!(error(|it| it.knows_nvm.set(false)), Some(ProbeError::Unsuitable));
    assert_eq!(error(|it| it.starts.set(false)), Some(ProbeError::NotReady));
    assert_eq!(error(|it| it.stops.set(false)), Some(ProbeError::NotReady));
    assert_eq!(error(|it| it.administers.set(false)), Some(ProbeError::NoAnswer));

    let timer = ManualTimer::default();
    let poor = FakeDma::exhausted();
    let probed = Drive::probe(small(), &poor, &timer, "");
    let out_of_memory = ProbeError::Memory(OutOfDmaMemory { len_bytes: 4096 });
    assert_eq!(pace::run(probed).err(), Some(out_of_memory));

    let dead = small();
    dead.starts.set(false);
    assert!(pace::run(Drive::probe(Rc::clone(&dead), &dead.memory, &timer, "")).is_err());
    assert!(timer.now_ns() < 3_000_000_000, "the controller names 2 s itself");
}

#[test]
fn statuses_become_errors_and_the_disk_goes_on() {
    let controller = small();
    let disk = disk(&controller);
    let resets = controller.resets.get();
    let first = 9;
    let fails = |status, operation| {
        controller.mood.set(Mood::Fails(status));
        let outcome = match operation {
            BlockOperation::Read => pace::run(disk.read(first, &mut [0; 512])),
            BlockOperation::Write => pace::run(disk.write(first, &[0; 512])),
            BlockOperation::Flush => pace::run(disk.flush()),
        };
        controller.mood.set(Mood::Well);
        outcome
    };
    use BlockOperation::{Flush, Read, Write};
    let medium = |operation| Err(BlockError::Medium { operation, first });
    assert_eq!(fails(0x281, Read), medium(Read));
    assert_eq!(fails(0x280, Write), medium(Write));
    assert_eq!(fails(0x020, Write), Err(BlockError::ReadOnly));
    assert_eq!(fails(0x182, Write), Err(BlockError::ReadOnly));
    let other = |operation, code| Err(BlockError::Device { operation, code });
    assert_eq!(fails(0x280, Flush), other(Flush, 0x280));
    assert_eq!(fails(0x006, Read), other(Read, 0x006));
    assert_eq!(fails(0x286, Read), other(Read, 0x286), "access denied is no bad place");
    assert_eq!(pace::run(disk.read(first, &mut [0; 512])), Ok(()));
    assert_eq!(controller.resets.get(), resets);
}

#[test]
fn a_silent_controller_is_reset_and_goes_on() {
    let controller = small();
    let disk = disk(&controller);
    controller.mood.set(Mood::Silent);
    controller.mood_after_reset.set(Some(Mood::Well));
    let operation = BlockOperation::Write;
    let timed_out = BlockError::TimedOut { operation, after_ms: DATA_TIMEOUT_MS };
    assert_eq!(pace::run(disk.write(0, &[1; 512])), Err(timed_out));
    assert_eq!(controller.resets.get(), 2);
    for block in 0..10 {
        assert_eq!(pace::run(disk.write(block, &[2; 512])), Ok(()));
    }
}

#[test]
fn a_controller_that_failed_or_is_confused_is_reset_and_goes_on() {
    for mood in [Mood::Dies, Mood::Confused] {
        let controller = small();
        let disk = disk(&controller);
        controller.mood.set(mood);
        controller.mood_after_reset.set(Some(Mood::Well));
        let failed = BlockError::Device { operation: BlockOperation::Write, code: 0x1_0000 };
        assert_eq!(pace::run(disk.write(0, &[1; 512])), Err(failed), "{mood:?}");
        assert_eq!(pace::run(disk.write(0, &[2; 512])), Ok(()), "{mood:?}");
        assert_eq!(controller.media.borrow()[0].bytes[0], 2);
    }
}

#[test]
fn a_controller_that_failed_while_nobody_looked_loses_nothing() {
    let controller = small();
    let disk = disk(&controller);
    controller.is_fatal.set(true);
    assert_eq!(pace::run(disk.write(5, &[7; 512])), Ok(()));
    assert_eq!(controller.media.borrow()[0].bytes[5 * 512..6 * 512], [7; 512]);
    assert_eq!(controller.resets.get(), 2);
}

#[test]
fn a_controller_that_went_away_or_came_back_as_another_is_gone() {
    let controller = small();
    let disk = disk(&controller);
    controller.is_there.set(false);
    assert_eq!(pace::run(disk.read(0, &mut [0; 512])), Err(BlockError::Gone));
    controller.is_there.set(true);
    assert_eq!(pace::run(disk.read(0, &mut [0; 512])), Err(BlockError::Gone), "for good");

    for change in [
        (|it: &Controller| it.serial.set(b"SERIAL-2            ")) as fn(&Controller),
        |it| it.media.borrow_mut()[0].bytes.truncate(512),
        |it| it.administers.set(false),
        |it| it.starts.set(false),
    ] {
        let controller = small();
        let disk = self::disk(&controller);
        controller.mood.set(Mood::Dies);
        change(&controller);
        assert!(pace::run(disk.flush()).is_err());
        controller.mood.set(Mood::Well);
        assert_eq!(pace::run(disk.write(0, &[1; 512])), Err(BlockError::Gone));
        assert_eq!(controller.media.borrow()[0].bytes[0], 0);
        assert_eq!(disk.info().blocks, 64);
    }
}
