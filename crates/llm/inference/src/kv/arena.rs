//! The memory that all sequences of a model share.

use super::{PAGE_TOKENS, PageTable, pages_for};
use alloc::{collections::TryReserveError, vec::Vec};
use core::ops::Range;
use llm_tensor::{attention::CachedHead, half::f32_to_f16};

/// A fixed number of pages. All memory is reserved when it is made, but written only as pages are
/// first taken, so that a long context costs no time before it is used.
#[derive(Debug)]
pub struct KvArena {
    layers: Vec<LayerPages>,
    kv_heads: usize,
    head_dim: usize,
    /// `(pages ever taken)`: how many tables list each.
    holders: Vec<u32>,
    /// Pages that were taken and given back; the last goes out first.
    returned: Vec<u32>,
    capacity_pages: usize,
}

#[derive(Debug)]
struct LayerPages {
    /// `(pages ever taken, kv_heads, head_dim, PAGE_TOKENS)`
    keys: Vec<u16>,
    /// `(pages ever taken, kv_heads, PAGE_TOKENS, head_dim)`
    values: Vec<u16>,
}

impl KvArena {
    /// Reserves room for `capacity_pages` pages.
    ///
    /// # Errors
    /// There is not enough memory.
    pub fn new(
        layers: usize,
        kv_heads: usize,
        head_dim: usize,
        capacity_pages: usize,
    ) -> Result<Self, TryReserveError> {
        let mut arena = Self {
            layers: Vec::new(),
            kv_heads,
            head_dim,
            holders: Vec::new(),
            returned: Vec::new(),
            capacity_pages,
        };
        arena.holders.try_reserve_exact(capacity_pages)?;
        arena.returned.try_reserve_exact(capacity_pages)?;
        arena.layers.try_reserve_exact(layers)?;
        let len = capacity_pages.saturating_mul(arena.page_len());
        for _ in 0..layers {
            let (mut keys, mut values) = (Vec::new(), Vec::new());
            keys.try_reserve_exact(len)?;
            values.try_reserve_exact(len)?;
            arena.layers.push(LayerPages { keys, values });
        }
        Ok(arena)
    }

    /// Bytes that [`Self::new`] reserves, with those of the tables that list every page.
    pub const fn len_bytes(layers: usize, kv_heads: usize, head_dim: usize, pages: usize) -> u64 {
        let position = 2 * 2 * (layers as u64) * (kv_heads as u64) * (head_dim as u64);
        let lists = 3 * 4;
        (pages as u64).saturating_mul(PAGE_TOKENS as u64 * position + lists)
    }

    /// Pages it has in all.
    pub const fn capacity_pages(&self) -> usize {
        self.capacity_pages
    }

    /// Pages that no table lists.
    pub const fn free_pages(&self) -> usize {
        self.capacity_pages - self.holders.len() + self.returned.len()
    }

    /// Keys, or values, of one layer in a page.
    const fn page_len(&self) -> usize {
        self.kv_heads * self.head_dim * PAGE_TOKENS
    }

