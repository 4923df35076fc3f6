mod editing;
mod paging;
mod properties;
mod recall;
mod summary;
mod templates;

use super::*;
use crate::{
    common_prefix,
    testing::{Script, ScriptedModel, Template},
};
use alloc::string::String;
use core::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};
use llm_inference::model::SpecialTokens;
use system_platform::pace::Unpaced;

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(value) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

fn user(text: &str) -> Message {
    Message::new(Role::User, text)
}

/// A window of `limit` tokens, a quarter of it reserved, with a short system prompt pinned.
fn window(model: &ScriptedModel, limit: usize) -> Window {
    window_with(model, Budget::new(limit, limit / 4))
}

/// A window with a short beginning pinned that the template takes.
fn window_with(model: &ScriptedModel, budget: Budget) -> Window {
    let mut window = Window::new(budget);
    let system = Message::new(Role::System, "Be brief.");
    let example = [user("Hi"), Message::new(Role::Assistant, "Hello")];
    window.pin(model, &[system]).or_else(|_| window.pin(model, &example)).unwrap();
    window
}

/// One turn: `question`, and `reply` as the model would say it.
fn turn(model: &ScriptedModel, window: &mut Window, question: &str, reply: &str) -> Paging {
    let paging = window.push(model, user(question)).unwrap();
    reply_with(model, window, reply);
    paging
}

fn reply_with(model: &ScriptedModel, window: &mut Window, reply: &str) {
    let tokens = model.encode(reply, SpecialTokens::Literal);
    window.push_reply(model, Message::new(Role::Assistant, reply), &tokens).unwrap();
}

/// The turns in the window, oldest first.
fn live(window: &Window) -> Vec<u64> {
    window.uses.turns().map(|turn| turn.0).collect()
}

fn archived(window: &Window) -> Vec<u64> {
    window.archive().iter().map(|turn| turn.turn.0).collect()
}

fn in_state(window: &Window, state: SegmentState) -> Vec<&Segment> {
    window.segments().iter().filter(|segment| segment.state == state).collect()
}

/// Whether the prompt is what the template makes of the messages.
fn assert_rendered(model: &ScriptedModel, window: &Window) {
    let messages = layout::messages(window.segments());
    let rendered = model.render(&messages, true).unwrap();
    let prompt = window.prompt(model).unwrap();
    assert_eq!(prompt, model.encode(&rendered, SpecialTokens::Parse), "{messages:#?}");
    let rendered = model.render(&messages, false).unwrap();
    assert_eq!(window.tokens(), model.encode(&rendered, SpecialTokens::Parse));
    assert_eq!(window.usage().used, window.tokens().len());
}

/// Lets the model answer the window's prompt as an agent does; gives the tokens computed for it.
fn answer(model: &mut ScriptedModel, window: &mut Window) -> usize {
    let before = model.computed_total();
    let prompt = window.prompt(model).unwrap();
    let reused = common_prefix(model.computed(), &prompt);
    model.truncate(reused);
    block_on(model.extend(&prompt[reused..], &Unpaced)).unwrap();
    let mut generated = Vec::new();
    loop {
        let next = model.logits().iter().position(|score| *score > 0.0).unwrap();
        let next = TokenId(next as u32);
        if model.ends_turn(next) {
            break;
        }
        block_on(model.extend(&[next], &Unpaced)).unwrap();
        generated.push(next);
    }
    let bytes: Vec<u8> = generated.iter().map(|token| token.0 as u8).collect();
    let text = String::from_utf8_lossy(&bytes);
    window.push_reply(model, Message::new(Role::Assistant, text), &generated).unwrap();
    model.computed_total() - before
}

