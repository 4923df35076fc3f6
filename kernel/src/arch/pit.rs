//! The 8253/8254 programmable interval timer: channel 0 ticks, channel 2 measures.

use super::port::Ports;
use system_platform::PortIo;

/// Input frequency of all channels, in hertz.
pub const INPUT_HZ: u64 = 1_193_182;
/// Ticks a second; 4 ms bounds the delay of timers.
pub const TICK_HZ: u64 = 250;

const CHANNEL_0: u16 = 0x40;
const CHANNEL_2: u16 = 0x42;
const COMMAND: u16 = 0x43;
/// System control port B: gate of channel 2 and the speaker.
const CONTROL_B: u16 = 0x61;
const GATE_2: u8 = 1 << 0;
const SPEAKER: u8 = 1 << 1;

/// Channel 0, low byte then high byte, mode 2 (rate generator).
const CHANNEL_0_RATE: u8 = 0x34;
/// Channel 2, low byte then high byte, mode 0 (counts down once).
const CHANNEL_2_ONE_SHOT: u8 = 0xB0;
/// Counter latch command for channel 2.
const LATCH_CHANNEL_2: u8 = 0x80;

/// Starts the tick on interrupt line 0.
pub fn start_ticking() {
    let divisor = ((INPUT_HZ + TICK_HZ / 2) / TICK_HZ) as u16;
    let [low, high] = divisor.to_le_bytes();
    Ports.write_u8(COMMAND, CHANNEL_0_RATE);
    Ports.write_u8(CHANNEL_0, low);
    Ports.write_u8(CHANNEL_0, high);
}

/// A running count-down of channel 2: 65,535 steps of 1/1,193,182 s, so about 55 ms.
pub struct CountDown;

impl CountDown {
    /// Starts the count with the speaker off.
    pub fn start() -> Self {
        let control = Ports.read_u8(CONTROL_B) & !(GATE_2 | SPEAKER);
        Ports.write_u8(CONTROL_B, control);
        Ports.write_u8(COMMAND, CHANNEL_2_ONE_SHOT);
        Ports.write_u8(CHANNEL_2, 0xFF);
        Ports.write_u8(CHANNEL_2, 0xFF);
        Ports.write_u8(CONTROL_B, control | GATE_2);
        Self
    }

    /// Steps since the start, up to 65,535.
    pub fn elapsed_steps(&self) -> u16 {
        Ports.write_u8(COMMAND, LATCH_CHANNEL_2);
        let low = Ports.read_u8(CHANNEL_2);
        let high = Ports.read_u8(CHANNEL_2);
        u16::MAX - u16::from_le_bytes([low, high])
    }
}
