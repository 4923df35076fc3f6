//! How segments become messages for the template, and the template's tokens those of segments.
//!
//! Mostly a segment is a message, rendered alone; the results of one reply's calls are rendered
//! together, as many templates put them into one block. Where a template takes no system message
//! among the turns, recalled texts and summaries stand inside the user's message, and several segments
//! share one. Where one of several ends is found by rendering them as if they stopped there: what the
//! two renderings begin with in common are the tokens up to that place. A token that spans the seam
//! counts for the later segment.

use super::{Rendering, Window};
use crate::{
    Segment, SegmentState, TurnId, common_prefix,
    fragment::{self, Before},
};
use alloc::{string::String, vec, vec::Vec};
use core::mem;
use llm_inference::model::{LanguageModel, Message, Role, SpecialTokens, TemplateError, TokenId};

/// What stands between two segments of one message.
const BETWEEN: &str = "\n\n";

/// The messages that the segments make.
pub fn messages(segments: &[Segment]) -> Vec<Message> {
    by_message(segments).map(|parts| joined(parts, "")).collect()
}

/// The segments of each message.
fn by_message(segments: &[Segment]) -> impl Iterator<Item = &[Segment]> {
    segments.split_inclusive(|segment| !segment.joins_next)
}

/// The message that `parts` make, with `end` behind its text. Who says the last says all.
fn joined(parts: &[Segment], end: &str) -> Message {
    let mut content = String::new();
    for (index, part) in parts.iter().enumerate() {
        content.push_str(if index == 0 { "" } else { BETWEEN });
        content.push_str(part.text());
    }
    content.push_str(end);
    let last = parts.last().map(|last| last.message.clone());
    Message { content, ..last.unwrap_or_else(|| Message::new(Role::User, "")) }
}

/// The message that all `parts` make, as if it stopped behind the first `count`.
fn cut(parts: &[Segment], count: usize) -> Message {
    let role = parts.last().map_or(Role::User, Segment::role);
    Message { role, ..joined(&parts[..count], BETWEEN) }
}

/// Shares `tokens` out to the `parts` that they are of; `tokens_of_first` gives those that there
/// would be if the first so many parts were all.
fn share_out(
    parts: &mut [Segment],
    tokens: &[TokenId],
    mut tokens_of_first: impl FnMut(&[Segment], usize) -> Result<Vec<TokenId>, TemplateError>,
) -> Result<(), TemplateError> {
    let mut start = 0;
    for index in 0..parts.len() {
        let end = if index + 1 == parts.len() {
            tokens.len()
        } else {
            common_prefix(tokens, &tokens_of_first(parts, index + 1)?).max(start)
        };
        parts[index].tokens = tokens[start..end].to_vec();
        start = end;
    }
    Ok(())
}

impl Window {
    /// The messages in the window.
    pub(super) fn messages(&self) -> Vec<Message> {
        messages(&self.segments)
    }

    /// Adds the segments of one message at the end, or several messages of a segment each. After an
    /// error the window is of no use.
    pub(super) fn append<M: LanguageModel>(
        &mut self,
        model: &M,
        mut parts: Vec<Segment>,
    ) -> Result<(), TemplateError> {
        if self.rendering == Rendering::Fragments {
            let before = Before::new(model, self.messages())?;
            if let Some(tokens) = before.tokens_of(&messages(&parts))? {
                share_out(&mut parts, &tokens, |parts, count| {
                    let first = match parts[0].joins_next {
                        true => Vec::from([cut(parts, count)]),
                        false => messages(&parts[..count]),
                    };
                    Ok(before.tokens_of(&first)?.unwrap_or_default())
                })?;
                self.segments.append(&mut parts);
                return Ok(());
            }
        }
        self.rendering = Rendering::Whole;
        self.segments.append(&mut parts);
        self.render_whole(model)
    }

    /// Renders everything and shares its tokens out: to each message what the rendering up to it
    /// has more than that up to the one before.
    pub(super) fn render_whole<M: LanguageModel>(
        &mut self,
        model: &M,
    ) -> Result<(), TemplateError> {
        let mut messages = self.messages();
        let count = messages.len();
        let whole = fragment::whole_tokens(model, &messages, false)?;
        let mut start = 0;
        let parts = self.segments.split_inclusive_mut(|segment| !segment.joins_next);
        for (index, parts) in parts.enumerate() {
            let end = if index + 1 == count {
                whole.len()
            } else {
                let part = fragment::whole_tokens(model, &messages[..=index], false)?;
                part.len().clamp(start, whole.len())
            };
            share_out(parts, &whole[start..end], |parts, count| {
                let kept = mem::replace(&mut messages[index], cut(parts, count));
                let mut tokens = fragment::whole_tokens(model, &messages, false)?;
                messages[index] = kept;
                tokens.drain(..start.min(tokens.len()));
                Ok(tokens)
            })?;
            start = end;
        }
        Ok(())
    }

    /// Puts the summary of the turns that were paged out, of `most` tokens, behind the pinned part,
    /// and renders the first message of the turns as it is there. After an error the window is of no
    /// use.
    pub(super) fn place_summary<M: LanguageModel>(
        &mut self,
        model: &M,
        most: usize,
    ) -> Result<(), TemplateError> {
        self.segments.retain(|segment| segment.state != SegmentState::Summary);
        let mut first = self.segments.split_off(self.pinned.len());
        let Some(last_part) = first.iter().position(|segment| !segment.joins_next) else {
            return self.finish_layout(model);
        };
        let mut rest = first.split_off(last_part + 1);
        if first[last_part].role() == Role::Assistant {
            // A reply to nothing: its tokens are the model's own and stay as they are.
            self.segments.append(&mut first);
            self.segments.append(&mut rest);
            return self.finish_layout(model);
        }
        let has_own_message =
            fragment::takes_system_message(model, &self.messages(), &joined(&first, ""));
        let mut newest = if has_own_message || first[last_part].role() == Role::User {
            let tokens_of = |text: &str| model.encode(text, SpecialTokens::Literal).len();
            self.lines.newest_within(most, tokens_of)
        } else {
            0
        };
        let saved = self.rendering;
        while newest > 0 {
            self.append_below_summary(model, newest, has_own_message, first.clone())?;
            if self.segments[self.pinned.len()].tokens.len() <= most {
                break;
            }
            self.segments.truncate(self.pinned.len());
            self.rendering = saved;
            newest -= 1;
        }
        if newest == 0 {
            self.append(model, first)?;
        }
        self.segments.append(&mut rest);
        self.finish_layout(model)
    }

    /// Adds the message that `parts` make, and before it the summary of the `newest` turns: as a
    /// message of its own, or in front of the text of that one.
    fn append_below_summary<M: LanguageModel>(
        &mut self,
        model: &M,
        newest: usize,
        has_own_message: bool,
        mut parts: Vec<Segment>,
    ) -> Result<(), TemplateError> {
        let role = if has_own_message { Role::System } else { Role::User };
        let message = Message::new(role, self.lines.text(newest));
        let mut summary = Segment::new(message, TurnId::NONE, SegmentState::Summary);
        if has_own_message {
            self.append(model, vec![summary])?;
        } else {
            summary.joins_next = true;
            parts.insert(0, summary);
        }
        self.append(model, parts)
    }

    /// Renders the whole where that has to be done after every change.
    pub(super) fn finish_layout<M: LanguageModel>(
        &mut self,
        model: &M,
    ) -> Result<(), TemplateError> {
        match self.rendering {
            Rendering::Fragments => Ok(()),
            Rendering::Whole => self.render_whole(model),
        }
    }
}
