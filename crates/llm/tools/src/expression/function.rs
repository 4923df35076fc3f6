//! The functions of the calculator.

use super::{ErrorKind, Number};

/// A function of one number, or of one or more (`min`, `max`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Sqrt,
    Sin,
    Cos,
    Tan,
    Ln,
    Log,
    Exp,
    Abs,
    Min,
    Max,
    Round,
    Floor,
    Ceil,
}

impl Function {
    const ALL: [Self; 13] = [
        Self::Sqrt,
        Self::Sin,
        Self::Cos,
        Self::Tan,
        Self::Ln,
        Self::Log,
        Self::Exp,
        Self::Abs,
        Self::Min,
        Self::Max,
        Self::Round,
        Self::Floor,
        Self::Ceil,
    ];

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name().eq_ignore_ascii_case(name))
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqrt => "sqrt",
            Self::Sin => "sin",
            Self::Cos => "cos",
            Self::Tan => "tan",
            Self::Ln => "ln",
            Self::Log => "log",
            Self::Exp => "exp",
            Self::Abs => "abs",
            Self::Min => "min",
            Self::Max => "max",
            Self::Round => "round",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
        }
    }

    /// Its value: angles in radians, `log` to base 10, halves rounded away from zero.
    pub fn apply(self, arguments: &[Number]) -> Result<Number, ErrorKind> {
        match self {
            Self::Min => return Ok(choose(arguments, |new, best| new < best)),
            Self::Max => return Ok(choose(arguments, |new, best| new > best)),
            _ => {}
        }
        let &[argument] = arguments else {
            return Err(ErrorKind::TooManyArguments { function: self.name() });
        };
        if let (Self::Round | Self::Floor | Self::Ceil, Number::Integer(_)) = (self, argument) {
            return Ok(argument);
        }
        let x = argument.to_f64();
        let value = match self {
            Self::Sqrt if x < 0.0 => None,
            Self::Ln | Self::Log if x <= 0.0 => None,
            Self::Sqrt => Some(libm::sqrt(x)),
            Self::Sin => Some(libm::sin(x)),
            Self::Cos => Some(libm::cos(x)),
            Self::Tan => Some(libm::tan(x)),
            Self::Ln => Some(libm::log(x)),
            Self::Log => Some(libm::log10(x)),
            Self::Exp => Some(libm::exp(x)),
            Self::Round => Some(libm::round(x)),
            Self::Floor => Some(libm::floor(x)),
            Self::Ceil => Some(libm::ceil(x)),
            Self::Abs if x < 0.0 => return Ok(argument.negated()),
            Self::Abs | Self::Min | Self::Max => return Ok(argument),
        };
        value.map(Number::from_f64).ok_or(ErrorKind::OutOfDomain { function: self.name() })
    }
}

/// The argument that beats all others; the grammar gives at least one.
fn choose(arguments: &[Number], beats: impl Fn(f64, f64) -> bool) -> Number {
    arguments
        .iter()
        .copied()
        .reduce(|best, new| if beats(new.to_f64(), best.to_f64()) { new } else { best })
        .expect("a call has at least one argument")
}
