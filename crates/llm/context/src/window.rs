//! The window itself: what is in it, and how it changes. What goes when it overflows is decided in
//! `paging`, how messages become tokens in `layout`.

mod editing;
mod layout;
mod paging;

pub use paging::{PageOut, Paging};

use crate::{
    Archive, Budget, EvictionPolicy, Recalled, Segment, SegmentState, TurnId, Usage, WindowError,
    fragment::{self, AroundReply},
    outside,
    policy::Uses,
    summary::Lines,
};
use alloc::{collections::BTreeSet, vec, vec::Vec};
use llm_inference::model::{LanguageModel, Message, Role, TemplateError, TokenId};

/// How the tokens of the segments come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rendering {
    /// Message by message; the prompt is their concatenation.
    Fragments,
    /// The template has no fragments: the whole is rendered at every change, and the segments share
    /// out its tokens.
    Whole,
}

/// The conversation as the model sees it: pinned messages first, then a summary of what was paged
/// out, then turns, oldest first. Behind it stands the [`Archive`] of the turns that were paged out.
///
/// A clone is a branch of the conversation: it shares what is archived and goes its own way.
#[derive(Clone, Debug)]
pub struct Window {
    budget: Budget,
    policy: EvictionPolicy,
    /// The pinned part as it is rendered alone.
    pinned: Vec<Segment>,
    /// All that is in the window; it begins with the pinned part.
    segments: Vec<Segment>,
    rendering: Rendering,
    /// The turns in the window, and when they were used.
    uses: Uses,
    /// The turns in the window that were saved when they held text from outside; what had been
    /// recalled for them is not saved.
    outside_turns: BTreeSet<TurnId>,
    /// The turn that began last, be it in the window or not.
    newest_turn: TurnId,
    lines: Lines,
    archive: Archive,
    evicted_turns: u64,
    evicted_tokens: u64,
}

