//! The device in pages.

use crate::bytes::{PAGE_BYTES, is_blank};
use alloc::{rc::Rc, vec, vec::Vec};
use system_platform::{BlockDevice, BlockError};

/// What a page is taken to hold that cannot be read: no checksum fits it, and it is not blank.
pub(crate) const UNREADABLE: u8 = 0xee;

/// Pages that are read, written and compared at a time: 1 MiB.
pub(crate) const SPAN_PAGES: u32 = 256;

/// A device in pages. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Pages<'d> {
    device: Rc<dyn BlockDevice + 'd>,
    blocks_per_page: u64,
}

/// Whether an error is about the place that was read, so that others may be readable.
pub(crate) const fn is_local(error: BlockError) -> bool {
    matches!(error, BlockError::Medium { .. } | BlockError::Device { .. })
}

impl<'d> Pages<'d> {
    /// The device in pages; `None` if its blocks do not divide one.
    pub(crate) fn new(device: Rc<dyn BlockDevice + 'd>) -> Option<Self> {
        let block_bytes = device.info().block_bytes as usize;
        if block_bytes == 0 || !PAGE_BYTES.is_multiple_of(block_bytes) {
            return None;
        }
        Some(Self { device, blocks_per_page: (PAGE_BYTES / block_bytes) as u64 })
    }

    /// Whole pages of the device.
    pub(crate) fn count(&self) -> u64 {
        self.device.info().blocks / self.blocks_per_page
    }

    /// Whether the device refuses to be written.
    pub(crate) fn is_read_only(&self) -> bool {
        self.device.info().is_read_only
    }

    /// Reads pages. Those that the medium refuses become something that is surely not what was
    /// written; other errors end it.
    pub(crate) async fn read(&self, page: u64, buffer: &mut [u8]) -> Result<(), BlockError> {
        match self.device.read(page * self.blocks_per_page, buffer).await {
            Err(error) if is_local(error) => {}
            other => return other,
        }
        for (page, bytes) in (page..).zip(buffer.chunks_mut(PAGE_BYTES)) {
            match self.device.read(page * self.blocks_per_page, bytes).await {
                Err(error) if is_local(error) => bytes.fill(UNREADABLE),
                other => other?,
            }
        }
        Ok(())
    }

    /// Writes pages.
    pub(crate) async fn write(&self, page: u64, bytes: &[u8]) -> Result<(), BlockError> {
        self.device.write(page * self.blocks_per_page, bytes).await
    }

    /// Overwrites pages with zeros, those that are not blank.
    pub(crate) async fn erase(&self, page: u64, count: u32) -> Result<(), BlockError> {
        let mut buffer = vec![0; SPAN_PAGES.min(count) as usize * PAGE_BYTES];
        let end = page + u64::from(count);
        for page in (page..end).step_by(SPAN_PAGES as usize) {
            let span = (end - page).min(u64::from(SPAN_PAGES)) as usize;
            let bytes = &mut buffer[..span * PAGE_BYTES];
            self.read(page, bytes).await?;
            let is_used = |bytes: &[u8]| !is_blank(bytes);
            let Some(first) = bytes.chunks(PAGE_BYTES).position(is_used) else { continue };
            let last = bytes.chunks(PAGE_BYTES).rposition(is_used).expect("there is a first one");
            let bytes = &mut bytes[first * PAGE_BYTES..(last + 1) * PAGE_BYTES];
            bytes.fill(0);
            self.write(page + first as u64, bytes).await?;
        }
        Ok(())
    }

    /// Makes durable what was written.
    pub(crate) async fn flush(&self) -> Result<(), BlockError> {
        self.device.flush().await
    }
}

/// Pages of one segment, read ahead.
pub(crate) struct Window<'p, 'd> {
    pages: &'p Pages<'d>,
    first_page: u64,
    segment_pages: u32,
    start: u32,
    bytes: Vec<u8>,
}

impl<'p, 'd> Window<'p, 'd> {
    /// Pages that are read ahead: 128 KiB.
    const AHEAD: u32 = 32;

    /// A window on the segment that begins with a page of the device.
    pub(crate) const fn new(pages: &'p Pages<'d>, first_page: u64, segment_pages: u32) -> Self {
        Self { pages, first_page, segment_pages, start: 0, bytes: Vec::new() }
    }

    /// Some pages of the segment, which has them.
    pub(crate) async fn get(&mut self, page: u32, count: u32) -> Result<&[u8], BlockError> {
        let end = self.start + (self.bytes.len() / PAGE_BYTES) as u32;
        if page < self.start || page + count > end {
            let span = count.max(Self::AHEAD.min(self.segment_pages - page));
            self.bytes.resize(span as usize * PAGE_BYTES, 0);
            self.start = page;
            self.pages.read(self.first_page + u64::from(page), &mut self.bytes).await?;
        }
        let from = (page - self.start) as usize * PAGE_BYTES;
        Ok(&self.bytes[from..from + count as usize * PAGE_BYTES])
    }

    /// Some bytes of the segment, which has them.
    pub(crate) async fn bytes(&mut self, offset: u32, len: usize) -> Result<&[u8], BlockError> {
        if len == 0 {
            return Ok(&[]);
        }
        let page = offset / PAGE_BYTES as u32;
        let from = offset as usize % PAGE_BYTES;
        let pages = crate::bytes::pages(from + len);
        Ok(&self.get(page, pages).await?[from..from + len])
    }
}
