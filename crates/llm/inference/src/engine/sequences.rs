//! The sequences of an engine and their names.

use crate::{
    kv::{KvArena, PageTable},
    model::TokenId,
};
use alloc::{collections::TryReserveError, vec::Vec};
use core::fmt;

/// Names a sequence of one engine. The id of a sequence that has been freed never becomes that of
/// another: it stays unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SequenceId {
    slot: u32,
    generation: u32,
}

impl fmt::Display for SequenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sequence {}.{}", self.slot, self.generation)
    }
}

/// Why a sequence cannot be made or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceError {
    /// It has been freed.
    Unknown(SequenceId),
    /// It is the one that [`crate::model::LanguageModel`] speaks of, which lives as long as the
    /// engine.
    Main,
    /// There is no memory for its logits.
    AllocationFailed,
}

impl fmt::Display for SequenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => write!(f, "{id} is not there"),
            Self::Main => write!(f, "the main sequence cannot be freed"),
            Self::AllocationFailed => write!(f, "no memory for the logits of another sequence"),
        }
    }
}

impl core::error::Error for SequenceError {}

/// What is computed of a text.
#[derive(Debug)]
pub(super) struct Sequence {
    /// Where its keys and values are. Covers `tokens`, and for a while what is being computed.
    pub(super) table: PageTable,
    /// The tokens that are computed.
    pub(super) tokens: Vec<TokenId>,
    /// `(vocabulary)`
    pub(super) logits: Vec<f32>,
    /// Whether `logits` belong to the last computed token.
    pub(super) has_logits: bool,
}

impl Sequence {
    fn new(vocabulary: usize) -> Result<Self, TryReserveError> {
        let mut logits = Vec::new();
        logits.try_reserve_exact(vocabulary)?;
        logits.resize(vocabulary, 0.0);
        Ok(Self { table: PageTable::default(), tokens: Vec::new(), logits, has_logits: false })
    }

    /// Forgets all but the first `len` tokens.
    pub(super) fn truncate(&mut self, len: usize, arena: &mut KvArena) {
        if len < self.tokens.len() {
            self.tokens.truncate(len);
            self.has_logits = false;
        }
        arena.trim(&mut self.table, self.tokens.len());
    }
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    sequence: Option<Sequence>,
}

/// All sequences. The first is the main one and is always there.
#[derive(Debug)]
pub(super) struct Sequences {
    slots: Vec<Slot>,
    /// Slots whose sequence was freed.
    vacant: Vec<u32>,
    vocabulary: usize,
}

impl Sequences {
    pub(super) const MAIN: SequenceId = SequenceId { slot: 0, generation: 0 };

    /// The main sequence alone, empty.
    pub(super) fn new(vocabulary: usize) -> Result<Self, TryReserveError> {
        let main = Slot { generation: 0, sequence: Some(Sequence::new(vocabulary)?) };
        Ok(Self { slots: [main].into(), vacant: Vec::new(), vocabulary })
    }

    pub(super) fn get(&self, id: SequenceId) -> Result<&Sequence, SequenceError> {
        let slot = self.slots.get(id.slot as usize).filter(|slot| slot.generation == id.generation);
        slot.and_then(|slot| slot.sequence.as_ref()).ok_or(SequenceError::Unknown(id))
    }

    pub(super) fn get_mut(&mut self, id: SequenceId) -> Result<&mut Sequence, SequenceError> {
        let slot = self.slots.get_mut(id.slot as usize);
        slot.filter(|slot| slot.generation == id.generation)
            .and_then(|slot| slot.sequence.as_mut())
            .ok_or(SequenceError::Unknown(id))
    }

    pub(super) fn main(&self) -> &Sequence {
        self.get(Self::MAIN).expect("the main sequence is always there")
    }

    pub(super) fn main_mut(&mut self) -> &mut Sequence {
        self.get_mut(Self::MAIN).expect("the main sequence is always there")
    }

    /// Adds an empty sequence.
    pub(super) fn create(&mut self) -> Result<SequenceId, SequenceError> {
        let sequence =
            Sequence::new(self.vocabulary).map_err(|_| SequenceError::AllocationFailed)?;
        if let Some(slot) = self.vacant.pop() {
            let entry = &mut self.slots[slot as usize];
            entry.sequence = Some(sequence);
            return Ok(SequenceId { slot, generation: entry.generation });
        }
        let slot = u32::try_from(self.slots.len()).map_err(|_| SequenceError::AllocationFailed)?;
        self.slots.push(Slot { generation: 0, sequence: Some(sequence) });
        Ok(SequenceId { slot, generation: 0 })
    }

    /// Adds a sequence that shares what another has computed.
    pub(super) fn fork(
        &mut self,
        of: SequenceId,
        arena: &mut KvArena,
    ) -> Result<SequenceId, SequenceError> {
        self.get(of)?;
        let id = self.create()?;
        let parent = self.get(of)?;
        let fork = Sequence {
            table: arena.fork(&parent.table, parent.tokens.len()),
            tokens: parent.tokens.clone(),
            logits: parent.logits.clone(),
            has_logits: parent.has_logits,
        };
        *self.get_mut(id)? = fork;
        Ok(id)
    }

    /// Removes a sequence and gives its pages back.
    pub(super) fn free(
        &mut self,
        id: SequenceId,
        arena: &mut KvArena,
    ) -> Result<(), SequenceError> {
        if id == Self::MAIN {
            return Err(SequenceError::Main);
        }
        let sequence = self.get_mut(id)?;
        arena.trim(&mut sequence.table, 0);
        let slot = &mut self.slots[id.slot as usize];
        slot.sequence = None;
        // A slot whose generations are used up is retired.
        if let Some(generation) = slot.generation.checked_add(1) {
            slot.generation = generation;
            self.vacant.push(id.slot);
        }
        Ok(())
    }
}
