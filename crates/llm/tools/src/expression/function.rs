//! The functions of the calculator.

use super::{ErrorKind, Number, value::Value};
use alloc::vec::Vec;

/// A function of one number, or of one or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Sqrt,
    Cbrt,
    Sin,
    Cos,
    Tan,
    Ln,
    Log,
    Log2,
    Exp,
    Abs,
    Round,
    Floor,
    Ceil,
    Factorial,
    Min,
    Max,
    Sum,
    Product,
    Mean,
    Median,
    Gcd,
    Lcm,
}

/// The largest number whose factorial is a float.
const MAX_FACTORIAL: i128 = 170;

impl Function {
    const ALL: [Self; 22] = [
        Self::Sqrt,
        Self::Cbrt,
        Self::Sin,
        Self::Cos,
        Self::Tan,
        Self::Ln,
        Self::Log,
        Self::Log2,
        Self::Exp,
        Self::Abs,
        Self::Round,
        Self::Floor,
        Self::Ceil,
        Self::Factorial,
        Self::Min,
        Self::Max,
        Self::Sum,
        Self::Product,
        Self::Mean,
        Self::Median,
        Self::Gcd,
        Self::Lcm,
    ];

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name().eq_ignore_ascii_case(name))
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqrt => "sqrt",
            Self::Cbrt => "cbrt",
            Self::Sin => "sin",
            Self::Cos => "cos",
            Self::Tan => "tan",
            Self::Ln => "ln",
            Self::Log => "log",
            Self::Log2 => "log2",
            Self::Exp => "exp",
            Self::Abs => "abs",
            Self::Round => "round",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::Factorial => "factorial",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Product => "product",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Gcd => "gcd",
            Self::Lcm => "lcm",
        }
    }

    /// Whether it takes any count of numbers.
    pub const fn takes_list(self) -> bool {
        matches!(
            self,
            Self::Min
                | Self::Max
                | Self::Sum
                | Self::Product
                | Self::Mean
                | Self::Median
                | Self::Gcd
                | Self::Lcm
        )
    }

    /// Its value: angles in radians unless they are in degrees, `log` to base 10, halves rounded
    /// away from zero. There is at least one argument.
    pub fn apply(self, arguments: &[Value]) -> Result<Number, ErrorKind> {
        if self.takes_list() {
            let numbers: Vec<Number> = arguments.iter().map(|value| value.number()).collect();
            return self.of_list(&numbers);
        }
        let &[argument] = arguments else {
            return Err(ErrorKind::TooManyArguments { function: self.name() });
        };
        let value = match self {
            Self::Sin | Self::Cos | Self::Tan if argument.is_degrees() => {
                self.of_degrees(argument.number().to_f64())
            }
            _ => return self.of_number(argument.number()),
        };
        value.map(Number::from_f64).ok_or(ErrorKind::OutOfDomain { function: self.name() })
    }

    fn of_number(self, argument: Number) -> Result<Number, ErrorKind> {
        if let (Self::Round | Self::Floor | Self::Ceil, Number::Integer(_)) = (self, argument) {
            return Ok(argument);
        }
        let x = argument.to_f64();
        let value = match self {
            Self::Factorial => return self.factorial(argument),
            Self::Sqrt if x < 0.0 => None,
            Self::Ln | Self::Log | Self::Log2 if x <= 0.0 => None,
            Self::Sqrt => Some(libm::sqrt(x)),
            Self::Cbrt => Some(libm::cbrt(x)),
            Self::Sin => Some(libm::sin(x)),
            Self::Cos => Some(libm::cos(x)),
            Self::Tan => Some(libm::tan(x)),
            Self::Ln => Some(libm::log(x)),
            Self::Log => Some(libm::log10(x)),
            Self::Log2 => Some(libm::log2(x)),
            Self::Exp => Some(libm::exp(x)),
            Self::Round => Some(libm::round(x)),
            Self::Floor => Some(libm::floor(x)),
            Self::Ceil => Some(libm::ceil(x)),
            Self::Abs if x < 0.0 => return Ok(argument.negated()),
            _ => return Ok(argument),
        };
        value.map(Number::from_f64).ok_or(ErrorKind::OutOfDomain { function: self.name() })
    }

    /// Of an angle in degrees; exact for quarters of a turn, where floats are not.
    fn of_degrees(self, degrees: f64) -> Option<f64> {
        let turned = libm::fmod(degrees, 360.0);
        let quarter = if libm::fmod(turned, 90.0) == 0.0 { Some(turned as i32 / 90) } else { None };
        let radians = turned.to_radians();
        // Counted from -3 to 3.
        let sine = |quarter: i32| [0.0, 1.0, 0.0, -1.0][quarter.rem_euclid(4) as usize];
        match (self, quarter) {
            (Self::Sin, Some(quarter)) => Some(sine(quarter)),
            (Self::Cos, Some(quarter)) => Some(sine(quarter + 1)),
            (Self::Tan, Some(quarter)) if quarter % 2 == 0 => Some(0.0),
            (Self::Tan, Some(_)) => None,
            (Self::Sin, None) => Some(libm::sin(radians)),
            (Self::Cos, None) => Some(libm::cos(radians)),
            _ => Some(libm::tan(radians)),
        }
    }

    fn factorial(self, argument: Number) -> Result<Number, ErrorKind> {
        match argument {
            Number::Integer(n @ 0..=MAX_FACTORIAL) => {
                Ok((2..=n).fold(Number::Integer(1), |product, k| product.times(Number::Integer(k))))
            }
            Number::Integer(n) if n > 0 => Err(ErrorKind::TooLarge),
            Number::Real(x) if x > MAX_FACTORIAL as f64 => Err(ErrorKind::TooLarge),
            _ => Err(ErrorKind::OutOfDomain { function: self.name() }),
        }
    }

    fn of_list(self, numbers: &[Number]) -> Result<Number, ErrorKind> {
        let sum = || numbers.iter().fold(Number::Integer(0), |sum, number| sum.plus(*number));
        let product = || numbers.iter().fold(Number::Integer(1), |product, x| product.times(*x));
        let count = Number::Integer(numbers.len() as i128);
        Ok(match self {
            Self::Min => choose(numbers, |new, best| new < best),
            Self::Max => choose(numbers, |new, best| new > best),
            Self::Product => product(),
            Self::Mean => sum().divided_by(count),
            Self::Median => median(numbers),
            Self::Gcd => self.of_whole(numbers, gcd)?,
            Self::Lcm => self.of_whole(numbers, lcm)?,
            _ => sum(),
        })
    }

    fn of_whole(
        self,
        numbers: &[Number],
        combine: impl Fn(i128, i128) -> Option<i128>,
    ) -> Result<Number, ErrorKind> {
        let mut result: Option<i128> = None;
        for number in numbers {
            let Number::Integer(value) = *number else {
                return Err(ErrorKind::OutOfDomain { function: self.name() });
            };
            result = Some(match result {
                None => value.checked_abs().ok_or(ErrorKind::TooLarge)?,
                Some(result) => combine(result, value).ok_or(ErrorKind::TooLarge)?,
            });
        }
        Ok(Number::Integer(result.unwrap_or(0)))
    }
}

fn gcd(a: i128, b: i128) -> Option<i128> {
    let (mut a, mut b) = (a.checked_abs()?, b.checked_abs()?);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    Some(a)
}

fn lcm(a: i128, b: i128) -> Option<i128> {
    let divisor = gcd(a, b)?;
    if divisor == 0 { Some(0) } else { (a / divisor).checked_mul(b)?.checked_abs() }
}

fn median(numbers: &[Number]) -> Number {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(|a, b| a.to_f64().total_cmp(&b.to_f64()));
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        return sorted[middle];
    }
    sorted[middle - 1].plus(sorted[middle]).divided_by(Number::Integer(2))
}

/// The argument that beats all others; the grammar gives at least one.
fn choose(arguments: &[Number], beats: impl Fn(f64, f64) -> bool) -> Number {
    arguments
        .iter()
        .copied()
        .reduce(|best, new| if beats(new.to_f64(), best.to_f64()) { new } else { best })
        .expect("a call has at least one argument")
}