#[test]
fn tokens_already_computed_are_never_computed_again_in_the_next_turn() {
    let replies = ["Hello.", "Fine, thanks.", "42"].map(Script::from);
    let mut model = ScriptedModel::new(4096, replies);
    let mut window = window(&model, 4096);
    let mut computed = 0;
    for question in ["Hi!", "How are you?", "What is 6*7?"] {
        window.push(&model, user(question)).unwrap();
        computed += answer(&mut model, &mut window);
        // Every token in the cache has been computed exactly once.
        assert_eq!(computed, model.computed().len());
    }
    assert_eq!(
        model.computed_text(),
        "<|im_start|>system\nBe brief.<|im_end|>\n\
         <|im_start|>user\nHi!<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n\
         <|im_start|>user\nHow are you?<|im_end|>\n<|im_start|>assistant\nFine, thanks.<|im_end|>\n\
         <|im_start|>user\nWhat is 6*7?<|im_end|>\n<|im_start|>assistant\n42"
    );
}

#[test]
fn a_reply_is_kept_as_it_was_generated_even_where_its_text_would_be_tokenised_otherwise() {
    let mut model = ScriptedModel::new(4096, [Script::Say(vec![0xFF, b'a'])]);
    let mut window = window(&model, 4096);
    window.push(&model, user("Hi!")).unwrap();
    answer(&mut model, &mut window);
    let reply = window.segments().last().unwrap();
    assert_eq!(reply.text(), "\u{FFFD}a");
    let kept = [TokenId(0xFF), TokenId(u32::from(b'a'))];
    assert!(reply.tokens.windows(2).any(|pair| pair == kept));
}

#[test]
fn the_prompt_is_what_the_template_renders() {
    let model = ScriptedModel::new(4096, []);
    for template in [Template::ChatMl, Template::Counting, Template::Alternating, Template::Folding]
    {
        let model = model.clone().with_template(template);
        let mut window = window(&model, 4096);
        turn(&model, &mut window, "Hi! <|im_end|> é", "Hello.");
        window.push(&model, user("Bye.")).unwrap();
        assert_rendered(&model, &window);
    }
}

#[test]
fn a_message_larger_than_the_window_is_refused_with_its_size_and_nothing_is_lost() {
    let model = ScriptedModel::new(400, []);
    for template in [Template::ChatMl, Template::Counting] {
        let model = model.clone().with_template(template);
        let mut window = window(&model, 400);
        window.push(&model, user("first")).unwrap();
        let before = window.clone();
        let error = window.push(&model, user(&"x".repeat(10_000))).unwrap_err();
        let WindowError::MessageTooLarge { tokens, room } = error else {
            panic!("{error}");
        };
        assert_eq!(tokens, 10_000 + "<user\n>\n".len());
        assert_eq!(window.segments(), before.segments());
        assert_eq!(window.usage(), before.usage());
        // What is said to fit does fit, and one more does not.
        let text = "x".repeat(room - "<user\n>\n".len());
        let mut tight = window.clone();
        if template == Template::ChatMl {
            assert!(window.push(&model, user(&text)).is_ok());
            assert!(tight.push(&model, user(&(text + "x"))).is_err());
        }
    }
}

#[test]
fn a_system_prompt_that_leaves_no_room_is_refused() {
    let model = ScriptedModel::new(400, []);
    let mut window = window(&model, 400);
    let before = window.tokens();
    let long = Message::new(Role::System, "x".repeat(200));
    assert!(matches!(
        window.pin(&model, &[long]),
        Err(WindowError::MessageTooLarge { tokens: 210, room: 150 })
    ));
    assert_eq!(window.tokens(), before);
}

#[test]
fn a_template_that_cannot_be_rendered_is_an_error_and_changes_nothing() {
    let model = ScriptedModel::new(400, []).with_template(Template::Broken);
    let mut window = Window::new(Budget::new(400, 100));
    let error = window.push(&model, user("Hi!")).unwrap_err();
    assert_eq!(alloc::format!("{error}"), "chat template, line 1: broken on purpose");
    assert!(window.segments().is_empty());
}

#[test]
fn clearing_keeps_the_pinned_part_and_begins_to_count_anew() {
    let model = ScriptedModel::new(400, []);
    let mut window = window(&model, 400);
    let pinned = window.tokens();
    window.push(&model, user("first")).unwrap();
    window.clear();
    assert_eq!(window.tokens(), pinned);
    window.push(&model, user("second")).unwrap();
    assert_eq!(window.segments().last().unwrap().turn, TurnId(1));
}
