//! `/selftest`: the kernel's own checks, then the model's.

use super::CommandError;
use crate::{Agent, AgentEvent, Check, Observer, cancel::until_cancelled};
use alloc::{format, string::String, vec::Vec};
use core::{fmt::Write, sync::atomic::AtomicBool};
use llm_inference::{
    model::{ForwardError, LanguageModel, SpecialTokens},
    parity::{self, Reference, Report},
    reference::stored_references,
};
use system_platform::Pacer;

/// What stands for the kernel's checks where the person has stopped them: a disk may keep one
/// waiting for half a minute.
const KERNEL_CHECKS: &str = "kernel";
/// Name of the check of the model.
const MODEL_CHECK: &str = "model parity";

pub async fn run<M: LanguageModel, O: Observer + ?Sized>(
    agent: &mut Agent<'_, M>,
    what: &str,
    pacer: &impl Pacer,
    observer: &O,
    cancel: &AtomicBool,
) -> Result<String, CommandError> {
    let kernel = until_cancelled(agent.host.selftest(what), cancel).await;
    let stopped = || Check { name: KERNEL_CHECKS.into(), ok: false, detail: "stopped".into() };
    let mut checks = kernel.unwrap_or_else(|| Vec::from([stopped()]));
    if let Some(model) = &mut agent.model
        && MODEL_CHECK.contains(what)
    {
        checks.push(check_model(model, pacer, cancel).await);
    }
    if checks.is_empty() {
        return Err(CommandError::NoSuchCheck { what: what.into() });
    }
    for Check { name, ok, detail } in &checks {
        observer.on_event(&AgentEvent::Selftest { name, ok: *ok, detail });
    }
    report(&checks)
}

/// Leads the model along the stored references; without any, compares its computing in one go with
/// that token by token. The cache is empty afterwards; the conversation is computed anew from the
/// window when it goes on.
async fn check_model<M: LanguageModel>(
    model: &mut M,
    pacer: &impl Pacer,
    cancel: &AtomicBool,
) -> Check {
    let references = stored_references(model.info().fingerprint);
    let outcome = if !references.is_empty() {
        let report = until_cancelled(follow_all(model, &references, pacer), cancel).await;
        report.map(|report| report.map(|report| (report.is_passed(), describe(&report))))
    } else {
        let tokens = model.encode("One two three four.", SpecialTokens::Literal);
        let agree = until_cancelled(parity::batches_agree(model, &tokens, pacer), cancel).await;
        let detail = "no reference for this model; computed in one go and token by token";
        agree.map(|agree| agree.map(|agree| (agree, detail.into())))
    };
    model.truncate(0);
    let (ok, detail) = match outcome {
        Some(Ok(result)) => result,
        Some(Err(error)) => (false, format!("{error}")),
        None => (false, "stopped".into()),
    };
    Check { name: MODEL_CHECK.into(), ok, detail }
}

async fn follow_all(
    model: &mut impl LanguageModel,
    references: &[Reference],
    pacer: &impl Pacer,
) -> Result<Report, ForwardError> {
    let mut all = Report::default();
    for reference in references {
        all.absorb(&parity::follow(model, reference, pacer).await?);
    }
    Ok(all)
}

fn describe(report: &Report) -> String {
    let (equal, steps, ties) = (report.equal, report.steps(), report.near_ties.len());
    format!("{equal} of {steps} tokens as llama.cpp, {ties} more were as good as tied")
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
