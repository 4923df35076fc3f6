//! What the agent may do, and what it did: `/grants /allow /ask /deny /audit`.

use super::{CommandError, table::Entry};
use crate::Agent;
use alloc::{format, string::String};
use core::fmt::Write;
use llm_inference::model::LanguageModel;
use llm_tools::{Capability, audit::Record, grants::Rule};
use system_platform::DateTime;

/// Records that `/audit` shows where nobody says how many.
const SHOWN: usize = 20;

pub fn grants<M: LanguageModel>(agent: &Agent<'_, M>) -> String {
    let mut text = String::from("```\n");
    for (capability, rule) in agent.grants.rules() {
        let _ = writeln!(text, "{:<6} {capability}", rule.as_str());
    }
    text + "```\nWhatever is not listed is asked for, and denied when nobody is there."
}

pub fn set<M: LanguageModel>(
    agent: &mut Agent<'_, M>,
    entry: &Entry,
    name: &str,
    rule: Rule,
) -> Result<String, CommandError> {
    if name.is_empty() {
        return Err(CommandError::Usage { usage: entry.usage() });
    }
    let capability = Capability::from_text(name)?;
    let text = match rule {
        Rule::Allow => format!("The agent may use {capability}."),
        Rule::Ask => format!("The agent asks before it uses {capability}."),
        Rule::Deny => format!("The agent may not use {capability}."),
    };
    agent.grants.set(capability, rule);
    Ok(text)
}

pub fn audit<M: LanguageModel>(
    agent: &Agent<'_, M>,
    arguments: &str,
) -> Result<String, CommandError> {
    let audit = &agent.audit;
    let count = match arguments {
        "verify" => {
            let records = audit.verify()?;
            return Ok(format!("{records} records, unchanged; the last hash is {}", audit.head()));
        }
        "" => SHOWN,
        text => text.parse().map_err(|_| CommandError::NotANumber { text: text.into() })?,
    };
    let skipped = audit.records().len().saturating_sub(count);
    let mut text = String::from("```\n");
    for record in audit.records().skip(skipped) {
        let _ = writeln!(text, "{}", line(record));
    }
    Ok(text + "```")
}

fn line(record: &Record) -> String {
    let time = record.unix_s.map_or_else(String::new, |unix_s| {
        let at = DateTime::from_unix(unix_s);
        format!("{:02}:{:02}:{:02} ", at.hour, at.minute, at.second)
    });
    let outcome = if record.ok { "ok" } else { "FAILED" };
    let right = record.capability.as_deref().unwrap_or("-");
    let hash = format!("{}", record.hash);
    format!(
        "{:>4} {time}{} {} {} {right} {} {outcome} {} us {}",
        record.number,
        record.task,
        record.tool,
        // The text stands in fenced code, which it must not end.
        record.arguments.replace("```", "'''"),
        record.decision,
        record.duration_us,
        &hash[..12],
    )
}
