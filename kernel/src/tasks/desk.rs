//! What the tasks share: the console's state, the lines that wait for the agent, the stop button.

use crate::platform::clock::KernelClock;
use alloc::{rc::Rc, string::String};
use console_ui::{ClockTime, Console, ConsoleAction};
use core::{
    cell::RefCell,
    sync::atomic::{AtomicBool, Ordering},
};
use system_core::{
    channel::{Receiver, Sender, channel},
    event::Event,
};
use system_platform::{Clock, DateTime, KeyEvent};

/// The shared state. All tasks run on one CPU and borrow it between two `await`s only.
pub struct Desk {
    console: RefCell<Console>,
    /// Raised when something on the console has changed.
    changed: Event,
    lines: Sender<String>,
    /// Set while a question to the person is open: the next line is the answer.
    question: RefCell<Option<Sender<String>>>,
    /// Set while a line waits that the agent has not begun: what it does meanwhile is interrupted.
    has_new_line: AtomicBool,
    /// Raised when everything was drawn.
    drawn: Event,
    /// Set to stop what the agent is doing; the agent's task clears it.
    stop: AtomicBool,
    latency: RefCell<KeyLatency>,
    /// Calendar time at the start of the monotonic clock, in seconds since 1970; `None` where there
    /// is no working real-time clock.
    epoch_unix_s: Option<i64>,
}

/// How long key presses took to be drawn, since the last report.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyLatency {
    /// When the oldest key press that is not drawn yet arrived.
    waiting_since_ns: Option<u64>,
    /// Key presses drawn.
    pub keys: u64,
    /// Key presses not drawn yet.
    waiting: u64,
    /// The slowest one.
    pub max_ns: u64,
    /// Whether one was typed while the agent worked.
    pub during_reply: bool,
}

impl Desk {
    /// A desk with an empty console, and the queue of lines that the agent's task takes.
    pub fn new(console: Console, now: Option<DateTime>) -> (Rc<Self>, Receiver<String>) {
        let (lines, queue) = channel();
        let epoch = now.map(|now| now.to_unix() - KernelClock.now_ms() as i64 / 1000);
        let desk = Self {
            console: RefCell::new(console),
            changed: Event::new(),
            lines,
            question: RefCell::new(None),
            has_new_line: AtomicBool::new(false),
            drawn: Event::new(),
            stop: AtomicBool::new(false),
            latency: RefCell::new(KeyLatency::default()),
            epoch_unix_s: epoch,
        };
        (Rc::new(desk), queue)
    }

    /// Changes the console; it is drawn as soon as the drawing task has its turn.
    pub fn update<T>(&self, change: impl FnOnce(&mut Console) -> T) -> T {
        let result = change(&mut self.console.borrow_mut());
        self.changed.raise();
        result
    }

    /// Reads the console.
    pub fn read<T>(&self, read: impl FnOnce(&Console) -> T) -> T {
        read(&self.console.borrow())
    }

    /// Raised when something has changed. For the drawing task.
    pub const fn changed(&self) -> &Event {
        &self.changed
    }

    /// A key was pressed; `arrived_ns` is when its interrupt came.
    pub fn press(&self, key: KeyEvent, arrived_ns: u64) {
        self.latency.borrow_mut().note_arrival(arrived_ns, self.is_busy());
        match self.update(|console| console.handle_key(key)) {
            Some(ConsoleAction::Submit(line)) => self.submit(line),
            Some(ConsoleAction::Stop) => {
                self.stop.store(true, Ordering::Relaxed);
                // Whoever waits for an answer is woken by the end of the queue.
                self.end_question();
            }
            Some(ConsoleAction::Redraw) | None => {}
        }
    }

    fn submit(&self, line: String) {
        match self.question.borrow().as_ref() {
            Some(answers) => answers.send(line),
            None => {
                self.has_new_line.store(true, Ordering::Relaxed);
                self.lines.send(line);
            }
        }
    }

    /// Takes the next line for the answer to a question, until [`Self::end_question`].
    pub fn begin_question(&self) -> Receiver<String> {
        let (answers, queue) = channel();
        self.question.replace(Some(answers));
        queue
    }

    /// Lines are for the agent again.
    pub fn end_question(&self) {
        self.question.replace(None);
    }

    /// The agent begins with a line.
    pub fn begin_line(&self) {
        self.has_new_line.store(false, Ordering::Relaxed);
        self.update(|console| console.view.set_busy(true));
    }

    /// The agent has dealt with the line.
    pub fn finish_line(&self) {
        self.stop.store(false, Ordering::Relaxed);
        self.update(|console| console.view.set_busy(false));
    }

    /// Set while a line waits for the agent.
    pub const fn has_new_line(&self) -> &AtomicBool {
        &self.has_new_line
    }

    /// Whether the agent is at work.
    pub fn is_busy(&self) -> bool {
        self.console.borrow().view.is_busy()
    }

    /// The stop button.
    pub const fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// Everything pressed so far has been drawn.
    pub fn note_drawn(&self) {
        self.latency.borrow_mut().note_drawn(KernelClock.now_ns());
        self.drawn.raise();
    }

    /// Waits until what is on the console now has been drawn. For the agent's task.
    pub async fn next_drawing(&self) {
        self.changed.raise();
        self.drawn.wait().await;
    }

    /// Whether a key press is not drawn yet.
    pub fn has_undrawn_keys(&self) -> bool {
        self.latency.borrow().waiting > 0
    }

    /// The latencies since the last call; `None` if no key was pressed.
    pub fn take_latency(&self) -> Option<KeyLatency> {
        let mut latency = self.latency.borrow_mut();
        if latency.keys == 0 {
            return None;
        }
        let fresh = KeyLatency {
            waiting_since_ns: latency.waiting_since_ns,
            waiting: latency.waiting,
            ..KeyLatency::default()
        };
        Some(core::mem::replace(&mut latency, fresh))
    }

    /// The calendar time now.
    pub fn date_time(&self) -> Option<DateTime> {
        let uptime_s = (KernelClock.now_ms() / 1000) as i64;
        Some(DateTime::from_unix(self.epoch_unix_s? + uptime_s))
    }

    /// The time of day, or the time since the start where nobody knows it.
    pub fn clock_time(&self) -> ClockTime {
        let uptime_s = (KernelClock.now_ms() / 1000) as i64;
        let now = self.date_time().unwrap_or_else(|| DateTime::from_unix(uptime_s));
        ClockTime { hour: now.hour, minute: now.minute, second: now.second }
    }
}

impl KeyLatency {
    fn note_arrival(&mut self, arrived_ns: u64, is_busy: bool) {
        self.waiting_since_ns.get_or_insert(arrived_ns);
        self.waiting += 1;
        self.during_reply |= is_busy;
    }

    fn note_drawn(&mut self, now_ns: u64) {
        if let Some(since_ns) = self.waiting_since_ns.take() {
            self.max_ns = self.max_ns.max(now_ns.saturating_sub(since_ns));
            self.keys += core::mem::take(&mut self.waiting);
        }
    }
}
