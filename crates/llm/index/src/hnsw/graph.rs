//! Who is linked to whom: a list of fixed length for each slot on the ground, and towers of shorter
//! lists for the few that reach higher levels.

use crate::{IndexError, vectors::reserve};
use alloc::{boxed::Box, vec, vec::Vec};

/// Links of a slot on the ground level, at most.
pub const GROUND_LINKS: usize = 32;
/// The same on each level above.
pub const UPPER_LINKS: usize = 16;
/// The highest level: one in 16^7 slots would reach it.
pub const MAX_LEVEL: usize = 7;
/// Fills lists that are not full, and stands for no tower.
const NONE: u32 = u32::MAX;

/// Links on the ground, in two lines of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
struct Ground([u32; GROUND_LINKS]);

type Upper = [u32; UPPER_LINKS];

/// Links of slots, and where a walk begins.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// `(slots)`
    ground: Vec<Ground>,
    /// `(slots)`: a place in `towers`.
    tower_of: Vec<u32>,
    /// Lists of levels 1 and up; those of nobody are empty.
    towers: Vec<Box<[Upper]>>,
    free_towers: Vec<u32>,
    entry: Option<u32>,
}

/// The links of a list.
#[inline]
fn filled(list: &[u32]) -> &[u32] {
    &list[..list.iter().position(|&slot| slot == NONE).unwrap_or(list.len())]
}

impl Graph {
    pub const fn limit(level: usize) -> usize {
        if level == 0 { GROUND_LINKS } else { UPPER_LINKS }
    }

    /// Makes room for more places.
    pub fn reserve(&mut self, more: usize) -> Result<(), IndexError> {
        reserve(&mut self.ground, more)?;
        reserve(&mut self.tower_of, more)
    }

    /// Makes a place, without links, for a new slot.
    pub fn push(&mut self) {
        self.ground.push(Ground([NONE; GROUND_LINKS]));
        self.tower_of.push(NONE);
    }

    /// Forgets the place of a slot that nobody has a link to.
    pub fn clear(&mut self, slot: u32) {
        self.ground[slot as usize].0.fill(NONE);
        let tower = core::mem::replace(&mut self.tower_of[slot as usize], NONE);
        if tower != NONE {
            self.towers[tower as usize] = Box::default();
            self.free_towers.push(tower);
        }
    }

    /// Gives a slot without one a tower up to a level.
    pub fn raise(&mut self, slot: u32, level: usize) {
        if level > 0 {
            let lists = vec![[NONE; UPPER_LINKS]; level].into_boxed_slice();
            self.tower_of[slot as usize] = match self.free_towers.pop() {
                Some(tower) => {
                    self.towers[tower as usize] = lists;
                    tower
                }
                None => {
                    self.towers.push(lists);
                    self.towers.len() as u32 - 1
                }
            };
        }
    }

    /// The highest level of a slot.
    pub fn level(&self, slot: u32) -> usize {
        match self.tower_of[slot as usize] {
            NONE => 0,
            tower => self.towers[tower as usize].len(),
        }
    }

    /// Where walks begin.
    pub const fn entry(&self) -> Option<u32> {
        self.entry
    }

    pub const fn set_entry(&mut self, slot: Option<u32>) {
        self.entry = slot;
    }

    /// Links of a slot on a level that it reaches.
    #[inline]
    pub fn links(&self, slot: u32, level: usize) -> &[u32] {
        filled(self.list(slot, level))
    }

    /// The list with room for links, of which the first may be in use.
    #[inline]
    pub fn list(&self, slot: u32, level: usize) -> &[u32] {
        match level {
            0 => &self.ground[slot as usize].0,
            _ => &self.towers[self.tower_of[slot as usize] as usize][level - 1],
        }
    }

    fn list_mut(&mut self, slot: u32, level: usize) -> &mut [u32] {
        match level {
            0 => &mut self.ground[slot as usize].0,
            _ => &mut self.towers[self.tower_of[slot as usize] as usize][level - 1],
        }
    }

    /// Gives a slot other links, as many as there is room for.
    pub fn set_links(&mut self, slot: u32, level: usize, links: impl Iterator<Item = u32>) {
        let list = self.list_mut(slot, level);
        list.fill(NONE);
        list.iter_mut().zip(links).for_each(|(place, link)| *place = link);
    }

    /// Adds a link, if there is room.
    pub fn try_link(&mut self, from: u32, level: usize, to: u32) -> bool {
        let list = self.list_mut(from, level);
        let used = filled(list).len();
        let has_room = used < list.len();
        if has_room {
            list[used] = to;
        }
        has_room
    }

    /// Bytes of memory that are held.
    pub fn len_bytes(&self) -> usize {
        let towers: usize = self.towers.iter().map(|tower| size_of_val(&**tower)).sum();
        self.ground.capacity() * size_of::<Ground>()
            + self.tower_of.capacity() * size_of::<u32>()
            + self.towers.capacity() * size_of::<Box<[Upper]>>()
            + towers
    }
}
