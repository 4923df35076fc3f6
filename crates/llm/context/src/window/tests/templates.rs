//! The templates of public models: each takes what the window makes of a long conversation.

extern crate std;

use super::*;
use crate::RecallSource;
use llm_inference::{
    model::{Calls, ToolCall},
    template::ChatTemplate,
};
use serde_json::Value;
use std::{fs, path::PathBuf};

/// A scripted model for each template, with its name.
fn models() -> Vec<(String, ScriptedModel)> {
    let fixtures =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/templates");
    let mut models = Vec::new();
    for entry in fs::read_dir(fixtures).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "jinja") || name == "language" {
            continue;
        }
        let (template, warning) =
            ChatTemplate::from_source(Some(&fs::read_to_string(&path).unwrap()));
        assert_eq!(warning, None, "{name}");
        models.push((name, ScriptedModel::new(LIMIT, []).with_chat_template(template)));
    }
    models.sort_by(|(left, _), (right, _)| left.cmp(right));
    models
}

const LIMIT: usize = 1600;

/// What is pinned for an agent: instructions and an example.
fn pinned() -> [Message; 3] {
    [
        Message::new(Role::System, "Be brief."),
        user("30 plus 12"),
        Message::new(Role::Assistant, "42"),
    ]
}

#[test]
fn public_templates_take_summaries_and_recalled_texts() {
    let (mut rendered_whole, mut inside_users) = (Vec::new(), Vec::new());
    for (name, model) in models() {
        let mut window = Window::new(Budget::new(LIMIT, 400).with_summary(300));
        window.pin(&model, &pinned()).unwrap();
        for number in 1..=12 {
            let source = RecallSource::Memory(number);
            let text = alloc::format!("Fact {number} is known.");
            let question = user(&alloc::format!("Question {number}? {}", "x".repeat(50)));
            window.push_question(&model, question, &[Recalled { source, text }]).unwrap();
            let prompt = window.prompt(&model).unwrap();
            assert!(prompt.len() <= window.budget().high_mark(), "{name}");
            let bytes: Vec<u8> = prompt.iter().map(|token| token.0 as u8).collect();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            for segment in window.segments() {
                assert!(text.contains(segment.text().trim()), "{name}: {segment:?}, {text}");
            }
            assert_eq!(window.usage().by_state.in_window(), window.tokens().len(), "{name}");
            reply_with(&model, &mut window, "A reply.");
        }
        let usage = window.usage();
        assert!(usage.evicted_turns > 2 && usage.by_state.summary > 0, "{name}: {usage:?}");
        assert_rendered(&model, &window);
        if window.rendering == Rendering::Fragments {
            let text = "[recalled] Fact 12 is known.".len();
            let paged_in = in_state(&window, SegmentState::PagedIn).last().unwrap().tokens.len();
            assert!((text..text + 60).contains(&paged_in), "{name}: {paged_in}");
        } else {
            rendered_whole.push(name.clone());
        }
        if in_state(&window, SegmentState::Summary)[0].joins_next {
            inside_users.push(name);
        }
    }
    // Those that render the last message or reply otherwise than earlier ones.
    assert_eq!(rendered_whole, ["mistral-nemo", "phi-3", "phi-4-mini", "qwen3"]);
    assert_eq!(
        inside_users,
        ["deepseek-r1-distill", "gemma-2", "gemma-3", "mistral-7b-v0.2", "mistral-nemo"]
    );
}

