//! Asks the person whether a tool may run: the next line that is entered is the answer.

use super::{desk::Desk, either};
use alloc::{format, string::String};
use console_ui::{Notice, NoticeLevel};
use core::pin::pin;
use llm_agent::{Approval, Question};
use system_core::{channel::Receiver, timer::Timers};

/// Nobody who is there needs longer.
const PATIENCE_NS: u64 = 120_000_000_000;
/// What the person may answer.
const CHOICES: &str = "y: once, a: always, n: no, v: never";

/// The answer; `None` if none came in two minutes, or the stop button was pressed.
pub async fn ask(desk: &Desk, timers: Timers, question: &Question) -> Option<Approval> {
    let warning =
        if question.is_tainted { " Text from outside stands before this call." } else { "" };
    let text = format!("May {} use {}?{warning} {CHOICES}", question.tool, question.capability);
    let show = |text: &str| {
        let notice = Notice { level: NoticeLevel::Warning, text: text.into() };
        desk.update(|console| console.view.set_notice(Some(notice)));
    };
    show(&text);
    let mut answers = desk.begin_question();
    let mut answer = None;
    {
        let mut asking = pin!(async {
            answer = read(&mut answers, || show(&format!("Please answer. {CHOICES}"))).await;
        });
        let deadline = pin!(timers.sleep(PATIENCE_NS));
        either(asking.as_mut(), deadline).await;
    }
    desk.end_question();
    desk.update(|console| console.view.set_notice(None));
    answer
}

/// Reads lines until one is an answer.
async fn read(answers: &mut Receiver<String>, not_understood: impl Fn()) -> Option<Approval> {
    loop {
        let line = answers.receive().await?;
        match Approval::from_text(&line) {
            Some(approval) => return Some(approval),
            None => not_understood(),
        }
    }
}
