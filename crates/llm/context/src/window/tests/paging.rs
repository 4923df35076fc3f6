//! What goes when the window overflows, and in which order.

use super::*;
use crate::ArchivedTurn;
use llm_inference::model::{Calls, ToolCall};

#[test]
fn oldest_turns_are_paged_out_whole_when_the_budget_is_exceeded() {
    let mut model = ScriptedModel::new(400, [Script::from("one"), Script::from("two")]);
    let mut window = window(&model, 400);
    let pinned = window.tokens();
    window.push(&model, user("first")).unwrap();
    answer(&mut model, &mut window);
    window.push(&model, Message::new(Role::Tool, "a result ".repeat(9))).unwrap();
    answer(&mut model, &mut window);
    let first_turn = window.usage().used - pinned.len();

    window.push(&model, user(&"x".repeat(20))).unwrap();
    reply_with(&model, &mut window, "");
    let paging = window.push(&model, user(&"y".repeat(100))).unwrap();
    let policy = EvictionPolicy::OldestFirst;
    let page_out = PageOut { turn: TurnId(1), tokens: first_turn, messages: 4, policy };
    assert_eq!(paging.paged_out, [page_out]);
    let turns: Vec<u64> = window.segments().iter().map(|segment| segment.turn.0).collect();
    assert_eq!(turns, [0, 2, 2, 3]);
    assert!(window.tokens().starts_with(&pinned));
    assert_eq!(window.usage().evicted_turns, 1);
    assert_eq!(window.usage().evicted_tokens, first_turn as u64);
}

#[test]
fn after_a_page_out_only_the_pinned_part_is_reused() {
    let replies = [Script::from("one"), Script::from("two"), Script::from("three")];
    let mut model = ScriptedModel::new(300, replies);
    let mut window = window(&model, 300);
    let pinned = window.tokens().len();
    window.push(&model, user(&"x".repeat(60))).unwrap();
    answer(&mut model, &mut window);
    window.push(&model, user(&"y".repeat(60))).unwrap();
    answer(&mut model, &mut window);
    assert_eq!(window.push(&model, user(&"z".repeat(60))).unwrap().paged_out.len(), 2);
    let prompt = window.prompt(&model).unwrap();
    let opening_of_a_message = "<user\nx".len() - 1;
    assert_eq!(common_prefix(model.computed(), &prompt), pinned + opening_of_a_message);
    let computed = answer(&mut model, &mut window);
    assert_eq!(computed, prompt.len() - pinned - opening_of_a_message + "three".len());
}

/// A window that holds four turns of [`LONG`] and has a fifth coming.
fn full_window(model: &ScriptedModel, policy: EvictionPolicy) -> Window {
    let mut window = window_with(model, Budget::new(600, 80).with_summary(0));
    window.set_policy(policy);
    for _ in 0..4 {
        assert_eq!(turn(model, &mut window, LONG, "ok").paged_out, []);
    }
    window
}

const LONG: &str =
    "A question of a bit less than one hundred bytes, which are as many tokens here.";

#[test]
fn each_policy_pages_out_in_its_order_and_says_so() {
    let model = ScriptedModel::new(600, []);
    let gone_and_left = |policy, uses: &dyn Fn(&mut Window)| {
        let mut window = full_window(&model, policy);
        uses(&mut window);
        let paging = window.push(&model, user(LONG)).unwrap();
        assert!(paging.paged_out.iter().all(|page_out| page_out.policy == policy));
        assert!(window.prompt(&model).unwrap().len() <= window.budget().low_mark());
        let mut gone: Vec<u64> = paging.paged_out.iter().map(|it| it.turn.0).collect();
        let order = gone.clone();
        gone.sort_unstable();
        assert_eq!(archived(&window), gone);
        (order, live(&window))
    };
    let touches = |window: &mut Window| {
        assert!(window.touch(TurnId(1)));
        assert!(window.touch(TurnId(3)));
        assert!(!window.touch(TurnId(7)));
    };
    let scores = |window: &mut Window| {
        window.set_relevance(TurnId(1), 0.2);
        window.set_relevance(TurnId(2), 0.9);
        window.set_relevance(TurnId(4), 0.1);
    };
    let oldest = gone_and_left(EvictionPolicy::OldestFirst, &touches);
    assert_eq!(oldest, (vec![1, 2], vec![3, 4, 5]));
    let unused = gone_and_left(EvictionPolicy::LeastRecentlyUsed, &touches);
    assert_eq!(unused, (vec![2, 4], vec![1, 3, 5]));
    let irrelevant = gone_and_left(EvictionPolicy::LeastRelevant, &scores);
    assert_eq!(irrelevant, (vec![3, 4], vec![1, 2, 5]));
    let unscored = gone_and_left(EvictionPolicy::LeastRelevant, &|window| {
        scores(window);
        window.clear_relevance();
    });
    assert_eq!(unscored, (vec![1, 2], vec![3, 4, 5]));
}

