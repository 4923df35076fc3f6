//! A device that plays along until it is told not to.

use crate::{
    BlockDevice, BlockError, BlockInfo, BlockOperation, Command, DATA_TIMEOUT_MS, Disk, Drive,
    Fault, GaveUp, Queue,
};
use alloc::{rc::Rc, vec, vec::Vec};
use core::{
    cell::{Cell, RefCell},
    pin::pin,
    task::{Context, Poll, Waker},
};
use system_core::executor::{Executor, yield_now};
use system_platform::{BlockFuture, Clock, Timer, pace, wait::ManualTimer};

const BLOCK: usize = 512;
const BLOCKS: usize = 64;
/// Bytes of one command.
const TRANSFER: usize = 4 * BLOCK;

/// What the device does with the next commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    /// It answers after so many looks.
    Well(u32),
    /// It never answers.
    Silent,
    /// It refuses.
    Refuses,
    /// It stops in the middle.
    Stops,
}

#[derive(Debug)]
struct Shared {
    medium: RefCell<Vec<u8>>,
    mood: Cell<Mood>,
    is_stopped: Cell<bool>,
    comes_back: Cell<bool>,
    log: RefCell<Vec<(u8, Command)>>,
    recoveries: Cell<u32>,
}

struct FakeDrive {
    shared: Rc<Shared>,
    memory: Vec<u8>,
    /// The command and how many looks it still takes.
    under_way: Option<(Command, u32)>,
}

const BAD: BlockError = BlockError::Medium { operation: BlockOperation::Read, first: 0 };

impl Drive for FakeDrive {
    type Unit = u8;

    fn max_transfer_bytes(&self) -> usize {
        TRANSFER
    }

    fn load(&mut self, bytes: &[u8]) {
        assert_eq!(self.under_way, None, "the device may be reading the memory");
        self.memory[..bytes.len()].copy_from_slice(bytes);
    }

    fn unload(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.memory[..buffer.len()]);
    }

    fn start(&mut self, unit: u8, command: Command) -> Result<(), Fault> {
        assert_eq!(self.under_way, None, "one command at a time");
        if self.shared.is_stopped.get() {
            return Err(Fault::Stopped(BlockError::Gone));
        }
        self.shared.log.borrow_mut().push((unit, command));
        let looks = if let Mood::Well(looks) = self.shared.mood.get() { looks } else { 1 };
        self.under_way = Some((command, looks));
        Ok(())
    }

    fn poll(&mut self) -> Poll<Result<(), Fault>> {
        let (command, looks) = self.under_way.as_mut().expect("nobody looks without a command");
        match self.shared.mood.get() {
            Mood::Silent => return Poll::Pending,
            _ if *looks > 0 => {
                *looks -= 1;
                return Poll::Pending;
            }
            Mood::Well(_) => {}
            Mood::Refuses => {
                self.under_way = None;
                return Poll::Ready(Err(Fault::Refused(BAD)));
            }
            Mood::Stops => {
                self.shared.is_stopped.set(true);
                return Poll::Ready(Err(Fault::Stopped(BAD)));
            }
        }
        let mut medium = self.shared.medium.borrow_mut();
        match *command {
            Command::Read { first, len_bytes } => {
                let at = first as usize * BLOCK;
                self.memory[..len_bytes].copy_from_slice(&medium[at..at + len_bytes]);
            }
            Command::Write { first, len_bytes } => {
                let at = first as usize * BLOCK;
                medium[at..at + len_bytes].copy_from_slice(&self.memory[..len_bytes]);
            }
            Command::Flush => {}
        }
        self.under_way = None;
        Poll::Ready(Ok(()))
    }

    async fn recover(&mut self, timer: &impl Timer) -> Result<(), GaveUp> {
        timer.sleep(1_000_000).await;
        self.shared.recoveries.set(self.shared.recoveries.get() + 1);
        self.under_way = None;
        self.shared.is_stopped.set(false);
        if self.shared.comes_back.get() { Ok(()) } else { Err(GaveUp) }
    }
}

