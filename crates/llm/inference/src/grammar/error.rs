//! What is wrong with a grammar, and with a token under one.

use crate::model::TokenId;
use alloc::string::String;
use core::fmt;

/// Where in a grammar something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the text of a grammar, both from 1; columns count characters.
    Text {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// In a schema, as a JSON pointer within the document (RFC 6901); `#` is the whole. Where there
    /// are several schemas, the name of the rule stands before it.
    Schema(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { line, column } => write!(f, "line {line}, column {column}"),
            Self::Schema(path) => write!(f, "{path}"),
        }
    }
}

/// A grammar or a schema that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrammarError {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: Problem,
}

impl GrammarError {
    /// The same error of a schema that has a name.
    pub(super) fn within(self, name: &str) -> Self {
        match self.place {
            Place::Schema(path) => {
                Self { place: Place::Schema(alloc::format!("{name}{path}")), ..self }
            }
            Place::Text { .. } => self,
        }
    }
}

impl fmt::Display for GrammarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl core::error::Error for GrammarError {}

/// What is wrong with a grammar or a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Something else should stand here.
    Expected(&'static str),
    /// A rule that nobody wrote.
    UndefinedRule(String),
    /// A rule written twice.
    DuplicateRule(String),
    /// There is no rule `root` to begin with.
    NoRoot,
    /// An escape that stands for no character.
    BadEscape,
    /// A range of characters whose end is before its beginning, or one of counts.
    EmptyRange,
    /// A set of characters without any.
    EmptySet,
    /// Parentheses or alternatives nested deeper than this.
    TooDeep(usize),
    /// More automaton states, rules or bytes than this.
    TooLarge(usize),
    /// A rule that begins with itself, directly or by way of others.
    LeftRecursion(String),
    /// A rule that can never come to its end.
    Endless(String),
    /// Text that is not JSON.
    NotJson(String),
    /// A keyword, or its value, that is not supported.
    Unsupported(String),
    /// A keyword whose value has the wrong form.
    WrongForm {
        /// The keyword.
        keyword: String,
        /// What its value should be.
        expected: &'static str,
    },
    /// A keyword that cannot stand beside another.
    CannotCombine {
        /// The keyword.
        keyword: String,
        /// The other.
        with: &'static str,
    },
    /// A `$ref` to something that is not there.
    BadReference(String),
    /// No value can fulfil the schema.
    Unsatisfiable(&'static str),
    /// A bound that the digits of a number cannot be held to exactly.
    InexactBound(String),
    /// Two branches of a `oneOf` that may hold for the same value.
    Overlap {
        /// Index of the first.
        first: usize,
        /// Index of the second.
        second: usize,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::UndefinedRule(name) => write!(f, "rule {name} is not defined"),
            Self::DuplicateRule(name) => write!(f, "rule {name} is defined twice"),
            Self::NoRoot => write!(f, "there is no rule root"),
            Self::BadEscape => write!(f, "this escape stands for no character"),
            Self::EmptyRange => write!(f, "the range ends before it begins"),
            Self::EmptySet => write!(f, "a set without characters"),
            Self::TooDeep(limit) => write!(f, "nested deeper than {limit}"),
            Self::TooLarge(limit) => write!(f, "the grammar is larger than {limit} states"),
            Self::LeftRecursion(name) => {
                write!(f, "rule {name} begins with itself (left recursion)")
            }
            Self::Endless(name) => write!(f, "rule {name} can never end"),
            Self::NotJson(message) => write!(f, "not JSON: {message}"),
            Self::Unsupported(what) => write!(f, "{what} is not supported"),
            Self::WrongForm { keyword, expected } => write!(f, "{keyword} must be {expected}"),
            Self::CannotCombine { keyword, with } => {
                write!(f, "{keyword} beside {with} is not supported")
            }
            Self::BadReference(target) => write!(f, "$ref {target} leads nowhere"),
            Self::Unsatisfiable(why) => write!(f, "no value can fulfil this: {why}"),
            Self::InexactBound(bound) => write!(
                f,
                "the bound {bound} cannot be held exactly: at most 9 digits before the point and 6 \
                 behind it"
            ),
            Self::Overlap { first, second } => write!(
                f,
                "branches {first} and {second} of oneOf may hold for the same value; use anyOf if \
                 that is meant"
            ),
        }
    }
}

/// A constraint that cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintError {
    /// The grammar does not allow this token here.
    Refused(TokenId),
    /// The grammar is not at its end, and no token of the vocabulary leads on.
    Stuck,
    /// The text so far, or what could follow it, can be read in too many ways.
    TooAmbiguous,
}

impl fmt::Display for ConstraintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(token) => write!(f, "the grammar does not allow token {}", token.0),
            Self::Stuck => write!(f, "no token of the vocabulary fits the grammar"),
            Self::TooAmbiguous => {
                write!(f, "the grammar is too ambiguous: there are too many ways to go on")
            }
        }
    }
}

impl core::error::Error for ConstraintError {}
