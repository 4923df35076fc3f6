//! Who may do what: the rights of one task, and the permits that calls need.
//!
//! A [`Permit`] can only be made here, from a right that the task holds or from a person's answer,
//! and [`crate::Registry::call`] takes nothing else: no tool runs past this file.

use crate::Capability;
use alloc::{format, string::String, vec::Vec};
use core::fmt;
use llm_record::{Node, RecordError};
use serde_json::{Value, json};

/// The rights of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    rules: Vec<(Capability, Rule)>,
}

/// What holds for a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It may be used.
    Allow,
    /// The person is asked each time, even where a wider right is granted.
    Ask,
    /// It may not be used, and nobody is asked.
    Deny,
}

/// What a person answers when a call asks for a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// This call may run.
    Once,
    /// It may run, and so may all others that need the same right.
    Always,
    /// It may not run; the next one asks again.
    No,
    /// It may not run, and no other that needs the same right.
    Never,
}

/// Why a call may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It harms nobody.
    Harmless,
    /// The task holds the right.
    Granted,
    /// The person was asked and agreed.
    Approved,
    /// The person has made the call.
    Person,
}

/// The leave for one call.
#[derive(Debug)]
pub struct Permit {
    capability: Option<Capability>,
    basis: Basis,
}

/// Why a call may not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The right it needs.
    pub capability: Capability,
    /// Why it is not there.
    pub reason: DenialReason,
}

/// Why a right is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenialReason {
    /// A rule says so.
    Rule,
    /// The person said no.
    Person,
    /// Nobody is there to be asked.
    Unattended,
    /// The permit is for something else.
    Permit,
}

/// What is to be done about a call.
#[derive(Debug)]
pub enum Decision {
    /// It may run.
    Granted(Permit),
    /// The person has to say.
    Ask(Capability),
    /// It may not run.
    Denied(Denied),
}

impl Grants {
    /// What an agent may do that a person talks to: everything that stays inside.
    pub fn attended() -> Self {
        let allowed = [
            Capability::MemoryRead,
            Capability::MemoryWrite,
            Capability::BlocksWrite,
            Capability::FilesRead,
            Capability::Code,
            Capability::Schedule,
            Capability::Notify,
            Capability::Canvas,
        ];
        Self { rules: allowed.map(|capability| (capability, Rule::Allow)).into() }
    }

    /// What an agent may do whose rules cannot be read: whatever harms somebody is asked for.
    pub const fn none() -> Self {
        Self { rules: Vec::new() }
    }

    /// All rules, oldest first.
    pub fn rules(&self) -> &[(Capability, Rule)] {
        &self.rules
    }

    /// Sets what holds for a right, in place of what held before.
    pub fn set(&mut self, capability: Capability, rule: Rule) {
        self.rules.retain(|(held, _)| *held != capability);
        self.rules.push((capability, rule));
    }

    /// Decides about a call that needs `capability`. After text from outside (`is_tainted`) the
    /// person is asked for everything that writes, sends or executes, whatever the rules allow.
    pub fn decide(&self, capability: Option<Capability>, is_tainted: bool) -> Decision {
        use crate::capability::Effect;
        let Some(capability) = capability else {
            return Decision::Granted(Permit { capability, basis: Basis::Harmless });
        };
        let rule = |rule: Rule| {
            self.rules.iter().any(|(held, it)| *it == rule && held.covers(&capability))
        };
        let is_risky =
            matches!(capability.effect(), Effect::Writes | Effect::Sends | Effect::Executes);
        if rule(Rule::Deny) {
            return Decision::Denied(Denied { capability, reason: DenialReason::Rule });
        }
        if rule(Rule::Allow) && !rule(Rule::Ask) && !(is_tainted && is_risky) {
            return Decision::Granted(Permit {
                capability: Some(capability),
                basis: Basis::Granted,
            });
        }
        Decision::Ask(capability)
    }

