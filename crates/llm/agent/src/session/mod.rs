//! The session that survives a power cut: the agent's lasting state as records of the store, and back.
//!
//! Each turn, each record of the audit log and each line of input is a record of its own; what is left
//! is a few records that are kept whole ([`keys`]). Payloads are JSON with a version, so that a person
//! can read a dump. [`Agent::save_session`] writes what has changed or vanished, in one batch, so that a
//! power cut leaves one moment or the other. Memories are not part of it; whoever keeps them does so
//! under kinds of their own.
//!
//! What cannot be read, be it damaged or of a later version, is reported, and the rest is brought back.
//! It is not deleted. A part that is kept whole is written again once it changes; of a conversation,
//! the turns that can be read move to another number.

mod conversations;
mod error;
mod found;
mod keeper;
mod keys;
mod numbers;
mod records;
mod resume;
#[cfg(test)]
mod tests;

pub use error::SessionError;
pub(crate) use keeper::SessionKeeper;
pub use resume::Resumed;

use crate::Agent;
use llm_inference::model::LanguageModel;
use system_storage::Store;

impl<M: LanguageModel> Agent<'_, M> {
    /// Writes what of the session has changed since the last time: all of it, or after a power cut
    /// perhaps nothing. For after each line, and each time the agent has woken up. A future that is
    /// dropped loses nothing: the next call writes what is missing.
    ///
    /// # Errors
    /// The session was not resumed from the store before, or the store fails.
    pub async fn save_session(&mut self, store: &Store<'_>) -> Result<(), SessionError> {
        let keeper = self.session.as_ref().ok_or(SessionError::NotResumed)?;
        let mut numbers = keeper.numbers.clone();
        let changes = keeper.changes(self.session_records(&mut numbers, keeper.has_conversations));
        let keeper = self.session.as_mut().ok_or(SessionError::NotResumed)?;
        keeper.numbers = numbers;
        keeper.begin(&changes.keys);
        store.commit(changes.batch).await?;
        keeper.written = changes.written;
        Ok(())
    }
}
