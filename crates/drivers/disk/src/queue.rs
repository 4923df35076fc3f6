//! One command after the other.

use crate::{Command, Drive, Fault};
use system_core::lock::{Guard, Lock};
use system_platform::{BlockError, BlockOperation, Timer, poll_until};

/// How long reading and writing may take, in milliseconds. Disks that were asleep need seconds, and
/// a bad place is tried again many times.
pub const DATA_TIMEOUT_MS: u32 = 10_000;
/// How long making durable may take: a whole cache may have to be written.
pub const FLUSH_TIMEOUT_MS: u32 = 30_000;

const fn timeout_ms(operation: BlockOperation) -> u32 {
    match operation {
        BlockOperation::Read | BlockOperation::Write => DATA_TIMEOUT_MS,
        BlockOperation::Flush => FLUSH_TIMEOUT_MS,
    }
}

/// How the device stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    /// It takes a command.
    Idle,
    /// A command is under way; who asked for it may be gone.
    Busy(BlockOperation),
    /// It must be recovered first.
    Stopped,
    /// It will not come back.
    Gone,
}

struct State<D> {
    drive: D,
    condition: Condition,
}

/// A device and the requests that wait for it. Several disks may share one.
pub struct Queue<D, T> {
    state: Lock<State<D>>,
    timer: T,
}

impl<D: Drive, T: Timer> Queue<D, T> {
    /// A queue for a device that takes commands.
    pub const fn new(drive: D, timer: T) -> Self {
        Self { state: Lock::new(State { drive, condition: Condition::Idle }), timer }
    }

    /// Reads as much as one command can, into the start of `buffer`; returns how many bytes.
    ///
    /// # Errors
    /// See [`BlockError`].
    pub async fn read(
        &self,
        unit: D::Unit,
        first: u64,
        buffer: &mut [u8],
    ) -> Result<usize, BlockError> {
        let mut state = self.ready().await?;
        let len_bytes = buffer.len().min(state.drive.max_transfer_bytes());
        self.run(&mut state, unit, Command::Read { first, len_bytes }).await?;
        state.drive.unload(&mut buffer[..len_bytes]);
        Ok(len_bytes)
    }

    /// Writes as much of the start of `bytes` as one command can; returns how many.
    ///
    /// # Errors
    /// See [`BlockError`].
    pub async fn write(
        &self,
        unit: D::Unit,
        first: u64,
        bytes: &[u8],
    ) -> Result<usize, BlockError> {
        let mut state = self.ready().await?;
        let len_bytes = bytes.len().min(state.drive.max_transfer_bytes());
        state.drive.load(&bytes[..len_bytes]);
        self.run(&mut state, unit, Command::Write { first, len_bytes }).await?;
        Ok(len_bytes)
    }

    /// Makes durable what was written.
    ///
    /// # Errors
    /// See [`BlockError`].
    pub async fn flush(&self, unit: D::Unit) -> Result<(), BlockError> {
        let mut state = self.ready().await?;
        self.run(&mut state, unit, Command::Flush).await
    }

    /// Waits for the device until it takes a command.
    async fn ready(&self) -> Result<Guard<'_, State<D>>, BlockError> {
        let mut state = self.state.lock().await;
        if let Condition::Busy(operation) = state.condition {
            // Whoever asked is gone, and so is the interest in the outcome.
            let _ = self.finish(&mut state, operation).await;
        }
        if state.condition == Condition::Stopped {
            self.recover(&mut state).await;
        }
        match state.condition {
            Condition::Gone => Err(BlockError::Gone),
            _ => Ok(state),
        }
    }

    async fn run(
        &self,
        state: &mut State<D>,
        unit: D::Unit,
        command: Command,
    ) -> Result<(), BlockError> {
        let mut started = state.drive.start(unit, command);
        if let Err(Fault::Stopped(_)) = started {
            // It stopped while nobody looked; nothing of this command has happened.
            self.recover(state).await;
            if state.condition == Condition::Gone {
                return Err(BlockError::Gone);
            }
            started = state.drive.start(unit, command);
        }
        match started {
            Ok(()) => {
                state.condition = Condition::Busy(command.operation());
                self.finish(state, command.operation()).await
            }
            Err(fault) => self.take(state, fault).await,
        }
    }

    /// Waits for the command under way.
    async fn finish(
        &self,
        state: &mut State<D>,
        operation: BlockOperation,
    ) -> Result<(), BlockError> {
        let after_ms = timeout_ms(operation);
        let timeout_ns = u64::from(after_ms) * 1_000_000;
        match poll_until(&self.timer, timeout_ns, || state.drive.poll()).await {
            Some(Ok(())) => {
                state.condition = Condition::Idle;
                Ok(())
            }
            Some(Err(fault)) => self.take(state, fault).await,
            None => {
                self.take(state, Fault::Stopped(BlockError::TimedOut { operation, after_ms })).await
            }
        }
    }

    /// Sets the device's condition after a fault, and passes the error on.
    async fn take(&self, state: &mut State<D>, fault: Fault) -> Result<(), BlockError> {
        match fault {
            Fault::Refused(error) => {
                state.condition = Condition::Idle;
                Err(error)
            }
            Fault::Stopped(error) => {
                self.recover(state).await;
                Err(error)
            }
        }
    }

    async fn recover(&self, state: &mut State<D>) {
        // For the case that this is dropped in the middle.
        state.condition = Condition::Stopped;
        let outcome = state.drive.recover(&self.timer).await;
        state.condition = if outcome.is_ok() { Condition::Idle } else { Condition::Gone };
    }
}
