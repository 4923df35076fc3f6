//! Numbers: whole ones exact to 38 digits, all others as 64-bit floats.

use core::fmt;

/// A number of the calculator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number, exact.
    Integer(i128),
    /// Any other, or a whole one too large to be exact.
    Real(f64),
}

/// Whole floats below this are exact.
const EXACT_LIMIT: f64 = 9_007_199_254_740_992.0;

impl Number {
    /// A float; a whole one becomes an exact integer where it is certain which one.
    pub fn from_f64(value: f64) -> Self {
        if value.abs() < EXACT_LIMIT && libm::trunc(value) == value {
            Self::Integer(value as i128)
        } else {
            Self::Real(value)
        }
    }

    /// The nearest float.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Real(value) => value,
        }
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.to_f64() == 0.0
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Self {
        self.combine(other, i128::checked_add, |a, b| a + b)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Self {
        self.combine(other, i128::checked_sub, |a, b| a - b)
    }

    /// The product.
    pub fn times(self, other: Self) -> Self {
        self.combine(other, i128::checked_mul, |a, b| a * b)
    }

    /// The quotient; whole if it comes out even.
    pub fn divided_by(self, other: Self) -> Self {
        let even = |a: i128, b: i128| if a.checked_rem(b)? == 0 { a.checked_div(b) } else { None };
        self.combine(other, even, |a, b| a / b)
    }

    /// What is left of a division; has the sign of `self`.
    pub fn remainder(self, other: Self) -> Self {
        self.combine(other, i128::checked_rem, libm::fmod)
    }

    /// `self` to the power `exponent`; not a number for a fractional power of a negative one.
    pub fn power(self, exponent: Self) -> Self {
        let whole = |a: i128, b: i128| a.checked_pow(u32::try_from(b).ok()?);
        self.combine(exponent, whole, libm::pow)
    }

    /// The product of all whole numbers up to `self`; `None` if it is no whole number, or negative.
    pub fn factorial(self) -> Option<Self> {
        let Self::Integer(last) = self else { return None };
        if last < 0 {
            return None;
        }
        // From 171 on it is beyond a float, and so is every further step.
        Some(
            (2..=last.min(171))
                .fold(Self::Integer(1), |product, next| product.times(Self::Integer(next))),
        )
    }

    /// `-self`.
    pub fn negated(self) -> Self {
        Self::Integer(0).minus(self)
    }

    fn combine(
        self,
        other: Self,
        whole: impl Fn(i128, i128) -> Option<i128>,
        real: impl Fn(f64, f64) -> f64,
    ) -> Self {
        if let (Self::Integer(a), Self::Integer(b)) = (self, other)
            && let Some(value) = whole(a, b)
        {
            return Self::Integer(value);
        }
        Self::from_f64(real(self.to_f64(), other.to_f64()))
    }
}

impl fmt::Display for Number {
    /// Whole numbers in full; others to 15 significant digits, which hides that 0.1 + 0.2 is not
    /// quite 0.3 in binary.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self {
            Self::Integer(value) => return value.fmt(f),
            Self::Real(value) => *value,
        };
        let rounded = alloc::format!("{value:.14e}").parse().unwrap_or(value);
        if (1e-6..1e21).contains(&rounded.abs()) {
            write!(f, "{rounded}")
        } else {
            write!(f, "{rounded:e}")
        }
    }
}
