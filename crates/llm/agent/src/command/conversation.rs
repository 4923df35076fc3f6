//! The conversation and what it costs: `/context /reset /system /stats /history`.

use super::CommandError;
use crate::{Agent, AgentEvent, Observer, prompt::SYSTEM_PROMPT, stats::Work};
use alloc::{
    format,
    string::{String, ToString},
};
use core::fmt::Write;
use llm_context::SegmentState;
use llm_inference::model::LanguageModel;

/// Characters of a message that `/context` and `/history` show.
const EXCERPT_CHARS: usize = 48;

pub fn context<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
    let usage = agent.window.usage();
    let roles = usage.by_role;
    let percent = usage.used * 100 / usage.limit.max(1);
    let mut text = format!(
        "{} of {} tokens ({percent} %), {} pinned; turns are evicted beyond {}.\n\
         ```\nsystem {:>6}\nuser   {:>6}\nagent  {:>6}\ntools  {:>6}\n",
        usage.used,
        usage.limit,
        usage.pinned,
        usage.high_mark,
        roles.system,
        roles.user,
        roles.assistant,
        roles.tool,
    );
    if usage.evicted_turns > 0 {
        let _ = writeln!(
            text,
            "evicted {} turns, {} tokens",
            usage.evicted_turns, usage.evicted_tokens
        );
    }
    text.push_str("\nturn tokens role       text\n");
    for segment in agent.window.segments() {
        let turn = match segment.state {
            SegmentState::Pinned => "pin".into(),
            // It stands for several turns.
            SegmentState::Summary => "sum".into(),
            _ => segment.turn.0.to_string(),
        };
        let _ = writeln!(
            text,
            "{turn:>4} {:>6} {:<10} {}",
            segment.tokens.len(),
            segment.role().as_str(),
            excerpt(segment.text())
        );
    }
    text + "```"
}

pub fn reset<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    observer: &O,
) -> String {
    agent.window.clear();
    agent.turn_index.clear();
    observer.on_event(&AgentEvent::ConversationReset);
    agent.report_context(observer);
    "A new conversation begins.".into()
}

pub fn system<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    text: &str,
    observer: &O,
) -> Result<String, CommandError> {
    if text.is_empty() {
        return Ok(format!("The system prompt is:\n{}", agent.system_prompt));
    }
    let text = if text == "default" { SYSTEM_PROMPT } else { text };
    let before = core::mem::replace(&mut agent.system_prompt, text.into());
    if let Err(error) = agent.begin() {
        agent.system_prompt = before;
        return Err(error.into());
    }
    observer.on_event(&AgentEvent::ConversationReset);
    agent.report_context(observer);
    Ok("The system prompt is changed, and a new conversation begins.".into())
}

pub fn stats<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
    let stats = &agent.stats;
    let mut text = String::new();
    if let Some(model) = &agent.model {
        let info = model.info();
        let _ = writeln!(text, "{} {}, {} replies", info.name, info.quantization, stats.replies);
    } else {
        text.push_str("No model is loaded.\n");
    }
    text.push_str("```\n       prompt computed  tok/s  reused  reply  tok/s\n");
    for (name, work) in [("last", &stats.last), ("total", &stats.total)] {
        let _ = writeln!(
            text,
            "{name:<6} {:>15} {:>6} {:>7} {:>6} {:>6}",
            work.prefill_tokens,
            rate(Work::prefill_tok_s, work),
            work.reused_tokens,
            work.decode_tokens,
            rate(Work::decode_tok_s, work),
        );
    }
    let drafts = agent.speculation();
    let _ = writeln!(text, "{} of {} drafted tokens were right", drafts.accepted, drafts.drafted);
    text + "```"
}

pub fn history<M: LanguageModel>(
    agent: &Agent<'_, M>,
    count: &str,
) -> Result<String, CommandError> {
    let lines = agent.history();
    let count = match count {
        "" => lines.len(),
        text => text.parse().map_err(|_| CommandError::NotANumber { text: text.into() })?,
    };
    let skipped = lines.len().saturating_sub(count);
    let mut text = String::from("```\n");
    for (index, line) in lines.enumerate().skip(skipped) {
        let _ = writeln!(text, "{:>4}  {}", index + 1, excerpt(line));
    }
    Ok(text + "```")
}

fn rate(of: fn(&Work) -> Option<f32>, work: &Work) -> String {
    of(work).map_or_else(|| "-".into(), |rate| format!("{rate:.1}"))
}

/// The beginning of a text on one line.
fn excerpt(text: &str) -> String {
    let mut characters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut excerpt: String = characters.by_ref().take(EXCERPT_CHARS).collect();
    if characters.next().is_some() {
        excerpt.push('…');
    }
    // The text stands in fenced code, which it must not end.
    excerpt.replace("```", "'''")
}
