//! The templates of public models: each takes what the window makes of a long conversation.

extern crate std;

use super::*;
use crate::RecallSource;
use llm_inference::template::ChatTemplate;
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
