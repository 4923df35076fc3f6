//! Attention against its formula in doubles, and the same bits however the work is divided.

use super::{
    Attention, CachedHead, MAX_HEAD_DIM, PAGE_TOKENS, SEGMENT_TOKENS, ScoreScale, Scratch,
    exponentiate,
};
use crate::{
    CpuFeatures,
    half::{f16_to_f32, f32_to_f16, to_half_precision},
    testing::{Random, kernels},
};
use alloc::{vec, vec::Vec};
use core::ops::Range;
use system_platform::{ComputePool, compute::SerialPool};

/// Keys and values of a layer, with the pages of a sequence shuffled over it.
struct Layer {
    keys: Vec<u16>,
    values: Vec<u16>,
    pages: Vec<u32>,
    kv_heads: usize,
    head_dim: usize,
}

impl Layer {
    fn random(random: &mut Random, kv_heads: usize, head_dim: usize, positions: usize) -> Self {
        let count = positions.div_ceil(PAGE_TOKENS);
        let mut pages: Vec<u32> = (0..count as u32 + 2).collect();
        for index in (1..pages.len()).rev() {
            pages.swap(index, random.below(index + 1));
        }
        let len = pages.len() * kv_heads * head_dim * PAGE_TOKENS;
        pages.truncate(count);
        let mut halves = || (0..len).map(|_| f32_to_f16(random.normal())).collect();
        Self { keys: halves(), values: halves(), pages, kv_heads, head_dim }
    }

    fn head(&self, head: usize) -> CachedHead<'_> {
        let Self { keys, values, pages, kv_heads, head_dim } = self;
        CachedHead { keys, values, pages, kv_heads: *kv_heads, head, head_dim: *head_dim }
    }

    /// Where the key of a position has dimension `dim`.
    fn key_index(&self, head: usize, position: usize, dim: usize) -> usize {
        let page = self.pages[position / PAGE_TOKENS] as usize * self.kv_heads + head;
        (page * self.head_dim + dim) * PAGE_TOKENS + position % PAGE_TOKENS
    }

    /// The same for its value.
    fn value_index(&self, head: usize, position: usize, dim: usize) -> usize {
        let page = self.pages[position / PAGE_TOKENS] as usize * self.kv_heads + head;
        (page * PAGE_TOKENS + position % PAGE_TOKENS) * self.head_dim + dim
    }

    /// Attention of one query, in doubles.
    fn exact(
        &self,
        head: usize,
        query: &[f32],
        positions: Range<usize>,
        scale: ScoreScale,
    ) -> Vec<f64> {
        let mut out = vec![0.0; self.head_dim];
        let mut total = 0.0;
        for position in positions {
            let key = |dim| f64::from(f16_to_f32(self.keys[self.key_index(head, position, dim)]));
            let dot: f64 = (0..self.head_dim).map(|dim| f64::from(query[dim]) * key(dim)).sum();
            let score = dot * f64::from(scale.factor);
            let bent = scale.softcap.map_or(score, |cap| {
                let cap = f64::from(cap);
                cap * libm::tanh(score / cap)
            });
            let weight = libm::exp(bent);
            total += weight;
            for (dim, out) in out.iter_mut().enumerate() {
                let value = self.values[self.value_index(head, position, dim)];
                *out += weight * f64::from(f16_to_f32(value));
            }
        }
        out.iter().map(|sum| sum / total).collect()
    }
}

fn queries(random: &mut Random, len: usize) -> Vec<f32> {
    (0..len).map(|_| to_half_precision(random.normal())).collect()
}

fn assert_near(found: &[f32], exact: &[f64]) {
    for (found, exact) in found.iter().zip(exact) {
        // Each weight is off by 2^-11 of itself at most, the values are about 1.
        assert!((f64::from(*found) - exact).abs() < 2e-3, "{found} for {exact}");
    }
}

/// (head_dim, group, key/value heads, positions)
const SHAPES: [(usize, usize, usize, Range<usize>); 7] = [
    (8, 1, 1, 0..1),
    (64, 3, 3, 0..17),
    (36, 2, 2, 5..40),
    (2, 5, 1, 31..33),
    (16, 4, 1, 0..300),
    (80, 9, 2, 127..129),
    (MAX_HEAD_DIM, 4, 1, 100..391),
];