#[test]
fn public_templates_take_calls_and_their_results() {
    let (mut by_id, mut rendered_whole) = (Vec::new(), Vec::new());
    for (name, model) in models() {
        let mut window = Window::new(Budget::new(4 * LIMIT, 400));
        window.pin(&model, &pinned()).unwrap();
        for number in [1, 3] {
            window.push(&model, user("What is known?")).unwrap();
            let call = |number| ToolCall {
                id: alloc::format!("call0000{number}"),
                name: "recall".into(),
                arguments: serde_json::json!({"query": alloc::format!("fact {number}")}),
            };
            let calls = vec![call(number), call(number + 1)];
            let result = |call: &ToolCall| Message::result(call, alloc::format!("of {}", call.id));
            let results = calls.iter().map(result).collect();
            let text = "fact 1, fact 2, fact 3, fact 4";
            let made = Calls { text: String::new(), calls };
            let reply = Message::reply(text, Some(made));
            let tokens = model.encode(text, SpecialTokens::Literal);
            window.push_reply(&model, reply, &tokens).unwrap();
            window.push_results(&model, results).unwrap();
            reply_with(&model, &mut window, "That is known.");
        }
        window.push(&model, user("Thanks!")).unwrap();
        let prompt = window.prompt(&model).unwrap();
        let bytes: Vec<u8> = prompt.iter().map(|token| token.0 as u8).collect();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for number in 1..=4 {
            assert!(text.contains(&alloc::format!("fact {number}")), "{name}: {text}");
            assert!(text.contains(&alloc::format!("of call0000{number}")), "{name}: {text}");
        }
        assert!(text.contains("Thanks!"), "{name}: {text}");
        let by_reference = text.matches("call00003").count();
        if by_reference == 3 {
            by_id.push(name.clone());
        }
        if window.rendering == Rendering::Whole {
            rendered_whole.push(name);
        }
    }
    assert_eq!(by_id, ["mistral-nemo"]);
    assert_eq!(rendered_whole, ["mistral-nemo", "phi-3", "phi-4-mini", "qwen3"]);
}

#[test]
fn the_results_of_one_reply_are_one_block_and_nothing_before_them_is_rendered_anew() {
    let (_, model) = models().into_iter().find(|(name, _)| name == "qwen2.5").unwrap();
    let mut window = Window::new(Budget::new(4 * LIMIT, 400));
    window.pin(&model, &pinned()).unwrap();
    window.push(&model, user("What is known?")).unwrap();
    let call = |id: &str| ToolCall { id: id.into(), name: "f".into(), arguments: Value::Null };
    let calls = vec![call("call00001"), call("call00002")];
    let results = calls.iter().zip(["one", "two"]);
    let results = results.map(|(call, text)| Message::result(call, text)).collect();
    // Not quite as the template writes it.
    let text = "<tool_call>{\"name\":\"f\"}</tool_call>";
    let reply = Message::reply(text, Some(Calls { text: String::new(), calls }));
    let tokens = model.encode(text, SpecialTokens::Literal);
    window.push_reply(&model, reply, &tokens).unwrap();
    window.push_results(&model, results).unwrap();
    let [first, second] = [2, 1].map(|back| &window.segments()[window.segments().len() - back]);
    let shown = |tokens: &[TokenId]| {
        String::from_utf8(tokens.iter().map(|token| token.0 as u8).collect()).unwrap()
    };
    // The script's control tokens are shown as what is left of their numbers.
    let whole = shown(&[&first.tokens[..], &second.tokens].concat());
    assert!(whole.ends_with("user\n<tool_response>\none\n</tool_response>\n<tool_response>\ntwo\n</tool_response>\u{1}\n"), "{whole}");
    assert!(shown(&first.tokens).contains("one") && shown(&second.tokens).contains("two"));
    reply_with(&model, &mut window, "Known.");
    window.push(&model, user("Thanks!")).unwrap();
    assert!(shown(&window.tokens()).contains(text));
}

#[test]
fn calls_that_nobody_answered_are_text_when_the_next_turn_begins() {
    let (_, model) = models().into_iter().find(|(name, _)| name == "mistral-nemo").unwrap();
    for is_answered in [true, false] {
        let mut window = Window::new(Budget::new(4 * LIMIT, 400));
        window.pin(&model, &pinned()).unwrap();
        window.push(&model, user("What is known?")).unwrap();
        let call = |id: &str| ToolCall { id: id.into(), name: "f".into(), arguments: Value::Null };
        let calls = vec![call("call00001"), call("call00002")];
        let result = |call: &ToolCall| Message::result(call, "r");
        let answered = calls.iter().take(if is_answered { 2 } else { 1 });
        let results = answered.map(result).collect();
        let reply = Message::reply("f", Some(Calls { text: String::new(), calls }));
        window.push_reply(&model, reply, &[TokenId(102)]).unwrap();
        window.push_results(&model, results).unwrap();
        window.push(&model, user("And now?")).unwrap();
        let reply = window.segments().iter().find(|it| it.text() == "f").unwrap();
        assert_eq!(reply.message.calls.is_some(), is_answered);
        assert!(window.prompt(&model).is_ok());
    }
}
