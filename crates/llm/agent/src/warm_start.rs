//! A warm start: what was computed of the pinned part of the window is kept in the store, so that
//! after a restart the first answer computes only what is new.
//!
//! There is one record for each model, named by its fingerprint, in the format of
//! [`llm_inference::model::LanguageModel::save_prefix`]: it names its model, its arithmetic and its
//! tokens, and is believed as far as these are those of today. What cannot be believed is told,
//! computed anew and saved over. The kernel restores before the first warm-up and saves when
//! nothing else is to be done.

use crate::{Agent, ErrorSource, Observer, agent::report_error};
use alloc::{format, vec::Vec};
use core::fmt;
use llm_context::Segment;
use llm_inference::model::{LanguageModel, PrefixError, TokenId};
use llm_memory::kinds;
use system_storage::{Batch, Key, MAX_RECORD_BYTES, Store, StoreError};

/// What came of looking for the state of an earlier start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmStart {
    /// Tokens at the start of the prompt need not be computed.
    Restored {
        /// How many: fewer than are pinned if the prompt has changed since.
        tokens: usize,
        /// Tokens that are pinned.
        pinned: usize,
    },
    /// There is none for this model, no model, or something is computed already.
    Nothing,
    /// There is one that cannot be used.
    Refused(WarmStartError),
}

/// What came of keeping the state for the next start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedStart {
    /// It is in the store now.
    Saved {
        /// Tokens of the state.
        tokens: usize,
        /// Bytes of the record.
        bytes: usize,
    },
    /// The store has it already, or keeping it has failed before: that was told then.
    Unchanged,
    /// Not all of the pinned part is computed, or there is no model.
    NotComputed,
    /// It is larger than any record may be, and is not kept.
    TooLarge {
        /// Bytes that the record would have.
        bytes: usize,
    },
}

/// Why a state cannot be restored or kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmStartError {
    /// The state itself.
    State(PrefixError),
    /// The store.
    Store(StoreError),
}

impl fmt::Display for WarmStartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for WarmStartError {}

impl From<PrefixError> for WarmStartError {
    fn from(error: PrefixError) -> Self {
        Self::State(error)
    }
}

impl From<StoreError> for WarmStartError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<M: LanguageModel> Agent<'_, M> {
    /// Restores what an earlier start has computed of what is pinned now. To be called once, when
    /// the window is as it will be and before anything is computed; a state that is refused is told
    /// to `observer` too.
    pub async fn restore_warm_start<O: Observer + ?Sized>(
        &mut self,
        store: &Store<'_>,
        observer: &O,
    ) -> WarmStart {
        match self.restored(store).await {
            Ok(outcome) => outcome,
            Err(error) => {
                let message = format!(
                    "what was computed before the restart cannot be used and is computed anew: {error}"
                );
                report_error(observer, ErrorSource::Model, &message);
                WarmStart::Refused(error)
            }
        }
    }

    /// Keeps what is computed of the pinned part for the next start, if the store does not have it
    /// already. Finding that out costs a comparison of the pinned tokens. To be called when
    /// nothing else is to be done, as saving takes a moment.
    ///
    /// # Errors
    /// The store did not take it, or there was no memory for it. It is not tried again before the
    /// pinned part changes.
    pub async fn save_warm_start(
        &mut self,
        store: &Store<'_>,
    ) -> Result<SavedStart, WarmStartError> {
        self.save_start(store, MAX_RECORD_BYTES).await
    }

    /// As [`Self::save_warm_start`], in at most `most_bytes`.
    pub(crate) async fn save_start(
        &mut self,
        store: &Store<'_>,
        most_bytes: usize,
    ) -> Result<SavedStart, WarmStartError> {
        let Some(model) = &self.model else {
            return Ok(SavedStart::NotComputed);
        };
        if self.pinned_tokens().eq(self.kept_start.iter().copied()) {
            return Ok(SavedStart::Unchanged);
        }
        let pinned: Vec<TokenId> = self.pinned_tokens().collect();
        if !model.computed().starts_with(&pinned) {
            return Ok(SavedStart::NotComputed);
        }
        let tokens = pinned.len();
        let outcome = match model.save_prefix(tokens, most_bytes) {
            Ok(state) => {
                let bytes = state.len();
                let mut batch = Batch::new();
                batch.put(key(model), state);
                let saved = store.commit(batch).await;
                saved.map(|()| SavedStart::Saved { tokens, bytes }).map_err(WarmStartError::Store)
            }
            Err(PrefixError::TooLarge { bytes, .. }) => Ok(SavedStart::TooLarge { bytes }),
            Err(error) => Err(error.into()),
        };
        self.kept_start = pinned;
        outcome
    }

    async fn restored(&mut self, store: &Store<'_>) -> Result<WarmStart, WarmStartError> {
        let Some(model) = self.model.as_ref().filter(|model| model.computed().is_empty()) else {
            return Ok(WarmStart::Nothing);
        };
        let Some(state) = store.get(key(model)).await? else {
            return Ok(WarmStart::Nothing);
        };
        let pinned: Vec<TokenId> = self.pinned_tokens().collect();
        let Some(model) = &mut self.model else {
            return Ok(WarmStart::Nothing);
        };
        let tokens = model.restore_prefix(&pinned, &state)?;
        let outcome = WarmStart::Restored { tokens, pinned: pinned.len() };
        if tokens == pinned.len() {
            self.kept_start = pinned;
        }
        Ok(outcome)
    }

    /// The tokens of the pinned part, as they stand at the start of the next prompt.
    fn pinned_tokens(&self) -> impl Iterator<Item = TokenId> {
        let pinned = self.window.segments().iter().take_while(|segment| segment.is_pinned());
        pinned.flat_map(|Segment { tokens, .. }| tokens.iter().copied())
    }
}

/// The record of a model.
fn key(model: &impl LanguageModel) -> Key {
    Key::new(kinds::PREFIX, model.info().fingerprint)
}
