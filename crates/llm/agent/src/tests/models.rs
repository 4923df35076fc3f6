//! Models listed, asked for, and put in the place of others.

use super::{Bench, call};
use crate::{
    models::{ModelFile, ModelPlace},
    testing::{FakeHost, Recorded, Script, ScriptedModel, Template},
};
use alloc::{format, string::String, vec::Vec};
use llm_context::{SegmentState, TurnId};
use llm_inference::model::LanguageModel;
use llm_tools::Registry;

/// A model that the agent can be given.
fn model(limit: usize, replies: &[&str]) -> ScriptedModel {
    ScriptedModel::new(limit, replies.iter().map(|reply| Script::from(*reply)))
}

fn host() -> FakeHost {
    let host = FakeHost::default();
    let boot = ModelFile::new(ModelPlace::Boot("boot():/boot/model.gguf".into()), 98 << 20);
    let disk = ModelFile::new(ModelPlace::Disk("/models/Other-1B.gguf".into()), 1 << 30);
    host.models.replace([ModelFile { is_used: true, ..boot }, disk].into());
    host
}

fn bench(limit: usize, replies: &[&str]) -> Bench {
    Bench::with_host(Some(model(limit, replies)), host(), Registry::built_in())
}

fn turns(bench: &Bench) -> Vec<(TurnId, String)> {
    let text = |view: llm_context::TurnView<'_>| {
        let texts: Vec<&str> = view.messages.iter().map(|it| it.content.as_str()).collect();
        (view.id, texts.join("|"))
    };
    bench.agent.window.turns().map(text).collect()
}

#[test]
fn models_are_listed_with_where_they_are_and_which_is_used() {
    let mut bench = bench(4096, &[]);
    let list = bench.succeed("/models");
    let files = "\n\nFiles, for `/model NAME`:\n- model, 98 MiB, boot, in use\n\
                 - Other-1B, 1 GiB, /models/Other-1B.gguf";
    assert!(list.ends_with(files), "{list}");
    let in_use = bench.succeed("/model");
    assert!(list.starts_with(&in_use) && in_use.ends_with("embedding: none"), "{in_use}");
    assert_eq!(bench.fail("/models x"), "usage: `/models`");
}

#[test]
fn a_request_waits_for_whoever_can_load_the_model() {
    let mut bench = bench(4096, &[]);
    assert_eq!(bench.succeed("/model oth"), "Other-1B is being loaded, 1 GiB.");
    let request = bench.agent.take_model_request().unwrap();
    assert_eq!(request.place, ModelPlace::Disk("/models/Other-1B.gguf".into()));
    assert_eq!(bench.agent.take_model_request(), None);
    assert_eq!(bench.succeed("/model model"), "model is in use.");
    let unknown = "there is no model \"phi\"; there are model, Other-1B";
    assert_eq!(bench.fail("/model phi"), unknown);
    assert_eq!(bench.agent.take_model_request(), None);
}

#[test]
fn the_conversation_goes_on_with_another_model() {
    let mut bench = bench(4096, &["Noted.", "In the branch."]);
    bench.say("The code is 4417.");
    bench.succeed("/branch side");
    bench.say("Something else.");
    bench.succeed("/branch main");
    let before = turns(&bench);
    // Its template shows the messages otherwise: the tokens have to be its own.
    let other = ScriptedModel::new(4096, [Script::After(b"code is ".to_vec())]);
    let other = other.with_template(Template::Counting);
    bench.agent.replace_model(Some(other), &bench.recorder).unwrap();
    assert_eq!(turns(&bench), before);
    let events = bench.say("Which code?");
    assert_eq!(super::last_reply(&events), "4417");
    let text = bench.model().computed_text();
    assert!(text.contains("The code is 4417.") && text.contains("Noted."), "{text}");
    // The branch is in the new model's tokens too.
    bench.succeed("/branch side");
    bench.say("And now?");
    let text = bench.model().computed_text();
    assert!(text.contains("Something else.") && !text.contains("Which code?"), "{text}");
}

#[test]
fn a_smaller_window_pages_out_what_does_not_fit() {
    let replies = ["Noted."; 12];
    let mut bench = bench(8192, &replies);
    for number in 0..12 {
        bench.say(&format!("{number}: {}", "the ship sailed on ".repeat(12)));
    }
    assert!(bench.agent.usage().evicted_turns == 0);
    bench.agent.replace_model(Some(model(2048, &["Yes."])), &bench.recorder).unwrap();
    let usage = bench.agent.usage();
    assert_eq!(usage.limit, 2048);
    assert!(usage.used <= usage.high_mark, "{usage:?}");
    let events = bench.recorder.take();
    let evicted = events.iter().filter(|event| matches!(event, Recorded::Evicted(..))).count();
    assert!(evicted > 0 && evicted as u64 == usage.evicted_turns, "{events:?}");
    assert_eq!(turns(&bench).len(), 12);
    assert_eq!(super::last_reply(&bench.say("Still there?")), "Yes.");
    // Back in the large window they are all there again, and nothing is told to have gone.
    bench.agent.replace_model(Some(model(8192, &[])), &bench.recorder).unwrap();
    assert_eq!(bench.agent.window.turns().filter(|it| it.state == SegmentState::Live).count(), 13);
    assert!(!bench.recorder.take().iter().any(|event| matches!(event, Recorded::Evicted(..))));
}

#[test]
fn a_model_that_cannot_take_the_conversation_leaves_the_old_one_in_use() {
    let mut bench = bench(4096, &["Noted.", "Still here."]);
    bench.say("The code is 4417.");
    let (before, used) = (turns(&bench), bench.agent.usage().used);
    let broken = model(4096, &[]).with_template(Template::Broken);
    for refused in [broken, model(16, &[])] {
        bench.agent.replace_model(Some(refused), &bench.recorder).unwrap_err();
        assert_eq!((turns(&bench), bench.agent.usage().used), (before.clone(), used));
        assert_eq!(bench.model().context_limit(), 4096);
    }
    assert_eq!(super::last_reply(&bench.say("Who is there?")), "Still here.");
}

#[test]
fn the_conversation_waits_while_there_is_no_model() {
    let mut bench = bench(4096, &["Noted."]);
    bench.say("The code is 4417.");
    let before = turns(&bench);
    bench.agent.replace_model(None, &bench.recorder).unwrap();
    assert!(bench.agent.model().is_none());
    assert!(matches!(bench.say("Hello?")[..], [Recorded::Error(..)]));
    bench.agent.replace_model(Some(model(4096, &["Back."])), &bench.recorder).unwrap();
    assert_eq!(turns(&bench), before);
    assert_eq!(super::last_reply(&bench.say("Who is there?")), "Back.");
}

#[test]
fn the_new_model_is_told_of_tools_and_its_calls_are_held_to_their_grammar() {
    let mut bench = bench(8192, &["Noted."]);
    bench.say("Hello.");
    let calls = [&*call("calc", "{\"expr\": \"6*7\"}"), "It is 42."];
    bench.agent.replace_model(Some(model(8192, &calls)), &bench.recorder).unwrap();
    let events = bench.say("What is 6*7?");
    assert!(events.contains(&Recorded::ToolResult("calc".into(), true, "42".into())), "{events:?}");
}
