//! Softmax regression: weights that give each class a score, so that the right one is the highest.
//!
//! The loss is the mean cross-entropy with an L2 penalty; Adam (Kingma and Ba 2015) on all examples
//! at once finds its only minimum. Sums are taken in a fixed order: the same requests give the same
//! weights.

/// The penalty of large weights, for one example.
const PENALTY: f32 = 0.1;
/// Steps of the descent.
const STEPS: usize = 400;
/// Size of the first steps.
const RATE: f32 = 0.08;

/// A request as numbers.
#[derive(Clone, Debug)]
pub struct Example {
    /// The vector of its meaning.
    pub vector: Vec<f32>,
    /// The features of its words that are not 0: index and number.
    words: Vec<(usize, f32)>,
    word_features: usize,
    /// Its class.
    pub label: usize,
}

/// Weights and biases by class.
pub struct Trained {
    /// `(classes, numbers of a request)`.
    weights: Vec<f32>,
    biases: Vec<f32>,
    width: usize,
}

/// The moments of Adam.
struct Descent {
    means: Vec<f32>,
    squares: Vec<f32>,
}

impl Example {
    /// An example.
    pub fn new(vector: Vec<f32>, words: &[f32], label: usize) -> Self {
        let nonzero = words.iter().copied().enumerate().filter(|(_, x)| *x != 0.0);
        Self { vector, words: nonzero.collect(), word_features: words.len(), label }
    }

    fn width(&self) -> usize {
        self.vector.len() + self.word_features
    }

    fn times(&self, weights: &[f32]) -> f32 {
        let (of_vector, of_words) = weights.split_at(self.vector.len());
        let meaning: f32 = of_vector.iter().zip(&self.vector).map(|(w, x)| w * x).sum();
        meaning + self.words.iter().map(|&(index, x)| of_words[index] * x).sum::<f32>()
    }

    fn add_to(&self, gradient: &mut [f32], factor: f32) {
        let (of_vector, of_words) = gradient.split_at_mut(self.vector.len());
        for (sum, x) in of_vector.iter_mut().zip(&self.vector) {
            *sum += factor * x;
        }
        for &(index, x) in &self.words {
            of_words[index] += factor * x;
        }
    }
}

impl Trained {
    /// The probability of each class.
    fn probabilities(&self, example: &Example) -> Vec<f32> {
        let rows = self.weights.chunks_exact(self.width).zip(&self.biases);
        let mut scores: Vec<f32> = rows.map(|(row, bias)| bias + example.times(row)).collect();
        let highest = scores.iter().copied().fold(f32::MIN, f32::max);
        scores.iter_mut().for_each(|score| *score = libm::expf(*score - highest));
        let sum: f32 = scores.iter().sum();
        scores.iter_mut().for_each(|score| *score /= sum);
        scores
    }

    /// The likeliest class.
    pub fn class_of(&self, example: &Example) -> usize {
        let probabilities = self.probabilities(example);
        let best = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        best.map_or(0, |(class, _)| class)
    }

    /// Bias and weights of each class.
    pub fn into_weights(self) -> impl Iterator<Item = (f32, Vec<f32>)> {
        let rows: Vec<Vec<f32>> =
            self.weights.chunks_exact(self.width).map(<[f32]>::to_vec).collect();
        self.biases.into_iter().zip(rows)
    }
}

/// Finds the weights.
pub fn train(examples: &[Example], classes: usize) -> Trained {
    let width = examples.first().map_or(1, Example::width);
    let mut trained =
        Trained { weights: vec![0.0; classes * width], biases: vec![0.0; classes], width };
    let mut of_weights = Descent::new(classes * width);
    let mut of_biases = Descent::new(classes);
    let share = 1.0 / examples.len().max(1) as f32;
    for step in 1..=STEPS {
        let mut gradient: Vec<f32> =
            trained.weights.iter().map(|weight| PENALTY * share * weight).collect();
        let mut bias_gradient = vec![0.0; classes];
        for example in examples {
            let mut errors = trained.probabilities(example);
            errors[example.label] -= 1.0;
            for (class, error) in errors.iter().enumerate() {
                example.add_to(&mut gradient[class * width..][..width], error * share);
                bias_gradient[class] += error * share;
            }
        }
        // Smaller towards the end, to come to rest.
        let rate = RATE * (1.0 - (step - 1) as f32 / STEPS as f32);
        of_weights.step(&mut trained.weights, &gradient, rate, step);
        of_biases.step(&mut trained.biases, &bias_gradient, rate, step);
    }
    trained
}

impl Descent {
    fn new(numbers: usize) -> Self {
        Self { means: vec![0.0; numbers], squares: vec![0.0; numbers] }
    }

    fn step(&mut self, numbers: &mut [f32], gradient: &[f32], rate: f32, step: usize) {
        const MEAN: f32 = 0.9;
        const SQUARE: f32 = 0.999;
        let (of_mean, of_square) =
            (1.0 - libm::powf(MEAN, step as f32), 1.0 - libm::powf(SQUARE, step as f32));
        let moments = self.means.iter_mut().zip(&mut self.squares);
        for ((number, slope), (mean, square)) in numbers.iter_mut().zip(gradient).zip(moments) {
            *mean = MEAN * *mean + (1.0 - MEAN) * slope;
            *square = SQUARE * *square + (1.0 - SQUARE) * slope * slope;
            *number -= rate * (*mean / of_mean) / ((*square / of_square).sqrt() + 1e-8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_classes_apart_by_meaning_and_by_words() {
        let example =
            |x: f32, word: usize, label| Example::new(vec![x, 1.0 - x], &one_at(word), label);
        fn one_at(index: usize) -> Vec<f32> {
            (0..4).map(|at| if at == index { 1.0 } else { 0.0 }).collect()
        }
        let examples =
            [example(1.0, 0, 0), example(0.9, 1, 0), example(0.0, 0, 1), example(0.1, 3, 2)];
        let trained = train(&examples, 3);
        for example in &examples {
            assert_eq!(trained.class_of(example), example.label);
        }
        assert_eq!(trained.class_of(&example(0.2, 3, 0)), 2);
        let sum: f32 = trained.probabilities(&examples[0]).iter().sum();
        assert!((sum - 1.0).abs() < 1e-5);
    }
}
