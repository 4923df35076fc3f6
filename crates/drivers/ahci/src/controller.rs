//! The controller as a whole (AHCI 3.1).

use crate::port;
use alloc::vec::Vec;
use core::{fmt, task::Poll};
use system_platform::{Mmio, Timer, poll_until};

// Registers.
const CONTROL: usize = 0x04;
const PORTS: usize = 0x0C;
const CAPABILITIES_2: usize = 0x24;
const HANDOFF: usize = 0x28;

// Bits of the control register.
const RESET: u32 = 1 << 0;
const IS_AHCI: u32 = 1 << 31;

/// Bit of the second capabilities: the firmware may hold the controller.
const HAS_HANDOFF: u32 = 1 << 0;
// Bits of the handoff register (AHCI 3.1.11).
const OWNED_BY_FIRMWARE: u32 = 1 << 0;
const OWNED_BY_SYSTEM: u32 = 1 << 1;

/// A reset takes a second at most (AHCI 10.4.3).
const RESET_NS: u64 = 1_000_000_000;
/// The firmware lets go within 25 ms, or 2 s when it is busy (AHCI 10.6.3).
const HANDOFF_NS: u64 = 2_000_000_000;

/// Why a controller cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetError {
    /// Its registers do not fit their range.
    TooFewRegisters {
        /// Bytes of the range.
        len_bytes: usize,
    },
    /// It does not come out of its reset, or is not there.
    NoReset,
}

impl fmt::Display for ResetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewRegisters { len_bytes } => {
                write!(f, "it has only {len_bytes} bytes of registers")
            }
            Self::NoReset => f.write_str("it does not reset"),
        }
    }
}

impl core::error::Error for ResetError {}

/// Takes the controller from the firmware, resets it and starts the links of its ports. Returns the
/// numbers of the ports that it has.
///
/// # Errors
/// See [`ResetError`].
pub async fn reset(registers: &impl Mmio, timer: &impl Timer) -> Result<Vec<u8>, ResetError> {
    let len_bytes = registers.len_bytes();
    if len_bytes < port::offset(1) {
        return Err(ResetError::TooFewRegisters { len_bytes });
    }
    if registers.read_u32(CAPABILITIES_2) & HAS_HANDOFF != 0 {
        let handoff = registers.read_u32(HANDOFF);
        registers.write_u32(HANDOFF, handoff | OWNED_BY_SYSTEM);
        // Firmware that never lets go is overruled by the reset.
        wait_clear(registers, HANDOFF, OWNED_BY_FIRMWARE, HANDOFF_NS, timer).await;
    }
    registers.write_u32(CONTROL, IS_AHCI);
    let known = registers.read_u32(PORTS);
    registers.write_u32(CONTROL, IS_AHCI | RESET);
    if !wait_clear(registers, CONTROL, RESET, RESET_NS, timer).await {
        return Err(ResetError::NoReset);
    }
    // The reset has cleared everything; interrupts stay off.
    registers.write_u32(CONTROL, IS_AHCI);
    // Some controllers forget with the reset what the firmware has told them.
    let implemented = match registers.read_u32(PORTS) {
        0 => known,
        ports => ports,
    };
    let ports: Vec<u8> = (0..32)
        .filter(|number| implemented >> number & 1 == 1)
        .filter(|number| port::offset(number + 1) <= len_bytes)
        .collect();
    for &number in &ports {
        port::start_link(registers, number);
    }
    Ok(ports)
}

/// Waits until bits of a register are clear; whether they are.
async fn wait_clear(
    registers: &impl Mmio,
    register: usize,
    bits: u32,
    timeout_ns: u64,
    timer: &impl Timer,
) -> bool {
    let look = || match registers.read_u32(register) & bits {
        0 => Poll::Ready(()),
        _ => Poll::Pending,
    };
    poll_until(timer, timeout_ns, look).await.is_some()
}
