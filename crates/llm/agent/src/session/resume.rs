//! Bringing a session back.

use super::{SessionError, conversations, found::Found, keeper::Mark, keys, numbers::Numbers};
use crate::{
    Agent, ErrorSource, Observer, SettingError, Settings,
    agent::{MAX_HISTORY, report_error},
    prompt::SYSTEM_PROMPT,
};
use alloc::{collections::BTreeSet, format, string::String, vec::Vec};
use llm_context::Budget;
use llm_inference::model::LanguageModel;
use llm_memory::kinds::{AUDIT, SESSION};
use llm_record::{Node, RecordError};
use llm_tools::{
    Audit, Blocks, Grants, Schedule,
    audit::{Hash, Record},
    blocks::Label,
    schedule::Moment,
};
use system_storage::Store;

/// What came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resumed {
    /// Turns of the conversation at hand, in the window or in the archive.
    pub turns: usize,
    /// Reminders.
    pub reminders: usize,
    /// Records that cannot be read and are left as they are; each was reported.
    pub left_alone: usize,
}

/// What `/set` and `/system` change.
struct Preferences {
    settings: Settings,
    /// Those settings that cannot be made, with the reasons.
    faults: Vec<RecordError>,
    keymap: String,
    system_prompt: Option<String>,
}

/// Where the audit log begins and ends.
struct Chain {
    start: Hash,
    head: Hash,
    last_number: u64,
}