/// Turns of an executor, and a clock that they move.
#[derive(Clone, Default)]
struct TurnTimer(Rc<ManualTimer>);

impl Clock for TurnTimer {
    fn now_ns(&self) -> u64 {
        self.0.now_ns()
    }
}

impl Timer for TurnTimer {
    async fn sleep(&self, duration_ns: u64) {
        self.0.sleep(duration_ns).await;
        yield_now().await;
    }
}

/// Gives a request so many turns; whether it has succeeded.
fn succeeds_within(turns: u32, request: BlockFuture<'_>) -> bool {
    let mut request = pin!(request);
    (0..turns).any(|_| {
        request.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(Ok(()))
    })
}

fn shared() -> Rc<Shared> {
    Rc::new(Shared {
        medium: RefCell::new((0..BLOCKS * BLOCK).map(|i| (i / BLOCK) as u8).collect()),
        mood: Cell::new(Mood::Well(3)),
        is_stopped: Cell::new(false),
        comes_back: Cell::new(true),
        log: RefCell::default(),
        recoveries: Cell::new(0),
    })
}

fn disk_with<T: Timer>(shared: &Rc<Shared>, timer: T) -> Disk<FakeDrive, T> {
    let drive = FakeDrive { shared: Rc::clone(shared), memory: vec![0; TRANSFER], under_way: None };
    let info = BlockInfo {
        name: "fake".into(),
        block_bytes: BLOCK as u32,
        blocks: BLOCKS as u64,
        is_read_only: false,
    };
    Disk::new(Rc::new(Queue::new(drive, timer)), 7, info)
}

fn disk(shared: &Rc<Shared>) -> Disk<FakeDrive, ManualTimer> {
    disk_with(shared, ManualTimer::default())
}

#[test]
fn long_requests_are_cut_into_commands() {
    let shared = shared();
    let disk = disk(&shared);
    let mut buffer = vec![0; 10 * BLOCK];
    pace::run(disk.read(5, &mut buffer)).unwrap();
    assert!(buffer.iter().enumerate().all(|(i, byte)| usize::from(*byte) == 5 + i / BLOCK));
    pace::run(disk.write(60, &vec![9; 4 * BLOCK])).unwrap();
    pace::run(disk.flush()).unwrap();
    assert_eq!(shared.medium.borrow()[60 * BLOCK..], [9; 4 * BLOCK]);
    let read = |first, blocks| (7, Command::Read { first, len_bytes: blocks * BLOCK });
    let write = (7, Command::Write { first: 60, len_bytes: TRANSFER });
    let expected = [read(5, 4), read(9, 4), read(13, 2), write, (7, Command::Flush)];
    assert_eq!(*shared.log.borrow(), expected);
}

#[test]
fn impossible_requests_never_reach_the_device() {
    let shared = shared();
    let disk = disk(&shared);
    assert!(matches!(
        pace::run(disk.read(63, &mut [0; 2 * BLOCK])),
        Err(BlockError::OutOfRange { .. })
    ));
    assert!(matches!(pace::run(disk.write(0, &[0; 5])), Err(BlockError::Unaligned { .. })));
    assert_eq!(pace::run(disk.read(64, &mut [])), Ok(()), "nothing, at the end");
    let info = BlockInfo { is_read_only: true, ..disk.info().clone() };
    let drive = FakeDrive { shared: Rc::clone(&shared), memory: Vec::new(), under_way: None };
    let queue = Rc::new(Queue::new(drive, ManualTimer::default()));
    let protected = Disk::new(queue, 0, info);
    assert_eq!(pace::run(protected.write(0, &[0; BLOCK])), Err(BlockError::ReadOnly));
    assert!(shared.log.borrow().is_empty());
}

