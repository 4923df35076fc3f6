//! The ring of a device, with memory for the one request that is on it.
//!
//! Everything unsafe of this crate is here. It rests on two rules: the memory of a request is
//! allocated once, for ever, and touched by nobody while a request is under way; and the queue's
//! own memory is given back only after the device has confirmed a reset.

use core::{mem::ManuallyDrop, ptr::NonNull, slice};
use virtio_drivers::{
    BufferDirection, Error, Hal, PAGE_SIZE, queue::VirtQueue, transport::Transport,
};

/// Bytes of data that one request can move.
pub const DATA_BYTES: usize = 128 * 1024;
/// Bytes of a request's header (5.2.6).
pub const HEADER_BYTES: usize = 16;
/// The device's only queue that is used.
const QUEUE: u16 = 0;
/// A request takes three places.
const QUEUE_LEN: usize = 4;
/// Status byte of a request that the device has not written to.
const NO_STATUS: u8 = 0xFF;

// Places in the memory of a request.
const HEADER: usize = 0;
const STATUS: usize = 64;
const DATA: usize = PAGE_SIZE;

/// What a request moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// Nothing.
    None,
    /// The first bytes of the memory go to the device.
    ToDevice(usize),
    /// The device fills the first bytes of the memory.
    FromDevice(usize),
}

/// A request that the device has.
#[derive(Clone, Copy, Debug)]
struct Pending {
    token: u16,
    data: Data,
}

/// The ring of one device.
pub struct Ring<H: Hal> {
    queue: ManuallyDrop<VirtQueue<H, QUEUE_LEN>>,
    /// `1 + DATA_BYTES / PAGE_SIZE` pages that are ours alone for ever.
    memory: NonNull<u8>,
    pending: Option<Pending>,
}

impl<H: Hal> Ring<H> {
    /// A ring for a device that was just reset and negotiated with.
    ///
    /// # Errors
    /// No memory, or a device whose queue is too short or in use.
    pub fn new(transport: &mut impl Transport) -> Result<Self, Error> {
        let (phys, memory) = H::dma_alloc(1 + DATA_BYTES / PAGE_SIZE, BufferDirection::Both);
        if phys == 0 {
            return Err(Error::DmaError);
        }
        let queue = ManuallyDrop::new(Self::queue(transport)?);
        Ok(Self { queue, memory, pending: None })
    }

    fn queue(transport: &mut impl Transport) -> Result<VirtQueue<H, QUEUE_LEN>, Error> {
        let mut queue = VirtQueue::new(transport, QUEUE, false, false)?;
        // Whoever looks at the ring needs no interrupts.
        queue.set_dev_notify(false);
        Ok(queue)
    }

    /// Starts anew with a device that was reset and negotiated with again.
    ///
    /// # Errors
    /// As for [`Self::new`]; the ring cannot be used then.
    pub fn restart(&mut self, transport: &mut impl Transport) -> Result<(), Error> {
        let queue = Self::queue(transport)?;
        self.pending = None;
        // The device was reset, so the old queue's memory is its no longer.
        drop(ManuallyDrop::into_inner(core::mem::replace(
            &mut self.queue,
            ManuallyDrop::new(queue),
        )));
        Ok(())
    }

    /// Copies data for a request into its memory.
    ///
    /// # Panics
    /// While a request is under way, or with more than [`DATA_BYTES`].
    pub fn load(&mut self, bytes: &[u8]) {
        assert!(self.pending.is_none(), "the device is using the memory");
        assert!(bytes.len() <= DATA_BYTES, "data that fits");
        // SAFETY: within our memory, which nobody else uses now, see above.
        unsafe { self.bytes(DATA, bytes.len()) }.copy_from_slice(bytes);
    }

