//! Random bytes for names that must not be given twice: of disks, partitions and stores. Not for keys.

use super::clock::KernelClock;
use crate::arch::cpu;
use system_platform::Clock;

/// Bytes from the CPU's generator, where it has one, mixed with the clocks.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let mut state = KernelClock.now_ns();
    for piece in bytes.chunks_mut(8) {
        state ^= cpu::time_stamp() ^ cpu::random().unwrap_or(0);
        // The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
        // generators", 2014).
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        piece.copy_from_slice(&(mixed ^ mixed >> 31).to_le_bytes()[..piece.len()]);
    }
    bytes
}
