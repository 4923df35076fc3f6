//! The lines that stay of turns that were paged out.

use super::*;

const SUMMARY: usize = 150;

/// A talk of `turns` turns in a window of some six.
fn talk(model: &ScriptedModel, turns: usize) -> Window {
    let mut window = window_with(model, Budget::new(700, 100).with_summary(SUMMARY));
    for number in 1..=turns {
        turn(model, &mut window, &question(number), "ok");
        let prompt = window.prompt(model).unwrap().len();
        assert!(prompt <= window.budget().high_mark() || window.usage().turns == 1);
        assert!(window.usage().by_state.summary <= SUMMARY);
        assert_rendered(model, &window);
    }
    window
}

fn question(number: usize) -> String {
    alloc::format!("Question {number} is this one. {}", "x".repeat(30))
}

#[test]
fn a_line_for_each_turn_that_went_stands_behind_the_pinned_part() {
    for template in [Template::ChatMl, Template::Counting] {
        let model = ScriptedModel::new(700, []).with_template(template);
        let window = talk(&model, 10);
        let summary = &window.segments()[1];
        assert_eq!(summary.state, SegmentState::Summary, "{template:?}");
        assert_eq!((summary.role(), summary.turn), (Role::System, TurnId::NONE));
        assert!(!summary.joins_next);
        let lines: Vec<String> = archived(&window)
            .iter()
            .map(|turn| {
                alloc::format!("turn {turn}: user: Question {turn} is this one. assistant: ok")
            })
            .collect();
        let newest = &lines[lines.len() - summary.text().lines().count() + 1..];
        let expected = alloc::format!("[summary of earlier turns]\n{}", newest.join("\n"));
        assert_eq!(summary.text(), expected);
        assert!(!newest.is_empty());
        assert_eq!(window.usage().by_state.summary, summary.tokens.len());
    }
}

#[test]
fn the_newest_lines_are_kept_within_their_bound() {
    let model = ScriptedModel::new(700, []);
    let window = talk(&model, 40);
    let newest = archived(&window).last().copied().unwrap();
    let text = window.segments()[1].text();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.contains(&alloc::format!("turn {newest}:")), "{text}");
    // Nothing of a summary gets into the archive or into another summary.
    assert_eq!(text.matches("summary").count(), 1);
    for turn in window.archive().iter() {
        assert!(turn.messages.iter().all(|message| !message.content.contains("summary")));
        assert_eq!(turn.messages[0].content, question(turn.turn.0 as usize));
    }
}

#[test]
fn where_no_system_message_may_stand_the_summary_is_part_of_the_first_question() {
    for template in [Template::Alternating, Template::Folding, Template::Forgetful] {
        let model = ScriptedModel::new(700, []).with_template(template);
        let mut window = Window::new(Budget::new(700, 100).with_summary(SUMMARY));
        window.pin(&model, &[user("Hi"), Message::new(Role::Assistant, "Hello")]).unwrap();
        for number in 1..=10 {
            turn(&model, &mut window, &question(number), "ok");
            assert_rendered(&model, &window);
        }
        let [summary, first] = &window.segments()[2..4] else {
            panic!("{template:?}");
        };
        assert_eq!((summary.state, summary.role()), (SegmentState::Summary, Role::User));
        assert!(summary.joins_next && summary.tokens.len() <= SUMMARY);
        assert_eq!(summary.tokens.len(), "<user\n\n\n".len() + summary.text().len());
        let oldest = live(&window)[0];
        assert_eq!((first.turn, first.text()), (TurnId(oldest), &*question(oldest as usize)));
        assert_eq!(first.tokens.len(), ">\n".len() + first.text().len());
        for turn in window.archive().iter() {
            assert_eq!(turn.messages[0].content, question(turn.turn.0 as usize));
        }
    }
}

#[test]
fn recalled_texts_and_the_summary_share_a_users_message() {
    let model = ScriptedModel::new(700, []).with_template(Template::Alternating);
    let mut window = talk(&model, 10);
    let source = crate::RecallSource::Turn(TurnId(1));
    let texts = [Recalled { source, text: "The mill is red.".into() }];
    window.push_question(&model, user("Why?"), &texts).unwrap();
    reply_with(&model, &mut window, "So.");
    for number in 12..20 {
        if live(&window)[0] == 11 {
            break;
        }
        turn(&model, &mut window, &question(number), "ok");
    }
    let states: Vec<_> = window.segments()[2..6].iter().map(|segment| segment.state).collect();
    let [summary, paged_in, live] =
        [SegmentState::Summary, SegmentState::PagedIn, SegmentState::Live];
    assert_eq!(states, [summary, paged_in, live, live]);
    assert_rendered(&model, &window);
}

#[test]
fn there_is_none_without_a_share_or_without_room() {
    let model = ScriptedModel::new(700, []);
    let mut window = talk(&model, 10);
    let high_mark = window.budget().high_mark();
    let line = "turn 9: user: Question 9 is this one. assistant: ok".len();
    // The question leaves room for the newest line only, or for none.
    for (room, lines) in [(line + 60, 1), (20, 0)] {
        let mut window = window.clone();
        let around = "<user\n>\n<assistant\n".len() + window.usage().pinned;
        window.push(&model, user(&"y".repeat(high_mark - around - room))).unwrap();
        assert_eq!(window.usage().turns, 1);
        let shown = in_state(&window, SegmentState::Summary);
        let shown = shown.first().map_or(0, |summary| summary.text().lines().count() - 1);
        assert_eq!(shown, lines);
        assert!(window.prompt(&model).unwrap().len() <= high_mark);
        assert_rendered(&model, &window);
    }
    window.set_budget(window.budget().with_summary(0));
    for number in 11..=20 {
        turn(&model, &mut window, &question(number), "ok");
    }
    assert_eq!(in_state(&window, SegmentState::Summary), [] as [&Segment; 0]);
}

#[test]
fn a_turn_that_begins_with_a_tools_result_has_no_place_for_one_but_a_message() {
    for (template, lines) in [(Template::ChatMl, 1), (Template::Alternating, 0)] {
        let model = ScriptedModel::new(700, []).with_template(template);
        let mut window = talk(&model, 10);
        while window.undo(&model).unwrap().is_some() {}
        window.push(&model, Message::new(Role::Tool, "It is done.")).unwrap();
        assert_eq!(in_state(&window, SegmentState::Summary).len(), lines);
        assert_rendered(&model, &window);
    }
}
