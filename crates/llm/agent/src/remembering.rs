//! The agent's memory beyond its window: looked through, brought up from a disk, put in order.

use crate::{Agent, Observer, agent::report_error, event::ErrorSource, paging::Question};
use alloc::{format, rc::Rc, string::ToString, vec::Vec};
use llm_inference::model::LanguageModel;
use llm_memory::{Filter, Found, Memory, MemoryError};
use system_storage::{Store, StoreError};

/// Records that are named one by one when they cannot be read.
const MOST_NAMED: usize = 3;

impl<M: LanguageModel> Agent<'_, M> {
    /// Has memories kept in a store from now on, and brings up those that are there. What cannot be
    /// read is told, and left alone. To be called before anything is remembered.
    ///
    /// # Errors
    /// The device failed; then nothing is kept in the store.
    pub async fn open_memory<O: Observer + ?Sized>(
        &mut self,
        store: Rc<Store<'static>>,
        observer: &O,
    ) -> Result<(), StoreError> {
        let (memory, unreadable) = Memory::open(store).await?;
        for record in unreadable.iter().take(MOST_NAMED) {
            report_error(observer, ErrorSource::Memory, &record.to_string());
        }
        if let Some(more) = unreadable.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
            let text = format!("{more} more memory records cannot be read");
            report_error(observer, ErrorSource::Memory, &text);
        }
        self.memory = memory;
        Ok(())
    }

    /// What is remembered.
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// A step of what memory has to do while nobody waits; whether there is more.
    ///
    /// # Errors
    /// What went wrong: it is no use to go on at once.
    pub async fn maintain_memory(&mut self) -> Result<bool, MemoryError> {
        self.memory.maintain(self.host.embedder()).await
    }

    /// The time now, in seconds since 1970; `None` where there is no clock.
    pub(crate) fn unix_s(&self) -> Option<i64> {
        self.host.machine().date_time().map(|now| now.to_unix())
    }

    /// The memories that have most to do with a question, nearest first.
    pub(crate) fn memories_about(&self, question: &Question<'_>, count: usize) -> Vec<Found<'_>> {
        let Some(vector) = &question.vector else { return Vec::new() };
        let question = llm_memory::Question {
            text: question.text,
            vector,
            fingerprint: self.host.embedder().fingerprint(),
            now_unix_s: self.unix_s(),
        };
        self.memory.find(&question, &Filter::default(), count)
    }
}