#[test]
fn a_turn_from_the_middle_leaves_the_others_as_they_were() {
    for template in [Template::ChatMl, Template::Counting, Template::Alternating] {
        let model = ScriptedModel::new(600, []).with_template(template);
        let mut window = full_window(&model, EvictionPolicy::LeastRecentlyUsed);
        window.touch(TurnId(1));
        window.push(&model, user(LONG)).unwrap();
        assert_eq!(live(&window), [1, 4, 5]);
        assert_rendered(&model, &window);
    }
}

#[test]
fn a_call_and_its_result_leave_together_and_are_archived_word_for_word() {
    let model = ScriptedModel::new(600, []);
    let mut window = window_with(&model, Budget::new(600, 100).with_summary(0));
    window.push(&model, user("1+1")).unwrap();
    let arguments = serde_json::json!({"expr": "1+1"});
    let call = ToolCall { id: "call00001".into(), name: "calc".into(), arguments };
    let result = Message::result(&call, "2");
    let reply = Message::reply("<call>", Some(Calls { text: String::new(), calls: vec![call] }));
    window.push_reply(&model, reply.clone(), &[TokenId(1)]).unwrap();
    window.push_results(&model, vec![result.clone()]).unwrap();
    reply_with(&model, &mut window, "It is 2.");
    let tokens = window.usage().by_state.live;
    turn(&model, &mut window, "second", "ok");
    let paging = window.push(&model, user(&"x".repeat(400))).unwrap();
    assert_eq!(paging.paged_out[0].messages, 4);
    let kept = ArchivedTurn {
        turn: TurnId(1),
        messages: vec![user("1+1"), reply, result, Message::new(Role::Assistant, "It is 2.")],
        tokens,
        came_during: TurnId(3),
        held_outside_data: false,
    };
    assert_eq!(window.archive().get(TurnId(1)), Some(&kept));
    assert_eq!(window.usage().by_state.paged_out, window.archive().tokens());
    assert_eq!(window.usage().archived_turns, 2);
}

#[test]
fn the_turn_at_the_end_stays_when_its_tools_fill_the_window() {
    let model = ScriptedModel::new(600, []);
    let mut window = full_window(&model, EvictionPolicy::LeastRelevant);
    for turn in 1..4 {
        window.set_relevance(TurnId(turn), 1.0);
    }
    let paging = window.push(&model, Message::new(Role::Tool, "x".repeat(250))).unwrap();
    let gone: Vec<u64> = paging.paged_out.iter().map(|page_out| page_out.turn.0).collect();
    assert_eq!(gone, [1, 2, 3]);
    assert_eq!(live(&window), [4]);
}

