//! The driver against a device that plays along until it is told not to.

use crate::{
    BlockDrive, ProbeError,
    testing::{Device, FakeHal, FakeTransport, Mood, SECTOR},
};
use alloc::{rc::Rc, vec, vec::Vec};
use drivers_disk::{BlockDevice, BlockError, BlockOperation, DATA_TIMEOUT_MS, Disk};
use system_platform::{pace, wait::ManualTimer};

type Drive = BlockDrive<FakeHal, FakeTransport>;

fn probe(device: &Rc<Device>) -> Result<Disk<Drive, ManualTimer>, ProbeError> {
    let timer = ManualTimer::default();
    let probed = pace::run(Drive::probe(FakeTransport(Rc::clone(device)), "00:04.0", &timer));
    probed.map(|(drive, info)| Disk::alone(drive, timer, info))
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / SECTOR) as u8).collect()
}

#[test]
fn reads_writes_and_flushes_more_than_a_request_holds() {
    let device = Device::new(1024);
    let disk = probe(&device).unwrap();
    assert_eq!(disk.info().name, "virtio disk fake-1 at 00:04.0");
    assert_eq!((disk.info().blocks, disk.info().block_bytes), (1024, 512));
    let data = pattern(300 * SECTOR);
    pace::run(disk.write(700, &data)).unwrap();
    pace::run(disk.flush()).unwrap();
    assert_eq!(device.medium.borrow()[700 * SECTOR..1000 * SECTOR], data);
    let mut back = vec![0; data.len()];
    pace::run(disk.read(700, &mut back)).unwrap();
    assert_eq!(back, data);
    let rest = 300 * SECTOR - (128 << 10);
    let expected = [(8, 20), (1, 128 << 10), (1, rest), (4, 0), (0, 128 << 10), (0, rest)];
    assert_eq!(*device.log.borrow(), expected);
}

#[test]
fn many_requests_go_round_the_ring() {
    let device = Device::new(64);
    let disk = probe(&device).unwrap();
    for round in 0..70_000_u32 {
        let block = u64::from(round % 64);
        pace::run(disk.write(block, &[round as u8; SECTOR])).unwrap();
    }
    assert_eq!(device.log.borrow().len(), 70_001);
}

#[test]
fn large_blocks_and_small_segments_are_honoured() {
    let device = Device::new(64);
    device.features.set(device.features.get() | 1 << 1);
    device.block_bytes.set(4096);
    device.largest_segment.set(10_000);
    let disk = probe(&device).unwrap();
    assert_eq!((disk.info().blocks, disk.info().block_bytes), (8, 4096));
    let data = pattern(3 * 4096);
    pace::run(disk.write(5, &data)).unwrap();
    assert_eq!(device.medium.borrow()[5 * 4096..], data);
    assert_eq!(device.log.borrow()[1..], [(1, 8192), (1, 4096)]);
}

#[test]
fn a_device_without_a_cache_needs_no_flush_and_a_protected_one_says_so() {
    let device = Device::new(8);
    device.features.set(1 << 32 | 1 << 5);
    device.serial.borrow_mut().clear();
    let disk = probe(&device).unwrap();
    assert_eq!(disk.info().name, "virtio disk at 00:04.0");
    assert!(disk.info().is_read_only);
    pace::run(disk.flush()).unwrap();
    assert_eq!(device.log.borrow().len(), 1, "only the serial number was asked for");
    assert_eq!(pace::run(disk.write(0, &[0; SECTOR])), Err(BlockError::ReadOnly));
}

#[test]
fn refuses_devices_it_cannot_use() {
    let refused = |change: fn(&Device)| {
        let device = Device::new(8);
        change(&device);
        probe(&device).err()
    };
    assert_eq!(refused(|device| device.features.set(0)), Some(ProbeError::Features));
    assert_eq!(refused(|device| device.resets_well.set(false)), Some(ProbeError::NoReset));
    assert_eq!(refused(|device| device.is_there.set(false)), Some(ProbeError::NoReset));
    let odd = refused(|device| device.block_bytes.set(2048));
    assert_eq!(odd, Some(ProbeError::BlockBytes(2048)));
    let tiny = refused(|device| {
        device.features.set(1 << 32 | 1 << 1);
        device.largest_segment.set(100);
    });
    assert_eq!(tiny, Some(ProbeError::SegmentBytes(100)));
}

