//! Paging: which turns go when a message comes, and what is brought in with it.

use super::{Refusal, Window, tokens_of};
use crate::{
    EvictionPolicy, Recalled, Segment, SegmentState, TurnId, WindowError, archive::ArchivedTurn,
    fragment, outside,
};
use alloc::{vec, vec::Vec};
use llm_inference::model::{LanguageModel, Message, Role, TemplateError, ToolCall};

/// A turn that had to leave the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageOut {
    /// Which one.
    pub turn: TurnId,
    /// Tokens it took, recalled texts included.
    pub tokens: usize,
    /// Messages it had; they are in the archive now.
    pub messages: usize,
    /// What chose it.
    pub policy: EvictionPolicy,
}

/// What a change of the window moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paging {
    /// The turns that went, in the order in which they did.
    pub paged_out: Vec<PageOut>,
    /// The archived turns that were dropped because the archive was full.
    pub forgotten: Vec<TurnId>,
    /// The recalled texts that found no room, as indices into those that were given, ascending.
    pub left_out: Vec<usize>,
}

impl Window {
    /// Adds a message with recalled texts in front of it, all or nothing. After a refusal the window
    /// is of no use.
    pub(super) fn admit<M: LanguageModel>(
        &mut self,
        model: &M,
        message: &Message,
        recalled: &[&Recalled],
    ) -> Result<Paging, Refusal> {
        let is_first = self.last_turn().is_none();
        let begins_turn = message.role == Role::User || is_first;
        let turn = if begins_turn { self.begin_turn() } else { self.current_turn() };
        if begins_turn {
            self.close_calls();
        }
        self.append_question(model, message, turn, recalled)?;
        if is_first && !self.lines.is_empty() {
            // All turns were taken back or paged out: the summary has a message to stand before.
            self.place_summary(model, self.budget.summary())?;
        }
        self.fit(model, 1).map_err(Refusal::Window)
    }

    /// Adds the results of calls. After an error the window is of no use.
    pub(super) fn admit_results<M: LanguageModel>(
        &mut self,
        model: &M,
        results: Vec<Message>,
    ) -> Result<Paging, WindowError> {
        let turn = self.current_turn();
        let segment = |result| Segment::new(result, turn, SegmentState::Live);
        let results: Vec<Segment> = results.into_iter().map(segment).collect();
        let count = results.len();
        self.append(model, results)?;
        self.fit(model, count)
    }

    /// Makes room for the last `count` segments. After an error the window is of no use.
    fn fit<M: LanguageModel>(&mut self, model: &M, count: usize) -> Result<Paging, WindowError> {
        let mut paging = Paging::default();
        let prompt_tokens = self.make_room(model, &mut paging)?;
        let high_mark = self.budget.high_mark();
        if prompt_tokens > high_mark {
            let tokens = tokens_of(&self.segments[self.segments.len().saturating_sub(count)..]);
            let room = (high_mark + tokens).saturating_sub(prompt_tokens);
            return Err(WindowError::MessageTooLarge { tokens, room });
        }
        Ok(paging)
    }

    /// Has the calls of the last reply be text and no more if they were not all answered, as in a turn
    /// that was stopped: templates want a result for each.
    fn close_calls(&mut self) {
        let Some(at) = self.segments.iter().rposition(|it| it.message.calls.is_some()) else {
            return;
        };
        let (replies, behind) = self.segments.split_at_mut(at + 1);
        let made = &mut replies[at].message.calls;
        let is_answered = |call: &ToolCall| {
            let mut answers = behind.iter().filter_map(|it| it.message.answers.as_ref());
            answers.any(|answer| answer.id == call.id)
        };
        if made.as_ref().is_some_and(|made| !made.calls.iter().all(is_answered)) {
            *made = None;
        }
    }