/// All rounds of a batch.
fn run(attention: &Attention<'_>, pool: &dyn ComputePool, quantum: usize) -> Vec<f32> {
    let Attention { heads, kv_heads, head_dim, .. } = *attention;
    let mut scratch = Scratch::new(heads / kv_heads, head_dim).expect("memory");
    let mut out = vec![9.0; attention.queries.len()];
    for round in attention.rounds(pool.workers(), quantum) {
        attention.run(pool, &round, &mut scratch, &mut out);
    }
    out
}

/// One token, and one key/value head with all query heads.
fn attend(
    cpu: CpuFeatures,
    queries: &[f32],
    cached: CachedHead<'_>,
    positions: Range<usize>,
    scale: ScoreScale,
) -> Vec<f32> {
    let attention = Attention {
        cpu,
        queries,
        heads: queries.len() / cached.head_dim,
        kv_heads: 1,
        head_dim: cached.head_dim,
        scale,
        cached: &|_, _| cached,
        positions: &|_| positions.clone(),
    };
    run(&attention, &SerialPool, usize::MAX)
}

#[test]
fn attention_is_the_softmax_weighted_mean_of_the_values() {
    let mut random = Random::new(22);
    for (head_dim, group, kv_heads, positions) in SHAPES {
        let layer = Layer::random(&mut random, kv_heads, head_dim, positions.end);
        let queries = queries(&mut random, group * head_dim);
        for softcap in [None, Some(2.5)] {
            let scale = ScoreScale { factor: 0.3, softcap };
            for cpu in kernels() {
                for head in 0..kv_heads {
                    let out = attend(cpu, &queries, layer.head(head), positions.clone(), scale);
                    for (query, out) in queries.chunks(head_dim).zip(out.chunks(head_dim)) {
                        assert_near(out, &layer.exact(head, query, positions.clone(), scale));
                    }
                }
            }
        }
    }
}

const PLAIN: ScoreScale = ScoreScale { factor: 0.125, softcap: None };

#[test]
fn what_is_not_attended_to_has_no_influence() {
    let mut random = Random::new(23);
    let mut layer = Layer::random(&mut random, 1, 16, 200);
    let queries = queries(&mut random, 48);
    let positions = 40..131;
    for cpu in kernels() {
        let compute = |layer: &Layer| {
            let out = attend(cpu, &queries, layer.head(0), positions.clone(), PLAIN);
            out.into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let expected = compute(&layer);
        // A page that has no memory yet.
        layer.pages.push(1000);
        for position in (0..200).filter(|position| !positions.contains(position)) {
            for dim in 0..16 {
                let (key, value) =
                    (layer.key_index(0, position, dim), layer.value_index(0, position, dim));
                (layer.keys[key], layer.values[value]) = (0x7e00, 0x7c00);
            }
        }
        assert_eq!(compute(&layer), expected);
    }
}

#[test]
fn a_key_that_is_no_number_shows_in_the_result() {
    let mut random = Random::new(24);
    for bad in [0, 100, 130, 299] {
        let mut layer = Layer::random(&mut random, 1, 8, 300);
        let index = layer.key_index(0, bad, 3);
        layer.keys[index] = 0x7e00;
        for cpu in kernels() {
            let out = attend(cpu, &[1.0; 8], layer.head(0), 0..300, PLAIN);
            assert!(out.iter().all(|x| x.is_nan()), "{bad}");
        }
    }
}

#[test]
fn attending_to_nothing_gives_zero() {
    let layer = Layer::random(&mut Random::new(25), 1, 8, 32);
    let out = attend(CpuFeatures::detect(), &[1.0; 8], layer.head(0), 7..7, PLAIN);
    assert_eq!(out, [0.0; 8]);
}

/// One query in one segment, as each dialect defines it.
fn reference(
    is_fused: bool,
    layer: &Layer,
    query: &[f32],
    positions: Range<usize>,
    scale: ScoreScale,
) -> Vec<f32> {
    let add = |sum: f32, a: f32, b: f32| if is_fused { libm::fmaf(a, b, sum) } else { sum + a * b };
    let mut weights = [0.0; SEGMENT_TOKENS];
    for position in positions.clone() {
        weights[position] = (0..layer.head_dim).fold(0.0, |sum, dim| {
            add(sum, query[dim], f16_to_f32(layer.keys[layer.key_index(0, position, dim)]))
        });
    }
    let cpu = CpuFeatures::baseline();
    let softmax = exponentiate(cpu, &mut weights, positions.clone(), scale);
    let element = |dim| {
        let value = |position| f16_to_f32(layer.values[layer.value_index(0, position, dim)]);
        let sum = positions.clone().fold(0.0, |sum, at| add(sum, weights[at], value(at)));
        softmax.share_in(softmax) * sum
    };
    (0..layer.head_dim).map(element).collect()
}

#[test]
fn a_segment_has_the_bits_of_its_dialect() {
    let mut random = Random::new(26);
    for head_dim in [2, 8, 36, 64, 80, 100, MAX_HEAD_DIM] {
        let layer = Layer::random(&mut random, 1, head_dim, SEGMENT_TOKENS);
        for group in 1..=8 {
            let queries = queries(&mut random, group * head_dim);
            let start = random.below(SEGMENT_TOKENS);
            let positions = start..start + 1 + random.below(SEGMENT_TOKENS - start);
            for cpu in kernels() {
                let out = attend(cpu, &queries, layer.head(0), positions.clone(), PLAIN);
                for (query, out) in queries.chunks(head_dim).zip(out.chunks(head_dim)) {
                    let expected =
                        reference(cpu.is_fused(), &layer, query, positions.clone(), PLAIN);
                    assert_eq!(out, expected, "{} {head_dim} {group}", cpu.name());
                }
            }
        }
    }
}

/// Does the tasks last to first, and says it has so many workers.
struct BackwardPool(usize);

impl ComputePool for BackwardPool {
    fn workers(&self) -> usize {
        self.0
    }

    fn parallel_for(&self, tasks: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..tasks).rev().for_each(work);
    }
}

