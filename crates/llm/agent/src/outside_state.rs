//! What of the agent's lasting state holds text that somebody else wrote: the person agreed that a
//! call keeps it, and it is still data when it comes back. Memories know it of themselves.

use crate::{Agent, Observer};
use alloc::{collections::BTreeSet, string::String, vec::Vec};
use llm_context::{WindowError, outside::marked};
use llm_inference::model::LanguageModel;
use llm_memory::{Entry, Kind};
use llm_tools::{
    Blocks,
    blocks::Label,
    schedule::{Entry as Reminder, Moment},
};

/// Which reminders and blocks they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct OutsideState {
    reminders: BTreeSet<u32>,
    blocks: BTreeSet<&'static str>,
}

/// What there was before a call that may change it.
pub(crate) struct Before {
    reminders: BTreeSet<u32>,
    blocks: Blocks,
    outside: OutsideState,
}

impl OutsideState {
    /// Whether a block holds such text.
    pub fn has_block(&self, label: Label) -> bool {
        self.blocks.contains(label.as_str())
    }

    /// Takes note of blocks that have changed. What took the place of such text is none.
    fn note_blocks(&mut self, before: &Blocks, now: &Blocks, is_from_outside: bool) {
        for label in Label::ALL {
            let (old, new) = (before.get(label), now.get(label));
            if old == new {
                continue;
            }
            let is_kept = self.has_block(label) && !old.is_empty() && new.starts_with(old);
            match is_kept || is_from_outside && !new.is_empty() {
                true => self.blocks.insert(label.as_str()),
                false => self.blocks.remove(label.as_str()),
            };
        }
    }

    /// The blocks as they stand in the prompt.
    pub fn shown(&self, blocks: &Blocks) -> String {
        blocks.rendered(|label| match self.has_block(label) {
            true => marked("edit_block", blocks.get(label)),
            false => blocks.get(label).into(),
        })
    }

    /// Whether a reminder holds such text.
    pub fn has_reminder(&self, reminder: &Reminder) -> bool {
        self.reminders.contains(&reminder.id)
    }

    /// The reminders that hold such text.
    pub fn reminders(&self) -> impl Iterator<Item = u32> {
        self.reminders.iter().copied()
    }

    /// The blocks that hold such text.
    pub fn blocks(&self) -> impl Iterator<Item = &'static str> {
        self.blocks.iter().copied()
    }

    /// Takes note of reminders that hold such text, in the place of those known.
    pub fn set_reminders(&mut self, ids: BTreeSet<u32>) {
        self.reminders = ids;
    }

    /// Takes note of blocks that hold such text, in the place of those known.
    pub fn set_blocks(&mut self, labels: &[Label]) {
        self.blocks = labels.iter().map(|label| label.as_str()).collect();
    }
}

/// A memory as the model is told it.
pub(crate) fn told(memory: &Entry) -> String {
    match memory.is_from_outside {
        true => marked("remember", &memory.cited()),
        false => memory.cited(),
    }
}

impl<M: LanguageModel> Agent<'_, M> {
    /// What a call may change.
    pub(crate) fn state_before(&self) -> Before {
        Before {
            reminders: self.reminders().iter().map(|reminder| reminder.id).collect(),
            blocks: self.blocks.clone(),
            outside: self.outside_state.clone(),
        }
    }

    /// Takes note of what a call has changed. `is_from_outside` says whether text from outside may
    /// stand in it.
    pub(crate) fn note_changes(&mut self, before: &Before, is_from_outside: bool) {
        let reminders: BTreeSet<u32> =
            self.reminders().iter().map(|reminder| reminder.id).collect();
        let known = &mut self.outside_state;
        if is_from_outside {
            known.reminders.extend(reminders.difference(&before.reminders));
        }
        known.reminders.retain(|id| reminders.contains(id));
        known.note_blocks(&before.blocks, &self.blocks, is_from_outside);
    }

    /// Puts blocks that have changed into the prompt.
    ///
    /// # Errors
    /// They do not fit; then they are as they were before.
    pub(crate) fn repin_blocks<O: Observer + ?Sized>(
        &mut self,
        before: Before,
        observer: &O,
    ) -> Result<(), WindowError> {
        if self.blocks == before.blocks {
            return Ok(());
        }
        self.repin(observer).inspect_err(|_| {
            self.blocks = before.blocks;
            self.outside_state = before.outside;
        })
    }

    /// Whether a text repeats a memory, a reminder or a block that somebody else wrote.
    pub(crate) fn repeats_outside_state(&self, text: &str) -> bool {
        let known = &self.outside_state;
        // Parts of files are marked where they are recalled.
        let is_kept = |memory: &&Entry| memory.is_from_outside && memory.kind != Kind::Chunk;
        let memories = self.memory.entries().filter(is_kept);
        let reminders = self.reminders().into_iter().filter(|it| known.has_reminder(it));
        let blocks = Label::ALL.into_iter().filter(|label| known.has_block(*label));
        let memories = memories.map(|memory| memory.text.as_str());
        let reminders = reminders.map(|reminder| reminder.text.as_str());
        let blocks = blocks.map(|label| self.blocks.get(label));
        memories.chain(reminders).chain(blocks).any(|kept| text.contains(kept))
    }

    fn reminders(&self) -> Vec<&Reminder> {
        self.schedule.entries(Moment::of(self.host.machine()))
    }
}
