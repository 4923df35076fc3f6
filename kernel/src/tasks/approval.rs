//! Takes a person's answer to whether a tool may run: the next line that is entered. What is asked
//! stands in the transcript already.

use super::{desk::Desk, either};
use alloc::{format, string::String};
use console_ui::{Notice, NoticeLevel};
use core::pin::pin;
use llm_agent::Approval;
use system_core::{channel::Receiver, timer::Timers};

/// Nobody who is there needs longer.
const PATIENCE_NS: u64 = 120_000_000_000;
/// What the person may answer.
const CHOICES: &str = "y once · a always · n no · v never · Esc stops";

/// The answer; `None` if none came in two minutes, or the stop button was pressed.
pub async fn ask(desk: &Desk, timers: Timers) -> Option<Approval> {
    let (asked, mut answers) = OpenQuestion::begin(desk);
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

/// An open question. Lines are for the agent again, and nothing of it is on the screen, when it is
/// dropped: answered, out of patience, or stopped in the middle.
struct OpenQuestion<'d> {
    desk: &'d Desk,
}

impl<'d> OpenQuestion<'d> {
    fn begin(desk: &'d Desk) -> (Self, Receiver<String>) {
        let answers = desk.begin_question();
        desk.update(|console| console.view.set_question(Some(CHOICES.into())));
        (Self { desk }, answers)
    }

    /// Reads lines until one is an answer; `None` when there will be no more.
    async fn read_from(&self, answers: &mut Receiver<String>) -> Option<Approval> {
        loop {
            let line = answers.receive().await?;
            match Approval::from_text(&line) {
                Some(approval) => return Some(approval),
                None => {
                    let text = format!("{line:?} is no answer");
                    let notice = Notice { level: NoticeLevel::Warning, text };
                    self.desk.update(|console| console.view.set_notice(Some(notice)));
                }
            }
        }
    }
}

impl Drop for OpenQuestion<'_> {
    fn drop(&mut self) {
        self.desk.end_question();
        self.desk.update(|console| {
            console.view.set_question(None);
            console.view.set_notice(None);
        });
    }
}
