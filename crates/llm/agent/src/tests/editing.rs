//! The conversation changed after the fact, and what of it is computed again.

use super::{Bench, call, last_reply};
use crate::testing::{Recorded, Script};
use alloc::{format, vec::Vec};
use llm_inference::model::LanguageModel;
use serde_json::{Value, json};

/// A line, and what it cost.
struct Cost {
    /// Tokens that were computed, drafts in vain left out.
    computed: usize,
    /// Tokens of its prompt that were computed before.
    reused: usize,
    events: Vec<Recorded>,
}

fn in_vain(bench: &Bench) -> usize {
    let drafts = bench.agent.speculation();
    (drafts.drafted - drafts.accepted) as usize
}

/// Enters a line that has the model reply.
fn ask(bench: &mut Bench, line: &str) -> Cost {
    let before = bench.model().computed_total() - in_vain(bench);
    let events = bench.enter(line);
    let computed = bench.model().computed_total() - in_vain(bench) - before;
    let reused = events.iter().find_map(|event| match event {
        Recorded::Prefill(_, reused) => Some(*reused),
        _ => None,
    });
    let reused = reused.unwrap_or_else(|| panic!("{line}: {events:?}"));
    // What is in the cache was either there or is computed now, and nothing is computed twice.
    assert_eq!(computed, bench.model().computed().len() - reused, "{line}");
    Cost { computed, reused, events }
}

/// Tokens of a turn in the window.
fn turn_tokens(question: &str, reply: &str) -> usize {
    format!("<user\n{question}>\n<assistant\n{reply}>\n").len()
}

#[test]
fn undo_takes_turns_back_and_what_stays_is_not_computed_again() {
    let mut bench = Bench::new(["One.", "Two.", "Three."]);
    bench.say("1?");
    let one = bench.agent.usage().used;
    bench.say("2?");
    assert_eq!(bench.agent.usage().used, one + turn_tokens("2?", "Two."));
    let total = bench.model().computed_total();
    assert_eq!(bench.succeed("/undo"), "Taken back: 2?");
    assert_eq!(bench.agent.usage().used, one);
    assert_eq!(bench.model().computed_total(), total, "undo computes nothing");
    let cost = ask(&mut bench, "3?");
    assert!(cost.reused >= one, "{} of {one}", cost.reused);
    assert!(cost.computed <= turn_tokens("3?", "Three."));
    assert!(!bench.model().computed_text().contains("Two."));
    assert_eq!(bench.succeed("/undo"), "Taken back: 3?");
    assert_eq!(bench.succeed("/undo"), "Taken back: 1?");
    assert_eq!(bench.fail("/undo"), "there is no turn in the window");
    assert_eq!(bench.agent.usage().used, bench.agent.usage().pinned);
}