impl<M: LanguageModel> Agent<'_, M> {
    /// Brings back what [`Self::save_session`] wrote, in the place of what the agent has, and has it
    /// written there from now on. For the start, before the first line.
    ///
    /// A record that cannot be read is reported as an error, and left as it is; everything else is
    /// brought back. Without readable rights, the agent asks for everything. A reminder that was due
    /// meanwhile is due at once. Conversations are brought back if there is a model, and what its
    /// window has no room for is paged out; without one they stay in the store as they are, and none
    /// is written there until this is called again with a model.
    ///
    /// # Errors
    /// The store fails; then nothing has changed.
    pub async fn resume_session<O: Observer + ?Sized>(
        &mut self,
        store: &Store<'_>,
        observer: &O,
    ) -> Result<Resumed, SessionError> {
        let mut found = Found::read(store).await?;
        self.resume_preferences(&mut found);
        self.resume_grants(&mut found);
        self.resume_schedule(&mut found);
        self.resume_audit(&mut found, observer);
        self.resume_history(&mut found);
        self.resume_blocks(&mut found, observer);
        let mut numbers = Numbers::default();
        let has_conversations = self.model.is_some();
        if has_conversations {
            let paging = conversations::resume(self, &mut found, &mut numbers);
            self.report_paging(&paging, observer);
        }
        found.report(observer);
        let resumed = Resumed {
            turns: self.window.turns().count(),
            reminders: self.schedule.len(),
            left_alone: found.left_alone(),
        };
        let known_numbers = numbers.clone();
        // What is kept whole and could not be read is written again once it changes.
        for (key, content) in self.session_records(&mut numbers, has_conversations) {
            if found.is_left_alone(key) {
                found.mark(key, Mark::of(&content.payload()));
            }
        }
        let mut keeper = found.into_keeper(has_conversations);
        keeper.numbers = known_numbers;
        self.session = Some(keeper);
        self.report_context(observer);
        Ok(resumed)
    }

    fn resume_preferences(&mut self, found: &mut Found) {
        let settings = self.settings;
        let Some(preferences) = found.take(keys::PREFERENCES, |node| preferences(node, settings))
        else {
            return;
        };
        self.settings = preferences.settings;
        self.window.set_policy(self.settings.eviction);
        let limit = self.window.budget().limit();
        self.window.set_budget(Budget::new(limit, self.settings.reserve));
        if let Some(system_prompt) = preferences.system_prompt {
            self.system_prompt = system_prompt;
        }
        for fault in preferences.faults {
            found.refuse(keys::PREFERENCES, &fault);
        }
        if self.host.set_keymap(&preferences.keymap).is_err() {
            let known = self.host.keymaps().join(", ");
            let value = preferences.keymap;
            found.refuse(keys::PREFERENCES, &SettingError::UnknownKeymap { value, known });
        }
    }

    fn resume_grants(&mut self, found: &mut Found) {
        let grants = found.take(keys::GRANTS, |node| Grants::from_json(&node.get("rules")?));
        if let Some(grants) = grants {
            self.grants = grants;
        } else if found.is_left_alone(keys::GRANTS) {
            // They may have forbidden what is allowed at first.
            self.grants = Grants::none();
        }
    }

    fn resume_schedule(&mut self, found: &mut Found) {
        let now = Moment::of(self.host.machine());
        let read = found.take(keys::SCHEDULE, |node| {
            let schedule = Schedule::from_json(&node.get("schedule")?, now)?;
            let outside = node.get("from_outside")?.items()?.map(|id| id.number());
            Ok((schedule, outside.collect::<Result<BTreeSet<u32>, _>>()?))
        });
        if let Some((schedule, outside)) = read {
            self.schedule = schedule;
            self.outside_state.set_reminders(outside);
        }
    }

    fn resume_audit<O: Observer + ?Sized>(&mut self, found: &mut Found, observer: &O) {
        let chain = found.take(keys::AUDIT_CHAIN, |node| {
            Ok(Chain {
                start: Hash::from_json(&node.get("start")?)?,
                head: Hash::from_json(&node.get("head")?)?,
                last_number: node.get("last_number")?.number()?,
            })
        });
        let keys = found.keys(AUDIT);
        let newest = keys.last().map_or(0, |key| key.id);
        let mut records = Vec::new();
        for key in keys {
            let record = found.take(key, |node| {
                let record = Record::from_json(&node.get("call")?)?;
                match record.number == key.id {
                    true => Ok(record),
                    false => Err(node.get("call")?.get("number")?.expected("the record's number")),
                }
            });
            if let Some(record) = record {
                found.mark(key, Mark::Hash(record.hash.0));
                records.push(record);
            }
        }
        let (start, last_number) =
            chain.as_ref().map_or_else(Default::default, |chain| (chain.start, chain.last_number));
        self.audit = Audit::resume(start, last_number.max(newest), records);
        let whole = chain.as_ref().is_none_or(|chain| chain.head == self.audit.head());
        if !whole || self.audit.verify().is_err() {
            let message = "records of the audit log are missing or changed (/audit verify)";
            report_error(observer, ErrorSource::Agent, message);
        }
    }

    fn resume_history(&mut self, found: &mut Found) {
        let lines = found.keys(SESSION).into_iter();
        let lines: Vec<_> = lines.filter_map(|key| Some((key, keys::line_of(key)?))).collect();
        let Some((_, newest)) = lines.last().copied() else {
            return;
        };
        self.history.clear();
        for (key, _) in lines {
            let line = found.take(key, |node| Ok(String::from(node.get("line")?.text()?)));
            self.history.extend(line);
        }
        let excess = self.history.len().saturating_sub(MAX_HISTORY);
        self.history.drain(..excess);
        // Of lines without a gap each has the number that it had.
        self.forgotten_lines = (newest + 1).saturating_sub(self.history.len() as u64);
        if (self.forgotten_lines..=newest).any(|line| found.is_left_alone(keys::line(line))) {
            self.forgotten_lines = newest + 1;
        }
    }

    /// Brings the blocks back and begins the conversation behind them and the system prompt, unless
    /// the window of the model at hand is too small for them.
    fn resume_blocks<O: Observer + ?Sized>(&mut self, found: &mut Found, observer: &O) {
        let read = found.take(keys::BLOCKS, |node| {
            let blocks = Blocks::from_json(&node.get("blocks")?)?;
            let outside = node.get("from_outside")?.items()?.map(|label| {
                Label::from_name(label.text()?).map_err(|error| label.refused(&error))
            });
            Ok((blocks, outside.collect::<Result<Vec<_>, _>>()?))
        });
        if let Some((blocks, outside)) = read {
            self.blocks = blocks;
            self.outside_state.set_blocks(&outside);
        }
        let described = (self.described.clone(), self.most_described);
        let Err(error) = self.begin() else {
            return;
        };
        found.refuse(keys::BLOCKS, &error);
        self.blocks = Blocks::default();
        self.outside_state.set_blocks(&[]);
        (self.described, self.most_described) = described.clone();
        let Err(error) = self.begin() else {
            return;
        };
        found.refuse(keys::PREFERENCES, &error);
        self.system_prompt = SYSTEM_PROMPT.into();
        (self.described, self.most_described) = described;
        if let Err(error) = self.begin() {
            report_error(observer, ErrorSource::Context, &format!("{error}"));
        }
    }
}

fn preferences(node: &Node<'_>, mut settings: Settings) -> Result<Preferences, RecordError> {
    let mut faults = Vec::new();
    for (name, setting) in node.get("settings")?.fields()? {
        // Another model may have another window: whatever counts tokens is bounded by it anyway.
        if let Err(error) = settings.set(name, setting.text()?, usize::MAX) {
            faults.push(setting.refused(&error));
        }
    }
    let system_prompt = node.find("system_prompt")?;
    Ok(Preferences {
        settings,
        faults,
        keymap: node.get("keymap")?.text()?.into(),
        system_prompt: system_prompt.map(|prompt| prompt.text().map(String::from)).transpose()?,
    })
}
