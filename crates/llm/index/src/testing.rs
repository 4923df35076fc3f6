//! Vectors for the tests, and what a search should find.

use crate::Hit;
use alloc::vec::Vec;
use llm_tensor::testing::Random;

/// `count` vectors of `dims` elements around as many centres as there are tens of vectors.
pub fn clustered(random: &mut Random, count: usize, dims: usize) -> Vec<Vec<f32>> {
    let mut vector =
        |deviation: f32| -> Vec<f32> { (0..dims).map(|_| deviation * random.normal()).collect() };
    let centres: Vec<Vec<f32>> = (0..count.div_ceil(10)).map(|_| vector(1.0)).collect();
    (0..count)
        .map(|index| {
            let centre = &centres[index * 7 % centres.len()];
            centre.iter().zip(vector(0.6)).map(|(x, noise)| x + noise).collect()
        })
        .collect()
}

/// Vectors near some others.
pub fn near(random: &mut Random, vectors: &[Vec<f32>], count: usize) -> Vec<Vec<f32>> {
    (0..count)
        .map(|_| {
            let vector = &vectors[random.below(vectors.len())];
            vector.iter().map(|x| x + 0.5 * random.normal()).collect()
        })
        .collect()
}

pub fn cosine(left: &[f32], right: &[f32]) -> f32 {
    let dot = |left: &[f32], right: &[f32]| -> f64 {
        left.iter().zip(right).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    };
    (dot(left, right) / libm::sqrt(dot(left, left) * dot(right, right))) as f32
}

/// The scores of the `k` nearest of some vectors, the best first.
pub fn best_scores<'v>(
    vectors: impl Iterator<Item = &'v [f32]>,
    query: &[f32],
    k: usize,
) -> Vec<f32> {
    let mut scores: Vec<f32> = vectors.map(|vector| cosine(vector, query)).collect();
    scores.sort_by(|left, right| right.total_cmp(left));
    scores.truncate(k);
    scores
}

/// The share of the best that was found. Who is as near as the last of the best, but for rounding,
/// is one of them.
pub fn recall(hits: &[Hit], best: &[f32]) -> f32 {
    let Some(last) = best.last() else { return 1.0 };
    let found = hits.iter().filter(|hit| hit.score >= last - 3e-4).count();
    found as f32 / best.len() as f32
}

/// That hits are in order, of different numbers, and of the right scores.
pub fn check<'v>(hits: &[Hit], query: &[f32], vector_of: impl Fn(u64) -> &'v [f32]) {
    assert!(hits.is_sorted_by(|left, right| left.score >= right.score), "{hits:?}");
    for (at, hit) in hits.iter().enumerate() {
        assert!(hits[..at].iter().all(|other| other.id != hit.id), "{hits:?}");
        let score = cosine(vector_of(hit.id), query);
        assert!((hit.score - score).abs() < 5e-4, "{hit:?} instead of {score}");
    }
}
