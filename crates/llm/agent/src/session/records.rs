//! The agent's lasting state as records.

use super::{
    keeper::{Content, turn_record},
    keys,
    numbers::{Conversation, Numbers},
};
use crate::{Agent, Settings, prompt::SYSTEM_PROMPT};
use alloc::{string::String, vec::Vec};
use llm_context::{SegmentState, Window};
use llm_inference::model::LanguageModel;
use serde_json::{Map, Value, json};
use system_storage::Key;

impl<M: LanguageModel> Agent<'_, M> {
    /// Everything that outlives a power cut. Conversations need a model to be brought back; where
    /// they were not, those in the store are left as they are.
    pub(super) fn session_records(
        &self,
        numbers: &mut Numbers,
        has_conversations: bool,
    ) -> Vec<(Key, Content<'_>)> {
        let mut records = Vec::from([
            (keys::PREFERENCES, Content::Json(self.preferences())),
            (keys::BLOCKS, Content::Json(self.blocks_record())),
            (keys::GRANTS, Content::Json(json!({"version": 1, "rules": self.grants.to_json()}))),
            (keys::SCHEDULE, Content::Json(self.schedule_record())),
            (keys::AUDIT_CHAIN, Content::Json(self.audit_chain())),
        ]);
        let calls = self.audit.records();
        records.extend(calls.map(|call| (keys::audit(call.number), Content::Audit(call))));
        let lines = (self.forgotten_lines..).zip(&self.history);
        records.extend(lines.map(|(number, line)| {
            (keys::line(number), Content::Json(json!({"version": 1, "line": line})))
        }));
        if has_conversations {
            self.add_conversations(numbers, &mut records);
        }
        records
    }

    fn preferences(&self) -> Value {
        let setting = |name| Some((String::from(name), self.settings.get(name)?.into()));
        let settings: Map<String, Value> =
            Settings::NAMES.into_iter().filter_map(setting).collect();
        let own_prompt = (self.system_prompt != SYSTEM_PROMPT).then_some(&self.system_prompt);
        json!({
            "version": 1,
            "settings": settings,
            "keymap": self.host.keymap(),
            "system_prompt": own_prompt,
        })
    }

    fn blocks_record(&self) -> Value {
        let outside: Vec<&str> = self.outside_state.blocks().collect();
        json!({"version": 1, "blocks": self.blocks.to_json(), "from_outside": outside})
    }

    fn schedule_record(&self) -> Value {
        let outside: Vec<u32> = self.outside_state.reminders().collect();
        json!({"version": 1, "schedule": self.schedule.to_json(), "from_outside": outside})
    }

    fn audit_chain(&self) -> Value {
        let [start, head] =
            [self.audit.start(), self.audit.head()].map(|hash| alloc::format!("{hash}"));
        json!({
            "version": 1,
            "start": start,
            "head": head,
            "last_number": self.audit.last_number(),
        })
    }

    fn add_conversations<'a>(
        &'a self,
        numbers: &mut Numbers,
        records: &mut Vec<(Key, Content<'a>)>,
    ) {
        let mut list: Vec<Value> = Vec::new();
        let mut number_of = |is_saved, name: &str, place: &str, newest_turn: u64| {
            let number = numbers.of(Conversation { is_saved, name: name.into() });
            list.push(json!({
                "number": number,
                "name": name,
                "place": place,
                "newest_turn": newest_turn,
            }));
            number
        };
        let here = (&self.branch, &self.window, "here");
        let others = self.branches.iter().map(|(name, window)| (name, window, "branch"));
        for (name, window, place) in core::iter::once(here).chain(others) {
            let number = number_of(false, name, place, window.newest_turn().0);
            add_window(number, window, records);
        }
        for (name, turns) in &self.saved {
            let newest = turns.last().map_or(0, |turn| turn.id.0);
            let number = number_of(true, name, "saved", newest);
            let turns = turns.iter();
            records.extend(turns.map(|turn| (keys::turn(number, turn.id), Content::Saved(turn))));
        }
        let list = json!({"version": 1, "conversations": list});
        records.push((keys::CONVERSATIONS, Content::Json(list)));
    }
}

fn add_window<'a>(number: u32, window: &'a Window, records: &mut Vec<(Key, Content<'a>)>) {
    let archived = window.archive().shared();
    records.extend(archived.map(|turn| (keys::turn(number, turn.turn), Content::Archived(turn))));
    for view in window.turns().filter(|view| view.state == SegmentState::Live) {
        let json = turn_record(view.to_turn().to_json());
        records.push((keys::turn(number, view.id), Content::Json(json)));
    }
}
