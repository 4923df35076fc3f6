//! Editing a conversation: the last turn taken back, all turns read, a conversation taken up again.

use super::{Paging, Window};
use crate::{
    EvictionPolicy, KeptTurn, PagedOut, Segment, SegmentState, Turn, TurnId, TurnView, WindowError,
    archive::ArchivedTurn, fragment, outside,
};
use alloc::{collections::BTreeMap, vec, vec::Vec};
use llm_inference::model::{LanguageModel, Message, TemplateError};

impl Window {
    /// Takes back the turn at the end of the window, recalled texts included, and gives the message
    /// it began with; `None` if there is no turn in the window. What was paged out for it stays
    /// where it is, and its number is not given again.
    ///
    /// # Errors
    /// A template that cannot be rendered; then nothing has changed.
    pub fn undo<M: LanguageModel>(&mut self, model: &M) -> Result<Option<Message>, TemplateError> {
        let Some(turn) = self.last_turn() else {
            return Ok(None);
        };
        let is_own =
            |segment: &&Segment| segment.turn == turn && segment.state == SegmentState::Live;
        let message = self.segments.iter().find(is_own).map(|segment| segment.message.clone());
        let mut next = self.clone();
        next.segments.retain(|segment| segment.turn != turn);
        next.uses.remove(turn);
        next.outside_turns.remove(&turn);
        if next.segments.last().is_some_and(|segment| segment.joins_next) {
            // A summary that stood in the message that has gone; the next message has it again.
            next.segments.pop();
        }
        next.finish_layout(model)?;
        *self = next;
        Ok(message)
    }

