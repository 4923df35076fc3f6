//! The driver against a controller that plays along until it is told not to.

use crate::{
    PortDrive, PortError, ResetError,
    identify::Unsuitable,
    reset,
    testing::{Controller, Mood, PORT},
};
use alloc::{rc::Rc, vec, vec::Vec};
use drivers_disk::{BlockDevice, BlockError, BlockOperation, DATA_TIMEOUT_MS, Disk};
use system_platform::{
    Clock, OutOfDmaMemory,
    dma::{FakeDma, FakeRegion},
    pace,
    wait::ManualTimer,
};

type Drive = PortDrive<Rc<Controller>, FakeRegion>;

/// The interrupt bit of a failed command.
const TASK_FILE_ERROR: u32 = 1 << 30;

fn probe(controller: &Rc<Controller>) -> Result<Option<Disk<Drive, ManualTimer>>, PortError> {
    let timer = ManualTimer::default();
    assert_eq!(pace::run(reset(controller, &timer)), Ok(vec![0, 1]));
    let registers = Rc::clone(controller);
    let probed = Drive::probe(registers, PORT, &controller.memory, &timer, "00:1f.2");
    let probed = pace::run(probed)?;
    Ok(probed.map(|(drive, info)| Disk::alone(drive, timer, info)))
}

fn disk(controller: &Rc<Controller>) -> Disk<Drive, ManualTimer> {
    probe(controller).unwrap().expect("there is a disk")
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 512) as u8).collect()
}

#[test]
fn reads_writes_and_flushes() {
    let controller = Controller::new(512, 1024);
    let disk = disk(&controller);
    assert_eq!(disk.info().name, "FAKE DISK SERIAL-1 at 00:1f.2, port 1");
    assert_eq!((disk.info().blocks, disk.info().block_bytes), (1024, 512));
    let data = pattern(300 * 512);
    pace::run(disk.write(700, &data)).unwrap();
    pace::run(disk.flush()).unwrap();
    assert_eq!(controller.medium.borrow()[700 * 512..1000 * 512], data);
    let mut back = vec![0; data.len()];
    pace::run(disk.read(700, &mut back)).unwrap();
    assert_eq!(back, data);
    let expected = [(0xEC, 0), (0x35, 256), (0x35, 44), (0xEA, 0), (0x25, 256), (0x25, 44)];
    assert_eq!(*controller.log.borrow(), expected);
}

#[test]
fn large_blocks_are_counted_as_such() {
    let controller = Controller::new(4096, 64);
    let disk = disk(&controller);
    assert_eq!((disk.info().blocks, disk.info().block_bytes), (64, 4096));
    let data = pattern(3 * 4096);
    pace::run(disk.write(61, &data)).unwrap();
    assert_eq!(controller.medium.borrow()[61 * 4096..], data);
}

#[test]
fn what_is_no_disk_and_what_is_not_there_is_left_alone() {
    let controller = Controller::new(512, 8);
    controller.signature.set(0xEB14_0101);
    assert!(probe(&controller).unwrap().is_none());
    assert!(controller.log.borrow().is_empty(), "a CD drive is not asked for anything");

    let controller = Controller::new(512, 8);
    controller.is_there.set(false);
    assert!(probe(&controller).unwrap().is_none());
    let timer = ManualTimer::default();
    let empty = Drive::probe(Rc::clone(&controller), 0, &controller.memory, &timer, "");
    assert!(pace::run(empty).unwrap().is_none());
    assert!(timer.now_ns() < 200_000_000, "an empty port is soon known to be empty");
}

#[test]
fn names_what_keeps_a_disk_from_being_used() {
    let error = |change: fn(&Controller)| {
        let controller = Controller::new(512, 8);
        change(&controller);
        probe(&controller).err()
    };
    assert_eq!(error(|it| it.gets_ready.set(false)), Some(PortError::Stuck));
    assert_eq!(error(|it| it.mood.set(Mood::Silent)), Some(PortError::NoIdentity));
    let aborts = |it: &Controller| it.mood.set(Mood::Fails(0x0451, TASK_FILE_ERROR));
    assert_eq!(error(aborts), Some(PortError::NoIdentity));
    let old = Some(PortError::Unsuitable(Unsuitable::Old));
    assert_eq!(error(|it| it.has_48_bits.set(false)), old);
    let odd = Some(PortError::Unsuitable(Unsuitable::BlockBytes(520)));
    assert_eq!(error(|it| it.block_bytes.set(520)), odd);

    let controller = Controller::new(512, 8);
    let timer = ManualTimer::default();
    let poor = FakeDma::exhausted();
    pace::run(reset(&controller, &timer)).unwrap();
    let probed = Drive::probe(Rc::clone(&controller), PORT, &poor, &timer, "");
    let out_of_memory = PortError::Memory(OutOfDmaMemory { len_bytes: 4096 });
    assert_eq!(pace::run(probed).err(), Some(out_of_memory));
}