#[test]
fn silence_ends_in_a_time_out_and_a_recovery() {
    let shared = shared();
    let disk = disk(&shared);
    shared.mood.set(Mood::Silent);
    let timed_out =
        BlockError::TimedOut { operation: BlockOperation::Write, after_ms: DATA_TIMEOUT_MS };
    assert_eq!(pace::run(disk.write(0, &[1; BLOCK])), Err(timed_out));
    assert_eq!(shared.recoveries.get(), 1);
    shared.mood.set(Mood::Well(0));
    assert_eq!(pace::run(disk.read(0, &mut [0; BLOCK])), Ok(()));
}

#[test]
fn a_refusal_needs_no_recovery_and_a_stop_does() {
    let shared = shared();
    let disk = disk(&shared);
    shared.mood.set(Mood::Refuses);
    assert_eq!(pace::run(disk.read(0, &mut [0; BLOCK])), Err(BAD));
    assert_eq!(shared.recoveries.get(), 0);
    shared.mood.set(Mood::Stops);
    assert_eq!(pace::run(disk.read(0, &mut [0; BLOCK])), Err(BAD));
    assert_eq!(shared.recoveries.get(), 1);
    // It stops while nobody looks: the request goes through after a recovery.
    shared.mood.set(Mood::Well(0));
    shared.is_stopped.set(true);
    assert_eq!(pace::run(disk.read(0, &mut [0; BLOCK])), Ok(()));
    assert_eq!(shared.recoveries.get(), 2);
}

#[test]
fn a_device_that_does_not_come_back_is_gone_for_good() {
    let shared = shared();
    let disk = disk(&shared);
    shared.comes_back.set(false);
    shared.mood.set(Mood::Stops);
    assert_eq!(pace::run(disk.read(0, &mut [0; BLOCK])), Err(BAD));
    shared.mood.set(Mood::Well(0));
    assert_eq!(pace::run(disk.read(0, &mut [0; BLOCK])), Err(BlockError::Gone));
    assert_eq!(pace::run(disk.flush()), Err(BlockError::Gone));
    assert_eq!(shared.recoveries.get(), 1);
    assert_eq!(disk.info().blocks, BLOCKS as u64, "it still tells what it was");
}

#[test]
fn requests_at_the_same_time_take_turns() {
    let shared = shared();
    let executor = Executor::new();
    let disk = Rc::new(disk_with(&shared, TurnTimer::default()));
    let done = Rc::new(Cell::new(0));
    for task in 0..5_u8 {
        let (disk, done) = (Rc::clone(&disk), Rc::clone(&done));
        executor.spawner().spawn(async move {
            let first = u64::from(task) * 10;
            disk.write(first, &[100 + task; 9 * BLOCK]).await.unwrap();
            let mut back = [0; 9 * BLOCK];
            disk.read(first, &mut back).await.unwrap();
            assert_eq!(back, [100 + task; 9 * BLOCK]);
            done.set(done.get() + 1);
        });
    }
    executor.run_until_idle(|| 0);
    assert_eq!(done.get(), 5);
}

#[test]
fn a_request_that_is_given_up_disturbs_nobody() {
    let shared = shared();
    let disk = disk_with(&shared, TurnTimer::default());
    // Dropped after any number of turns, so before, within and after the command.
    for turns in 0..9 {
        let mut gone = [0xEE; BLOCK];
        succeeds_within(turns, disk.read(3, &mut gone));
        let mut back = [0; BLOCK];
        assert!(succeeds_within(20, disk.read(8, &mut back)), "after {turns} turns");
        assert_eq!(back, [8; BLOCK]);
    }
}

#[test]
fn a_recovery_that_is_given_up_is_made_up_for() {
    let shared = shared();
    let disk = disk_with(&shared, TurnTimer::default());
    shared.mood.set(Mood::Stops);
    let mut gone = [0; BLOCK];
    {
        let mut request = pin!(disk.read(3, &mut gone));
        for _ in 0..100 {
            assert!(request.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            if shared.is_stopped.get() {
                break;
            }
        }
    }
    assert!(shared.is_stopped.get() && shared.recoveries.get() == 0, "dropped in the recovery");
    shared.mood.set(Mood::Well(0));
    assert!(succeeds_within(20, disk.flush()));
    assert_eq!(shared.recoveries.get(), 1);
}
