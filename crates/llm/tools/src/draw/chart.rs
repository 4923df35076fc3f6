//! Charts out of the tool's arguments.

use super::DrawingError;
use crate::facility::Drawing;
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// The most numbers of one chart.
pub const MOST_VALUES: usize = 200;
/// The longest name of a value, in characters.
const MOST_LABEL_CHARS: usize = 24;

/// A chart of `kind`. Values are separated by commas, semicolons or spaces, labels by commas or
/// semicolons.
pub fn drawing(kind: &str, values: &str, labels: &str) -> Result<Drawing, DrawingError> {
    let kind = kind.strip_suffix(" chart").or(kind.strip_suffix(" graph")).unwrap_or(kind);
    if !["bar", "line", "pie"].contains(&kind) {
        return Err(DrawingError::UnknownKind { kind: kind.to_owned() });
    }
    let values = numbers(values)?;
    let labels: Vec<String> = labels
        .split([',', ';'])
        .map(|label| label.trim().chars().take(MOST_LABEL_CHARS).collect())
        .filter(|label: &String| !label.is_empty())
        .collect();
    if !labels.is_empty() && labels.len() != values.len() {
        return Err(DrawingError::LabelCount { values: values.len(), labels: labels.len() });
    }
    Ok(match kind {
        "bar" => Drawing::BarChart { values, labels },
        "line" => Drawing::LineChart { values, labels },
        _ => {
            let is_share = |value: &f64| *value >= 0.0;
            if !values.iter().all(is_share) || values.iter().sum::<f64>() <= 0.0 {
                return Err(DrawingError::BadShares);
            }
            Drawing::PieChart { values, labels }
        }
    })
}

fn numbers(text: &str) -> Result<Vec<f64>, DrawingError> {
    let is_separator = |c: char| matches!(c, ',' | ';' | '[' | ']') || c.is_whitespace();
    let words = text.split(is_separator).filter(|word| !word.is_empty());
    let values: Vec<f64> = words
        .map(|word| {
            let value = word.trim_end_matches('%').parse::<f64>().ok();
            // Larger numbers have no place on an axis, and their sums might be infinite.
            value
                .filter(|value| value.is_finite() && value.abs() < 1e100)
                .ok_or_else(|| DrawingError::NotANumber { text: word.to_owned() })
        })
        .collect::<Result<_, _>>()?;
    match values.len() {
        0 => Err(DrawingError::NoValues),
        count if count > MOST_VALUES => {
            Err(DrawingError::TooMany { what: "values", most: MOST_VALUES })
        }
        _ => Ok(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn values_and_labels_are_read() {
        let labels = Vec::from(["a b".to_string(), "c".to_string()]);
        let expected = Drawing::LineChart { values: [1.5, -2.0].into(), labels };
        assert_eq!(drawing("line", "1.5; -2", "a b, c"), Ok(expected));
        let expected = Drawing::PieChart { values: [40.0, 60.0].into(), labels: [].into() };
        assert_eq!(drawing("pie chart", "[40% 60%]", ""), Ok(expected));
    }

    #[test]
    fn what_no_chart_shows_is_named() {
        let error = |kind: &str, values: &str, labels: &str| {
            drawing(kind, values, labels).unwrap_err().to_string()
        };
        assert_eq!(error("bar", "1, 2", "a"), "1 labels for 2 values");
        assert_eq!(error("bar", "inf", ""), "\"inf\" is not a number");
        assert_eq!(error("bar", " , ", ""), "a chart needs values");
        assert_eq!(error("pie", "1, -2", ""), "shares of a pie are positive");
        assert_eq!(error("pie", "0", ""), "shares of a pie are positive");
        assert_eq!(error("bar", &"1,".repeat(201), ""), "too many values; at most 200 are shown");
    }
}
