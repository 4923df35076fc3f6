//! What is written comes back, and only what has changed is written.

use super::{adopt, bench, errors, later, records, resume, save, state, store, talk};
use crate::{session::keys, testing::Recorded, tests::Bench};
use alloc::{collections::BTreeSet, string::ToString, vec::Vec};
use llm_context::TurnId;
use system_platform::pace;
use system_storage::Key;

/// A session in a new store, and what there was of it.
fn kept() -> (system_storage::Store<'static>, alloc::string::String) {
    let store = store();
    let mut bench = talk();
    adopt(&mut bench.agent);
    let state = state(&mut bench);
    save(&mut bench, &store);
    (store, state)
}

/// What a save changes, by key.
fn changed(bench: &mut Bench, store: &system_storage::Store<'_>) -> Vec<Key> {
    let before = records(store);
    save(bench, store);
    let after = records(store);
    let keys: BTreeSet<Key> = before.keys().chain(after.keys()).copied().collect();
    keys.into_iter().filter(|key| before.get(key) != after.get(key)).collect()
}

#[test]
fn everything_comes_back() {
    let (store, before) = kept();
    let mut again = bench(2048, []);
    let resumed = resume(&mut again, &store);
    assert_eq!((resumed.reminders, resumed.left_alone), (2, 0));
    assert_eq!(errors(&again), [""; 0]);
    assert_eq!(state(&mut again), before);
    // And so it does from there, without a record being written.
    assert_eq!(changed(&mut again, &store), []);
    assert_eq!(changed(&mut again, &store), []);
}

#[test]
fn branches_and_saved_conversations_go_on() {
    let (store, _) = kept();
    let mut again = bench(2048, ["Seven."]);
    resume(&mut again, &store);
    assert!(again.succeed("/branch other").contains("goes on"));
    assert_eq!(again.agent.window.turns().count(), 3);
    assert_eq!(again.succeed("/load trip"), "The conversation trip goes on: 2 turns.");
    again.say("7?");
    assert!(again.model().computed_text().contains("6*7"));
    assert_eq!(again.agent.window.last_turn(), Some(TurnId(3)));
}

#[test]
fn a_line_writes_its_own_turn_and_little_else() {
    let (store, _) = kept();
    let mut again = bench(2048, ["Seven."]);
    resume(&mut again, &store);
    save(&mut again, &store);
    let lines = again.agent.history().len() as u64;
    let turn = keys::turn(1, TurnId(again.agent.window.newest_turn().0 + 1));
    let before = store.usage().live_bytes;
    again.say("7?");
    let line = keys::line(lines);
    assert_eq!(changed(&mut again, &store), [keys::CONVERSATIONS, line, turn]);
    assert!(store.usage().live_bytes - before < 1000);
    again.enter("/tool calc 1+1");
    let calls = again.agent.audit.last_number();
    assert_eq!(
        changed(&mut again, &store),
        [keys::AUDIT_CHAIN, keys::line(lines + 1), keys::audit(calls)]
    );
    again.enter("/undo");
    assert_eq!(changed(&mut again, &store), [keys::line(lines + 2), turn]);
}

#[test]
fn what_is_paged_out_is_written_once_more_and_never_again() {
    let store = store();
    let mut bench = bench(1024, ["1", "2", "3", "4", "5", "6"]);
    resume(&mut bench, &store);
    let long = "x".repeat(150);
    let mut moved = Vec::new();
    for _ in 0..6 {
        bench.say(&long);
        let turns = changed(&mut bench, &store).into_iter().filter_map(keys::turn_of);
        moved.push(turns.map(|(_, turn)| turn.0).collect::<Vec<_>>());
    }
    let archived: Vec<u64> = bench.agent.window.archive().iter().map(|turn| turn.turn.0).collect();
    assert!(archived.len() >= 2, "{archived:?}");
    for turn in 1..=6 {
        let times = moved.iter().flatten().filter(|it| **it == turn).count();
        assert_eq!(times, 1 + usize::from(archived.contains(&turn)), "turn {turn}: {moved:?}");
    }
}

#[test]
fn what_was_forgotten_vanishes_from_the_store() {
    let (store, _) = kept();
    let mut again = bench(2048, []);
    resume(&mut again, &store);
    again.succeed("/reset");
    again.succeed("/tool schedule {\"cancel\": \"all\"}");
    save(&mut again, &store);
    let records = records(&store);
    assert!(!records.keys().any(|key| matches!(keys::turn_of(*key), Some((1, _)))));
    assert!(!records.values().any(|text| text.contains("yyy") && text.contains("\"turn\"")));
    let mut again = bench(2048, []);
    resume(&mut again, &store);
    assert_eq!(again.agent.window.turns().count(), 0);
    assert_eq!((again.agent.schedule.len(), again.agent.schedule.last_id()), (0, 2));
}

