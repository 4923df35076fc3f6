//! `/selftest`: the kernel's own checks, then the model's.

use super::CommandError;
use crate::{Agent, AgentEvent, Check, Observer};
use alloc::{format, string::String, vec::Vec};
use core::{fmt::Write, sync::atomic::AtomicBool};
use llm_inference::model::LanguageModel;
use system_platform::Pacer;

pub async fn run<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    what: &str,
    _pacer: &impl Pacer,
    observer: &O,
    _cancel: &AtomicBool,
) -> Result<String, CommandError> {
    let checks: Vec<Check> = agent.host.selftest(what);
    if checks.is_empty() {
        return Err(CommandError::NoSuchCheck { what: what.into() });
    }
    for Check { name, ok, detail } in &checks {
        observer.on_event(&AgentEvent::Selftest { name, ok: *ok, detail });
    }
    report(&checks)
}

fn report(checks: &[Check]) -> Result<String, CommandError> {
    let mut report = String::from("```\n");
    for check in checks {
        let outcome = if check.ok { "ok" } else { "FAILED" };
        let _ = writeln!(report, "{outcome:<6} {}: {}", check.name, check.detail);
    }
    report.push_str("```\n");
    let failed = checks.iter().filter(|check| !check.ok).count();
    report.push_str(&format!("{} passed, {failed} failed", checks.len() - failed));
    if failed > 0 { Err(CommandError::ChecksFailed { report }) } else { Ok(report) }
}
