//! Arithmetic as people type it: parsed and computed in one pass.
//!
//! ```text
//! sum     = product { ("+" | "-") product }
//! product = unary { ("*" | "/" | "%" | "of") unary }
//! unary   = { "-" | "+" } power
//! power   = percent [ ("^" | "**") unary ]          so 2^3^2 = 2^(3^2) and -2^2 = -(2^2)
//! percent = primary { "%" | "!" }                   `%` where no operand follows: 15% of 80
//! primary = number | constant | function "(" sum { "," sum } ")" | "(" sum ")"
//! ```
//! What people say in words is translated into this ([`english`]).
//! Errors carry the position of the character to blame, counted from 1.

pub mod english;
mod error;
mod function;
mod number;
pub mod reading;
mod scanner;
mod token;
mod units;
pub mod word_problem;

pub use error::{ErrorKind, ExpressionError};
pub use number::Number;

use alloc::{borrow::ToOwned, vec::Vec};
use function::Function;
use scanner::Scanner;

/// How deep parentheses, signs and powers may nest: every level costs kernel stack.
const MAX_DEPTH: usize = 64;

/// The value of an expression.
///
/// # Errors
/// What is wrong, and at which character.
pub fn evaluate(text: &str) -> Result<Number, ExpressionError> {
    let mut parser = Parser { scanner: Scanner::new(text), depth: 0 };
    let value = parser.sum()?;
    match parser.scanner.peek() {
        None => Ok(value),
        Some(')') => Err(parser.error(ErrorKind::UnmatchedParenthesis)),
        Some(found) => Err(parser.error(ErrorKind::ExpectedOperator { found })),
    }
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    depth: usize,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<Number, ExpressionError> {
        let mut left = self.product()?;
        loop {
            let at = self.scanner.position();
            if self.scanner.take('+') {
                let right = self.product()?;
                left = finite(left.plus(right), at)?;
            } else if self.scanner.take_minus() {
                let right = self.product()?;
                left = finite(left.minus(right), at)?;
            } else {
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<Number, ExpressionError> {
        let mut left = self.unary()?;
        loop {
            let at = self.scanner.position();
            if self.scanner.take_times() || self.scanner.take_word("of") {
                let right = self.unary()?;
                left = finite(left.times(right), at)?;
            } else if self.scanner.take_divide() {
                let right = self.divisor(at)?;
                left = finite(left.divided_by(right), at)?;
            } else if self.scanner.take('%') {
                let right = self.divisor(at)?;
                left = finite(left.remainder(right), at)?;
            } else {
                return Ok(left);
            }
        }
    }

    /// What stands after the division sign at `at`.
    fn divisor(&mut self, at: usize) -> Result<Number, ExpressionError> {
        let value = self.unary()?;
        if value.is_zero() {
            return Err(ExpressionError { position: at, kind: ErrorKind::DivisionByZero });
        }
        Ok(value)
    }

    fn unary(&mut self) -> Result<Number, ExpressionError> {
        self.descend()?;
        let value = if self.scanner.take_minus() {
            self.unary()?.negated()
        } else if self.scanner.take('+') {
            self.unary()?
        } else {
            self.power()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn power(&mut self) -> Result<Number, ExpressionError> {
        let base = self.percent()?;
        let at = self.scanner.position();
        if !self.scanner.take_power() {
            return Ok(base);
        }
        let exponent = self.unary()?;
        if base.is_zero() && exponent.to_f64() < 0.0 {
            return Err(ExpressionError { position: at, kind: ErrorKind::DivisionByZero });
        }
        let value = base.power(exponent);
        if value.to_f64().is_nan() {
            return Err(ExpressionError { position: at, kind: ErrorKind::RootOfNegative });
        }
        finite(value, at)
    }

    fn percent(&mut self) -> Result<Number, ExpressionError> {
        let mut value = self.primary()?;
        loop {
            let at = self.scanner.position();
            if self.scanner.take_percent() {
                value = value.divided_by(Number::Integer(100));
            } else if self.scanner.take('!') {
                let kind = ErrorKind::OutOfDomain { function: "factorial" };
                value = value.factorial().ok_or(ExpressionError { position: at, kind })?;
                value = finite(value, at)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn primary(&mut self) -> Result<Number, ExpressionError> {
        let at = self.scanner.position();
        match self.scanner.peek() {
            Some('(') => {
                self.scanner.take('(');
                let value = self.sum()?;
                self.close(at)?;
                Ok(value)
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.scanner.number(),
            Some(c) if c.is_alphabetic() => self.named(),
            _ => Err(self.error(ErrorKind::ExpectedNumber)),
        }
    }

    /// A constant or a function call.
    fn named(&mut self) -> Result<Number, ExpressionError> {
        let at = self.scanner.position();
        let name = self.scanner.word();
        match name {
            "pi" => return Ok(Number::Real(core::f64::consts::PI)),
            "e" => return Ok(Number::Real(core::f64::consts::E)),
            _ => {}
        }
        let Some(function) = Function::from_name(name) else {
            let kind = ErrorKind::UnknownName { name: name.to_owned() };
            return Err(ExpressionError { position: at, kind });
        };
        let open = self.scanner.position();
        if !self.scanner.take('(') {
            return Err(self.error(ErrorKind::ExpectedParenthesis { function: function.name() }));
        }
        let mut arguments = Vec::from([self.sum()?]);
        while self.scanner.take(',') {
            arguments.push(self.sum()?);
        }
        self.close(open)?;
        let value =
            function.apply(&arguments).map_err(|kind| ExpressionError { position: at, kind })?;
        finite(value, at)
    }

    fn close(&mut self, opened_at: usize) -> Result<(), ExpressionError> {
        if self.scanner.take(')') {
            return Ok(());
        }
        let kind = match self.scanner.peek() {
            None => ErrorKind::UnclosedParenthesis { opened_at },
            Some(found) => ErrorKind::ExpectedOperator { found },
        };
        Err(self.error(kind))
    }

    fn descend(&mut self) -> Result<(), ExpressionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.error(ErrorKind::TooDeep)) } else { Ok(()) }
    }

    fn error(&mut self, kind: ErrorKind) -> ExpressionError {
        ExpressionError { position: self.scanner.position(), kind }
    }
}

fn finite(value: Number, position: usize) -> Result<Number, ExpressionError> {
    if value.to_f64().is_finite() {
        Ok(value)
    } else {
        Err(ExpressionError { position, kind: ErrorKind::TooLarge })
    }
}

#[cfg(test)]
mod tests;