    /// What a person's answer makes of a call that needs `capability`; `None` where nobody was
    /// there to answer.
    ///
    /// # Errors
    /// The call may not run.
    pub fn answer(
        &mut self,
        capability: Capability,
        answer: Option<Approval>,
    ) -> Result<Permit, Denied> {
        let rule = match answer {
            Some(Approval::Always) => Some(Rule::Allow),
            Some(Approval::Never) => Some(Rule::Deny),
            _ => None,
        };
        if let Some(rule) = rule {
            self.set(capability.clone(), rule);
        }
        let reason = match answer {
            Some(Approval::Once | Approval::Always) => {
                return Ok(Permit { capability: Some(capability), basis: Basis::Approved });
            }
            Some(Approval::No | Approval::Never) => DenialReason::Person,
            None => DenialReason::Unattended,
        };
        Err(Denied { capability, reason })
    }

    /// The rules as a record keeps them: a list of objects, oldest first.
    pub fn to_json(&self) -> Value {
        let rule = |(capability, rule): &(Capability, Rule)| json!({"right": format!("{capability}"), "rule": rule.as_str()});
        self.rules.iter().map(rule).collect()
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// The first rule that is none, or whose right is not known: without it the others might allow
    /// what it forbids.
    pub fn from_json(node: &Node<'_>) -> Result<Self, RecordError> {
        let mut grants = Self::none();
        for item in node.items()? {
            let right = item.get("right")?;
            let capability =
                Capability::from_text(right.text()?).map_err(|error| right.refused(&error))?;
            let rule = item.get("rule")?;
            let known = [Rule::Allow, Rule::Ask, Rule::Deny];
            let name = rule.text()?;
            let known = known.into_iter().find(|known| known.as_str() == name);
            grants.set(capability, known.ok_or_else(|| rule.expected("allow, ask or deny"))?);
        }
        Ok(grants)
    }

    /// The leave for a call that the person has typed.
    pub const fn for_person(capability: Option<Capability>) -> Permit {
        Permit { capability, basis: Basis::Person }
    }
}

impl Permit {
    /// Why the call may run.
    pub const fn basis(&self) -> Basis {
        self.basis
    }

    /// Whether it is the leave for a call that needs `capability`.
    pub fn covers(&self, capability: Option<&Capability>) -> bool {
        capability
            .is_none_or(|needed| self.capability.as_ref().is_some_and(|held| held.covers(needed)))
    }
}

impl Approval {
    /// What a person types; `None` if it is no answer.
    pub fn from_text(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" | "once" | "ok" => Self::Once,
            "a" | "always" => Self::Always,
            "n" | "no" => Self::No,
            "v" | "never" => Self::Never,
            _ => return None,
        })
    }

    /// Its name in logs, and what a person types.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Always => "always",
            Self::No => "no",
            Self::Never => "never",
        }
    }
}

impl Basis {
    /// Its name in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Harmless => "harmless",
            Self::Granted => "granted",
            Self::Approved => "approved",
            Self::Person => "person",
        }
    }
}

