//! How well answers were found: shares of first places, and how scores tell that there is an answer.

use serde::Serialize;

/// How many questions had their fact first, and among the first three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hits {
    /// Questions.
    pub questions: usize,
    /// First.
    pub top1: usize,
    /// Among the first three.
    pub top3: usize,
}

impl Hits {
    /// Counts a question whose fact was found at `place`, from 0.
    pub fn add(&mut self, place: Option<usize>) {
        self.questions += 1;
        self.top1 += usize::from(place == Some(0));
        self.top3 += usize::from(place.is_some_and(|place| place < 3));
    }

    /// Of 100 questions, how many had their fact first and among the first three.
    pub fn percent(&self) -> (f64, f64) {
        let of = |count: usize| count as f64 / self.questions.max(1) as f64 * 100.0;
        (of(self.top1), of(self.top3))
    }
}

/// The score from which on the best that is found is taken for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// The score.
    pub score: f32,
    /// Share of the questions with an answer whose best is below.
    pub missed: f64,
    /// Share of the questions without an answer whose best is not.
    pub invented: f64,
}

impl Threshold {
    /// The one with the fewest mistakes, where both kinds of question count alike however many there
    /// are of each; the lowest of several. `None` where one kind is missing.
    pub fn of(answered: &[f32], unanswered: &[f32]) -> Option<Self> {
        if answered.is_empty() || unanswered.is_empty() {
            return None;
        }
        let below = |scores: &[f32], score: f32| {
            scores.iter().filter(|&&it| it < score).count() as f64 / scores.len() as f64
        };
        let at = |&score: &f32| Self {
            score,
            missed: below(answered, score),
            invented: 1.0 - below(unanswered, score),
        };
        let mistakes = |it: &Self| it.missed + it.invented;
        answered.iter().chain(unanswered).map(at).min_by(|left, right| {
            mistakes(left).total_cmp(&mistakes(right)).then(left.score.total_cmp(&right.score))
        })
    }
}

/// The least, a quarter's, half's and three quarters' and the greatest of some scores.
pub fn quartiles(scores: &[f32]) -> Option<[f32; 5]> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some([0, 1, 2, 3, 4].map(|quarter| sorted[last * quarter / 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_from_the_first() {
        let mut hits = Hits::default();
        for place in [Some(0), Some(2), Some(3), None] {
            hits.add(place);
        }
        assert_eq!(hits, Hits { questions: 4, top1: 1, top3: 2 });
        assert_eq!(hits.percent(), (25.0, 50.0));
        assert_eq!(Hits::default().percent(), (0.0, 0.0));
    }

    #[test]
    fn the_threshold_parts_answers_from_the_rest_with_the_fewest_mistakes() {
        let found = Threshold::of(&[0.9, 0.8, 0.7, 0.3], &[0.2, 0.5]);
        assert_eq!(found, Some(Threshold { score: 0.7, missed: 0.25, invented: 0.0 }));
        // Many answers do not outvote few questions without one.
        let found = Threshold::of(&[0.9, 0.8, 0.7, 0.6, 0.5, 0.4], &[0.5]);
        assert_eq!(found.map(|it| it.score), Some(0.6));
        assert_eq!(Threshold::of(&[], &[0.5]), None);
    }

    #[test]
    fn quartiles_go_from_the_least_to_the_greatest() {
        assert_eq!(quartiles(&[5.0, 1.0, 4.0, 2.0, 3.0]), Some([1.0, 2.0, 3.0, 4.0, 5.0]));
        assert_eq!(quartiles(&[7.0]), Some([7.0; 5]));
        assert_eq!(quartiles(&[]), None);
    }
}
