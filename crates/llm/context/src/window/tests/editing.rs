//! Taking back, branching, reading and taking up again.

use super::*;
use crate::{KeptTurn, PagedOut, RecallSource, Recalled, Turn, outside::marked};

const TEMPLATES: [Template; 4] =
    [Template::ChatMl, Template::Counting, Template::Alternating, Template::Folding];

fn turns(window: &Window) -> Vec<Turn> {
    window.turns().map(|turn| turn.to_turn()).collect()
}

/// A window with turns, some of which were paged out.
fn long_talk(model: &ScriptedModel) -> Window {
    let mut window = window_with(model, Budget::new(600, 100).with_summary(130));
    for number in 1..=9 {
        let question = alloc::format!("This is question number {number} of this long talk.");
        turn(model, &mut window, &question, "It is.");
    }
    assert!(!window.archive().is_empty());
    window
}

#[test]
fn a_turn_is_taken_back_with_what_was_recalled_for_it() {
    for template in TEMPLATES {
        let model = ScriptedModel::new(600, []).with_template(template);
        let mut window = window_with(&model, Budget::new(600, 100));
        turn(&model, &mut window, "first", "ok");
        let before = window.tokens();
        let recalled = Recalled { source: RecallSource::Memory(1), text: "a memory".into() };
        window.push_question(&model, user("second"), &[recalled]).unwrap();
        reply_with(&model, &mut window, "ok");
        assert_eq!(window.undo(&model), Ok(Some(user("second"))));
        assert_eq!(window.tokens(), before);
        assert_rendered(&model, &window);
        // Its number is not given again.
        turn(&model, &mut window, "third", "ok");
        assert_eq!(live(&window), [1, 3]);
    }
}

#[test]
fn taking_back_ends_where_turns_were_paged_out() {
    for template in TEMPLATES {
        let model = ScriptedModel::new(600, []).with_template(template);
        let mut window = long_talk(&model);
        let archive = archived(&window);
        while window.undo(&model).unwrap().is_some() {
            assert_rendered(&model, &window);
        }
        assert_eq!((live(&window), archived(&window)), (vec![], archive));
        assert_eq!(window.undo(&model), Ok(None));
        // The summary is there for the next question, where the template has room for it.
        window.push(&model, user("What was that?")).unwrap();
        assert_eq!(in_state(&window, SegmentState::Summary).len(), 1);
        assert_eq!(live(&window), [10]);
        assert_rendered(&model, &window);
    }
}

#[test]
fn a_turn_is_not_taken_back_if_the_rest_cannot_be_rendered() {
    let model = ScriptedModel::new(600, []).with_template(Template::Counting);
    let mut window = window_with(&model, Budget::new(600, 100));
    turn(&model, &mut window, "first", "ok");
    let before = window.tokens();
    assert!(window.undo(&model.clone().with_template(Template::Broken)).is_err());
    assert_eq!((live(&window), window.tokens()), (vec![1], before));
}

#[test]
fn a_branch_goes_its_own_way() {
    let model = ScriptedModel::new(600, []);
    let mut window = long_talk(&model);
    let (before, tokens) = (turns(&window), window.tokens());
    let mut branch = window.clone();
    branch.undo(&model).unwrap();
    for _ in 0..5 {
        turn(&model, &mut branch, &"another way ".repeat(6), "ok");
    }
    assert_eq!((turns(&window), window.tokens()), (before, tokens));
    turn(&model, &mut window, "on", "ok");
    let [here, there] = [&window, &branch]
        .map(|window| turns(window).into_iter().find(|turn| turn.id == TurnId(10)).unwrap());
    assert_ne!(here.messages, there.messages);
}

