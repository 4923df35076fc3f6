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
    Cbrt,
    Gcd,
    Lcm,
}

impl Function {
    const ALL: [Self; 16] = [
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
        Self::Cbrt,
        Self::Gcd,
        Self::Lcm,
    ];

    pub fn from_name(name: &str) -> Option<Self> {
        let name = if name.eq_ignore_ascii_case("log10") { "log" } else { name };
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
            Self::Cbrt => "cbrt",
            Self::Gcd => "gcd",
            Self::Lcm => "lcm",
        }
    }

    /// Its value: angles in radians, `log` to base 10, halves rounded away from zero.
    pub fn apply(self, arguments: &[Number]) -> Result<Number, ErrorKind> {
        match self {
            Self::Min => return Ok(choose(arguments, |new, best| new < best)),
            Self::Max => return Ok(choose(arguments, |new, best| new > best)),
            Self::Gcd | Self::Lcm => return self.of_whole(arguments),
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
            Self::Cbrt => Some(libm::cbrt(x)),
            Self::Abs if x < 0.0 => return Ok(argument.negated()),
            Self::Abs | Self::Min | Self::Max | Self::Gcd | Self::Lcm => return Ok(argument),
        };
        value.map(Number::from_f64).ok_or(ErrorKind::OutOfDomain { function: self.name() })
    }
}

impl Function {
    /// The greatest common divisor, or the least common multiple, of whole numbers.
    fn of_whole(self, arguments: &[Number]) -> Result<Number, ErrorKind> {
        let out_of_domain = || ErrorKind::OutOfDomain { function: self.name() };
        let mut result: Option<i128> = None;
        for argument in arguments {
            let Number::Integer(next) = *argument else { return Err(out_of_domain()) };
            let next = next.checked_abs().ok_or_else(out_of_domain)?;
            result = Some(match result {
                None => next,
                Some(before) => {
                    let divisor = greatest_common_divisor(before, next);
                    match self {
                        Self::Gcd => divisor,
                        _ if divisor == 0 => 0,
                        _ => (before / divisor).checked_mul(next).ok_or_else(out_of_domain)?,
                    }
                }
            });
        }
        result.map(Number::Integer).ok_or_else(out_of_domain)
    }
}

/// Euclid's algorithm.
const fn greatest_common_divisor(mut left: i128, mut right: i128) -> i128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

/// The argument that beats all others; the grammar gives at least one.
fn choose(arguments: &[Number], beats: impl Fn(f64, f64) -> bool) -> Number {
    arguments
        .iter()
        .copied()
        .reduce(|best, new| if beats(new.to_f64(), best.to_f64()) { new } else { best })
        .expect("a call has at least one argument")
}