#[test]
fn status_bytes_become_errors_and_the_next_request_goes_through() {
    let device = Device::new(64);
    let disk = probe(&device).unwrap();
    let resets = device.resets.get();
    let (read, first) = (BlockOperation::Read, 9);
    device.mood.set(Mood::Fails(1));
    let failed = pace::run(disk.read(first, &mut [0; SECTOR]));
    assert_eq!(failed, Err(BlockError::Medium { operation: read, first }));
    let failed = pace::run(disk.flush());
    let operation = BlockOperation::Flush;
    assert_eq!(failed, Err(BlockError::Device { operation, code: 1 }));
    device.mood.set(Mood::Fails(2));
    let failed = pace::run(disk.read(first, &mut [0; SECTOR]));
    assert_eq!(failed, Err(BlockError::Device { operation: read, code: 2 }));
    // A status that was never written is none of the known ones.
    device.mood.set(Mood::Fails(0xFF));
    assert!(pace::run(disk.read(first, &mut [0; SECTOR])).is_err());
    device.mood.set(Mood::Well);
    assert_eq!(pace::run(disk.read(first, &mut [0; SECTOR])), Ok(()));
    assert_eq!(device.resets.get(), resets);
}

#[test]
fn a_silent_device_is_reset_and_goes_on() {
    let device = Device::new(64);
    let disk = probe(&device).unwrap();
    device.mood.set(Mood::Silent);
    let operation = BlockOperation::Write;
    let timed_out = BlockError::TimedOut { operation, after_ms: DATA_TIMEOUT_MS };
    assert_eq!(pace::run(disk.write(0, &[1; SECTOR])), Err(timed_out));
    device.mood.set(Mood::Well);
    let data = pattern(4 * SECTOR);
    pace::run(disk.write(0, &data)).unwrap();
    assert_eq!(device.medium.borrow()[..4 * SECTOR], data);
    assert_eq!(device.resets.get(), 2);
}

#[test]
fn a_device_that_is_silent_from_the_start_is_still_found() {
    let device = Device::new(64);
    device.mood.set(Mood::Silent);
    let disk = probe(&device).unwrap();
    assert_eq!(disk.info().name, "virtio disk at 00:04.0");
    device.mood.set(Mood::Well);
    assert_eq!(pace::run(disk.read(0, &mut [0; SECTOR])), Ok(()));
}

#[test]
fn a_confused_or_broken_device_is_reset() {
    for mood in [Mood::Confused, Mood::Breaks] {
        let device = Device::new(64);
        let disk = probe(&device).unwrap();
        device.mood.set(mood);
        let operation = BlockOperation::Flush;
        let failed = Err(BlockError::Device { operation, code: 0x40 });
        assert_eq!(pace::run(disk.flush()), failed, "{mood:?}");
        device.mood.set(Mood::Well);
        assert_eq!(pace::run(disk.read(0, &mut [0; SECTOR])), Ok(()), "{mood:?}");
        assert_eq!(device.resets.get(), 2);
    }
}

#[test]
fn a_device_that_went_away_or_came_back_as_another_is_gone() {
    let device = Device::new(64);
    let disk = probe(&device).unwrap();
    device.is_there.set(false);
    assert_eq!(pace::run(disk.read(0, &mut [0; SECTOR])), Err(BlockError::Gone));
    device.is_there.set(true);
    assert_eq!(pace::run(disk.read(0, &mut [0; SECTOR])), Err(BlockError::Gone), "for good");

    let device = Device::new(64);
    let disk = probe(&device).unwrap();
    device.mood.set(Mood::Breaks);
    device.medium.borrow_mut().truncate(32 * SECTOR);
    assert!(pace::run(disk.flush()).is_err());
    device.mood.set(Mood::Well);
    assert_eq!(pace::run(disk.read(0, &mut [0; SECTOR])), Err(BlockError::Gone));
    assert_eq!(disk.info().blocks, 64);
}