    /// Adds the segments of a message and of the texts recalled for it.
    fn append_question<M: LanguageModel>(
        &mut self,
        model: &M,
        message: &Message,
        turn: TurnId,
        recalled: &[&Recalled],
    ) -> Result<(), Refusal> {
        let question = Segment::new(message.clone(), turn, SegmentState::Live);
        if recalled.is_empty() {
            return Ok(self.append(model, vec![question])?);
        }
        let start = self.segments.len();
        let has_own_message = fragment::takes_system_message(model, &self.messages(), message);
        let role = if has_own_message { Role::System } else { message.role };
        let parts = recalled.iter().map(|recalled| Segment::recalled(recalled, turn, role));
        let mut parts: Vec<Segment> = parts.collect();
        if has_own_message {
            parts[recalled.len() - 1].joins_next = false;
            self.append(model, parts)?;
            self.append(model, vec![question])?;
        } else {
            parts.push(question);
            self.append(model, parts)?;
        }
        let mut room = self.budget.recall();
        for (position, segment) in self.segments[start..][..recalled.len()].iter().enumerate() {
            let Some(left) = room.checked_sub(segment.tokens.len()) else {
                return Err(Refusal::RecallTooLarge { position });
            };
            room = left;
        }
        Ok(())
    }

    /// Pages turns out, but never the last, until the prompt is at the low mark, if it is beyond the
    /// high mark. Gives the tokens of the prompt.
    pub(super) fn make_room<M: LanguageModel>(
        &mut self,
        model: &M,
        paging: &mut Paging,
    ) -> Result<usize, TemplateError> {
        let (low_mark, high_mark) = (self.budget.low_mark(), self.budget.high_mark());
        let mut prompt_tokens = self.prompt(model)?.len();
        if prompt_tokens <= high_mark {
            return Ok(prompt_tokens);
        }
        while prompt_tokens > low_mark
            && let Some(last) = self.last_turn()
            && let Some(turn) = self.uses.victim(self.policy, last)
        {
            self.page_out(turn, paging);
            self.place_summary(model, self.budget.summary())?;
            prompt_tokens = self.prompt(model)?.len();
        }
        // What is left has to be there; the summary has not.
        let summary = self.segments.get(self.pinned.len());
        let summary = summary.filter(|segment| segment.state == SegmentState::Summary);
        let excess = prompt_tokens.saturating_sub(high_mark);
        if let Some(summary) = summary.filter(|_| excess > 0) {
            let most = summary.tokens.len().saturating_sub(excess);
            self.place_summary(model, most)?;
            prompt_tokens = self.prompt(model)?.len();
            if prompt_tokens > high_mark {
                self.place_summary(model, 0)?;
                prompt_tokens = self.prompt(model)?.len();
            }
        }
        Ok(prompt_tokens)
    }

    /// Moves a turn from the window to the archive.
    fn page_out(&mut self, turn: TurnId, paging: &mut Paging) {
        let segments = self.segments.drain(..);
        let (gone, kept) = segments.partition::<Vec<_>, _>(|segment| segment.turn == turn);
        self.segments = kept;
        let tokens = tokens_of(&gone);
        let held_outside_data = self.outside_turns.remove(&turn)
            || gone.iter().any(|segment| outside::is_in(segment.text()));
        let (own, _) = gone.into_iter().partition::<Vec<_>, _>(|it| it.state == SegmentState::Live);
        let archived = ArchivedTurn {
            turn,
            tokens: tokens_of(&own),
            messages: own.into_iter().map(|segment| segment.message).collect(),
            came_during: self.last_turn().unwrap_or(TurnId::NONE),
            held_outside_data,
        };
        self.uses.remove(turn);
        self.archive_turn(archived, tokens, self.policy, paging);
    }

    /// Puts a turn that took `tokens` into the archive and its line into the summary, and tells
    /// `paging` of it.
    pub(super) fn archive_turn(
        &mut self,
        archived: ArchivedTurn,
        tokens: usize,
        policy: EvictionPolicy,
        paging: &mut Paging,
    ) {
        let (turn, messages) = (archived.turn, archived.messages.len());
        // A line has a token at least, so no more lines than tokens can ever be shown.
        self.lines.add(&archived, self.budget.summary());
        paging.forgotten.extend(self.archive.insert(archived));
        paging.paged_out.push(PageOut { turn, tokens, messages, policy });
        self.evicted_turns += 1;
        self.evicted_tokens += tokens as u64;
    }
}
