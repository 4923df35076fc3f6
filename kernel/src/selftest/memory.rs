//! Requests that no memory can meet.

use super::{Failure, expect_equal};
use crate::platform::memory::frames;
use alloc::{format, string::String, vec::Vec};
use system_core::address::PAGE_BYTES;

/// Asks for more than there is: a bit more, far more, and the most that can be asked for. The
/// request must fail at once and leave the free frames alone.
pub fn impossible_allocation_is_refused() -> Result<String, Failure> {
    let before = frames::free_frames();
    for len_bytes in [before * PAGE_BYTES + (64 << 20), 1 << 45, isize::MAX as u64] {
        let mut array: Vec<u8> = Vec::new();
        let is_refused = array.try_reserve_exact(len_bytes as usize).is_err();
        expect_equal("number of refusals", u64::from(is_refused), 1)?;
        expect_equal("number of free frames", frames::free_frames(), before)?;
    }
    Ok(format!("{} MiB stay free", (before * PAGE_BYTES) >> 20))
}