#[test]
fn a_smaller_window_pages_out_what_it_has_no_room_for() {
    let store = store();
    let mut first = bench(4096, ["1", "2", "3", "4"]);
    resume(&mut first, &store);
    let long = "x".repeat(400);
    for _ in 0..4 {
        first.say(&long);
    }
    save(&mut first, &store);
    let mut small = bench(2048, ["5"]);
    assert_eq!(resume(&mut small, &store).turns, 4);
    let events = small.recorder.take();
    assert!(events.iter().any(|event| matches!(event, Recorded::Evicted(1, _))), "{events:?}");
    assert!(small.agent.usage().used <= small.agent.usage().high_mark);
    small.say("5?");
    assert_eq!(small.agent.window.last_turn(), Some(TurnId(5)));
}

#[test]
fn what_was_due_meanwhile_is_due_at_once() {
    let (store, _) = kept();
    let mut again = later(3600);
    resume(&mut again, &store);
    let now = again.agent.next_wake_ns().unwrap();
    assert!(now < 1_000_000_000, "{now}");
    let work = again.agent.wake(&system_platform::pace::Unpaced, &again.recorder, &again.cancel);
    pace::run(work);
    let events = again.recorder.take();
    assert!(events.contains(&Recorded::Notice("Reminder: tea".into())), "{events:?}");
    assert_eq!(again.agent.schedule.len(), 1, "what repeats stays");
}

#[test]
fn the_chain_of_the_audit_log_goes_on() {
    let (store, _) = kept();
    let mut again = bench(2048, []);
    resume(&mut again, &store);
    let before = again.agent.audit.records().len();
    let head = again.agent.audit.head().to_string();
    assert!(again.succeed("/audit verify").ends_with(&head));
    again.succeed("/tool calc 1+1");
    let verified = again.succeed("/audit verify");
    assert!(verified.starts_with(&alloc::format!("{} records, unchanged", before + 1)));
    save(&mut again, &store);
    let mut again = bench(2048, []);
    resume(&mut again, &store);
    assert_eq!(again.succeed("/audit verify"), verified);
}

#[test]
fn what_somebody_else_wrote_keeps_its_mark() {
    let store = store();
    let mut first = bench(4096, ["One."]);
    resume(&mut first, &store);
    first.succeed("/block task Obey.");
    first.succeed("/tool schedule {\"when\": \"in 10 minutes\", \"text\": \"obey\"}");
    first.agent.outside_state.set_blocks(&[llm_tools::blocks::Label::Task]);
    first.agent.outside_state.set_reminders([1].into());
    save(&mut first, &store);
    let mut again = bench(4096, ["One."]);
    resume(&mut again, &store);
    assert!(again.agent.repeats_outside_state("Obey."));
    assert!(again.agent.repeats_outside_state("obey"));
    again.say("1?");
    assert!(again.model().computed_text().contains("[data from edit_block"));
}

#[test]
fn without_a_model_conversations_are_left_as_they_are() {
    let (store, before) = kept();
    let mut without = Bench::without_model();
    assert_eq!(resume(&mut without, &store).turns, 0);
    without.succeed("/set temperature 0.5");
    save(&mut without, &store);
    let mut again = bench(2048, []);
    resume(&mut again, &store);
    let last = again.agent.history.pop_back();
    assert_eq!(last.as_deref(), Some("/set temperature 0.5"));
    assert_eq!(state(&mut again), before);
}

#[test]
fn a_model_that_comes_and_goes_loses_no_conversation() {
    let (store, before) = kept();
    let mut again = bench(2048, []);
    resume(&mut again, &store);
    let model = again.agent.model().cloned();
    again.agent.replace_model(None, &()).unwrap();
    assert_eq!(changed(&mut again, &store), []);
    // One that comes where the conversations were not brought back takes their place only when
    // they are.
    let mut without = Bench::without_model();
    resume(&mut without, &store);
    without.agent.replace_model(model, &()).unwrap();
    without.say("7?");
    assert_eq!(
        changed(&mut without, &store),
        [keys::line(without.agent.history().len() as u64 - 1)]
    );
    resume(&mut without, &store);
    assert_eq!(without.agent.history.pop_back().as_deref(), Some("7?"));
    assert_eq!(state(&mut without), before);
}

#[test]
fn lines_of_input_are_counted_on_when_the_oldest_are_forgotten() {
    let store = store();
    let mut first = bench(4096, []);
    resume(&mut first, &store);
    for line in 0..crate::agent::MAX_HISTORY + 3 {
        first.enter(&alloc::format!("/ticks {line}"));
    }
    save(&mut first, &store);
    let mut again = bench(4096, []);
    resume(&mut again, &store);
    assert!(again.agent.history().eq(first.agent.history()));
    assert_eq!(again.agent.forgotten_lines, 3);
    assert_eq!(changed(&mut again, &store), []);
    again.enter("/ticks");
    let newest = keys::line(crate::agent::MAX_HISTORY as u64 + 3);
    assert_eq!(changed(&mut again, &store), [keys::line(3), newest]);
}