impl Window {
    /// An empty window.
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            policy: EvictionPolicy::default(),
            pinned: Vec::new(),
            segments: Vec::new(),
            rendering: Rendering::Fragments,
            uses: Uses::default(),
            outside_turns: BTreeSet::new(),
            newest_turn: TurnId::NONE,
            lines: Lines::default(),
            archive: Archive::default(),
            evicted_turns: 0,
            evicted_tokens: 0,
        }
    }

    /// The token budget.
    pub const fn budget(&self) -> Budget {
        self.budget
    }

    /// Changes the budget; what is in the window stays until the next message needs room.
    pub const fn set_budget(&mut self, budget: Budget) {
        self.budget = budget;
    }

    /// What decides which turn is paged out next.
    pub const fn policy(&self) -> EvictionPolicy {
        self.policy
    }

    /// Changes what decides which turn is paged out next.
    pub const fn set_policy(&mut self, policy: EvictionPolicy) {
        self.policy = policy;
    }

    /// Whether a turn is in the window.
    pub fn is_live(&self, turn: TurnId) -> bool {
        self.uses.contains(turn)
    }

    /// Marks a turn in the window as used now, for [`EvictionPolicy::LeastRecentlyUsed`]. Whether
    /// there is one.
    pub fn touch(&mut self, turn: TurnId) -> bool {
        let is_live = self.is_live(turn);
        if is_live {
            self.uses.touch(turn);
        }
        is_live
    }

    /// Says how much a turn in the window has to do with what is talked about, for
    /// [`EvictionPolicy::LeastRelevant`]; the score stays until it is replaced or cleared. A score
    /// that is not a number is none.
    pub fn set_relevance(&mut self, turn: TurnId, score: f32) {
        self.uses.set_relevance(turn, score);
    }

    /// Takes all scores back, as when the topic has changed.
    pub fn clear_relevance(&mut self) {
        self.uses.clear_relevance();
    }

    /// The turns that were paged out.
    pub const fn archive(&self) -> &Archive {
        &self.archive
    }

    /// Changes how many bytes of turns are archived; gives those that were dropped for it.
    pub fn set_archive_limit(&mut self, limit_bytes: usize) -> Vec<TurnId> {
        self.archive.set_limit(limit_bytes)
    }

    /// What is in the window, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether somewhere in the window stands text that somebody else wrote, or a turn for which such
    /// text had been recalled when it was saved.
    pub fn holds_outside_data(&self) -> bool {
        !self.outside_turns.is_empty()
            || self.segments.iter().any(|segment| outside::is_in(segment.text()))
    }

    /// What the person said in the turn at the end.
    pub fn question(&self) -> Option<&str> {
        let is_question = |it: &&Segment| it.role() == Role::User && it.state == SegmentState::Live;
        self.segments.iter().rev().find(is_question).map(Segment::text)
    }

    /// The turn at the end, if there is one.
    pub fn last_turn(&self) -> Option<TurnId> {
        self.uses.turns().next_back()
    }

    /// The number of the turn that began last, be it in the window or not.
    pub const fn newest_turn(&self) -> TurnId {
        self.newest_turn
    }

    /// Begins a conversation anew, with `messages` pinned at its start; the archive is emptied.
    ///
    /// # Errors
    /// Messages that do not leave half of the window free; then nothing has changed.
    pub fn pin<M: LanguageModel>(
        &mut self,
        model: &M,
        messages: &[Message],
    ) -> Result<(), WindowError> {
        self.pinned = self.rendered_pinned(model, messages)?;
        self.clear();
        Ok(())
    }

    /// Replaces the pinned part and keeps the turns; pages out as [`Self::push`] does. What is in
    /// the window beyond the high mark even then, as a long reply may be, stays until the next
    /// message.
    ///
    /// # Errors
    /// Messages that do not leave half of the window free, or not enough for the turn at the end;
    /// then nothing has changed.
    pub fn repin<M: LanguageModel>(
        &mut self,
        model: &M,
        messages: &[Message],
    ) -> Result<Paging, WindowError> {
        let pinned = self.rendered_pinned(model, messages)?;
        // The template may say more than the messages, of tools for instance.
        if pinned == self.pinned {
            return Ok(Paging::default());
        }
        let mut next = self.clone();
        next.pinned = pinned;
        next.segments.splice(..self.pinned.len(), next.pinned.iter().cloned());
        next.place_summary(model, self.budget.summary())?;
        let mut paging = Paging::default();
        next.make_room(model, &mut paging)?;
        let tokens = next.used();
        if tokens > self.budget.limit() {
            let pinned = tokens_of(&next.segments[..next.pinned.len()]);
            let room = (self.budget.limit() + pinned).saturating_sub(tokens);
            return Err(WindowError::MessageTooLarge { tokens: pinned, room });
        }
        *self = next;
        Ok(paging)
    }

    /// Forgets all turns, those in the archive too; the pinned part stays.
    pub fn clear(&mut self) {
        self.segments.clone_from(&self.pinned);
        self.rendering = Rendering::Fragments;
        self.uses = Uses::default();
        self.outside_turns.clear();
        self.newest_turn = TurnId::NONE;
        self.lines = Lines::default();
        self.archive = Archive::new(self.archive.limit_bytes());
        self.evicted_turns = 0;
        self.evicted_tokens = 0;
    }

    /// Adds a message: a user's begins a turn, any other belongs to the turn at the end. Whole turns
    /// are paged out where the prompt would exceed the budget's high mark.
    ///
    /// # Errors
    /// A message that does not fit beside the pinned part and its own turn; then nothing has
    /// changed.
    pub fn push<M: LanguageModel>(
        &mut self,
        model: &M,
        message: Message,
    ) -> Result<Paging, WindowError> {
        self.push_question(model, message, &[])
    }

    /// Adds a message as [`Self::push`] does, and in front of it the `recalled` texts, the most
    /// important first: marked, and as many as the budget's share for them has room for. They belong
    /// to the turn of the message and go with it, without being archived.
    ///
    /// They are a system message of their own. Where the template takes none there, they stand
    /// inside the user's message, in front of its text; the segments tell their tokens apart. Scores
    /// and touches for the policy have to be set before.
    ///
    /// # Errors
    /// As [`Self::push`]; recalled texts that do not fit are no error but are left out and
    /// reported.
    pub fn push_question<M: LanguageModel>(
        &mut self,
        model: &M,
        message: Message,
        recalled: &[Recalled],
    ) -> Result<Paging, WindowError> {
        let mut kept: Vec<usize> = (0..recalled.len()).collect();
        let mut left_out = Vec::new();
        loop {
            let texts: Vec<&Recalled> = kept.iter().map(|index| &recalled[*index]).collect();
            let mut next = self.clone();
            let refusal = match next.admit(model, &message, &texts) {
                Ok(paging) => {
                    *self = next;
                    left_out.sort_unstable();
                    return Ok(Paging { left_out, ..paging });
                }
                Err(refusal) => refusal,
            };
            match refusal {
                Refusal::RecallTooLarge { position } => left_out.push(kept.remove(position)),
                Refusal::Window(WindowError::MessageTooLarge { .. }) if !kept.is_empty() => {
                    left_out.extend(kept.pop());
                }
                Refusal::Window(error) => return Err(error),
            }
        }
    }

    /// Adds the results of the calls in the reply at the end, all or none.
    ///
    /// # Errors
    /// Results that do not fit beside the pinned part and their own turn; then nothing has changed.
    pub fn push_results<M: LanguageModel>(
        &mut self,
        model: &M,
        results: Vec<Message>,
    ) -> Result<Paging, WindowError> {
        let mut next = self.clone();
        let paging = next.admit_results(model, results)?;
        *self = next;
        Ok(paging)
    }

    /// Adds a reply to the turn at the end: `generated` are the tokens the model made of the last
    /// [`Self::prompt`], `reply` what they say.
    ///
    /// # Errors
    /// A template that cannot be rendered; then nothing has changed.
    pub fn push_reply<M: LanguageModel>(
        &mut self,
        model: &M,
        reply: Message,
        generated: &[TokenId],
    ) -> Result<(), TemplateError> {
        if self.rendering == Rendering::Fragments
            && let Some(around) = fragment::around_reply(model, &self.messages())?
        {
            let AroundReply { opening, closing } = around;
            let turn = self.current_turn();
            let tokens = [&opening, generated, &closing].concat();
            let segment = Segment::new(reply, turn, SegmentState::Live);
            self.segments.push(Segment { tokens, ..segment });
            return Ok(());
        }
        let mut next = self.clone();
        let turn = next.current_turn();
        next.append(model, vec![Segment::new(reply, turn, SegmentState::Live)])?;
        *self = next;
        Ok(())
    }

    /// All tokens in the window, as they will stand at the start of the next prompt.
    pub fn tokens(&self) -> Vec<TokenId> {
        self.segments.iter().flat_map(|segment| segment.tokens.iter().copied()).collect()
    }

    /// The tokens that ask the model for a reply.
    ///
    /// # Errors
    /// A template that cannot be rendered.
    pub fn prompt<M: LanguageModel>(&self, model: &M) -> Result<Vec<TokenId>, TemplateError> {
        let messages = self.messages();
        if self.rendering == Rendering::Fragments
            && let Some(opening) = fragment::opening_tokens(model, &messages)?
        {
            let mut prompt = self.tokens();
            prompt.extend_from_slice(&opening);
            return Ok(prompt);
        }
        fragment::whole_tokens(model, &messages, true)
    }

    /// How many tokens a reply to a prompt of `prompt_tokens` may have, those that close it left
    /// out.
    ///
    /// # Errors
    /// A template that cannot be rendered.
    pub fn reply_room<M: LanguageModel>(
        &self,
        model: &M,
        prompt_tokens: usize,
    ) -> Result<usize, TemplateError> {
        let around_reply = fragment::tokens_with_empty_reply(model, &self.messages())?;
        Ok(self.budget.limit().saturating_sub(prompt_tokens.max(around_reply)))
    }

    /// The window in numbers.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage {
            limit: self.budget.limit(),
            high_mark: self.budget.high_mark(),
            turns: self.uses.turns().len(),
            evicted_turns: self.evicted_turns,
            evicted_tokens: self.evicted_tokens,
            archived_turns: self.archive.len(),
            archived_bytes: self.archive.len_bytes(),
            forgotten_turns: self.archive.forgotten_turns(),
            ..Usage::default()
        };
        for segment in &self.segments {
            let tokens = segment.tokens.len();
            // Pinned examples of a dialogue are instructions, whoever speaks in them.
            let role = if segment.is_pinned() { Role::System } else { segment.role() };
            usage.by_role.add(role, tokens);
            usage.by_state.add(segment.state, tokens);
        }
        usage.by_state.paged_out = self.archive.tokens();
        usage.pinned = usage.by_state.pinned;
        usage.used = usage.by_role.total();
        usage
    }

    /// `messages` as they are rendered with nothing behind them.
    fn rendered_pinned<M: LanguageModel>(
        &self,
        model: &M,
        messages: &[Message],
    ) -> Result<Vec<Segment>, WindowError> {
        let mut alone = Self::new(self.budget);
        for message in messages {
            let segment = Segment::new(message.clone(), TurnId::NONE, SegmentState::Pinned);
            alone.append(model, vec![segment])?;
        }
        let (tokens, room) = (alone.used(), self.budget.high_mark() / 2);
        if tokens > room {
            return Err(WindowError::MessageTooLarge { tokens, room });
        }
        Ok(alone.segments)
    }

    /// Begins a turn.
    fn begin_turn(&mut self) -> TurnId {
        self.newest_turn = TurnId(self.newest_turn.0 + 1);
        self.uses.touch(self.newest_turn);
        self.newest_turn
    }

    /// The turn at the end, which is used now; begins one if there is none.
    fn current_turn(&mut self) -> TurnId {
        let Some(turn) = self.last_turn() else {
            return self.begin_turn();
        };
        self.uses.touch(turn);
        turn
    }

    fn used(&self) -> usize {
        tokens_of(&self.segments)
    }
}

/// Why a message is not admitted.
enum Refusal {
    /// The recalled text at this position goes beyond the share of recalled texts.
    RecallTooLarge {
        position: usize,
    },
    Window(WindowError),
}

impl From<TemplateError> for Refusal {
    fn from(error: TemplateError) -> Self {
        Self::Window(error.into())
    }
}

fn tokens_of(segments: &[Segment]) -> usize {
    segments.iter().map(|segment| segment.tokens.len()).sum()
}

#[cfg(test)]
mod tests;
