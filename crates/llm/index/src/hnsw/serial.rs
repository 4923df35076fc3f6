//! The index as bytes. Everything that decides what it does later on is in them, so that an index
//! that was read goes on as the one that was written.

use super::{
    HnswIndex, HnswOptions, State,
    graph::{GROUND_LINKS, Graph, MAX_LEVEL, UPPER_LINKS},
    sweep::Sweep,
};
use crate::{
    DamagedIndex,
    bytes::{Kind, Reader, Writer, collect},
};
use alloc::{collections::VecDeque, vec::Vec};
use llm_tensor::CpuFeatures;

/// Stands for no slot.
const NONE: u32 = u32::MAX;

impl HnswIndex {
    /// The index as bytes, for [`Self::from_bytes`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::Hnsw);
        writer.u64(self.options.seed);
        writer.u64(self.options.ef_construction as u64);
        writer.u64(self.drawn);
        writer.u32(self.states.len() as u32);
        self.states.iter().for_each(|&state| writer.bytes(&[state as u8]));
        writer.vectors(&self.vectors);
        writer.u32(self.graph.entry().unwrap_or(NONE));
        let slots = 0..self.states.len() as u32;
        let towers = slots.clone().filter(|&slot| self.graph.level(slot) > 0);
        writer.u32(towers.clone().count() as u32);
        for slot in towers.clone() {
            writer.u32(slot);
            writer.u32(self.graph.level(slot) as u32);
        }
        slots.for_each(|slot| writer.words(self.graph.list(slot, 0)));
        for slot in towers {
            let levels = 1..=self.graph.level(slot);
            levels.for_each(|level| writer.words(self.graph.list(slot, level)));
        }
        let (pending, more) = self.pending.as_slices();
        writer.u32(self.pending.len() as u32);
        writer.words(pending);
        writer.words(more);
        for list in [&self.free, &self.sweep.old, &self.sweep.fresh] {
            writer.u32(list.len() as u32);
            writer.words(list);
        }
        writer.u32(self.sweep.next);
        writer.finish()
    }

    /// The index that [`Self::to_bytes`] has written.
    ///
    /// # Errors
    /// The bytes are not as they were written; the index must be built anew.
    pub fn from_bytes(cpu: CpuFeatures, bytes: &[u8]) -> Result<Self, DamagedIndex> {
        let mut reader = Reader::new(Kind::Hnsw, bytes)?;
        let seed = reader.u64("seed")?;
        let ef_construction = reader.u64("options")?;
        let ef_construction =
            usize::try_from(ef_construction).map_err(|_| DamagedIndex::Field("options"))?;
        let drawn = reader.u64("seed")?;
        let slots = reader.u32("number of slots")? as usize;
        let states = read_states(reader.bytes(slots, "states")?)?;
        let is_alive =
            |slot: usize| matches!(states.get(slot), Some(State::Linked | State::Pending));
        let vectors = reader.vectors(cpu, is_alive)?;
        if vectors.slots() != slots {
            return Err(DamagedIndex::Field("number of slots"));
        }
        let graph = read_graph(&mut reader, &states)?;
        let mut list = |state: &[State]| read_slots(&mut reader, &states, state);
        let pending = list(&[State::Pending])?;
        let free = list(&[State::Free])?;
        let [old, fresh] = [list(&[State::Dead])?, list(&[State::Dead])?];
        // Each slot that is not linked is in one list, once.
        let mut listed = [&*pending, &*free, &*old, &*fresh].concat();
        let listed_count = listed.len();
        listed.sort_unstable();
        listed.dedup();
        let linked = states.iter().filter(|&&state| state == State::Linked).count();
        if listed.len() != listed_count || listed_count + linked != slots {
            return Err(DamagedIndex::Field("lists of slots"));
        }
        let next = reader.u32("sweep")?;
        if next as usize > slots {
            return Err(DamagedIndex::Field("sweep"));
        }
        reader.finish()?;
        Ok(Self {
            vectors,
            graph,
            states,
            free,
            pending: VecDeque::from(pending),
            sweep: Sweep { next, old, fresh },
            options: HnswOptions { ef_construction, seed },
            drawn,
        })
    }
}

