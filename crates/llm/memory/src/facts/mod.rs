//! What a statement is about, and what it says of it: so that a new fact can take the place of the one
//! that it contradicts.
//!
//! `the gate code is 4417` has the key `gate code` and the value `4417`; `the gate code is 5521` has the
//! same key and another value. A statement has a key only where ordinary speech allows one value at a
//! time (a code, a name, where somebody lives); `I like tea` has none, because `I like coffee` leaves it
//! true. When in doubt there is no key: two facts side by side do less harm than one that is lost.
//!
//! English only. `words` are the lists, `grammar` the forms that are read.

mod grammar;
mod words;

#[cfg(test)]
mod tests;

use crate::statement::statement;
use alloc::string::String;
use core::fmt;

/// What a statement is about. Equal keys are about the same, whatever case, articles and possessives
/// they were said with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Whose or what: `my dog name` for `my dog's name` and for `the name of my dog`.
    pub subject: String,
    /// What is said of it.
    pub relation: Relation,
    /// What was does not contradict what is.
    pub is_past: bool,
}

/// What a statement says of its subject. Two of one subject can be true at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// What it is.
    Value,
    /// Where it is.
    Place,
    /// On which day it is.
    Day,
    /// At what time it is.
    Clock,
    /// On which day and at what time it is.
    DayAndClock,
    /// Where somebody lives.
    Home,
    /// Whom somebody works for.
    Employer,
    /// As what somebody works.
    Job,
    /// Where somebody is from.
    Origin,
    /// Whom somebody is married to.
    Spouse,
    /// When somebody gets up, or goes to bed.
    Routine,
    /// Which of two or more somebody prefers.
    Preference,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let relation = match self.relation {
            Relation::Value => "is",
            Relation::Place => "is at the place",
            Relation::Day => "is on the day",
            Relation::Clock => "is at the time",
            Relation::DayAndClock => "is on the day at the time",
            Relation::Home => "lives in",
            Relation::Employer => "works for",
            Relation::Job => "works as",
            Relation::Origin => "is from",
            Relation::Spouse => "is married to",
            Relation::Routine => "is at",
            Relation::Preference => "is preferred",
        };
        write!(f, "{} {relation}{}", self.subject, if self.is_past { ", once" } else { "" })
    }
}

/// A statement taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub key: Key,
    /// What it says of that: in lower case, without articles and the punctuation around words.
    pub value: String,
}

/// What a newer statement is to an older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Both can be true.
    Unrelated,
    /// They say the same of the same.
    Same,
    /// The newer one says otherwise: the older one does not hold any more.
    Supersedes,
}

/// The longest statement that is taken apart, in bytes. What is longer says more than one thing.
const MAX_BYTES: usize = 200;

/// The statement of a text, which may still have the words around it that ask to remember it; `None` if
/// it says several things, or nothing that has one value at a time.
pub fn fact(text: &str) -> Option<Fact> {
    if text.len() > MAX_BYTES {
        return None;
    }
    grammar::read(statement(text))
}

/// The key of a text's statement. See [`fact`].
pub fn fact_key(text: &str) -> Option<Key> {
    fact(text).map(|fact| fact.key)
}

/// What `newer` is to `older`.
pub fn compare(newer: &str, older: &str) -> Comparison {
    match (fact(newer), fact(older)) {
        (Some(newer), Some(older)) if newer.key == older.key => match newer.value == older.value {
            true => Comparison::Same,
            false => Comparison::Supersedes,
        },
        _ => Comparison::Unrelated,
    }
}