impl Rule {
    /// Its name in lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason {
            DenialReason::Rule => "a rule forbids it (/grants)",
            DenialReason::Person => "the person said no",
            DenialReason::Unattended => "nobody is there to allow it",
            DenialReason::Permit => "the permit is for something else",
        };
        write!(f, "{} is not allowed: {reason}", self.capability)
    }
}

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The tool.
    pub tool: String,
    /// Its arguments, as JSON.
    pub arguments: String,
    /// The right that the call needs.
    pub capability: Capability,
    /// Whether text from outside stands before the call, so that somebody else may be behind it.
    pub is_tainted: bool,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "May {} use {}? {}", self.tool, self.capability, self.arguments)?;
        if self.is_tainted {
            f.write_str("\nText from outside stands before this call: it may not be your wish.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn basis(decision: &Decision) -> Option<Basis> {
        match decision {
            Decision::Granted(permit) => Some(permit.basis()),
            _ => None,
        }
    }

    fn network() -> Capability {
        Capability::Network { host: "example.org".into() }
    }

    #[test]
    fn what_is_held_is_granted_and_the_rest_is_asked() {
        let grants = Grants::attended();
        assert_eq!(basis(&grants.decide(None, true)), Some(Basis::Harmless));
        let write = grants.decide(Some(Capability::MemoryWrite), false);
        assert_eq!(basis(&write), Some(Basis::Granted));
        for capability in [Capability::FilesWrite, Capability::Power, network()] {
            let decision = grants.decide(Some(capability.clone()), false);
            assert!(matches!(decision, Decision::Ask(asked) if asked == capability));
        }
    }

    #[test]
    fn after_text_from_outside_all_that_lasts_is_asked() {
        let grants = Grants::attended();
        for capability in [Capability::MemoryWrite, Capability::Code, Capability::Schedule] {
            assert!(matches!(grants.decide(Some(capability), true), Decision::Ask(_)));
        }
        for capability in [Capability::MemoryRead, Capability::Notify] {
            assert_eq!(basis(&grants.decide(Some(capability), true)), Some(Basis::Granted));
        }
    }

    #[test]
    fn always_and_never_are_remembered_once_and_no_are_not() {
        let mut grants = Grants::attended();
        let permit = grants.answer(network(), Some(Approval::Once)).unwrap();
        assert_eq!(permit.basis(), Basis::Approved);
        assert!(permit.covers(Some(&network())) && !permit.covers(Some(&Capability::Power)));
        assert!(matches!(grants.decide(Some(network()), false), Decision::Ask(_)));
        let denied = grants.answer(network(), Some(Approval::No)).unwrap_err();
        assert_eq!(denied.to_string(), "net:example.org is not allowed: the person said no");
        assert!(matches!(grants.decide(Some(network()), false), Decision::Ask(_)));
        grants.answer(network(), Some(Approval::Always)).unwrap();
        assert_eq!(basis(&grants.decide(Some(network()), false)), Some(Basis::Granted));
        grants.answer(network(), Some(Approval::Never)).unwrap_err();
        assert!(matches!(grants.decide(Some(network()), false), Decision::Denied(_)));
        assert!(grants.answer(Capability::Power, None).is_err());
    }

    #[test]
    fn a_question_names_the_call_and_warns_of_text_from_outside() {
        let mut question = Question {
            tool: "http_get".into(),
            arguments: r#"{"url":"http://example.org/"}"#.into(),
            capability: network(),
            is_tainted: false,
        };
        let asked = r#"May http_get use net:example.org? {"url":"http://example.org/"}"#;
        assert_eq!(question.to_string(), asked);
        question.is_tainted = true;
        let warned = question.to_string();
        assert!(warned.starts_with(asked) && warned.contains("from outside"), "{warned}");
    }

    #[test]
    fn rules_are_kept_as_json_all_or_none() {
        let mut grants = Grants::attended();
        grants.set(network(), Rule::Deny);
        grants.set(Capability::Code, Rule::Ask);
        let mut json = grants.to_json();
        assert_eq!(json[8].to_string(), r#"{"right":"code","rule":"ask"}"#);
        assert_eq!(Grants::from_json(&Node::new("grants", &json)), Ok(grants));
        json[7]["right"] = "teleport".into();
        let error = Grants::from_json(&Node::new("grants", &json)).unwrap_err().to_string();
        assert!(error.starts_with("grants[7].right: there is no capability"), "{error}");
        let asked = Grants::none().decide(Some(Capability::MemoryRead), false);
        assert!(matches!(asked, Decision::Ask(Capability::MemoryRead)));
    }

    #[test]
    fn a_denial_is_stronger_than_a_wider_grant() {
        let mut grants = Grants::attended();
        grants.set(Capability::Network { host: "*".into() }, Rule::Allow);
        assert_eq!(basis(&grants.decide(Some(network()), false)), Some(Basis::Granted));
        grants.set(network(), Rule::Deny);
        let Decision::Denied(denied) = grants.decide(Some(network()), false) else {
            panic!("denied")
        };
        assert_eq!(denied.reason, DenialReason::Rule);
    }

    #[test]
    fn a_right_that_is_to_be_asked_for_is_asked_for_until_the_person_says_always() {
        let mut grants = Grants::attended();
        grants.set(Capability::Network { host: "*".into() }, Rule::Allow);
        for capability in [Capability::MemoryWrite, network()] {
            grants.set(capability.clone(), Rule::Ask);
            assert!(matches!(grants.decide(Some(capability.clone()), false), Decision::Ask(_)));
            grants.answer(capability.clone(), Some(Approval::Always)).unwrap();
            assert_eq!(basis(&grants.decide(Some(capability), false)), Some(Basis::Granted));
        }
    }
}
