//! What is in a segment: by its directory, or, where there is none, chunk by chunk.

use crate::{
    bytes::{PAGE_BYTES, checksum, is_blank},
    chunk::ChunkHeader,
    pages::{Pages, Window},
    record::Entry,
    segment::{ChunkPlace, Directory},
    superblock::Superblock,
};
use alloc::{vec, vec::Vec};
use core::ops::Range;
use system_platform::BlockError;

/// What is in a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub entries: Vec<Entry>,
    /// Its chunks, or only the last one where there is a directory.
    pub chunks: Vec<ChunkPlace>,
    /// The page behind the last chunk; the segment's end where there is a directory.
    pub end: u32,
    /// Pages between chunks in which there are none.
    pub gaps: Vec<Range<u32>>,
    /// Pages behind the last chunk that are not blank: a group that was cut off, a directory that
    /// is damaged, or chunks that are.
    pub rest: Option<Range<u32>>,
}

impl Summary {
    /// Its last chunk.
    pub(crate) fn last(&self) -> Option<ChunkPlace> {
        self.chunks.last().copied()
    }
}

/// Summarizes a segment that was begun under the number `sequence`.
pub(crate) async fn summarize(
    pages: &Pages<'_>,
    superblock: &Superblock,
    segment: u32,
    sequence: u64,
) -> Result<Summary, BlockError> {
    let geometry = superblock.geometry;
    let mut window = Window::new(pages, geometry.first_page(segment), geometry.segment_pages);
    let last_page = window.get(geometry.segment_pages - 1, 1).await?;
    if let Some((count, own)) = Directory::peek(last_page, superblock)
        && own == sequence
        && count < geometry.segment_pages
    {
        let bytes = window.get(geometry.segment_pages - count, count).await?;
        if let Some(Directory { entries, last }) = Directory::read(bytes, geometry) {
            let end = geometry.segment_pages;
            return Ok(Summary { entries, chunks: vec![last], end, gaps: Vec::new(), rest: None });
        }
    }
    summarize_chunks(pages, superblock, segment, sequence).await
}

/// Summarizes a segment by its chunks alone.
pub(crate) async fn summarize_chunks(
    pages: &Pages<'_>,
    superblock: &Superblock,
    segment: u32,
    sequence: u64,
) -> Result<Summary, BlockError> {
    let geometry = superblock.geometry;
    let mut window = Window::new(pages, geometry.first_page(segment), geometry.segment_pages);
    let mut summary = Summary { end: 1, ..Summary::default() };
    let mut page = 1;
    while page < geometry.segment_pages {
        let Some((header, entries)) = chunk(&mut window, superblock, sequence, page).await? else {
            if summary.rest.is_none() && !is_blank(window.get(page, 1).await?) {
                summary.rest = Some(page..geometry.segment_pages);
            }
            page += 1;
            continue;
        };
        // Nothing is written behind a chunk before that is durable, so it is damaged.
        if page > summary.end {
            summary.gaps.push(summary.end..page);
        }
        summary.rest = None;
        let first_entry = summary.entries.len() as u32;
        summary.chunks.push(ChunkPlace { page, group: header.group, first_entry });
        summary.entries.extend(entries);
        page += header.pages();
        summary.end = page;
    }
    Ok(summary)
}

/// The chunk that begins at a page of a segment, if one does.
async fn chunk(
    window: &mut Window<'_, '_>,
    superblock: &Superblock,
    sequence: u64,
    page: u32,
) -> Result<Option<(ChunkHeader, Vec<Entry>)>, BlockError> {
    let geometry = superblock.geometry;
    let Some(header) = ChunkHeader::peek(window.get(page, 1).await?, geometry) else {
        return Ok(None);
    };
    if (header.store, header.sequence, header.page) != (superblock.store, sequence, page) {
        return Ok(None);
    }
    let bytes = window.get(page, header.table_pages()).await?;
    Ok(header.table(bytes, geometry).map(|entries| (header, entries)))
}

/// The chunk that begins at a page of a segment, if it is there with all its payload.
pub(crate) async fn whole_chunk(
    pages: &Pages<'_>,
    superblock: &Superblock,
    (segment, sequence): (u32, u64),
    page: u32,
) -> Result<Option<ChunkHeader>, BlockError> {
    let geometry = superblock.geometry;
    let mut window = Window::new(pages, geometry.first_page(segment), geometry.segment_pages);
    let Some((header, entries)) = chunk(&mut window, superblock, sequence, page).await? else {
        return Ok(None);
    };
    for entry in &entries {
        let payload = window.bytes(entry.offset, entry.piece_len(geometry)).await?;
        if checksum(payload) != entry.crc {
            return Ok(None);
        }
    }
    Ok(Some(header))
}

/// The number under which a segment was begun whose header is damaged, as its first chunk or its
/// directory has it.
pub(crate) async fn sequence_of(
    pages: &Pages<'_>,
    superblock: &Superblock,
    segment: u32,
) -> Result<Option<u64>, BlockError> {
    let geometry = superblock.geometry;
    let first_page = geometry.first_page(segment);
    let mut page = vec![0; PAGE_BYTES];
    pages.read(first_page + u64::from(geometry.segment_pages) - 1, &mut page).await?;
    let by_directory = Directory::peek(&page, superblock).map(|(_, sequence)| sequence);
    pages.read(first_page + 1, &mut page).await?;
    let by_chunk = ChunkHeader::peek(&page, geometry).map(|header| header.sequence);
    for sequence in by_directory.into_iter().chain(by_chunk) {
        if summarize(pages, superblock, segment, sequence).await?.last().is_some() {
            return Ok(Some(sequence));
        }
    }
    Ok(None)
}
