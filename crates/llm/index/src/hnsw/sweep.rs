//! What becomes of vectors that were removed.
//!
//! They stay where they are and show walks the way, until no link leads to them. With every change
//! a few slots are looked through for such links; the links of a slot that has some are chosen
//! anew, among what it has and what the removed ones were linked to (after FreshDiskANN, Singh et
//! al. 2021). After a round over all slots nobody has a link to what was removed before it began,
//! so that slot can be used again: no more than a sixteenth of the slots is wasted.

use super::{HnswIndex, State, link::queries_of};
use crate::Scratch;
use alloc::vec::Vec;
use core::mem;

/// Slots that are looked through with each change.
const SLOTS_PER_CHANGE: usize = 64;

/// How far the round is.
#[derive(Clone, Debug, Default)]
pub struct Sweep {
    pub(super) next: u32,
    /// Removed before the round began.
    pub(super) old: Vec<u32>,
    /// Removed since.
    pub(super) fresh: Vec<u32>,
}

impl Sweep {
    /// A vector has been removed.
    pub fn bury(&mut self, slot: u32) {
        self.fresh.push(slot);
    }

    /// Vectors that are to be swept away.
    pub fn len(&self) -> usize {
        self.old.len() + self.fresh.len()
    }

    /// Room for so many slots is held.
    pub fn capacity(&self) -> usize {
        self.old.capacity() + self.fresh.capacity()
    }
}

impl HnswIndex {
    /// Looks through some slots.
    pub(super) fn sweep_some(&mut self, scratch: &mut Scratch) {
        for _ in 0..SLOTS_PER_CHANGE {
            if self.sweep.len() == 0 {
                return;
            }
            if self.sweep.next as usize == self.vectors.slots() {
                self.end_round();
            } else {
                self.sweep.next += 1;
                self.sweep_slot(self.sweep.next - 1, scratch);
            }
        }
    }

    /// Replaces the links of a slot to what is dead.
    fn sweep_slot(&mut self, slot: u32, scratch: &mut Scratch) {
        let state = self.states[slot as usize];
        if !matches!(state, State::Linked | State::Dead) {
            return;
        }
        for level in 0..=self.graph.level(slot) {
            let links = self.graph.links(slot, level);
            let is_dead = |slot: &u32| self.states[*slot as usize] == State::Dead;
            if !links.iter().any(is_dead) {
                continue;
            }
            let Scratch { slots, scores, queries, .. } = &mut *scratch;
            slots.clear();
            slots.extend(links.iter().filter(|link| !is_dead(link)));
            if state == State::Dead {
                self.graph.set_links(slot, level, slots.iter().copied());
                continue;
            }
            for &dead in links.iter().filter(|link| is_dead(link)) {
                slots.extend(self.graph.links(dead, level).iter().filter(|&&link| link != slot));
            }
            slots.sort_unstable();
            slots.dedup();
            let [_, query] = queries_of(queries, &self.vectors);
            let mut chosen = Vec::new();
            self.relink(slot, level, query, &mut chosen, slots, scores);
            // What only a dead one led to is led to by another.
            for link in chosen {
                if !self.graph.links(link, level).contains(&slot) {
                    self.graph.try_link(link, level, slot);
                }
            }
        }
    }

    /// Frees what was removed before the round, and begins another.
    fn end_round(&mut self) {
        let fresh = mem::take(&mut self.sweep.fresh);
        let old = mem::replace(&mut self.sweep.old, fresh);
        self.sweep.next = 0;
        for &slot in &old {
            self.states[slot as usize] = State::Free;
        }
        if self.graph.entry().is_some_and(|entry| self.states[entry as usize] == State::Free) {
            let linked = (0..self.vectors.slots() as u32)
                .filter(|&slot| self.states[slot as usize] == State::Linked);
            let highest = linked.max_by_key(|&slot| (self.graph.level(slot), !slot));
            self.graph.set_entry(highest);
        }
        for slot in old {
            self.graph.clear(slot);
            self.free.push(slot);
        }
    }
}
