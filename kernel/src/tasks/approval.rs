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
    let (asked, mut answers) = OpenQuestion::begin(desk);
    asked.show(&format!("May {} use {}?{warning} {CHOICES}", question.tool, question.capability));
    let mut answer = None;
    {
        let mut asking = pin!(async {
            answer = asked.read_from(&mut answers).await;
        });
        let deadline = pin!(timers.sleep(PATIENCE_NS));
        either(asking.as_mut(), deadline).await;
    }
    answer
}

/// A question on the screen. Lines are for the agent again, and the notice is gone, when it is
/// dropped: answered, out of patience, or stopped in the middle.
struct OpenQuestion<'d> {
    desk: &'d Desk,
}

impl<'d> OpenQuestion<'d> {
    fn begin(desk: &'d Desk) -> (Self, Receiver<String>) {
        let answers = desk.begin_question();
        (Self { desk }, answers)
    }

    fn show(&self, text: &str) {
        let notice = Notice { level: NoticeLevel::Warning, text: text.into() };
        self.desk.update(|console| console.view.set_notice(Some(notice)));
    }

    /// Reads lines until one is an answer; `None` when there will be no more.
    async fn read_from(&self, answers: &mut Receiver<String>) -> Option<Approval> {
        loop {
            let line = answers.receive().await?;
            match Approval::from_text(&line) {
                Some(approval) => return Some(approval),
                None => self.show(&format!("Please answer. {CHOICES}")),
            }
        }
    }
}

impl Drop for OpenQuestion<'_> {
    fn drop(&mut self) {
        self.desk.end_question();
        self.desk.update(|console| console.view.set_notice(None));
    }
}