fn read_states(bytes: &[u8]) -> Result<Vec<State>, DamagedIndex> {
    const STATES: [State; 4] = [State::Free, State::Pending, State::Linked, State::Dead];
    if bytes.iter().any(|&byte| usize::from(byte) >= STATES.len()) {
        return Err(DamagedIndex::Field("states"));
    }
    collect(bytes, |&byte| STATES[usize::from(byte)])
}

/// A list of slots of some states.
fn read_slots(
    reader: &mut Reader<'_>,
    states: &[State],
    wanted: &[State],
) -> Result<Vec<u32>, DamagedIndex> {
    let count = reader.u32("lists of slots")? as usize;
    if count > states.len() {
        return Err(DamagedIndex::Field("lists of slots"));
    }
    let mut slots = Vec::new();
    slots.try_reserve_exact(count).map_err(|_| DamagedIndex::NoMemory)?;
    for _ in 0..count {
        let slot = reader.u32("lists of slots")?;
        let state = states.get(slot as usize).ok_or(DamagedIndex::Field("lists of slots"))?;
        if !wanted.contains(state) {
            return Err(DamagedIndex::Field("lists of slots"));
        }
        slots.push(slot);
    }
    Ok(slots)
}

fn read_graph(reader: &mut Reader<'_>, states: &[State]) -> Result<Graph, DamagedIndex> {
    let is_reached =
        |slot: u32| matches!(states.get(slot as usize), Some(State::Linked | State::Dead));
    let entry = Some(reader.u32("entry")?).filter(|&entry| entry != NONE);
    // Who is linked is reached from somewhere.
    let has_linked = states.contains(&State::Linked);
    if entry.is_some_and(|entry| !is_reached(entry)) || has_linked && entry.is_none() {
        return Err(DamagedIndex::Field("entry"));
    }
    let mut graph = Graph::default();
    graph.reserve(states.len()).map_err(|_| DamagedIndex::NoMemory)?;
    states.iter().for_each(|_| graph.push());
    graph.set_entry(entry);
    let mut towers: Vec<(u32, usize)> = Vec::new();
    for _ in 0..reader.u32("levels")? {
        let (slot, level) = (reader.u32("levels")?, reader.u32("levels")? as usize);
        let is_next = towers.last().is_none_or(|&(last, _)| last < slot);
        if !is_next || !is_reached(slot) || !(1..=MAX_LEVEL).contains(&level) {
            return Err(DamagedIndex::Field("levels"));
        }
        towers.push((slot, level));
        graph.raise(slot, level);
    }
    for slot in 0..states.len() as u32 {
        let list = reader.words::<GROUND_LINKS>("links")?;
        set_links(&mut graph, slot, 0, &list, is_reached)?;
    }
    for (slot, top) in towers {
        for level in 1..=top {
            let list = reader.words::<UPPER_LINKS>("links")?;
            set_links(&mut graph, slot, level, &list, is_reached)?;
        }
    }
    Ok(graph)
}

fn set_links(
    graph: &mut Graph,
    slot: u32,
    level: usize,
    list: &[u32],
    is_reached: impl Fn(u32) -> bool,
) -> Result<(), DamagedIndex> {
    let used = list.iter().position(|&link| link == NONE).unwrap_or(list.len());
    let (links, rest) = list.split_at(used);
    let is_link = |&link: &u32| is_reached(link) && graph.level(link) >= level;
    let has_links = links.is_empty() || is_reached(slot);
    if !has_links || !links.iter().all(is_link) || rest.iter().any(|&link| link != NONE) {
        return Err(DamagedIndex::Field("links"));
    }
    graph.set_links(slot, level, links.iter().copied());
    Ok(())
}
