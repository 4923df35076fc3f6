//! `llm-cli parity --embedding`: agreement of an embedding model with a float32 reference.

use super::parity::read_fixture;
use crate::{error::CliError, host::Host};
use llm_inference::embedding::Embedder;
use serde::Deserialize;
use std::path::Path;
use system_platform::pace::{self, Unpaced};

/// The least cosine with the reference's vectors that rounding leaves: of weights in floats, and of
/// weights and activations in 8 bits.
const FLOAT_COSINE: f32 = 0.9999;
const QUANTISED_COSINE: f32 = 0.995;

/// Texts to find, and texts to find them by.
#[derive(Deserialize)]
struct Fixture {
    facts: Vec<Text>,
    queries: Vec<Query>,
}

/// A text, its tokens and its vector.
#[derive(Deserialize)]
struct Text {
    text: String,
    ids: Vec<u32>,
    embedding: Vec<f32>,
}

/// A text with the facts that come nearest, best first.
#[derive(Deserialize)]
struct Query {
    #[serde(flatten)]
    text: Text,
    top5: Vec<usize>,
}

/// What was compared so far.
struct Tally {
    texts: usize,
    same_tokens: usize,
    worst_cosine: f32,
}

/// Whether the model gives the tokens, vectors and best facts of `embeddings.json` in `fixtures`.
/// Says what differs.
pub fn agrees(host: &Host, fixtures: &Path) -> Result<bool, CliError> {
    let fixture: Fixture = read_fixture(fixtures, "embeddings.json")?;
    let mut embedder = host.load_embedder()?;
    let bound = match embedder.info().quantization.as_str() {
        "F32" | "F16" | "BF16" => FLOAT_COSINE,
        _ => QUANTISED_COSINE,
    };
    let mut tally = Tally { texts: 0, same_tokens: 0, worst_cosine: 1.0 };
    let mut facts = Vec::with_capacity(fixture.facts.len());
    for fact in &fixture.facts {
        facts.push(tally.compare(&mut embedder, fact)?);
    }
    let mut same_best = 0;
    for query in &fixture.queries {
        let vector = tally.compare(&mut embedder, &query.text)?;
        let best = nearest(&facts, &vector);
        if best == query.top5.first().copied() {
            same_best += 1;
        } else {
            println!("best: {:?}: fact {best:?} instead of {:?}", query.text.text, query.top5);
        }
    }
    let Tally { texts, same_tokens, worst_cosine } = tally;
    let queries = fixture.queries.len();
    println!("tokens: {same_tokens} of {texts} texts exact");
    println!("vectors: worst cosine {worst_cosine:.6}, at least {bound} needed");
    println!("best fact: the same for {same_best} of {queries} queries");
    let is_complete = same_tokens == texts && same_best == queries && queries > 0;
    // Not the other way round: a cosine that is no number is none.
    Ok(is_complete && worst_cosine >= bound)
}

impl Tally {
    /// Embeds a text and compares; returns the vector.
    fn compare(&mut self, embedder: &mut Embedder<'_>, text: &Text) -> Result<Vec<f32>, CliError> {
        let tokens = embedder.encode(&text.text);
        self.texts += 1;
        if tokens.iter().map(|token| token.0).eq(text.ids.iter().copied()) {
            self.same_tokens += 1;
        } else {
            println!("tokens: {:?}: expected {:?}, found {tokens:?}", text.text, text.ids);
        }
        let vector = pace::run(embedder.embed_tokens(&tokens, &Unpaced))?;
        let cosine = cosine(&vector, &text.embedding);
        if cosine.is_nan() || cosine < self.worst_cosine {
            self.worst_cosine = cosine;
        }
        Ok(vector)
    }
}

/// Which of `vectors` has the smallest angle to `vector`.
fn nearest(vectors: &[Vec<f32>], vector: &[f32]) -> Option<usize> {
    let cosines = vectors.iter().map(|other| cosine(other, vector));
    cosines.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(index, _)| index)
}

/// The cosine of the angle between two vectors; vectors of other lengths have none.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    if a.len() != b.len() {
        return f32::NAN;
    }
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_vector_has_the_smallest_angle_whatever_the_lengths() {
        let vectors = [vec![0.0, 5.0], vec![2.0, 2.0], vec![-1.0, 0.0]];
        assert_eq!(nearest(&vectors, &[0.1, 0.09]), Some(1));
        assert_eq!(nearest(&vectors, &[-3.0, 0.5]), Some(2));
        assert_eq!(nearest(&[], &[1.0]), None);
        assert!((cosine(&[1.0, 1.0], &[2.0, 0.0]) - 0.5_f32.sqrt()).abs() < 1e-6);
        assert!(cosine(&[1.0], &[1.0, 0.0]).is_nan() && cosine(&[0.0], &[1.0]).is_nan());
    }
}
