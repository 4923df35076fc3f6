//! Records that are damaged or of a later version: they are reported and left as they are, and the
//! rest comes back.

use super::{adopt, bench, change, errors, put, records, resume, save, store, talk};
use crate::{session::keys, tests::Bench};
use alloc::vec::Vec;
use llm_context::TurnId;
use llm_tools::{
    Capability,
    blocks::Label,
    grants::{Decision, Rule},
};
use serde_json::json;
use system_storage::{Key, Store};

/// A session in a new store, with one record spoilt.
fn spoilt(key: Key, payload: &str) -> Store<'static> {
    let store = store();
    let mut bench = talk();
    adopt(&mut bench.agent);
    save(&mut bench, &store);
    assert!(records(&store).contains_key(&key), "{key:?}");
    put(&store, key, payload);
    store
}

/// An agent that comes back from the store, which reports one record.
fn come_back(store: &Store<'_>, message: &str) -> Bench {
    let mut again = bench(2048, ["Seven.", "Eight."]);
    let resumed = resume(&mut again, store);
    assert!(resumed.left_alone > 0);
    let errors = errors(&again);
    assert!(errors.iter().any(|error| error.contains(message)), "{errors:?}");
    again
}

type IsThere = fn(&Bench) -> bool;

/// The parts that are kept whole, and whether an agent has them as they were.
const PARTS: [(Key, IsThere); 5] = [
    (keys::PREFERENCES, |bench| bench.agent.settings().temperature == 0.5),
    (keys::BLOCKS, |bench| bench.agent.blocks.get(Label::User) == "Her name is Ann."),
    (keys::GRANTS, |bench| bench.agent.grants.rules().contains(&(Capability::Code, Rule::Deny))),
    (keys::SCHEDULE, |bench| bench.agent.schedule.len() == 2),
    (keys::CONVERSATIONS, |bench| bench.agent.branches.contains_key("other")),
];

#[test]
fn each_part_that_is_spoilt_leaves_the_others() {
    let mut sound = talk();
    adopt(&mut sound.agent);
    let sound_store = store();
    save(&mut sound, &sound_store);
    let keys = records(&sound_store).into_keys();
    for key in keys {
        let store = spoilt(key, "{\"version\": 2}");
        let message = alloc::format!("record {}/{} (", key.kind, key.id);
        let mut again = come_back(&store, &message);
        // Nothing is written over it, nor is it deleted, as long as its part does not change.
        save(&mut again, &store);
        assert_eq!(records(&store)[&key], "{\"version\": 2}", "{key:?}");
        for (part, is_there) in PARTS {
            assert_eq!(is_there(&again), part != key, "{part:?} without {key:?}");
        }
        let all = sound.agent.window.turns().count();
        if keys::turn_of(key).is_some_and(|(number, _)| number == 1) {
            assert_eq!(again.agent.window.turns().count(), all - 1);
        }
    }
}

#[test]
fn a_turn_that_is_damaged_keeps_its_key_to_itself() {
    let key = keys::turn(1, TurnId(2));
    let store = spoilt(key, "not JSON");
    let mut again = come_back(&store, "turn 2 of conversation 1");
    let turns =
        |bench: &Bench| -> Vec<u64> { bench.agent.window.turns().map(|turn| turn.id.0).collect() };
    let before = turns(&again);
    assert!(!before.contains(&2));
    again.say("7?");
    save(&mut again, &store);
    assert_eq!(records(&store)[&key], "not JSON");
    // The conversation has moved to another number, and is read from there.
    let mut again = come_back(&store, "turn 2 of conversation 1");
    assert_eq!(turns(&again)[..before.len()], before);
    assert_eq!(turns(&again).len(), before.len() + 1);
    again.succeed("/reset");
    again.say("8?");
    again.say("9?");
    save(&mut again, &store);
    assert_eq!(records(&store)[&key], "not JSON");
    let again = come_back(&store, "turn 2 of conversation 1");
    assert_eq!(turns(&again), [1, 2]);
    assert!(!again.agent.branches.keys().any(|name| name.starts_with("found")));
}

#[test]
fn conversations_whose_list_is_lost_are_found() {
    let store = spoilt(keys::CONVERSATIONS, "[]");
    let mut again = come_back(&store, "the list of conversations");
    let branches = again.succeed("/branches");
    for name in ["found-1", "found-2", "found-3", "main"] {
        assert!(branches.contains(&alloc::format!("**{name}**")), "{branches}");
    }
    assert!(branches.contains("**main** (here): 0 turns"), "{branches}");
    again.say("7?");
    save(&mut again, &store);
    let mut again = bench(2048, []);
    resume(&mut again, &store);
    assert_eq!(again.succeed("/branches"), branches.replace("(here): 0", "(here): 1"));
}

#[test]
fn without_readable_rights_everything_is_asked_for() {
    let store = spoilt(keys::GRANTS, "{}");
    let mut again = come_back(&store, "the rights");
    let decision = again.agent.grants.decide(Some(Capability::MemoryRead), false);
    assert!(matches!(decision, Decision::Ask(_)), "{decision:?}");
    // What the person says then is kept.
    again.succeed("/allow fs.read");
    save(&mut again, &store);
    let mut again = bench(2048, []);
    assert_eq!(resume(&mut again, &store).left_alone, 0);
    assert_eq!(again.agent.grants.rules().len(), 1);
}

#[test]
fn a_record_of_the_audit_log_that_was_changed_is_told() {
    let key = keys::audit(1);
    let store = spoilt(keys::line(0), "{\"version\": 1, \"line\": \"1?\"}");
    change(&store, key, "/call/tool", json!("echo"));
    let mut again = bench(2048, []);
    resume(&mut again, &store);
    assert_eq!(errors(&again), ["records of the audit log are missing or changed (/audit verify)"]);
    assert!(again.fail("/audit verify").contains("record 1 of the audit log"));
    // One that is missing at the end is missed as well.
    let store = spoilt(keys::line(0), "{\"version\": 1, \"line\": \"1?\"}");
    let last = records(&store).into_keys().next_back().unwrap();
    let mut batch = system_storage::Batch::new();
    batch.delete(last);
    system_platform::pace::run(store.commit(batch)).unwrap();
    let mut again = bench(2048, []);
    resume(&mut again, &store);
    assert_eq!(errors(&again), ["records of the audit log are missing or changed (/audit verify)"]);
    again.succeed("/tool calc 1+1");
    assert_eq!(again.agent.audit.records().next_back().unwrap().number, last.id + 1);
}

#[test]
fn a_setting_that_is_not_known_leaves_the_others() {
    let store = spoilt(keys::line(0), "{\"version\": 1, \"line\": \"1?\"}");
    change(&store, keys::PREFERENCES, "/settings/top_k", json!("many"));
    let again = come_back(&store, "record.settings.top_k: top_k needs a number, not \"many\"");
    assert_eq!(again.agent.settings().temperature, 0.5);
}

#[test]
fn blocks_that_do_not_fit_the_window_stay_in_the_store() {
    let store = store();
    let mut first = bench(4096, []);
    resume(&mut first, &store);
    first.succeed(&alloc::format!("/block user {}", "y".repeat(500)));
    save(&mut first, &store);
    let mut small = bench(600, []);
    resume(&mut small, &store);
    let errors = errors(&small);
    assert!(errors[0].contains("(the blocks)"), "{errors:?}");
    save(&mut small, &store);
    let mut again = bench(4096, []);
    resume(&mut again, &store);
    assert!(again.succeed("/block user").contains("yyy"));
}
