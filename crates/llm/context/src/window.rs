//! The window itself: what is in it, what goes when it overflows.

use crate::{Budget, Segment, TurnId, Usage, WindowError, fragment};
use alloc::vec::Vec;
use llm_inference::model::{LanguageModel, Message, Role, TemplateError, TokenId};

/// A turn that had to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evicted {
    /// Which one.
    pub turn: TurnId,
    /// Tokens it took.
    pub tokens: usize,
    /// Messages it had.
    pub messages: usize,
}

/// How the tokens of the segments come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rendering {
    /// Message by message; the prompt is their concatenation.
    Fragments,
    /// The template has no fragments: the whole is rendered at every change, and the segments share
    /// out its tokens.
    Whole,
}

/// The conversation as the model sees it: pinned messages first, then turns, oldest first.
#[derive(Clone, Debug)]
pub struct Window {
    budget: Budget,
    segments: Vec<Segment>,
    rendering: Rendering,
    last_turn: TurnId,
    evicted_turns: u64,
    evicted_tokens: u64,
}

impl Window {
    /// An empty window.
    pub const fn new(budget: Budget) -> Self {
        Self {
            budget,
            segments: Vec::new(),
            rendering: Rendering::Fragments,
            last_turn: TurnId(0),
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

    /// What is in the window, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Empties the window and pins `messages` at its start.
    ///
    /// # Errors
    /// Messages that do not leave half of the window free; then nothing has changed.
    pub fn pin<M: LanguageModel>(
        &mut self,
        model: &M,
        messages: &[Message],
    ) -> Result<(), WindowError> {
        let mut fresh = Self::new(self.budget);
        for message in messages {
            fresh.append(model, message.clone(), TurnId(0))?;
        }
        let (tokens, room) = (fresh.used(), self.budget.high_mark() / 2);
        if tokens > room {
            return Err(WindowError::MessageTooLarge { tokens, room });
        }
        *self = fresh;
        Ok(())
    }

    /// Removes all turns; the pinned part stays.
    pub fn clear(&mut self) {
        self.segments.retain(Segment::is_pinned);
        self.last_turn = TurnId(0);
        self.evicted_turns = 0;
        self.evicted_tokens = 0;
    }

    /// Adds a message: a user's begins a turn, any other belongs to the turn at the end. Oldest
    /// whole turns go where the prompt would exceed the budget's high mark.
    ///
    /// # Errors
    /// A message that does not fit beside the pinned part and its own turn; then nothing has
    /// changed.
    pub fn push<M: LanguageModel>(
        &mut self,
        model: &M,
        message: Message,
    ) -> Result<Vec<Evicted>, WindowError> {
        let begins_turn = message.role == Role::User || self.last_turn == TurnId(0);
        let turn = if begins_turn { TurnId(self.last_turn.0 + 1) } else { self.last_turn };
        let saved = self.clone();
        self.last_turn = turn;
        let evicted =
            self.append(model, message, turn).map_err(WindowError::from).and_then(|()| match self
                .make_room(model)?
            {
                Room::Made(evicted) => Ok(evicted),
                Room::Lacking { prompt_tokens } => {
                    let tokens = self.segments.last().map_or(0, |last| last.tokens.len());
                    let others = prompt_tokens - tokens.min(prompt_tokens);
                    let room = self.budget.high_mark().saturating_sub(others);
                    Err(WindowError::MessageTooLarge { tokens, room })
                }
            });
        if evicted.is_err() {
            *self = saved;
        }
        evicted
    }

    /// Adds a reply to the turn at the end: `generated` are the tokens the model made of the last
    /// [`Self::prompt`], `text` what they say.
    ///
    /// # Errors
    /// A template that cannot be rendered; then nothing has changed.
    pub fn push_reply<M: LanguageModel>(
        &mut self,
        model: &M,
        text: &str,
        generated: &[TokenId],
    ) -> Result<(), TemplateError> {
        let message = Message::new(Role::Assistant, text);
        if self.rendering == Rendering::Fragments {
            let before = self.messages();
            let opening = fragment::opening_tokens(model, &before)?;
            let closing = fragment::closing_tokens(model, &before)?;
            if let (Some(mut tokens), Some(closing)) = (opening, closing) {
                tokens.extend_from_slice(generated);
                tokens.extend_from_slice(&closing);
                self.segments.push(Segment { message, tokens, turn: self.last_turn });
                return Ok(());
            }
        }
        self.append(model, message, self.last_turn)
    }

    /// Removes the messages of the turn at the end, if there is one.
    pub fn remove_last_turn(&mut self) {
        let turn = self.last_turn;
        if turn != TurnId(0) {
            self.segments.retain(|segment| segment.turn != turn);
            self.last_turn = TurnId(turn.0 - 1);
        }
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
            evicted_turns: self.evicted_turns,
            evicted_tokens: self.evicted_tokens,
            ..Usage::default()
        };
        let mut previous_turn = TurnId(0);
        for segment in &self.segments {
            let tokens = segment.tokens.len();
            // Pinned examples of a dialogue are instructions, whoever speaks in them.
            let role = if segment.is_pinned() { Role::System } else { segment.role() };
            usage.by_role.add(role, tokens);
            usage.pinned += if segment.is_pinned() { tokens } else { 0 };
            usage.turns += usize::from(segment.turn != previous_turn);
            previous_turn = segment.turn;
        }
        usage.used = usage.by_role.total();
        usage
    }

    fn used(&self) -> usize {
        self.segments.iter().map(|segment| segment.tokens.len()).sum()
    }

    fn messages(&self) -> Vec<Message> {
        self.segments.iter().map(|segment| segment.message.clone()).collect()
    }

    fn append<M: LanguageModel>(
        &mut self,
        model: &M,
        message: Message,
        turn: TurnId,
    ) -> Result<(), TemplateError> {
        if self.rendering == Rendering::Fragments
            && let Some(tokens) = fragment::message_tokens(model, &self.messages(), &message)?
        {
            self.segments.push(Segment { message, tokens, turn });
            return Ok(());
        }
        self.rendering = Rendering::Whole;
        self.segments.push(Segment { message, tokens: Vec::new(), turn });
        let rendered = self.render_whole(model);
        if rendered.is_err() {
            self.segments.pop();
        }
        rendered
    }

    /// Renders everything and shares its tokens out: to each message what the rendering up to it
    /// has more than that up to the one before.
    fn render_whole<M: LanguageModel>(&mut self, model: &M) -> Result<(), TemplateError> {
        let messages = self.messages();
        let whole = fragment::whole_tokens(model, &messages, false)?;
        let mut start = 0;
        for (index, segment) in self.segments.iter_mut().enumerate() {
            let end = if index + 1 == messages.len() {
                whole.len()
            } else {
                let part = fragment::whole_tokens(model, &messages[..=index], false)?;
                part.len().clamp(start, whole.len())
            };
            segment.tokens = whole[start..end].to_vec();
            start = end;
        }
        Ok(())
    }

    /// Evicts the oldest turns but the last until the prompt is at the low mark, if it is beyond
    /// the high mark.
    fn make_room<M: LanguageModel>(&mut self, model: &M) -> Result<Room, TemplateError> {
        let mut evicted = Vec::new();
        let mut prompt_tokens = self.prompt(model)?.len();
        let is_over = prompt_tokens > self.budget.high_mark();
        while is_over && prompt_tokens > self.budget.low_mark() {
            let Some(oldest) = self.oldest_turn() else {
                break;
            };
            evicted.push(self.evict(oldest));
            if self.rendering == Rendering::Whole {
                self.render_whole(model)?;
            }
            prompt_tokens = self.prompt(model)?.len();
        }
        if prompt_tokens > self.budget.high_mark() {
            return Ok(Room::Lacking { prompt_tokens });
        }
        Ok(Room::Made(evicted))
    }

    /// The oldest turn that may go: not the one at the end.
    fn oldest_turn(&self) -> Option<TurnId> {
        let turn = self.segments.iter().find(|segment| !segment.is_pinned())?.turn;
        (turn != self.last_turn).then_some(turn)
    }

    fn evict(&mut self, turn: TurnId) -> Evicted {
        let before = (self.used(), self.segments.len());
        self.segments.retain(|segment| segment.turn != turn);
        let tokens = before.0 - self.used();
        self.evicted_turns += 1;
        self.evicted_tokens += tokens as u64;
        Evicted { turn, tokens, messages: before.1 - self.segments.len() }
    }
}

/// Whether the last message has room.
enum Room {
    Made(Vec<Evicted>),
    Lacking { prompt_tokens: usize },
}

#[cfg(test)]
mod tests;
