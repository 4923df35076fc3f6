//! What the agent does, shown on the console and written to the event log.

use super::{desk::Desk, event_log};
use crate::platform::{
    clock::KernelClock,
    serial::{COM1, COM2},
};
use alloc::{
    collections::VecDeque,
    format,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};
use console_ui::{
    CallId, Console, ContextGauge, EntryId, Header, Notice, NoticeLevel, Outcome, Prefill, Role,
    cells::AnsiWriter,
};
use core::cell::{Cell, RefCell};
use llm_agent::{AgentEvent, Approval, Observer, RecallSource, ReplyReport, StopReason, Usage};
use llm_inference::model::Role as Speaker;
use system_events::{ContextByRole, Event};
use system_platform::Clock;

/// The longest result that can be read whole beside its call.
const SHORT_RESULT_BYTES: usize = 24;

/// Shows and logs one agent's doings.
pub struct ConsoleObserver {
    desk: Rc<Desk>,
    /// The reply that is being written.
    reply: Cell<Option<EntryId>>,
    /// The tools that are running, in the order in which their results come.
    calls: RefCell<VecDeque<CallId>>,
    speed: Cell<Speedometer>,
    /// The message that was entered last, until its tokens are known.
    input: Cell<Option<EntryId>>,
    user_tokens: Cell<u32>,
}

/// Tokens a second of the computation under way.
#[derive(Clone, Copy, Default)]
struct Speedometer {
    /// Tokens that were there when the measurement began.
    base: u32,
    tokens: u32,
    /// Tokens to come to, which tells one computation from the next.
    total: u32,
    started_ns: u64,
}

impl Speedometer {
    fn start(base: u32, total: u32) -> Self {
        Self { base, tokens: base, total, started_ns: KernelClock.now_ns() }
    }

    /// The tokens a second since the start; `None` before the second: a reply that no model has made
    /// comes as one piece, at once.
    fn rate(self) -> Option<f32> {
        let tokens = self.tokens - self.base;
        let elapsed_s = (KernelClock.now_ns() - self.started_ns) as f32 / 1e9;
        (tokens > 1 && elapsed_s > 0.0).then(|| tokens as f32 / elapsed_s)
    }
}

impl ConsoleObserver {
    /// An observer for the desk.
    pub fn new(desk: Rc<Desk>) -> Self {
        Self {
            desk,
            reply: Cell::new(None),
            calls: RefCell::default(),
            speed: Cell::new(Speedometer::default()),
            input: Cell::new(None),
            user_tokens: Cell::new(0),
        }
    }

    /// An error that no agent has met: on the screen and in the log, like one of its own.
    pub fn report_error(&self, source: &str, message: &str) {
        self.say(Role::Error, message);
        event_log::write(&Event::Error { source, message });
    }

    /// Something a person should know, in the transcript.
    pub fn say(&self, role: Role, text: &str) -> EntryId {
        let time = self.desk.clock_time();
        self.desk.update(|console| console.view.push_entry(role, text, time))
    }

    /// Shows what was said before the restart.
    pub fn show_conversation(&self, messages: Vec<(Speaker, String)>) {
        let time = self.desk.clock_time();
        self.desk.update(|console| {
            for (speaker, text) in &messages {
                let role = match speaker {
                    Speaker::User => Role::User,
                    Speaker::Assistant => Role::Agent,
                    Speaker::System | Speaker::Tool => Role::System,
                };
                console.view.push_entry(role, text, time);
            }
        });
    }

    fn show_rate(&self, console: &mut Console, tokens_per_second: Option<f32>) {
        let header = console.view.header().clone();
        if tokens_per_second.is_some() {
            console.view.set_header(Header { tokens_per_second, ..header });
        }
    }

    fn prefill(&self, done: usize, total: usize) {
        let (done, total) = (done as u32, total as u32);
        let before = self.speed.get();
        let is_continued = before.total == total && before.tokens <= done;
        let before = if is_continued { before } else { Speedometer::start(done, total) };
        let speed = Speedometer { tokens: done, ..before };
        self.speed.set(speed);
        let is_complete = done == total;
        self.desk.update(|console| {
            let progress = Prefill { done, total };
            console.view.set_prefill((!is_complete).then_some(progress));
            self.show_rate(console, speed.rate());
        });
    }

