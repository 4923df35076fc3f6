//! What can be wrong with an expression.

use super::MAX_DEPTH;
use alloc::string::String;
use core::fmt;

/// An expression that has no value, and the character to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// Which character, counted from 1; one more than there are if something is missing at the end.
    pub position: usize,
    /// What is wrong there.
    pub kind: ErrorKind,
}

impl ExpressionError {
    /// Whether the expression is understood, and only its numbers have no value.
    pub fn is_about_values(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::DivisionByZero
                | ErrorKind::OutOfDomain { .. }
                | ErrorKind::RootOfNegative
                | ErrorKind::TooLarge
                | ErrorKind::TooManyArguments { .. }
        )
    }
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A number, name or parenthesis should stand here.
    ExpectedNumber,
    /// An operator should stand here.
    ExpectedOperator {
        /// What stands here instead.
        found: char,
    },
    /// A number that cannot be read (`1.2.3`, `1e`).
    MalformedNumber,
    /// A closing parenthesis without an opening one.
    UnmatchedParenthesis,
    /// The end, with a parenthesis still open.
    UnclosedParenthesis {
        /// Position of the open one.
        opened_at: usize,
    },
    /// A word between two numbers is missing (`subtract 5 from 20`).
    ExpectedWord {
        /// The word.
        word: &'static str,
    },
    /// A word where the expression could end.
    NotUnderstood {
        /// The word, its beginning if it is long.
        word: String,
    },
    /// A name that is neither a function nor a constant.
    UnknownName {
        /// The name, its beginning if it is long.
        name: String,
    },
    /// A function with too many arguments.
    TooManyArguments {
        /// The function.
        function: &'static str,
    },
    /// A function outside the range where it has a value.
    OutOfDomain {
        /// The function.
        function: &'static str,
    },
    /// A fractional power of a negative number.
    RootOfNegative,
    /// A division by zero.
    DivisionByZero,
    /// A result beyond about 1.8e308.
    TooLarge,
    /// More words and symbols than any expression has.
    TooLong,
    /// A unit into one that measures something else.
    UnitMismatch {
        /// What the amount is in.
        from: &'static str,
        /// What it should be in.
        to: &'static str,
    },
    /// Too many nested parentheses, signs or powers.
    TooDeep,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "position {}: ", self.position)?;
        match &self.kind {
            ErrorKind::ExpectedNumber => f.write_str("expected a number"),
            ErrorKind::ExpectedOperator { found } => {
                write!(f, "expected an operator, found '{found}'")
            }
            ErrorKind::MalformedNumber => f.write_str("malformed number"),
            ErrorKind::UnmatchedParenthesis => f.write_str("')' without '('"),
            ErrorKind::UnclosedParenthesis { opened_at } => {
                write!(f, "expected ')' for the '(' at position {opened_at}")
            }
            ErrorKind::ExpectedWord { word } => write!(f, "expected \"{word}\""),
            ErrorKind::NotUnderstood { word } => write!(f, "\"{word}\" is not understood"),
            ErrorKind::UnknownName { name } => write!(f, "unknown name \"{name}\""),
            ErrorKind::TooManyArguments { function } => write!(f, "{function} takes one number"),
            ErrorKind::OutOfDomain { function } => {
                write!(f, "{function} has no value for this number")
            }
            ErrorKind::RootOfNegative => f.write_str("a root of a negative number"),
            ErrorKind::DivisionByZero => f.write_str("division by zero"),
            ErrorKind::TooLarge => f.write_str("the result is too large"),
            ErrorKind::TooLong => f.write_str("too long an expression"),
            ErrorKind::UnitMismatch { from, to } => write!(f, "{from} cannot be turned into {to}"),
            ErrorKind::TooDeep => write!(f, "nested deeper than {MAX_DEPTH} levels"),
        }
    }
}