#[test]
fn undo_takes_the_calls_of_the_turn_with_it() {
    let calc = call("calc", r#"{"expr": "6*7"}"#);
    let mut bench = Bench::new(["One.", &*calc, "It is 42.", "Two."]);
    bench.say("1?");
    let before = bench.agent.usage();
    bench.say("What is 6*7?");
    assert_eq!(bench.succeed("/undo"), "Taken back: What is 6*7?");
    assert_eq!((bench.agent.usage().used, bench.agent.usage().turns), (before.used, 1));
    bench.say("2?");
    assert!(!bench.model().computed_text().contains("42"));
}

#[test]
fn edit_says_something_else_in_the_last_turn() {
    let mut bench = Bench::new(["One.", "Two.", "Three."]);
    bench.say("1?");
    let one = bench.agent.usage().used;
    bench.say("2?");
    let cost = ask(&mut bench, "/edit 3?");
    let done = Recorded::Command("edit".into(), true, "In place of: 2?".into());
    assert_eq!(cost.events.last(), Some(&done));
    assert_eq!(last_reply(&cost.events), "Three.");
    assert!(cost.reused >= one);
    assert!(cost.computed <= turn_tokens("3?", "Three."));
    assert_eq!(bench.agent.usage().used, one + turn_tokens("3?", "Three."));
    assert!(bench.fail("/edit").starts_with("usage: `/edit TEXT`"));
}

#[test]
fn an_edit_that_does_not_fit_loses_nothing() {
    let mut bench = Bench::new(["One.", "Two.", "Three."]);
    bench.say("1?");
    bench.say("2?");
    let before = bench.agent.usage();
    let events = bench.say(&format!("/edit {}", "x".repeat(9000)));
    assert!(matches!(&events[0], Recorded::Error(source, _) if source == "context"), "{events:?}");
    let refusal = "there was no reply, so the last turn stays as it was";
    assert_eq!(events[1], Recorded::Command("edit".into(), false, refusal.into()));
    assert_eq!(bench.agent.usage(), before);
    assert!(ask(&mut bench, "3?").reused >= before.used - ">\n".len());
}

#[test]
fn regenerate_answers_the_same_question_anew() {
    let mut bench = Bench::new(["One.", "Two.", "Three."]);
    bench.say("1?");
    bench.say("2?");
    let before = bench.agent.usage().used;
    let cost = ask(&mut bench, "/regenerate");
    let done = Recorded::Command("regenerate".into(), true, "Answered anew.".into());
    assert_eq!(cost.events.last(), Some(&done));
    assert_eq!(last_reply(&cost.events), "Three.");
    // Of the prompt only the last token, whose logits choose the first word. The token that ends the
    // reply may have been drafted.
    assert!(cost.computed <= 1 + "Three.".len() + 1, "{}", cost.computed);
    assert_eq!(bench.agent.usage().used, before + "Three.".len() - "Two.".len());
    // The next turn is answered with the usual settings.
    assert!(bench.agent.settings().temperature.abs() < f32::EPSILON);
    assert!(bench.fail("/regenerate now").starts_with("usage: "));
    let mut bench = Bench::new([]);
    assert_eq!(bench.fail("/regenerate"), "there is no turn in the window");
}

#[test]
fn a_reply_that_fails_anew_leaves_the_old_one() {
    let mut bench = Bench::with_limit(4096, ["One.".into(), Script::Fail, "Two.".into()]);
    bench.say("1?");
    let before = bench.agent.usage();
    let events = bench.say("/regenerate");
    assert!(matches!(events.last(), Some(Recorded::Command(_, false, _))), "{events:?}");
    assert_eq!(bench.agent.usage(), before);
    bench.say("2?");
    assert!(bench.model().computed_text().contains("One."));
}

#[test]
fn branches_go_their_own_way_and_share_what_they_began_with() {
    let mut bench = Bench::new(["One.", "Two.", "Three.", "Four."]);
    bench.say("1?");
    let shared = bench.agent.usage().used;
    let begins = bench.succeed("/branch other");
    assert_eq!(begins, "The branch other begins here; /branch main goes back.");
    assert!(ask(&mut bench, "2?").reused >= shared - ">\n".len());
    ask(&mut bench, "3?");
    let text = bench.succeed("/branches");
    assert_eq!(text, "- **main**: 1 turns\n- **other** (here): 3 turns");
    assert_eq!(bench.succeed("/branch other"), "This is the branch other.");
    let goes_on = bench.succeed("/branch main");
    assert_eq!(goes_on, "The branch main goes on; /branch other goes back.");
    assert_eq!(bench.agent.usage().used, shared);
    let cost = ask(&mut bench, "4?");
    assert!(cost.reused >= shared);
    let text = bench.model().computed_text();
    assert!(text.contains("One.") && !text.contains("Two."), "{text}");
    bench.succeed("/branch other");
    assert_eq!(bench.agent.usage().turns, 3);
    for line in ["/branch", "/branch two words"] {
        assert!(bench.fail(line).starts_with("usage: `/branch NAME`"));
    }
}

#[test]
fn a_branch_has_the_blocks_of_now() {
    let mut bench = Bench::new(["One.", "Two."]);
    bench.say("1?");
    bench.succeed("/branch other");
    bench.succeed("/block user Her name is Ann.");
    bench.succeed("/branch main");
    bench.say("2?");
    assert!(bench.model().computed_text().contains("\n[user] Her name is Ann."));
}

#[test]
fn a_saved_conversation_goes_on_without_being_computed_again() {
    let mut bench = Bench::new(["One.", "Two.", "Three."]);
    bench.say("1?");
    bench.say("2?");
    let saved = bench.agent.usage();
    let text = "Saved 2 turns as trip, until the machine is switched off: there is no disk.";
    assert_eq!(bench.succeed("/save trip"), text);
    bench.succeed("/reset");
    assert_eq!(bench.agent.usage().turns, 0);
    let events = bench.say("/load trip");
    let done = "The conversation trip goes on: 2 turns.";
    assert_eq!(events, [Recorded::Reset, Recorded::Command("load".into(), true, done.into())]);
    assert_eq!(bench.agent.usage().used, saved.used);
    let cost = ask(&mut bench, "3?");
    assert!(cost.reused >= saved.used - ">\n".len(), "{}", cost.reused);
    assert_eq!(bench.fail("/load"), "nothing is saved as \"default\"; there are trip");
    let mut bench = Bench::new([]);
    let error = "nothing is saved as \"x\", or under any other name";
    assert_eq!(bench.fail("/load x"), error);
    bench.succeed("/save");
    assert_eq!(bench.succeed("/load"), "The conversation default goes on: 0 turns.");
}

#[test]
fn what_a_saved_conversation_has_too_much_is_paged_out_and_reported() {
    let mut bench = Bench::with_limit(2048, ["1", "2", "3", "4"].map(Script::from));
    let pinned = bench.agent.usage().pinned;
    let long = "x".repeat((2048 - 256 - pinned) / 2 - 60);
    bench.say(&long);
    bench.say(&long);
    bench.succeed("/save");
    bench.succeed("/reset");
    // The pinned part has grown since.
    let block = format!("/block user {}", "y".repeat(200));
    bench.succeed(&block);
    let events = bench.say("/load");
    assert_eq!(events[0], Recorded::Reset);
    assert!(matches!(events[1], Recorded::Evicted(1, _)), "{events:?}");
}

#[test]
fn a_conversation_is_exported_for_people_and_for_programs() {
    let calc = call("calc", r#"{"expr": "6*7"}"#);
    let mut bench = Bench::new([&*calc, "It is 42."]);
    bench.say("What is 6*7?");
    let expected = format!(
        "# Conversation\n\n**You:** What is 6*7?\n\n**Agent:** {calc}\n\n**Tool:** 6*7 = 42\n\n\
         **Agent:** It is 42.\n"
    );
    for form in ["", " md", " markdown"] {
        assert_eq!(bench.succeed(&format!("/export{form}")), expected);
    }
    let text = bench.succeed("/export json");
    let inside = text.strip_prefix("```\n").and_then(|rest| rest.strip_suffix("\n```")).unwrap();
    let value: Value = serde_json::from_str(inside).unwrap();
    assert_eq!(
        value,
        json!({"model": "Scripted", "turns": [{"turn": 1, "state": "live", "messages": [
            {"role": "user", "content": "What is 6*7?"},
            {"role": "assistant", "content": "", "tool_calls": [{
                "id": "call00001",
                "type": "function",
                "function": {"name": "calc", "arguments": {"expr": "6*7"}},
            }]},
            {"role": "tool", "content": "6*7 = 42", "tool_call_id": "call00001", "name": "calc"},
            {"role": "assistant", "content": "It is 42."},
        ]}]})
    );
    assert!(bench.fail("/export pdf").starts_with("usage: "));
}

#[test]
fn a_text_with_fences_does_not_end_the_export() {
    let mut bench = Bench::new(["```\ncode\n```"]);
    bench.say("Show code.");
    let text = bench.succeed("/export json");
    assert_eq!(text.lines().filter(|line| line.trim_start().starts_with("```")).count(), 2);
}

#[test]
fn blocks_are_set_added_to_cleared_and_bounded() {
    let mut bench = Bench::new(["One.", "Two.", "Three."]);
    bench.say("1?");
    let before = bench.agent.usage();
    assert_eq!(bench.succeed("/block user"), "**user** is empty");
    assert_eq!(bench.succeed("/block user Her name is Ann."), "**user**: Her name is Ann.");
    let both = "**user**: Her name is Ann. She likes tea.";
    assert_eq!(bench.succeed("/block user + She likes tea."), both);
    assert_eq!(bench.succeed("/block user"), both);
    let all = format!("- **persona** is empty\n- {both}\n- **task** is empty");
    assert_eq!(bench.succeed("/block"), all);
    // The turns stay; what stands behind the change is computed again, what stands before is not.
    let cost = ask(&mut bench, "2?");
    let text = bench.model().computed_text();
    let block = "\n[user] Her name is Ann. She likes tea.";
    assert!(text.contains(block) && text.contains("One."), "{text}");
    assert!(cost.reused > 0 && cost.reused < before.pinned, "{}", cost.reused);
    let error = bench.fail(&format!("/block user {}", "x".repeat(513)));
    assert!(error.starts_with("the block would have 513 bytes; 512 are allowed"), "{error}");
    assert_eq!(
        bench.fail("/block mood x"),
        "there is no block \"mood\"; there are persona, user and task"
    );
    assert!(bench.fail("/block user +").starts_with("usage: "));
    assert_eq!(bench.succeed("/block user"), both);
    assert_eq!(bench.succeed("/block user clear"), "**user** is empty");
    assert_eq!(bench.agent.usage().pinned, before.pinned);
    ask(&mut bench, "3?");
    assert!(!bench.model().computed_text().contains("[user]"));
}

#[test]
fn a_block_that_is_set_and_cleared_costs_nothing() {
    let mut bench = Bench::new(["One.", "Two."]);
    bench.say("1?");
    let used = bench.agent.usage().used;
    bench.succeed("/block task Plan the trip.");
    bench.succeed("/block task clear");
    assert!(ask(&mut bench, "2?").reused >= used - ">\n".len());
}

#[test]
fn blocks_that_leave_no_room_are_refused_and_nothing_is_changed() {
    let mut bench = Bench::with_limit(2048, ["One.".into()]);
    let before = bench.agent.usage();
    let text = "x".repeat(500);
    let results = ["persona", "user", "task"].map(|it| bench.run(&format!("/block {it} {text}")));
    let refused = results.iter().find(|(ok, _)| !ok).unwrap_or_else(|| panic!("{results:?}"));
    assert!(refused.1.contains("tokens, but the window has room for"), "{}", refused.1);
    assert_eq!(bench.succeed("/block task"), "**task** is empty");
    for label in ["persona", "user", "task"] {
        bench.succeed(&format!("/block {label} clear"));
    }
    assert_eq!(bench.agent.usage(), before);
    bench.say("1?");
}

#[test]
fn blocks_outlive_a_reset_and_the_model_may_change_them() {
    let edit = call("edit_block", r#"{"block": "task", "text": "Plan the trip."}"#);
    let mut bench = Bench::new([&*edit, "Done.", "Two."]);
    bench.say("Set the task to planning the trip.");
    assert_eq!(bench.succeed("/block task"), "**task**: Plan the trip.");
    bench.succeed("/reset");
    bench.say("2?");
    assert!(bench.model().computed_text().contains("\n[task] Plan the trip."));
}
