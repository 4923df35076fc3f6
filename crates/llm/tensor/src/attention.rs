//! Attention of one token over the cached ones, for the query heads that share a key/value head.
//!
//! Queries and weights are rounded to halves, as in llama.cpp, whose products with a cache of halves
//! take halves on both sides.

use crate::{
    cpu::for_each_cpu,
    half::{f16_to_f32, round_to_half},
    scalar::sum_lanes,
    vector::exp,
};

/// Largest head dimension there is room for on the stack.
pub const MAX_HEAD_DIM: usize = 256;

/// The cached keys and values of one key/value head, in halves: position `p` has its
/// `head_dim` elements at `p * stride`.
#[derive(Clone, Copy, Debug)]
pub struct CachedHead<'a> {
    /// From the first element of the head at position 0.
    pub keys: &'a [u16],
    /// The same for values.
    pub values: &'a [u16],
    /// Elements from one position to the next.
    pub stride: usize,
    /// Elements of a head.
    pub head_dim: usize,
    /// Positions to attend to.
    pub positions: usize,
}

for_each_cpu! {
    /// `queries` and `out` are `(group, head_dim)`, the queries already rounded to halves; `scores`
    /// is scratch for `(group, positions)`.
    pub fn attend(
        queries: &[f32],
        cache: CachedHead<'_>,
        factor: f32,
        scores: &mut [f32],
        out: &mut [f32],
    ) {
        let CachedHead { keys, values, stride, head_dim, positions } = cache;
        let mut wide = [0.0_f32; MAX_HEAD_DIM];
        let wide = &mut wide[..head_dim];
        for position in 0..positions {
            for (wide, &key) in wide.iter_mut().zip(&keys[position * stride..][..head_dim]) {
                *wide = f16_to_f32(key);
            }
            for (head, query) in queries.chunks_exact(head_dim).enumerate() {
                let mut lanes = [0.0_f32; 8];
                let (chunks, rest) = query.as_chunks::<8>();
                let (keys, keys_rest) = wide.as_chunks::<8>();
                for (query, key) in chunks.iter().zip(keys) {
                    for lane in 0..8 {
                        lanes[lane] += query[lane] * key[lane];
                    }
                }
                for ((lane, &query), &key) in lanes.iter_mut().zip(rest).zip(keys_rest) {
                    *lane += query * key;
                }
                scores[head * positions + position] = sum_lanes(lanes) * factor;
            }
        }
        for scores in scores[..queries.len() / head_dim * positions].chunks_exact_mut(positions) {
            normalise(scores);
        }
        out.fill(0.0);
        for position in 0..positions {
            for (wide, &value) in wide.iter_mut().zip(&values[position * stride..][..head_dim]) {
                *wide = f16_to_f32(value);
            }
            for (head, out) in out.chunks_exact_mut(head_dim).enumerate() {
                let weight = scores[head * positions + position];
                for (out, &value) in out.iter_mut().zip(&*wide) {
                    *out += weight * value;
                }
            }
        }
    }
}

/// Softmax in place, rounded to halves.
#[inline(always)]
fn normalise(scores: &mut [f32]) {
    // A NaN loses every comparison here but comes back through `exp` below.
    let mut largest = f32::NEG_INFINITY;
    for &score in &*scores {
        largest = if score > largest { score } else { largest };
    }
    for score in scores.iter_mut() {
        *score = exp(*score - largest);
    }
    let mut lanes = [0.0_f32; 8];
    let (chunks, rest) = scores.as_chunks::<8>();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += x;
    }
    let scale = 1.0 / sum_lanes(lanes);
    for score in scores.iter_mut() {
        *score = round_to_half(*score * scale);
    }
}