    /// Free pages that [`Self::make_writable`] would take, if `others`, the tables and positions
    /// made writable before it, had got theirs.
    pub fn pages_needed<'t>(
        &self,
        table: &PageTable,
        positions: &Range<usize>,
        others: impl Iterator<Item = (&'t PageTable, &'t Range<usize>)> + Clone,
    ) -> usize {
        if positions.is_empty() {
            return 0;
        }
        let is_copied = |&&page: &&u32| {
            let copied_before = others
                .clone()
                .filter(|(other, range)| {
                    !range.is_empty() && other.tail_from(range.start).contains(&page)
                })
                .count();
            self.holders[page as usize] as usize > 1 + copied_before
        };
        table.tail_from(positions.start).iter().filter(is_copied).count()
            + table.missing(positions.end)
    }

    /// Sees to it that `table` covers `positions`, which follow what it holds, with pages that
    /// nobody else lists; what stands before them in the first of these pages is kept.
    ///
    /// # Panics
    /// Fewer pages are free than [`Self::pages_needed`] says.
    pub fn make_writable(&mut self, table: &mut PageTable, positions: &Range<usize>) {
        if positions.is_empty() {
            return;
        }
        for index in positions.start / PAGE_TOKENS..table.pages.len() {
            let page = table.pages[index];
            if self.holders[page as usize] > 1 {
                let copy = self.take_page();
                self.copy_page(page, copy);
                self.give_back(page);
                table.pages[index] = copy;
            }
        }
        while table.missing(positions.end) > 0 {
            let page = self.take_page();
            table.pages.push(page);
        }
    }

    /// A table of the first `len` positions of `table`, which shares its pages.
    pub fn fork(&mut self, table: &PageTable, len: usize) -> PageTable {
        let pages = table.pages[..pages_for(len)].to_vec();
        for &page in &pages {
            self.holders[page as usize] += 1;
        }
        PageTable { pages }
    }

    /// Gives back the pages that hold none of the first `len` positions.
    pub fn trim(&mut self, table: &mut PageTable, len: usize) {
        let kept = pages_for(len).min(table.pages.len());
        for page in table.pages.drain(kept..) {
            self.give_back(page);
        }
    }

    /// Stores the keys and values, each `(kv_heads, head_dim)`, of one position, which must have
    /// been made writable.
    pub fn store(
        &mut self,
        layer: usize,
        table: &PageTable,
        position: usize,
        keys: &[f32],
        values: &[f32],
    ) {
        let [keys, values] = [keys, values].map(|row| row.iter().map(|&value| f32_to_f16(value)));
        self.store_halves(layer, table, position, keys, values);
    }

    /// As [`Self::store`], of halves.
    pub fn store_halves(
        &mut self,
        layer: usize,
        table: &PageTable,
        position: usize,
        keys: impl Iterator<Item = u16>,
        mut values: impl Iterator<Item = u16>,
    ) {
        let page = table.page_of(position);
        assert!(self.holders[page] == 1, "a page is written by its only holder");
        let (head_dim, slot) = (self.head_dim, position % PAGE_TOKENS);
        let range = page * self.page_len()..(page + 1) * self.page_len();
        let layer = &mut self.layers[layer];
        for (column, key) in layer.keys[range.clone()].chunks_exact_mut(PAGE_TOKENS).zip(keys) {
            column[slot] = key;
        }
        for head in layer.values[range].chunks_exact_mut(PAGE_TOKENS * head_dim) {
            for (cached, value) in head[slot * head_dim..][..head_dim].iter_mut().zip(&mut values) {
                *cached = value;
            }
        }
    }

    /// The keys and the values, each `(kv_heads, head_dim)`, of one position.
    pub fn load_halves(
        &self,
        layer: usize,
        table: &PageTable,
        position: usize,
    ) -> (impl Iterator<Item = u16> + '_, impl Iterator<Item = u16> + '_) {
        let (head_dim, slot) = (self.head_dim, position % PAGE_TOKENS);
        let page = table.page_of(position);
        let range = page * self.page_len()..(page + 1) * self.page_len();
        let layer = &self.layers[layer];
        let keys = layer.keys[range.clone()].chunks_exact(PAGE_TOKENS);
        let values = layer.values[range].chunks_exact(PAGE_TOKENS * head_dim);
        (
            keys.map(move |column| column[slot]),
            values.flat_map(move |head| &head[slot * head_dim..][..head_dim]).copied(),
        )
    }

    /// One head of one layer, of the sequence that `table` lists.
    pub fn head<'a>(&'a self, layer: usize, table: &'a PageTable, head: usize) -> CachedHead<'a> {
        let LayerPages { keys, values } = &self.layers[layer];
        CachedHead {
            keys,
            values,
            pages: &table.pages,
            kv_heads: self.kv_heads,
            head,
            head_dim: self.head_dim,
        }
    }

    fn take_page(&mut self) -> u32 {
        if let Some(page) = self.returned.pop() {
            self.holders[page as usize] = 1;
            return page;
        }
        let page = self.holders.len();
        assert!(page < self.capacity_pages, "the caller has seen that there are free pages");
        self.holders.push(1);
        let len = self.holders.len() * self.page_len();
        for LayerPages { keys, values } in &mut self.layers {
            keys.resize(len, 0);
            values.resize(len, 0);
        }
        u32::try_from(page).expect("no memory holds four billion pages")
    }

    fn give_back(&mut self, page: u32) {
        let holders = &mut self.holders[page as usize];
        *holders -= 1;
        if *holders == 0 {
            self.returned.push(page);
        }
    }

    fn copy_page(&mut self, from: u32, to: u32) {
        let len = self.page_len();
        let (from, to) = (from as usize * len, to as usize * len);
        for LayerPages { keys, values } in &mut self.layers {
            keys.copy_within(from..from + len, to);
            values.copy_within(from..from + len, to);
        }
    }
}
