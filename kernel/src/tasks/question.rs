//! Takes a person's answer to a question: the next line that is entered. What is asked stands in the
//! transcript already.

use super::{desk::Desk, either};
use alloc::{format, string::String};
use console_ui::{Notice, NoticeLevel};
use core::{future::Future, pin::pin};
use llm_agent::Approval;
use system_core::{channel::Receiver, timer::Timers};

/// Nobody who is there needs longer.
const PATIENCE_NS: u64 = 120_000_000_000;
/// What the person may answer.
const CHOICES: &str = "y once · a always · n no · v never · Esc stops";

/// Whether a tool may run; `None` if no answer came in two minutes, or the stop button was pressed.
pub async fn approval(desk: &Desk, timers: Timers) -> Option<Approval> {
    let (asked, mut answers) = OpenQuestion::begin(desk, CHOICES);
    patiently(asked.read_from(&mut answers), &timers).await.flatten()
}

/// The next line without the space around it; `None` if none came in two minutes, or
/// the stop button was pressed. `choices` stand in the input line meanwhile.
pub async fn line(desk: &Desk, timers: Timers, choices: &str) -> Option<String> {
    let (_asked, mut answers) = OpenQuestion::begin(desk, choices);
    let line = patiently(answers.receive(), &timers).await.flatten()?;
    Some(line.trim().into())
}

/// What comes out of something if it ends in time.
async fn patiently<T>(work: impl Future<Output = T>, timers: &Timers) -> Option<T> {
    let mut output = None;
    {
        let mut working = pin!(async {
            output = Some(work.await);
        });
        let deadline = pin!(timers.sleep(PATIENCE_NS));
        either(working.as_mut(), deadline).await;
    }
    output
}

/// An open question. Lines are for the agent again, and nothing of it is on the screen, when it is
/// dropped: answered, out of patience, or stopped in the middle.
struct OpenQuestion<'d> {
    desk: &'d Desk,
}

impl<'d> OpenQuestion<'d> {
    fn begin(desk: &'d Desk, choices: &str) -> (Self, Receiver<String>) {
        let answers = desk.begin_question();
        desk.update(|console| console.view.set_question(Some(choices.into())));
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
