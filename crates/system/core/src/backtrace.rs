//! The chain of stack frames that `-C force-frame-pointers` leaves behind.
//!
//! Each function begins with `push rbp; mov rbp, rsp`: at `rbp` lies the caller's `rbp`, above it
//! the return address. After a crash the chain may be garbage, so every link is distrusted.

/// More calls than this are not followed: the depth that an endless recursion reaches on a stack of
/// half a megabyte.
pub const MAX_FRAMES: usize = 16 * 1024;
/// No sane frame is larger; a longer jump is garbage.
const MAX_FRAME_BYTES: u64 = 1 << 20;

/// Iterates over return addresses, innermost first.
pub struct FrameWalk<R> {
    frame_pointer: u64,
    frames_left: usize,
    read_word: R,
}

impl<R: FnMut(u64) -> Option<u64>> FrameWalk<R> {
    /// Starts at the frame that `rbp` points to. `read_word` gives the word at a virtual address, or
    /// `None` where reading would fault.
    pub fn new(frame_pointer: u64, read_word: R) -> Self {
        Self { frame_pointer, frames_left: MAX_FRAMES, read_word }
    }
}

impl<R: FnMut(u64) -> Option<u64>> Iterator for FrameWalk<R> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let frame = self.frame_pointer;
        if self.frames_left == 0 || frame == 0 || !frame.is_multiple_of(8) {
            return None;
        }
        self.frames_left -= 1;
        let caller_frame = (self.read_word)(frame)?;
        let return_address = (self.read_word)(frame.checked_add(8)?)?;
        if return_address == 0 {
            return None;
        }
        // Callers lie higher on the same stack; anything else ends the walk after this frame.
        let is_plausible = caller_frame > frame && caller_frame - frame <= MAX_FRAME_BYTES;
        self.frame_pointer = if is_plausible { caller_frame } else { 0 };
        Some(return_address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Stack memory at `base`, one word per element.
    fn walk(base: u64, stack: &[u64], frame_pointer: u64) -> Vec<u64> {
        let read = |address: u64| {
            let index = usize::try_from(address.checked_sub(base)? / 8).ok()?;
            stack.get(index).copied()
        };
        FrameWalk::new(frame_pointer, read).collect()
    }

    #[test]
    fn follows_the_chain_to_the_frame_without_a_caller() {
        // A local lies between the second frame and the third.
        let stack = [0x1010, 0xa, 0x1028, 0xb, 7, 0, 0xc];
        assert_eq!(walk(0x1000, &stack, 0x1000), [0xa, 0xb, 0xc]);
        assert_eq!(walk(0x1000, &stack, 0x1010), [0xb, 0xc]);
        let no_return_address = [0x1010, 0xa, 0x1020, 0, 0, 0xc];
        assert_eq!(walk(0x1000, &no_return_address, 0x1000), [0xa]);
    }

    #[test]
    fn stops_at_cycles_unaligned_links_and_unmapped_memory() {
        assert_eq!(walk(0x1000, &[0x1000, 0xa], 0x1000), [0xa], "a frame that is its own caller");
        assert_eq!(
            walk(0x1000, &[0x1010, 0xa, 0x1000, 0xb], 0x1000),
            [0xa, 0xb],
            "a chain going down"
        );
        assert_eq!(walk(0x1000, &[0x1011, 0xa, 0, 0], 0x1000), [0xa], "an odd link");
        assert_eq!(walk(0x1000, &[0x9000, 0xa], 0x1000), [0xa], "a link to unmapped memory");
        assert_eq!(walk(0x1000, &[0x1010], 0x1000), [0; 0], "half a frame");
        assert_eq!(
            walk(0x1000, &[], 0xffff_ffff_ffff_fff8),
            [0; 0],
            "a frame at the end of memory"
        );
    }

    #[test]
    fn is_bounded_on_endless_chains() {
        let endless =
            |address: u64| Some(if address.is_multiple_of(16) { address + 16 } else { 1 });
        assert_eq!(FrameWalk::new(0x1000, endless).count(), MAX_FRAMES);
    }
}
