//! Page faults of the context window: before a question is answered, what was said or remembered
//! about it and is not in the window any more is looked up and brought back.

use crate::{
    Agent, AgentEvent, ErrorSource, Observer, agent::report_error, outside_state::told,
    turn_index::said,
};
use alloc::{string::ToString, vec::Vec};
use llm_context::{Paging, RecallSource, Recalled, TurnId};
use llm_inference::model::{LanguageModel, Message, Role};
use llm_memory::Found;
use llm_tools::colloquial::plain;

/// Turns that are less like the question than this stay where they are.
const TURN_FLOOR: f32 = 0.4;
/// Memories that are less like it than this do.
const MEMORY_FLOOR: f32 = 0.5;
/// Turns in the window that are at least so like the question count as used by it.
const USED: f32 = 0.4;
/// The most texts that are brought back for one question.
const MOST: usize = 4;

/// A question, and what it is about.
pub(crate) struct Question<'t> {
    pub text: &'t str,
    /// `None` where it could not be made a vector.
    pub vector: Option<Vec<f32>>,
}

impl<M: LanguageModel> Agent<'_, M> {
    /// A question with the vector of what it says in plain words.
    pub(crate) async fn look_at<'t, O: Observer + ?Sized>(
        &mut self,
        text: &'t str,
        observer: &O,
    ) -> Question<'t> {
        let vector = self.host.embedder().embed(&plain(text)).await;
        if let Err(error) = &vector {
            report_error(observer, ErrorSource::Agent, &error.to_string());
        }
        Question { text, vector: vector.ok() }
    }

    /// Makes the turns said so far findable.
    pub(crate) async fn index_turns<O: Observer + ?Sized>(&mut self, observer: &O) {
        let embedder = self.host.embedder();
        if let Err(error) = self.turn_index.update(&self.window, embedder).await {
            report_error(observer, ErrorSource::Agent, &error.to_string());
        }
    }

    /// Puts a question into the window, behind what is brought back for it; `false` if it does not
    /// fit. `is_recalling` says whether anything is to be brought back.
    pub(crate) async fn admit_question<O: Observer + ?Sized>(
        &mut self,
        question: &Question<'_>,
        is_recalling: bool,
        observer: &O,
    ) -> bool {
        if is_recalling {
            self.index_turns(observer).await;
        }
        let recalled = self.recalled(question, is_recalling);
        let message = Message::new(Role::User, question.text);
        let Some(model) = &self.model else {
            return false;
        };
        match self.window.push_question(model, message, &recalled) {
            Ok(paging) => {
                self.report_paging(&paging, observer);
                for (index, recalled) in recalled.iter().enumerate() {
                    if !paging.left_out.contains(&index) {
                        observer.on_event(&AgentEvent::PagedIn { recalled });
                    }
                }
                self.report_context(observer);
                true
            }
            Err(error) => {
                report_error(observer, ErrorSource::Context, &error.to_string());
                false
            }
        }
    }

    /// Tells what had to leave the window.
    pub(crate) fn report_paging<O: Observer + ?Sized>(&self, paging: &Paging, observer: &O) {
        for page_out in &paging.paged_out {
            observer.on_event(&AgentEvent::Evicted(*page_out));
        }
        if !paging.forgotten.is_empty() {
            observer.on_event(&AgentEvent::Forgotten { turns: paging.forgotten.len() });
        }
    }

    /// What is to be brought back for a question, most important first. The turns in the window are
    /// marked as used, and scored, on the way.
    fn recalled(&mut self, question: &Question<'_>, is_recalling: bool) -> Vec<Recalled> {
        let Some(vector) = &question.vector else {
            return Vec::new();
        };
        let ranked = self.turn_index.ranked(question.text, vector);
        self.score_live_turns(&ranked);
        if !is_recalling || self.settings.paging == 0 {
            return Vec::new();
        }
        let turns = ranked
            .iter()
            .filter(|(turn, score)| *score >= TURN_FLOOR && !self.window.is_live(*turn))
            .filter_map(|&(turn, score)| {
                let view = self.window.turns().find(|view| view.id == turn)?;
                Some((score, Recalled { source: RecallSource::Turn(turn), text: said(&view) }))
            });
        let memories = self.memories_about(question, MOST);
        let memories = memories.into_iter().filter(|found| found.score >= MEMORY_FLOOR);
        let memories = memories.map(|found| Self::recalled_memory(found));
        let mut all: Vec<(f32, Recalled)> = turns.chain(memories).collect();
        all.sort_by(|left, right| right.0.total_cmp(&left.0));
        all.truncate(MOST);
        all.into_iter().map(|(_, recalled)| recalled).collect()
    }

    fn score_live_turns(&mut self, ranked: &[(TurnId, f32)]) {
        for &(turn, score) in ranked {
            if self.window.is_live(turn) {
                self.window.set_relevance(turn, score);
            }
            if score >= USED {
                self.window.touch(turn);
            }
        }
    }

    fn recalled_memory(found: Found<'_>) -> (f32, Recalled) {
        let text = told(found.entry);
        (found.score, Recalled { source: RecallSource::Memory(found.entry.id), text })
    }
}