    /// All turns, archived or in the window, oldest first.
    pub fn turns(&self) -> impl Iterator<Item = TurnView<'_>> {
        let archived = self.archive.iter().map(|turn| TurnView {
            id: turn.turn,
            state: SegmentState::PagedOut,
            tokens: turn.tokens,
            messages: turn.messages.iter().collect(),
            held_outside_data: turn.held_outside_data,
        });
        let mut turns: BTreeMap<TurnId, TurnView<'_>> =
            archived.map(|turn| (turn.id, turn)).collect();
        let is_of_turn =
            |it: &&Segment| matches!(it.state, SegmentState::Live | SegmentState::PagedIn);
        for segment in self.segments.iter().filter(is_of_turn) {
            let turn = turns.entry(segment.turn).or_insert_with(|| TurnView {
                id: segment.turn,
                state: SegmentState::Live,
                tokens: 0,
                messages: Vec::new(),
                held_outside_data: self.outside_turns.contains(&segment.turn),
            });
            turn.held_outside_data |= outside::is_in(segment.text());
            if segment.state == SegmentState::PagedIn {
                continue;
            }
            turn.tokens += segment.tokens.len();
            turn.messages.push(&segment.message);
        }
        turns.into_values()
    }

    /// Replaces all turns by those of a conversation that was saved. Those that the window has no
    /// room for go to the archive, oldest first, even the last if it was made for a larger window.
    /// Turns keep their numbers, and new ones are counted on from the last.
    ///
    /// # Errors
    /// Turns without a message or not in the order of their numbers, or a template that cannot be
    /// rendered; then nothing has changed.
    pub fn restore<M: LanguageModel>(
        &mut self,
        model: &M,
        turns: Vec<Turn>,
    ) -> Result<Paging, WindowError> {
        let mut next = self.clone();
        next.clear();
        let paging = next.take_up(model, turns)?;
        *self = next;
        Ok(paging)
    }

    /// Replaces all turns by those of a conversation that was kept across a power cut, as
    /// [`Self::restore`] does; what was in the archive stays there. New turns are counted on from
    /// `newest_turn`, or from the last if that is higher. Only what has to leave the window is
    /// reported as paged out.
    ///
    /// # Errors
    /// As [`Self::restore`].
    pub fn resume<M: LanguageModel>(
        &mut self,
        model: &M,
        turns: Vec<KeptTurn>,
        newest_turn: TurnId,
    ) -> Result<Paging, WindowError> {
        let mut next = self.clone();
        next.clear();
        let mut live = Vec::new();
        let mut forgotten = Vec::new();
        let mut last = TurnId::NONE;
        for KeptTurn { turn, archived } in turns {
            if turn.id <= last || turn.messages.is_empty() {
                return Err(WindowError::TurnOrder { turn: turn.id });
            }
            last = turn.id;
            let Some(PagedOut { tokens, came_during }) = archived else {
                live.push(turn);
                continue;
            };
            let Turn { id, messages, held_outside_data } = turn;
            let turn = ArchivedTurn { turn: id, messages, tokens, came_during, held_outside_data };
            let mut paging = Paging::default();
            next.archive_turn(turn, tokens, EvictionPolicy::OldestFirst, &mut paging);
            forgotten.append(&mut paging.forgotten);
        }
        let mut paging = next.take_up(model, live)?;
        paging.forgotten.splice(..0, forgotten);
        next.newest_turn = last.max(newest_turn);
        *self = next;
        Ok(paging)
    }

    /// Adds turns to a window that has none. After an error it is of no use.
    fn take_up<M: LanguageModel>(
        &mut self,
        model: &M,
        turns: Vec<Turn>,
    ) -> Result<Paging, WindowError> {
        for turn in &turns {
            if turn.id <= self.newest_turn || turn.messages.is_empty() {
                return Err(WindowError::TurnOrder { turn: turn.id });
            }
            self.newest_turn = turn.id;
        }
        let tokens = self.turn_tokens(model, &turns)?;
        let archived = turns.len() - self.budget_turns(&tokens, self.used());
        let last = turns.get(archived..).and_then(<[_]>::last).map_or(TurnId::NONE, |it| it.id);
        let mut paging = Paging::default();
        for (index, turn) in turns.into_iter().enumerate() {
            let Turn { id, messages, held_outside_data } = turn;
            if index < archived {
                let tokens = tokens[index];
                let turn = ArchivedTurn {
                    turn: id,
                    messages,
                    tokens,
                    came_during: last,
                    held_outside_data,
                };
                self.archive_turn(turn, tokens, EvictionPolicy::OldestFirst, &mut paging);
                continue;
            }
            self.uses.touch(id);
            if held_outside_data {
                self.outside_turns.insert(id);
            }
            for message in messages {
                let segment = Segment::new(message, id, SegmentState::Live);
                self.append(model, vec![segment])?;
            }
        }
        self.place_summary(model, self.budget.summary())?;
        self.make_room(model, &mut paging)?;
        Ok(paging)
    }

    /// The tokens that each of `turns` takes right behind the pinned part.
    fn turn_tokens<M: LanguageModel>(
        &self,
        model: &M,
        turns: &[Turn],
    ) -> Result<Vec<usize>, TemplateError> {
        let pinned = self.messages();
        let pinned_tokens = self.used();
        let tokens = turns.iter().map(|turn| {
            let messages = [pinned.as_slice(), turn.messages.as_slice()].concat();
            let tokens = fragment::whole_tokens(model, &messages, false)?.len();
            Ok(tokens.saturating_sub(pinned_tokens))
        });
        tokens.collect()
    }

    /// How many of the last turns the window takes beside `pinned` tokens: all up to the high mark,
    /// or those up to the low mark; the last if it fits at all.
    fn budget_turns(&self, tokens: &[usize], pinned: usize) -> usize {
        let within = |mark: usize| {
            let mut used = pinned;
            let fits = |tokens: &&usize| {
                used += **tokens;
                used <= mark
            };
            tokens.iter().rev().take_while(fits).count()
        };
        if within(self.budget.high_mark()) == tokens.len() {
            return tokens.len();
        }
        let last = within(self.budget.limit()).min(1);
        within(self.budget.low_mark()).max(last)
    }
}