#[test]
fn a_token_has_the_same_bits_whatever_is_computed_with_it_and_by_whom() {
    let mut random = Random::new(27);
    for (head_dim, heads, kv_heads) in [(16, 6, 2), (36, 3, 3), (64, 9, 3), (8, 32, 1)] {
        let width = heads * head_dim;
        let sequences: Vec<Layer> =
            (0..3).map(|_| Layer::random(&mut random, kv_heads, head_dim, 700)).collect();
        // Rows of several sequences, some at neighbouring positions, some with a window.
        let rows: Vec<(usize, Range<usize>)> = (0..40)
            .map(|row| match row {
                0..20 => (0, 0..100 + row),
                20..30 => (1, 530 + row..600 + row),
                _ => (random.below(3), 0..1 + random.below(700)),
            })
            .collect();
        let queries = queries(&mut random, rows.len() * width);
        for cpu in kernels() {
            let compute = |part: Range<usize>, pool: &dyn ComputePool, quantum| {
                let rows = &rows[part.clone()];
                let attention = Attention {
                    cpu,
                    queries: &queries[part.start * width..part.end * width],
                    heads,
                    kv_heads,
                    head_dim,
                    scale: PLAIN,
                    cached: &|row, head| sequences[rows[row].0].head(head),
                    positions: &|row| rows[row].1.clone(),
                };
                run(&attention, pool, quantum)
            };
            let single: Vec<f32> = (0..rows.len())
                .flat_map(|row| compute(row..row + 1, &SerialPool, usize::MAX))
                .collect();
            for (workers, quantum) in [(1, usize::MAX), (2, 1_500_000), (3, 1), (16, usize::MAX)] {
                let all = compute(0..rows.len(), &BackwardPool(workers), quantum);
                assert_eq!(all, single, "{} {workers} {quantum}", cpu.name());
                let few = compute(28..32, &BackwardPool(workers), quantum);
                assert_eq!(few, single[28 * width..32 * width], "{workers} {quantum}");
                assert_eq!(compute(5..5, &BackwardPool(workers), quantum), [], "{workers}");
            }
        }
    }
}