#[test]
fn a_dead_controller_is_given_up_and_greedy_firmware_overruled() {
    let timer = ManualTimer::default();
    let controller = Controller::new(512, 8);
    controller.resets.set(false);
    assert_eq!(pace::run(reset(&controller, &timer)), Err(ResetError::NoReset));
    assert!(timer.now_ns() < 2_000_000_000);

    let controller = Controller::new(512, 8);
    controller.firmware_lets_go.set(false);
    assert!(pace::run(reset(&controller, &timer)).is_ok());
}

#[test]
fn task_files_become_errors_and_the_disk_goes_on() {
    let controller = Controller::new(512, 64);
    let disk = disk(&controller);
    let (operation, first) = (BlockOperation::Read, 9);
    let fails = |task_file| {
        controller.mood.set(Mood::Fails(task_file, TASK_FILE_ERROR));
        let outcome = pace::run(disk.read(first, &mut [0; 512]));
        controller.mood.set(Mood::Well(0));
        outcome
    };
    let medium = Err(BlockError::Medium { operation, first });
    assert_eq!(fails(0x4051), medium, "uncorrectable");
    assert_eq!(fails(0x1051), medium, "not found");
    let aborted = BlockError::Device { operation, code: TASK_FILE_ERROR | 0x0451 };
    assert_eq!(fails(0x0451), Err(aborted));
    assert_eq!(pace::run(disk.read(first, &mut [0; 512])), Ok(()));
    assert_eq!(controller.link_resets.get(), 0, "a failed command needs no reset");
    // A disk that failed and holds on to the task file.
    controller.mood_after_reset.set(Some(Mood::Well(0)));
    let held = BlockError::Device { operation, code: TASK_FILE_ERROR | 0x04D1 };
    assert_eq!(fails(0x04D1), Err(held));
    assert_eq!(controller.link_resets.get(), 1);
    assert_eq!(pace::run(disk.read(first, &mut [0; 512])), Ok(()));
    // The bus fails, not the disk.
    controller.mood.set(Mood::Fails(0x50, 1 << 29));
    let bus = BlockError::Device { operation: BlockOperation::Flush, code: 1 << 29 | 0x50 };
    assert_eq!(pace::run(disk.flush()), Err(bus));
}

#[test]
fn a_silent_disk_is_reset_even_if_its_port_does_not_stop() {
    for stops in [true, false] {
        let controller = Controller::new(512, 64);
        let disk = disk(&controller);
        controller.mood.set(Mood::Silent);
        controller.stops.set(stops);
        let operation = BlockOperation::Write;
        let timed_out = BlockError::TimedOut { operation, after_ms: DATA_TIMEOUT_MS };
        assert_eq!(pace::run(disk.write(0, &[1; 512])), Err(timed_out));
        // Silent to the question for its identity too, so it is given up.
        controller.mood.set(Mood::Well(0));
        assert_eq!(pace::run(disk.read(0, &mut [0; 512])), Err(BlockError::Gone));
        assert_eq!(controller.link_resets.get(), 1);
    }
}

#[test]
fn a_disk_that_hung_once_comes_back() {
    let controller = Controller::new(512, 64);
    let disk = disk(&controller);
    controller.mood.set(Mood::Fails(0xD0, 1 << 27));
    controller.mood_after_reset.set(Some(Mood::Well(0)));
    let operation = BlockOperation::Write;
    let failed = BlockError::Device { operation, code: 1 << 27 | 0xD0 };
    assert_eq!(pace::run(disk.write(0, &[1; 512])), Err(failed));
    assert_eq!(pace::run(disk.read(0, &mut [0; 512])), Ok(()));
}

#[test]
fn a_disk_that_was_pulled_out_is_gone() {
    let controller = Controller::new(512, 64);
    let disk = disk(&controller);
    controller.is_there.set(false);
    assert_eq!(pace::run(disk.read(0, &mut [0; 512])), Err(BlockError::Gone));
    controller.exchange();
    assert_eq!(pace::run(disk.read(0, &mut [0; 512])), Err(BlockError::Gone), "for good");
    assert_eq!(disk.info().blocks, 64);
}

#[test]
fn the_same_disk_put_back_is_used_and_another_is_not() {
    let controller = Controller::new(512, 64);
    let disk = disk(&controller);
    controller.exchange();
    assert_eq!(pace::run(disk.write(0, &[1; 512])), Ok(()));
    controller.serial.set(b"SERIAL-2            ");
    controller.exchange();
    assert_eq!(pace::run(disk.write(0, &[2; 512])), Err(BlockError::Gone));
    assert_eq!(controller.medium.borrow()[0], 1, "the other disk was not written to");
}
