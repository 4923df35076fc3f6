//! Values while they are computed: numbers, shares in percent, angles in degrees.
//!
//! A percentage stands for its hundredth, except where it is added or taken away: `80 + 15%` is 92, as
//! on pocket calculators.

use super::{ErrorKind, Number};

/// A number and what it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    number: Number,
    kind: Kind,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Ones.
    Plain,
    /// Hundredths.
    Percent,
    /// Degrees of an angle, which only matters to functions of angles.
    Degrees,
}

const HUNDRED: Number = Number::Integer(100);

impl Value {
    pub fn plain(number: Number) -> Self {
        Self { number, kind: Kind::Plain }
    }

    pub fn integer(value: i128) -> Self {
        Self::plain(Number::Integer(value))
    }

    /// As many hundredths.
    pub fn in_percent(self) -> Self {
        Self { number: self.number(), kind: Kind::Percent }
    }

    /// As many degrees.
    pub fn in_degrees(self) -> Self {
        Self { number: self.number(), kind: Kind::Degrees }
    }

    pub fn is_percent(self) -> bool {
        self.kind == Kind::Percent
    }

    pub fn is_degrees(self) -> bool {
        self.kind == Kind::Degrees
    }

    /// The number it stands for; degrees remain degrees.
    pub fn number(self) -> Number {
        match self.kind {
            Kind::Percent => self.number.divided_by(HUNDRED),
            Kind::Plain | Kind::Degrees => self.number,
        }
    }

    pub fn negated(self) -> Self {
        Self { number: self.number.negated(), kind: self.kind }
    }

    pub fn plus(self, other: Self) -> Result<Self, ErrorKind> {
        if other.is_percent() && !self.is_percent() {
            return self.share(HUNDRED.plus(other.number));
        }
        if self.kind == other.kind {
            return self.of_kind(self.number.plus(other.number));
        }
        checked(self.number().plus(other.number()))
    }

    pub fn minus(self, other: Self) -> Result<Self, ErrorKind> {
        self.plus(other.negated())
    }

    pub fn times(self, other: Self) -> Result<Self, ErrorKind> {
        match (self.kind, other.kind) {
            (Kind::Plain | Kind::Degrees, Kind::Percent) => self.share(other.number),
            (Kind::Percent, Kind::Plain | Kind::Degrees) => other.share(self.number),
            (Kind::Degrees, Kind::Plain) => self.of_kind(self.number.times(other.number)),
            (Kind::Plain, Kind::Degrees) => other.of_kind(self.number.times(other.number)),
            _ => checked(self.number().times(other.number())),
        }
    }

    pub fn divided_by(self, other: Self) -> Result<Self, ErrorKind> {
        if other.number.is_zero() {
            return Err(ErrorKind::DivisionByZero);
        }
        let quotient = self.number().divided_by(other.number());
        if self.is_degrees() { self.of_kind(quotient) } else { checked(quotient) }
    }

    pub fn remainder(self, other: Self) -> Result<Self, ErrorKind> {
        if other.number.is_zero() {
            return Err(ErrorKind::DivisionByZero);
        }
        checked(self.number().remainder(other.number()))
    }

    pub fn power(self, exponent: Self) -> Result<Self, ErrorKind> {
        let (base, exponent) = (self.number(), exponent.number());
        if base.is_zero() && exponent.to_f64() < 0.0 {
            return Err(ErrorKind::DivisionByZero);
        }
        let value = base.power(exponent);
        if value.to_f64().is_nan() { Err(ErrorKind::RootOfNegative) } else { checked(value) }
    }

    /// As many hundredths of it.
    fn share(self, percent: Number) -> Result<Self, ErrorKind> {
        self.of_kind(self.number.times(percent).divided_by(HUNDRED))
    }

    fn of_kind(self, number: Number) -> Result<Self, ErrorKind> {
        Ok(Self { number: finite(number)?, kind: self.kind })
    }
}

fn checked(number: Number) -> Result<Value, ErrorKind> {
    finite(number).map(Value::plain)
}

pub fn finite(number: Number) -> Result<Number, ErrorKind> {
    if number.to_f64().is_finite() { Ok(number) } else { Err(ErrorKind::TooLarge) }
}