    fn begin_reply(&self) {
        self.speed.set(Speedometer::start(0, 0));
        let time = self.desk.clock_time();
        let id = self.desk.update(|console| {
            console.view.set_prefill(None);
            console.view.begin_entry(Role::Agent, time)
        });
        self.reply.set(Some(id));
    }

    fn extend_reply(&self, text: &str) {
        let speed = self.speed.get();
        let speed = Speedometer { tokens: speed.tokens + 1, ..speed };
        self.speed.set(speed);
        let Some(id) = self.reply.get() else { return };
        self.desk.update(|console| {
            console.view.append(id, text);
            console.view.set_entry_stats(id, speed.tokens, speed.rate());
            self.show_rate(console, speed.rate());
        });
    }

    fn finish_reply(&self, report: &ReplyReport<'_>) {
        self.desk.update(|console| {
            console.view.set_prefill(None);
            self.show_rate(console, report.decode_tok_s);
            if let Some(id) = self.reply.take() {
                console.view.set_entry_stats(id, report.tokens as u32, report.decode_tok_s);
                console.view.finish_entry(id);
            }
            console.view.set_notice(ending(report.stop_reason));
        });
        event_log::write(&Event::Reply {
            text: report.text,
            tokens: report.tokens as u64,
            prompt_tokens: report.prompt_tokens as u64,
            reused_tokens: report.reused_tokens as u64,
            prefill_tok_s: report.prefill_tok_s,
            decode_tok_s: report.decode_tok_s,
            stop_reason: report.stop_reason,
        });
    }

    fn show_context(&self, usage: &Usage) {
        let roles = usage.by_role;
        let user_tokens = roles.user as u32;
        let grown_by = user_tokens.saturating_sub(self.user_tokens.replace(user_tokens));
        self.desk.update(|console| {
            if grown_by > 0
                && let Some(id) = self.input.take()
            {
                console.view.set_entry_stats(id, grown_by, None);
            }
            console.view.set_context(ContextGauge {
                limit: usage.limit as u32,
                system: roles.system as u32,
                user: roles.user as u32,
                agent: roles.assistant as u32,
                tools: roles.tool as u32,
                evicted: usage.evicted_tokens as u32,
                evictions: usage.evicted_turns as u32,
                high_mark: Some(usage.high_mark as u32),
            });
        });
        event_log::write(&Event::Context {
            used: usage.used as u64,
            limit: usage.limit as u64,
            by_role: ContextByRole {
                system: roles.system as u64,
                user: roles.user as u64,
                assistant: roles.assistant as u64,
                tool: roles.tool as u64,
            },
        });
    }
}

