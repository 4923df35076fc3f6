//! Stacks, each with an unmapped page below it.

use super::{address_space, frames, layout};
use core::{
    fmt,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
};
use spin::Once;
use system_core::{
    address::{PAGE_BYTES, VirtAddr, align_up},
    paging::Access,
};

/// Bytes of [`layout::STACKS`] given away.
static USED_BYTES: AtomicU64 = AtomicU64::new(0);

/// More stacks than this have no name.
const MAX_NAMES: usize = 256;
/// The bottom and the owner of each stack, readable without a lock.
static OWNERS: [Once<(VirtAddr, &'static str)>; MAX_NAMES] = [const { Once::new() }; MAX_NAMES];
static OWNER_COUNT: AtomicUsize = AtomicUsize::new(0);

/// A stack that nobody uses yet. It is never freed.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    /// First address behind it, a multiple of 4 KiB: the initial stack pointer.
    pub top: VirtAddr,
}

/// There is no memory left for a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no memory left for a stack")
    }
}

impl core::error::Error for OutOfMemory {}

/// A new stack of at least `len_bytes`; crash reports call it by its owner.
///
/// # Errors
/// When frames have run out.
pub fn allocate(owner: &'static str, len_bytes: u64) -> Result<Stack, OutOfMemory> {
    let len_bytes = align_up(len_bytes, PAGE_BYTES);
    let offset = USED_BYTES.fetch_add(PAGE_BYTES + len_bytes, Ordering::Relaxed);
    let bottom = VirtAddr(layout::STACKS.start.0 + offset + PAGE_BYTES);
    let top = VirtAddr(bottom.0 + len_bytes);
    if top.0 > layout::STACKS.end().0 {
        return Err(OutOfMemory);
    }
    for page in (bottom.0..top.0).step_by(PAGE_BYTES as usize) {
        let frame = frames::allocate().ok_or(OutOfMemory)?;
        address_space::map(VirtAddr(page), frame.address(), PAGE_BYTES, Access::READ_WRITE)
            .map_err(|_| OutOfMemory)?;
    }
    if let Some(slot) = OWNERS.get(OWNER_COUNT.fetch_add(1, Ordering::Relaxed)) {
        slot.call_once(|| (bottom, owner));
    }
    Ok(Stack { top })
}

/// Whether a fault at `address` means that a stack has overflowed: it lies among the stacks, where
/// only guard pages are not mapped.
pub fn is_guard(address: VirtAddr) -> bool {
    layout::STACKS.contains(address) && address_space::translate(address).is_none()
}

/// Whose stack overflows by an access to `address`.
pub fn guarded_owner(address: VirtAddr) -> Option<&'static str> {
    let guards =
        |(bottom, _): &&(VirtAddr, &str)| (bottom.0 - PAGE_BYTES..bottom.0).contains(&address.0);
    let named = OWNERS.iter().filter_map(Once::get).find(guards).map(|(_, owner)| *owner);
    is_guard(address).then_some(named.unwrap_or("unknown"))
}