    /// Copies what a request has brought out of its memory.
    ///
    /// # Panics
    /// While a request is under way, or with more than [`DATA_BYTES`].
    pub fn unload(&self, buffer: &mut [u8]) {
        assert!(self.pending.is_none(), "the device is using the memory");
        assert!(buffer.len() <= DATA_BYTES, "data that fits");
        // SAFETY: as for `load`.
        buffer.copy_from_slice(unsafe { self.bytes(DATA, buffer.len()) });
    }

    /// Puts a request on the ring and tells the device.
    ///
    /// # Errors
    /// The ring does not take it, which means that it was not restarted after an error.
    ///
    /// # Panics
    /// While another is under way, or with more than [`DATA_BYTES`].
    pub fn submit(
        &mut self,
        transport: &mut impl Transport,
        header: [u8; HEADER_BYTES],
        data: Data,
    ) -> Result<(), Error> {
        assert!(self.pending.is_none(), "one request at a time");
        // SAFETY: within our memory, which nobody else uses now.
        unsafe { self.bytes(HEADER, HEADER_BYTES) }.copy_from_slice(&header);
        // SAFETY: as above.
        unsafe { self.bytes(STATUS, 1) }.fill(NO_STATUS);
        let token = self.with_buffers(data, |queue, inputs, outputs| {
            // SAFETY: the buffers live for ever, and nobody touches them until `pending` is cleared
            // by `take_status`, which pops the request, or by `restart`, which comes after a reset.
            unsafe { queue.add(inputs, outputs) }
        })?;
        self.pending = Some(Pending { token, data });
        if self.queue.should_notify() {
            transport.notify(QUEUE);
        }
        Ok(())
    }

    /// Whether the device is done with the request: its status byte then.
    ///
    /// # Errors
    /// The device says that it is done with what it never got. It must be reset.
    pub fn take_status(&mut self) -> Result<Option<u8>, Error> {
        let Some(Pending { token, data }) = self.pending.filter(|_| self.queue.can_pop()) else {
            return Ok(None);
        };
        self.with_buffers(data, |queue, inputs, outputs| {
            // SAFETY: the same buffers as in `submit`, since `data` is the same.
            unsafe { queue.pop_used(token, inputs, outputs) }
        })?;
        self.pending = None;
        // SAFETY: within our memory, with which the device is done.
        Ok(Some(unsafe { self.bytes(STATUS, 1) }[0]))
    }

    /// Calls `action` with what the device reads and what it writes.
    fn with_buffers<R>(
        &mut self,
        data: Data,
        action: impl for<'a> FnOnce(
            &mut VirtQueue<H, QUEUE_LEN>,
            &'a [&'a [u8]],
            &'a mut [&'a mut [u8]],
        ) -> R,
    ) -> R {
        let len_bytes = match data {
            Data::None => 0,
            Data::ToDevice(len) | Data::FromDevice(len) => len,
        };
        assert!(len_bytes <= DATA_BYTES, "data that fits");
        // SAFETY: three parts of our memory that do not overlap; the references end with this call.
        let header: &[u8] = unsafe { self.bytes(HEADER, HEADER_BYTES) };
        // SAFETY: as above.
        let status = unsafe { self.bytes(STATUS, 1) };
        // SAFETY: as above.
        let bytes = unsafe { self.bytes(DATA, len_bytes) };
        let queue = &mut *self.queue;
        match data {
            Data::None => action(queue, &[header], &mut [status]),
            Data::ToDevice(_) => action(queue, &[header, bytes], &mut [status]),
            Data::FromDevice(_) => action(queue, &[header], &mut [bytes, status]),
        }
    }

    /// A part of the memory.
    ///
    /// # Safety
    /// 1. It lies within the memory.
    /// 2. No other reference to it exists while this one is used.
    unsafe fn bytes<'a>(&self, offset: usize, len_bytes: usize) -> &'a mut [u8] {
        // SAFETY: within the memory by duty 1.
        let start = unsafe { self.memory.add(offset) };
        // SAFETY: allocated for ever, initialised with zeros, and not aliased by duty 2.
        unsafe { slice::from_raw_parts_mut(start.as_ptr(), len_bytes) }
    }
}
