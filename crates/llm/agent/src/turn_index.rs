//! The turns of a conversation by their meaning: what is looked up before an answer, and what
//! `search_history` searches.

use alloc::{boxed::Box, format, string::String, vec::Vec};
use llm_context::{
    TurnId, TurnView, Window,
    outside::{self, excerpt},
};
use llm_inference::{embedding::EmbedError, model::Role};
use llm_memory::{
    BoxFuture, MemoryError, TextEmbedder, cosine,
    words::{content_words, nearness},
};
use llm_tools::History;

/// Bytes of a message that are brought back or shown.
const EXCERPT_BYTES: usize = 480;
/// Turns that are less like a question than this are not what it is about. Low, since somebody who
/// has them searched knows that there is something to be found.
const FLOOR: f32 = 0.12;

/// A turn as it is found again.
struct IndexedTurn {
    turn: TurnId,
    vector: Vec<f32>,
    words: Vec<String>,
}

/// The vectors of turns.
#[derive(Default)]
pub(crate) struct TurnIndex {
    turns: Vec<IndexedTurn>,
    /// Who made the vectors.
    fingerprint: u64,
}

impl TurnIndex {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.turns.clear();
    }

    /// Takes in the turns of `window` that are not here yet, and drops those that are gone. The turn
    /// at the end is left out: it may go on.
    pub async fn update(
        &mut self,
        window: &Window,
        embedder: &dyn TextEmbedder,
    ) -> Result<(), EmbedError> {
        if self.fingerprint != embedder.fingerprint() {
            self.clear();
            self.fingerprint = embedder.fingerprint();
        }
        let views: Vec<TurnView<'_>> = window.turns().collect();
        self.turns.retain(|indexed| views.iter().any(|view| view.id == indexed.turn));
        for view in &views {
            let is_last = Some(view.id) == window.last_turn();
            if is_last || self.turns.iter().any(|indexed| indexed.turn == view.id) {
                continue;
            }
            let text = said(view);
            let vector = embedder.embed(&text).await?;
            self.turns.push(IndexedTurn { turn: view.id, vector, words: content_words(&text) });
        }
        Ok(())
    }

    /// The turns with how much each has to do with a question, nearest first.
    pub fn ranked(&self, question: &str, vector: &[f32]) -> Vec<(TurnId, f32)> {
        let words = content_words(question);
        let score = |indexed: &IndexedTurn| {
            nearness(cosine(&indexed.vector, vector), &words, &indexed.words)
        };
        let mut ranked: Vec<_> =
            self.turns.iter().map(|indexed| (indexed.turn, score(indexed))).collect();
        // Among equals the newest.
        ranked.sort_by(|left, right| right.1.total_cmp(&left.1).then(right.0.cmp(&left.0)));
        ranked
    }
}

/// What was said in a turn, a line for each message. What the agent said behind text from outside may
/// repeat it, and is marked as such text is.
pub(crate) fn said(turn: &TurnView<'_>) -> String {
    let mut text = String::new();
    // What was recalled for a turn stood in front of it, and is not among its messages.
    let is_among = turn.messages.iter().any(|message| outside::is_in(&message.content));
    let mut is_behind = turn.held_outside_data && !is_among;
    for message in &turn.messages {
        if !text.is_empty() {
            text.push('\n');
        }
        let speaker = match message.role {
            Role::User => "you",
            Role::Assistant => "agent",
            Role::Tool => "tool",
            Role::System => "system",
        };
        let content = message.content.trim();
        let is_marked = outside::is_in(content);
        is_behind |= is_marked;
        let said = match is_behind && message.role == Role::Assistant {
            true if !is_marked => {
                let most = content.floor_char_boundary(EXCERPT_BYTES);
                outside::marked("an earlier reply", &content[..most])
            }
            _ => excerpt(content, EXCERPT_BYTES),
        };
        text.push_str(&format!("{speaker}: {said}"));
    }
    text
}

/// The conversation, for tools to search.
pub(crate) struct Conversation<'a> {
    pub window: &'a Window,
    pub index: &'a TurnIndex,
    pub embedder: &'a dyn TextEmbedder,
}

impl History for Conversation<'_> {
    fn search<'a>(
        &'a self,
        question: &'a str,
        count: usize,
    ) -> BoxFuture<'a, Result<Vec<String>, MemoryError>> {
        Box::pin(async move {
            let vector = self.embedder.embed(question).await?;
            let ranked = self.index.ranked(question, &vector);
            let near = ranked.iter().filter(|(_, score)| *score >= FLOOR).take(count);
            let found = near.filter_map(|(turn, _)| {
                self.window.turns().find(|view| view.id == *turn).map(|view| said(&view))
            });
            Ok(found.collect())
        })
    }
}