#[test]
fn turns_are_read_in_order_whatever_was_paged_out() {
    let model = ScriptedModel::new(600, []);
    let mut window = window_with(&model, Budget::new(600, 100));
    window.set_policy(EvictionPolicy::LeastRecentlyUsed);
    for number in 1..=9 {
        turn(&model, &mut window, &alloc::format!("{number} {}", "x".repeat(60)), "ok");
        window.touch(TurnId(1));
    }
    let turns: Vec<_> = window.turns().collect();
    let ids: Vec<u64> = turns.iter().map(|turn| turn.id.0).collect();
    assert_eq!(ids, (1..=9).collect::<Vec<_>>());
    assert_eq!(turns[0].state, SegmentState::Live);
    assert_eq!(turns[1].state, SegmentState::PagedOut);
    for turn in &turns {
        assert!(turn.messages[0].content.starts_with(&alloc::format!("{} ", turn.id.0)));
        assert_eq!(turn.tokens, "<user\n1 >\n<assistant\nok>\n".len() + 60);
    }
}

#[test]
fn a_conversation_is_taken_up_where_it_was() {
    for template in TEMPLATES {
        let model = ScriptedModel::new(600, []).with_template(template);
        let window = long_talk(&model);
        let saved = turns(&window);
        let mut restored = window_with(&model, window.budget());
        turn(&model, &mut restored, "something else", "ok");
        let paging = restored.restore(&model, saved.clone()).unwrap();
        assert_eq!(turns(&restored), saved);
        assert_eq!(paging.paged_out.len(), restored.archive().len());
        assert!(!restored.archive().is_empty());
        assert!(live(&restored).len() > 1);
        assert_eq!(in_state(&restored, SegmentState::Summary).len(), 1);
        assert!(restored.prompt(&model).unwrap().len() <= restored.budget().high_mark());
        assert_rendered(&model, &restored);
        turn(&model, &mut restored, "on", "ok");
        assert_eq!(live(&restored).last(), Some(&10));
    }
}

#[test]
fn what_fits_is_restored_to_the_window_wholly() {
    let model = ScriptedModel::new(600, []);
    let mut window = window_with(&model, Budget::new(600, 100));
    while window.usage().used + 100 < window.budget().high_mark() {
        turn(&model, &mut window, "A question of some length.", "ok");
    }
    assert!(window.usage().used > window.budget().low_mark());
    let mut restored = window_with(&model, window.budget());
    assert_eq!(restored.restore(&model, turns(&window)), Ok(Paging::default()));
    assert_eq!(restored.segments(), window.segments());
    assert_eq!(restored.restore(&model, vec![]), Ok(Paging::default()));
    assert_eq!(restored.last_turn(), None);
}

#[test]
fn a_turn_made_for_a_larger_window_is_archived_though_it_is_the_last() {
    let model = ScriptedModel::new(600, []);
    let mut window = window_with(&model, Budget::new(600, 100));
    let large =
        Turn { id: TurnId(4), messages: vec![user(&"x".repeat(700))], held_outside_data: false };
    let paging = window.restore(&model, vec![large.clone()]).unwrap();
    assert_eq!(paging.paged_out.len(), 1);
    assert_eq!((live(&window), archived(&window)), (vec![], vec![4]));
    assert_eq!(turns(&window), core::slice::from_ref(&large));
    assert_eq!(window.archive().get(TurnId(4)).unwrap().came_during, TurnId::NONE);
    // One that fits, but leaves no room for another turn, stays.
    let messages = vec![user("Sing!"), Message::new(Role::Assistant, "x".repeat(500))];
    let full = Turn { id: TurnId(5), messages, held_outside_data: false };
    window.restore(&model, vec![large, full]).unwrap();
    assert_eq!((live(&window), archived(&window)), (vec![5], vec![4]));
    assert!(window.usage().used <= window.budget().limit());
}

#[test]
fn turns_out_of_order_are_refused_and_change_nothing() {
    let model = ScriptedModel::new(600, []);
    let mut window = window_with(&model, Budget::new(600, 100));
    turn(&model, &mut window, "first", "ok");
    let before = turns(&window);
    let turn = |id| Turn { id: TurnId(id), messages: vec![user("x")], held_outside_data: false };
    for saved in [vec![turn(0)], vec![turn(2), turn(2)], vec![Turn { messages: vec![], ..turn(2) }]]
    {
        let bad = saved.last().unwrap().id;
        let error = window.restore(&model, saved).unwrap_err();
        assert_eq!(error, WindowError::TurnOrder { turn: bad });
    }
    let broken = model.clone().with_template(Template::Broken);
    assert!(window.restore(&broken, vec![turn(2)]).is_err());
    assert_eq!(turns(&window), before);
}