#[test]
fn a_full_archive_forgets_the_oldest_and_tells_of_it() {
    let model = ScriptedModel::new(600, []);
    let mut window = full_window(&model, EvictionPolicy::OldestFirst);
    let mut other = window.clone();
    window.push(&model, user(LONG)).unwrap();
    let one = window.archive().get(TurnId(1)).unwrap().len_bytes();
    other.set_archive_limit(one);
    let paging = other.push(&model, user(LONG)).unwrap();
    assert_eq!((paging.paged_out.len(), paging.forgotten), (2, vec![TurnId(1)]));
    assert_eq!(archived(&other), [2]);
    assert_eq!(other.usage().forgotten_turns, 1);
    assert_eq!(other.usage().evicted_turns, 2);
    assert_eq!(window.set_archive_limit(0), [TurnId(1), TurnId(2)]);
    assert!(window.archive().is_empty());
    window.clear();
    assert_eq!((window.archive().limit_bytes(), window.usage().forgotten_turns), (0, 0));
}

#[test]
fn the_pinned_part_is_replaced_and_the_turns_stay() {
    for template in [Template::ChatMl, Template::Counting, Template::Folding] {
        let model = ScriptedModel::new(600, []).with_template(template);
        let mut window = window_with(&model, Budget::new(600, 100));
        turn(&model, &mut window, "first", "ok");
        turn(&model, &mut window, "second", "ok");
        let turns: Vec<_> = window.turns().map(|turn| turn.to_turn()).collect();
        let blocks = ["Be brief.", "The user is called Ada."];
        let pinned = blocks.map(|text| Message::new(Role::System, text));
        assert_eq!(window.repin(&model, &pinned), Ok(Paging::default()));
        assert_rendered(&model, &window);
        assert_eq!(window.turns().map(|turn| turn.to_turn()).collect::<Vec<_>>(), turns);
        let texts: Vec<&str> =
            in_state(&window, SegmentState::Pinned).iter().map(|it| it.text()).collect();
        assert_eq!(texts, blocks);
        let before = window.tokens();
        window.repin(&model, &pinned).unwrap();
        assert_eq!(window.tokens(), before);
        // A larger part drives turns out; they are kept.
        let long = [Message::new(Role::System, "x".repeat(220))];
        window.push(&model, user(&"y".repeat(240))).unwrap();
        let paging = window.repin(&model, &long).unwrap();
        assert_eq!(paging.paged_out.len(), 2);
        assert_rendered(&model, &window);
        assert_eq!(archived(&window), [1, 2]);
        // After the turns have gone, the new part is what is left.
        window.clear();
        assert_eq!(layout::messages(window.segments()), long);
        assert_rendered(&model, &window);
    }
}

#[test]
fn a_pinned_part_that_does_not_fit_changes_nothing() {
    let model = ScriptedModel::new(600, []);
    let mut window = window_with(&model, Budget::new(600, 0));
    window.push(&model, user(&"y".repeat(500))).unwrap();
    let before = window.clone();
    let too_large = [Message::new(Role::System, "x".repeat(400))];
    let error = window.repin(&model, &too_large).unwrap_err();
    assert_eq!(error, WindowError::MessageTooLarge { tokens: 410, room: 300 });
    // Small enough for a window, but not beside this turn.
    let too_large = [Message::new(Role::System, "x".repeat(200))];
    let error = window.repin(&model, &too_large).unwrap_err();
    assert_eq!(error, WindowError::MessageTooLarge { tokens: 210, room: 600 - 508 });
    let broken = model.clone().with_template(Template::Broken);
    assert!(window.repin(&broken, &[user("Hi")]).is_err());
    assert_eq!(window.segments(), before.segments());
    assert_eq!(window.prompt(&model), before.prompt(&model));
}

#[test]
fn a_long_reply_may_stay_beside_a_new_pinned_part_until_the_next_message() {
    let model = ScriptedModel::new(600, []);
    let mut window = window_with(&model, Budget::new(600, 300).with_summary(0));
    turn(&model, &mut window, "Sing!", &"la ".repeat(170));
    assert!(window.usage().used > window.budget().high_mark());
    let pinned = [Message::new(Role::System, "Be loud.")];
    assert_eq!(window.repin(&model, &pinned), Ok(Paging::default()));
    let paging = window.push(&model, user("And now?")).unwrap();
    assert_eq!(paging.paged_out.len(), 1);
    assert_rendered(&model, &window);
}
