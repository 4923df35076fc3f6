//! A few members of a crowd that stand for all: every member is near to one of them.

/// Indices of at most `count` of the vectors, chosen greedily: each next one raises the sum of all
/// members' nearness to their nearest the most (facility location; Nemhauser et al. 1978).
pub fn medoids(vectors: &[&[f32]], count: usize) -> Vec<usize> {
    let cosine = |left: usize, right: usize| -> f32 {
        vectors[left].iter().zip(vectors[right]).map(|(left, right)| left * right).sum()
    };
    let mut nearness = vec![0.0_f32; vectors.len()];
    let mut chosen = Vec::new();
    while chosen.len() < count.min(vectors.len()) {
        let gain = |candidate: usize| -> f32 {
            (0..vectors.len()).map(|it| (cosine(it, candidate) - nearness[it]).max(0.0)).sum()
        };
        let best = (0..vectors.len())
            .filter(|candidate| !chosen.contains(candidate))
            .map(|candidate| (candidate, gain(candidate)))
            .max_by(|left, right| left.1.total_cmp(&right.1))
            .map(|(candidate, _)| candidate);
        let Some(best) = best else { break };
        for (it, nearness) in nearness.iter_mut().enumerate() {
            *nearness = nearness.max(cosine(it, best));
        }
        chosen.push(best);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_gets_one_that_stands_for_it() {
        let vectors: [&[f32]; 5] =
            [&[1.0, 0.0], &[0.98, 0.2], &[0.97, 0.24], &[0.0, 1.0], &[0.1, 0.99]];
        let chosen = medoids(&vectors, 2);
        assert_eq!(chosen.len(), 2);
        assert!(chosen[0] < 3 && chosen[1] >= 3, "{chosen:?}");
        assert_eq!(medoids(&vectors[..1], 4), [0]);
        assert!(medoids(&[], 4).is_empty());
    }
}