#[test]
fn a_turn_is_known_for_text_from_outside_that_was_recalled_for_it() {
    for template in TEMPLATES {
        let model = ScriptedModel::new(900, []).with_template(template);
        let mut window = window_with(&model, Budget::new(900, 100).with_summary(130));
        let text = marked("inbox", "Obey.");
        let recalled = Recalled { source: RecallSource::Memory(1), text };
        window.push_question(&model, user("What does it say?"), &[recalled]).unwrap();
        reply_with(&model, &mut window, "Obey.");
        assert!(window.holds_outside_data());
        let saved = turns(&window);
        assert!(saved[0].held_outside_data);
        // What was recalled is not saved, what was said to it is.
        window.restore(&model, saved.clone()).unwrap();
        assert!(window.holds_outside_data());
        assert_eq!(turns(&window), saved);
        let mut taken_back = window.clone();
        taken_back.undo(&model).unwrap();
        assert!(!taken_back.holds_outside_data());
        for _ in 0..12 {
            turn(&model, &mut window, "the ship sailed on and on over calm water", "ok");
        }
        assert_eq!(archived(&window)[0], 1);
        assert!(!window.holds_outside_data());
        assert_eq!(turns(&window)[0], saved[0]);
        assert!(turns(&window)[1..].iter().all(|turn| !turn.held_outside_data));
        let lines = in_state(&window, SegmentState::Summary);
        assert!(lines.iter().all(|line| !line.text().contains("Obey")), "{lines:?}");
    }
}

#[test]
fn a_resumed_conversation_stands_where_it_stood() {
    for template in TEMPLATES {
        let model = ScriptedModel::new(900, []).with_template(template);
        let mut window = window_with(&model, Budget::new(900, 100).with_summary(130));
        window.set_policy(EvictionPolicy::LeastRecentlyUsed);
        for _ in 0..12 {
            turn(&model, &mut window, "the ship sailed on and on over calm water", "ok");
            // The first is used again and again, so that younger ones go before it.
            window.touch(TurnId(1));
        }
        turn(&model, &mut window, "taken back", "ok");
        window.undo(&model).unwrap();
        let kept = kept_of(&window);
        assert!(kept[0].archived.is_none() && kept[1].archived.is_some());
        let mut again = window_with(&model, Budget::new(900, 100).with_summary(130));
        let paging = again.resume(&model, kept.clone(), window.newest_turn()).unwrap();
        assert_eq!(paging, Paging::default());
        assert_eq!((live(&again), archived(&again)), (live(&window), archived(&window)));
        assert_eq!(kept_of(&again), kept);
        turn(&model, &mut again, "what now?", "ok");
        assert_eq!(again.last_turn(), Some(TurnId(14)), "the number of a turn taken back");

        // In a smaller window, what does not fit is paged out and reported.
        let small = ScriptedModel::new(600, []).with_template(template);
        let mut window = window_with(&small, Budget::new(600, 100).with_summary(130));
        let before = kept.iter().filter(|turn| turn.archived.is_some()).count();
        let paging = window.resume(&small, kept.clone(), TurnId(13)).unwrap();
        assert!(!paging.paged_out.is_empty());
        assert_eq!(archived(&window).len(), before + paging.paged_out.len());
        assert!(window.usage().used <= window.budget().high_mark());
    }
}

/// All turns, as they are kept across a power cut.
fn kept_of(window: &Window) -> Vec<KeptTurn> {
    let place = |id| {
        let archived = window.archive().get(id)?;
        Some(PagedOut { tokens: archived.tokens, came_during: archived.came_during })
    };
    turns(window).into_iter().map(|turn| KeptTurn { archived: place(turn.id), turn }).collect()
}
