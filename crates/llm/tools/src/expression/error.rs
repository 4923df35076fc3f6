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
    /// A function without its arguments.
    ExpectedParenthesis {
        /// The function.
        function: &'static str,
    },
    /// A name that is neither a function nor a constant.
    UnknownName {
        /// The name.
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
            ErrorKind::ExpectedParenthesis { function } => {
                write!(f, "expected '(' after {function}")
            }
            ErrorKind::UnknownName { name } => write!(f, "unknown name \"{name}\""),
            ErrorKind::TooManyArguments { function } => write!(f, "{function} takes one number"),
            ErrorKind::OutOfDomain { function } => {
                write!(f, "{function} has no value for this number")
            }
            ErrorKind::RootOfNegative => f.write_str("a root of a negative number"),
            ErrorKind::DivisionByZero => f.write_str("division by zero"),
            ErrorKind::TooLarge => f.write_str("the result is too large"),
            ErrorKind::TooDeep => write!(f, "nested deeper than {MAX_DEPTH} levels"),
        }
    }
}
