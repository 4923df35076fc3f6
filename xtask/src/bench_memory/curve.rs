//! What a recall costs, where only recalls near it were measured.

/// A measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The share of the nearest that were found.
    pub recall: f64,
    /// What a question took.
    pub seconds: f64,
}

/// Seconds at a recall, on the line between the two points around it, which come in the order of
/// their recalls; `None` beyond them.
pub fn at_recall(curve: &[Point], recall: f64) -> Option<f64> {
    curve.windows(2).find_map(|pair| {
        let [before, after] = pair else { return None };
        let is_between = before.recall <= recall && recall <= after.recall;
        let width = after.recall - before.recall;
        let share = if width > 0.0 { (recall - before.recall) / width } else { 0.0 };
        is_between.then_some(before.seconds + share * (after.seconds - before.seconds))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lies_on_the_line_between_the_neighbours_and_is_not_made_up() {
        let point = |recall, seconds| Point { recall, seconds };
        let curve = [point(0.9, 1.0), point(0.95, 2.0), point(0.99, 6.0)];
        let near =
            |recall, seconds: f64| (at_recall(&curve, recall).unwrap() - seconds).abs() < 1e-9;
        assert!(near(0.9, 1.0) && near(0.925, 1.5) && near(0.97, 4.0) && near(0.99, 6.0));
        assert_eq!(at_recall(&curve, 0.8), None);
        assert_eq!(at_recall(&curve, 0.995), None);
    }
}