impl Observer for ConsoleObserver {
    fn on_event(&self, event: &AgentEvent<'_>) {
        match event {
            AgentEvent::Input { text } => {
                self.desk.update(|console| console.view.set_notice(None));
                self.input.set(Some(self.say(Role::User, text)));
                event_log::write(&Event::Input { text });
            }
            AgentEvent::Command { name, arguments, ok, output } => {
                self.input.set(None);
                // A tool's result stands beside its call already, unless it was too long for that.
                let is_call = matches!(*name, "tool" | "remember" | "recall");
                let is_shown = *ok && is_call && output.len() <= SHORT_RESULT_BYTES;
                if !is_shown {
                    self.say(if *ok { Role::System } else { Role::Error }, output);
                }
                event_log::write(&Event::Command { name, arguments, ok: *ok, output });
            }
            AgentEvent::Prefill { done, total, .. } => self.prefill(*done, *total),
            AgentEvent::WarmUp { done, total } => {
                self.prefill(*done, *total);
                if done == total {
                    event_log::phase("warm");
                }
            }
            AgentEvent::Ingesting { path, done, total } => {
                self.prefill(*done, *total);
                let (done, total) = (*done as u64, *total as u64);
                event_log::write(&Event::Ingesting { path, done, total });
            }
            AgentEvent::ReplyStarted => self.begin_reply(),
            AgentEvent::TextDelta { text } => self.extend_reply(text),
            AgentEvent::ReplyFinished(report) => self.finish_reply(report),
            AgentEvent::Routed { route } => event_log::write(&Event::Routed {
                tool: route.tool(),
                confidence: route.confidence(),
                nearest: &route.nearest,
            }),
            AgentEvent::ToolCall { name, arguments, source } => {
                let time = self.desk.clock_time();
                let shown = arguments.to_string();
                let id = self.desk.update(|console| console.view.begin_call(name, &shown, time));
                self.calls.borrow_mut().push_back(id);
                event_log::write(&Event::ToolCall { name, arguments, source: *source });
            }
            AgentEvent::ToolResult { name, ok, result, duration_ns, .. } => {
                let duration_us = duration_ns / 1000;
                let outcome = if *ok { Outcome::Done } else { Outcome::Failed };
                let id = self.calls.borrow_mut().pop_front();
                if let Some(id) = id {
                    self.desk.update(|console| {
                        console.view.finish_call(id, result, duration_us, outcome);
                    });
                }
                event_log::write(&Event::ToolResult { name, ok: *ok, result, duration_us });
            }
            AgentEvent::ApprovalAsked { question } => {
                let (tool, capability) = (&question.tool, &question.capability);
                self.say(Role::System, &question.to_string());
                event_log::write(&Event::ApprovalAsked {
                    tool,
                    capability: &capability.to_string(),
                    tainted: question.is_tainted,
                });
            }
            AgentEvent::ApprovalGiven { question, answer } => {
                event_log::write(&Event::ApprovalGiven {
                    tool: &question.tool,
                    answer: answer.map(Approval::as_str),
                });
            }
            AgentEvent::Notice { text } => {
                self.say(Role::System, text);
                event_log::write(&Event::Notice { text });
            }
            AgentEvent::Context(usage) => self.show_context(usage),
            AgentEvent::PagedIn { recalled } => {
                self.say(Role::System, &format!("Recalled: {}", recalled.text));
                let source = match recalled.source {
                    RecallSource::Turn(_) => "turn",
                    RecallSource::Memory(_) => "memory",
                };
                event_log::write(&Event::PagedIn { source, text: &recalled.text });
            }
            AgentEvent::Forgotten { turns } => {
                let text = format!(
                    "The archive of the conversation was full: its {turns} oldest turns are gone."
                );
                self.say(Role::System, &text);
                event_log::write(&Event::Forgotten { turns: *turns as u64 });
            }
            AgentEvent::Evicted(evicted) => {
                let text = format!(
                    "The context window was full: turn {} ({} messages, {} tokens) was paged out, \
                     {}. It is brought back when it is asked about.",
                    evicted.turn.0,
                    evicted.messages,
                    evicted.tokens,
                    evicted.policy.as_str()
                );
                self.say(Role::System, &text);
                event_log::write(&Event::Evicted { tokens: evicted.tokens as u64, turns: 1 });
            }
            AgentEvent::ConversationReset => {
                self.desk.update(|console| console.view.clear_transcript());
            }
            AgentEvent::Selftest { name, ok, detail } => {
                event_log::write(&Event::Selftest { name, ok: *ok, detail });
            }
            AgentEvent::Power { action } => {
                event_log::write(&Event::Power { action: *action });
                COM2.flush();
                COM1.write(AnsiWriter::farewell());
                COM1.flush();
            }
            AgentEvent::Error { source, message } => self.report_error(source.as_str(), message),
        }
    }
}

/// What a person is told of an ending that is not the model's own.
fn ending(reason: StopReason) -> Option<Notice> {
    let text = match reason {
        StopReason::EndOfTurn | StopReason::ToolCall => return None,
        StopReason::Length => "The reply reached its longest length; /set max_tokens changes it.",
        StopReason::ContextFull => "The context window is full; /reset begins anew.",
        StopReason::Cancelled => "Stopped.",
        StopReason::Error => "The reply broke off.",
    };
    let level = match reason {
        StopReason::Cancelled => NoticeLevel::Info,
        _ => NoticeLevel::Warning,
    };
    Some(Notice { level, text: text.into() })
}
