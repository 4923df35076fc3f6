//! Reading records. Compaction may move them meanwhile; a payload is good if its checksum is, and if
//! it is not, it was moved or it is damaged.

use crate::{
    bytes::{PAGE_BYTES, checksum, pages},
    error::{Damage, Place, StoreError},
    index::{Piece, Slot},
    pages::Window,
    record::Key,
    store::Shared,
};
use alloc::vec::Vec;
use core::ops::RangeInclusive;

/// Shows a record, or why it cannot be shown.
pub(crate) type Visitor<'v> = dyn FnMut(Key, Result<&[u8], StoreError>) + 'v;

impl Shared<'_> {
    /// The payload of a record.
    pub(crate) async fn get(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        let slot_now = || self.state.borrow().index.record(key).cloned();
        let mut slot = slot_now();
        while let Some(wanted) = slot {
            let read = self.read_slot(key, &wanted).await;
            match read {
                Err(StoreError::Damaged(damage)) => {
                    slot = slot_now();
                    // Where it stands is not overwritten before the index says that it moved.
                    if slot.as_ref() == Some(&wanted) {
                        self.report(damage);
                        return read.map(Some);
                    }
                }
                other => return other.map(Some),
            }
        }
        Ok(None)
    }

    async fn read_slot(&self, key: Key, slot: &Slot) -> Result<Vec<u8>, StoreError> {
        let geometry = self.geometry();
        let len_bytes = slot.len_bytes as usize;
        let mut payload = Vec::new();
        payload.try_reserve_exact(len_bytes).map_err(|_| StoreError::OutOfMemory { len_bytes })?;
        let mut buffer = Vec::new();
        for (number, piece) in (0..).zip(slot.pieces()) {
            let len = geometry.piece_len(len_bytes, number);
            let from = piece.offset as usize % PAGE_BYTES;
            if piece.is_missing() {
                return Err(StoreError::Damaged(self.damage(key, piece, len)));
            }
            buffer.resize(pages(from + len) as usize * PAGE_BYTES, 0);
            if len > 0 {
                let page = self.page(piece.segment, piece.offset / PAGE_BYTES as u32);
                self.pages.read(page, &mut buffer).await?;
            }
            let bytes = if len > 0 { &buffer[from..from + len] } else { &[] };
            if checksum(bytes) != piece.crc {
                return Err(StoreError::Damaged(self.damage(key, piece, len)));
            }
            payload.extend_from_slice(bytes);
        }
        Ok(payload)
    }

    /// The damage to a piece. Of one that was not found, nobody knows where it was.
    pub(crate) fn damage(&self, key: Key, piece: &Piece, len: usize) -> Damage {
        let offset_bytes = if piece.is_missing() {
            0
        } else {
            self.page(piece.segment, 0) * PAGE_BYTES as u64 + u64::from(piece.offset)
        };
        Damage { place: Place::Payload(key), offset_bytes, len_bytes: len as u64 }
    }

    /// See [`Store::visit`](crate::Store::visit).
    pub(crate) async fn visit(
        &self,
        kinds: RangeInclusive<u16>,
        visitor: &mut Visitor<'_>,
    ) -> Result<(), StoreError> {
        let geometry = self.geometry();
        let places = self.places(kinds);
        let mut window: Option<(u32, Window<'_, '_>)> = None;
        for (place, key) in places {
            let slot = self.state.borrow().index.record(key).cloned();
            let Some(slot) = slot else { continue };
            let len = slot.len_bytes as usize;
            let Some(piece) = slot.piece(0) else { continue };
            let is_where_it_was = (piece.segment, piece.offset) == place;
            if is_where_it_was && !piece.is_missing() && geometry.pieces(len) == 1 {
                let (_, window) = match &mut window {
                    Some(old) if old.0 == piece.segment => old,
                    other => other.insert((
                        piece.segment,
                        Window::new(
                            &self.pages,
                            geometry.first_page(piece.segment),
                            geometry.segment_pages,
                        ),
                    )),
                };
                let bytes = window.bytes(piece.offset, len).await?;
                if checksum(bytes) == piece.crc {
                    visitor(key, Ok(bytes));
                    continue;
                }
            }
            match self.get(key).await {
                Ok(Some(payload)) => visitor(key, Ok(&payload)),
                Ok(None) => {}
                Err(error @ (StoreError::Damaged(_) | StoreError::OutOfMemory { .. })) => {
                    visitor(key, Err(error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Records of some kinds by the places of their first pieces.
    fn places(&self, kinds: RangeInclusive<u16>) -> Vec<((u32, u32), Key)> {
        let range = Key::new(*kinds.start(), 0)..=Key::new(*kinds.end(), u64::MAX);
        if range.is_empty() {
            return Vec::new();
        }
        let state = self.state.borrow();
        let slots = &state.index.slots;
        let mut places: Vec<_> = slots
            .range(range)
            .filter(|(key, _)| state.index.record(**key).is_some())
            .filter_map(|(key, slot)| slot.piece(0).map(|first| (first, *key)))
            .map(|(first, key)| ((first.segment, first.offset), key))
            .collect();
        places.sort_unstable();
        places
    }
}
