//! Why a picture cannot be drawn.

use alloc::string::String;
use core::fmt;

/// Why a picture cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrawingError {
    /// There is no such kind of drawing.
    UnknownKind {
        /// The kind asked for.
        kind: String,
    },
    /// A chart without numbers.
    NoValues,
    /// Something among the numbers is none.
    NotANumber {
        /// What stands there.
        text: String,
    },
    /// More of them than a canvas shows.
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many a canvas shows.
        most: usize,
    },
    /// Not as many names as numbers.
    LabelCount {
        /// How many numbers.
        values: usize,
        /// How many names.
        labels: usize,
    },
    /// A share of a whole is negative, or the whole is nothing.
    BadShares,
    /// A picture without shapes.
    NoShapes,
    /// There is no such shape.
    UnknownShape {
        /// The shape asked for.
        name: String,
        /// The shape whose name comes closest.
        nearest: Option<&'static str>,
    },
    /// A shape with other numbers or words than it takes.
    BadShape {
        /// The shape as it is written.
        text: String,
        /// How it should be written.
        expected: &'static str,
    },
}

impl fmt::Display for DrawingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind { kind } => {
                write!(f, "there is no drawing \"{kind}\"; there are bar, line, pie, shapes")
            }
            Self::NoValues => f.write_str("a chart needs values"),
            Self::NotANumber { text } => write!(f, "\"{text}\" is not a number"),
            Self::TooMany { what, most } => write!(f, "too many {what}; at most {most} are shown"),
            Self::LabelCount { values, labels } => {
                write!(f, "{labels} labels for {values} values")
            }
            Self::BadShares => f.write_str("shares of a pie are positive"),
            Self::NoShapes => f.write_str("a picture needs shapes"),
            Self::UnknownShape { name, nearest: Some(nearest) } => {
                write!(f, "there is no shape \"{name}\"; did you mean \"{nearest}\"?")
            }
            Self::UnknownShape { name, nearest: None } => {
                write!(f, "there is no shape \"{name}\"; there are circle, line, polygon, ")?;
                f.write_str("rectangle, square, triangle, and figures such as house")
            }
            Self::BadShape { text, expected } => {
                write!(f, "\"{text}\" is not a shape; expected {expected}")
            }
        }
    }
}
