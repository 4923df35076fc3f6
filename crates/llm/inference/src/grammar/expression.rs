//! Grammars as trees: what the GBNF parser and the schema compiler make, and the automaton is made
//! of.

use super::{
    charset::CharSet,
    error::{GrammarError, Place, Problem},
};
use alloc::{boxed::Box, string::String, vec, vec::Vec};

/// Index of a rule.
pub(super) type RuleId = usize;

/// What may stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expr {
    /// These bytes; none for nothing.
    Bytes(Vec<u8>),
    /// One character of a set, in UTF-8.
    Class(CharSet),
    /// One after the other.
    Sequence(Vec<Expr>),
    /// One of them.
    Choice(Vec<Expr>),
    /// Between `min` and `max` times, or `min` times and more.
    Repeat { body: Box<Expr>, min: u32, max: Option<u32> },
    /// Whatever the rule says.
    Rule(RuleId),
}

impl Expr {
    pub(super) fn text(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }

    pub(super) fn empty() -> Self {
        Self::Bytes(Vec::new())
    }

    /// Between `min` and `max` times. Repetitions of repetitions become one where that is the same:
    /// fewer ways to make the same text are fewer places to be at.
    pub(super) fn repeat(self, min: u32, max: Option<u32>) -> Self {
        match self {
            // Rounds of 0 or 1 to so many leave no number in between out.
            Self::Repeat { body, min: inner @ (0 | 1), max: inner_max } if max != Some(0) => {
                let all = inner_max.zip(max).map(|(a, b)| a.saturating_mul(b));
                Self::Repeat { body, min: inner * min, max: all }
            }
            body => Self::Repeat { body: Box::new(body), min, max },
        }
    }

    pub(super) fn optional(self) -> Self {
        Self::Choice(vec![self, Self::empty()])
    }

    /// The same with rules that are counted from `first` on.
    fn shifted(self, first: RuleId) -> Self {
        let all = |parts: Vec<Self>| parts.into_iter().map(|part| part.shifted(first)).collect();
        match self {
            Self::Bytes(_) | Self::Class(_) => self,
            Self::Sequence(parts) => Self::Sequence(all(parts)),
            Self::Choice(parts) => Self::Choice(all(parts)),
            Self::Repeat { body, min, max } => {
                Self::Repeat { body: Box::new(body.shifted(first)), min, max }
            }
            Self::Rule(rule) => Self::Rule(rule + first),
        }
    }

    /// Whether it can be nothing, given which rules can.
    pub(super) fn is_nullable(&self, rules: &[bool]) -> bool {
        match self {
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Class(_) => false,
            Self::Sequence(parts) => parts.iter().all(|part| part.is_nullable(rules)),
            Self::Choice(parts) => parts.iter().any(|part| part.is_nullable(rules)),
            Self::Repeat { body, min, max } => {
                *min == 0 || *max == Some(0) || body.is_nullable(rules)
            }
            Self::Rule(rule) => rules[*rule],
        }
    }

    /// How many states it will take, roughly, if it neither repeats nor calls a rule.
    pub(super) fn straight_size(&self) -> Option<usize> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::Class(_) => Some(4),
            Self::Sequence(parts) | Self::Choice(parts) => {
                parts.iter().try_fold(1, |size: usize, part| Some(size + part.straight_size()?))
            }
            Self::Repeat { .. } | Self::Rule(_) => None,
        }
    }
}

/// A rule of a grammar.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Its name, to speak of it.
    pub(super) name: String,
    /// Where it is defined, or, until then, where it was first used.
    pub(super) place: Place,
    /// What it stands for, once that is known.
    pub(super) body: Option<Expr>,
}

/// The rules of a grammar; the first is where it begins.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// The rules.
    pub(super) rules: Vec<Rule>,
}

impl Rules {
    /// Adds a rule whose body comes later, or now.
    pub(super) fn add(&mut self, name: String, place: Place, body: Option<Expr>) -> RuleId {
        self.rules.push(Rule { name, place, body });
        self.rules.len() - 1
    }

    /// Lets the rule `name` stand for the first of `others`, if there is such a rule.
    ///
    /// # Errors
    /// The rule is defined already.
    pub(super) fn define(&mut self, name: &str, others: Self) -> Result<(), GrammarError> {
        let first = self.rules.len();
        let Some(rule) = self.rules.iter_mut().find(|rule| rule.name == name) else {
            return Ok(());
        };
        if rule.body.is_some() {
            let problem = Problem::DuplicateRule(rule.name.clone());
            return Err(GrammarError { place: rule.place.clone(), problem });
        }
        rule.body = Some(Expr::Rule(first));
        self.rules.extend(
            others
                .rules
                .into_iter()
                .map(|rule| Rule { body: rule.body.map(|body| body.shifted(first)), ..rule }),
        );
        Ok(())
    }

    /// Which rules can stand for nothing.
    ///
    /// # Errors
    /// A rule without a body.
    pub(super) fn nullable(&self) -> Result<Vec<bool>, GrammarError> {
        for rule in &self.rules {
            if rule.body.is_none() {
                let problem = Problem::UndefinedRule(rule.name.clone());
                return Err(GrammarError { place: rule.place.clone(), problem });
            }
        }
        let mut nullable = vec![false; self.rules.len()];
        loop {
            let mut has_changed = false;
            // Backwards, because rules mostly use those that are written after them.
            for (id, rule) in self.rules.iter().enumerate().rev() {
                let body = rule.body.as_ref();
                if !nullable[id] && body.is_some_and(|body| body.is_nullable(&nullable)) {
                    nullable[id] = true;
                    has_changed = true;
                }
            }
            if !has_changed {
                return Ok(nullable);
            }
        }
    }
}
