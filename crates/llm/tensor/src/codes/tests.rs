use super::*;
use crate::{
    CpuFeatures,
    testing::{Random, kernels},
};
use alloc::{vec, vec::Vec};

/// Vectors in planes, and as they were.
struct Vectors {
    dims: usize,
    floats: Vec<Vec<f32>>,
    high: Vec<Line>,
    low: Vec<Line>,
    last: Vec<Line>,
    scales: Vec<f32>,
}

impl Vectors {
    fn random(random: &mut Random, count: usize, dims: usize) -> Self {
        let lines = lines_of(dims);
        let mut vectors = Self {
            dims,
            floats: Vec::new(),
            high: vec![Line::default(); count * lines],
            low: vec![Line::default(); count * lines],
            last: vec![Line::default(); count * lines],
            scales: Vec::new(),
        };
        for index in 0..count {
            // Extreme steps occur often.
            let float = |random: &mut Random| random.normal().clamp(-1.2, 1.2);
            let floats: Vec<f32> = (0..dims).map(|_| float(random)).collect();
            let rows = index * lines..(index + 1) * lines;
            let planes = [
                &mut vectors.high[rows.clone()],
                &mut vectors.low[rows.clone()],
                &mut vectors.last[rows],
            ];
            let scale = encode(CpuFeatures::detect(), &floats, planes);
            vectors.scales.push(scale);
            vectors.floats.push(floats);
        }
        vectors
    }

    fn planes(&self) -> Planes<'_> {
        Planes { high: &self.high, low: &self.low, last: &self.last, scales: &self.scales }
    }

    fn nibble(&self, plane: &[Line], vector: usize, index: usize) -> i32 {
        let line = vector * lines_of(self.dims) + index / LINE_ELEMENTS;
        let (place, shift) = (index % 64, index % LINE_ELEMENTS / 64 * 4);
        i32::from(plane[line].0[place] >> shift & 15)
    }

    /// The byte of an element, as the planes have it.
    fn byte(&self, vector: usize, index: usize) -> i32 {
        16 * self.nibble(&self.high, vector, index) + self.nibble(&self.low, vector, index)
    }

    /// All of an element.
    fn element(&self, vector: usize, index: usize) -> f64 {
        let part = f64::from(self.nibble(&self.last, vector, index)) - 7.5;
        let steps = f64::from(self.byte(vector, index) - OFFSET) + part / 16.0;
        steps * f64::from(self.scales[vector])
    }

    fn steps(&self, vector: usize) -> Vec<i32> {
        (0..self.dims).map(|index| self.byte(vector, index) - OFFSET).collect()
    }
}

#[test]
fn elements_are_rounded_to_the_nearest_step_and_its_sixteenth() {
    let random = &mut Random::new(1);
    for dims in [32, 96, 128, 384] {
        let vectors = Vectors::random(random, 3, dims);
        for (vector, floats) in vectors.floats.iter().enumerate() {
            let scale = vectors.scales[vector];
            for (index, &x) in floats.iter().enumerate() {
                let byte = (vectors.byte(vector, index) - OFFSET) as f32 * scale;
                assert!((byte - x).abs() <= scale * 0.501, "{byte} for {x}");
                let all = vectors.element(vector, index) as f32;
                assert!((all - x).abs() <= scale / 16.0 * 0.52, "{all} for {x}");
            }
        }
    }
}

#[test]
fn all_kernels_give_the_bits_of_the_definition() {
    let random = &mut Random::new(2);
    let shapes = [(1, 32), (6, 384), (9, 1024), (5, 4096)];
    for (count, dims) in shapes.into_iter().take(if cfg!(miri) { 2 } else { 4 }) {
        let vectors = Vectors::random(random, count, dims);
        let other = Vectors::random(random, 1, dims);
        let steps = other.steps(0);
        let slots: Vec<u32> = (0..count as u32).rev().collect();
        let dot = |slot: usize, element: &dyn Fn(i32) -> i32| -> i32 {
            (0..dims).map(|at| steps[at] * element(vectors.byte(slot, at))).sum()
        };
        for cpu in kernels() {
            let query = Query::new(cpu, &other.floats[0]);
            let mut scores = vec![0.0; count];
            query.exact(vectors.planes(), &slots, &mut scores);
            for (&slot, &score) in slots.iter().zip(&scores) {
                let slot = slot as usize;
                let sum = dot(slot, &|byte| byte - OFFSET);
                let expected = sum as f32 * other.scales[0] * vectors.scales[slot];
                assert_eq!(score, expected, "{} {dims}", cpu.name());
            }
            query.coarse(&vectors.high, &vectors.scales, &slots, &mut scores);
            let mut all = vec![0.0; count];
            query.coarse_all(&vectors.high, &vectors.scales, &mut all);
            for (&slot, &score) in slots.iter().zip(&scores) {
                let slot = slot as usize;
                assert_eq!(score, all[slot]);
                let sum = dot(slot, &|byte| 2 * (byte / 16 * 16 - OFFSET) + 15);
                let expected = sum as f32 * 0.5 * other.scales[0] * vectors.scales[slot];
                let near = (score - expected).abs() <= 1e-4 * dims as f32 * vectors.scales[slot];
                assert!(near, "{score} instead of {expected} by {}", cpu.name());
            }
        }
    }
}

#[test]
fn a_fine_score_is_nearer_to_the_truth_than_one_in_eight_bits() {
    let random = &mut Random::new(3);
    let count = if cfg!(miri) { 8 } else { 64 };
    let vectors = Vectors::random(random, count, 384);
    let query = Vectors::random(random, 1, 384).floats.remove(0);
    let slots: Vec<u32> = (0..count as u32).collect();
    for cpu in kernels() {
        let prepared = Query::new(cpu, &query);
        let (mut exact, mut fine) = (vec![0.0; count], vec![0.0; count]);
        prepared.exact(vectors.planes(), &slots, &mut exact);
        prepared.fine(vectors.planes(), &slots, &mut fine);
        let mut errors = [0.0_f64; 3];
        for slot in 0..count {
            let with = |element: &dyn Fn(usize) -> f64| -> f64 {
                query.iter().enumerate().map(|(at, &x)| f64::from(x) * element(at)).sum()
            };
            let truth = with(&|at| f64::from(vectors.floats[slot][at]));
            errors[0] += (f64::from(exact[slot]) - truth).abs();
            errors[1] += (f64::from(fine[slot]) - truth).abs();
            // What is left is what rounding the stored vector has taken off.
            let stored = with(&|at| vectors.element(slot, at));
            errors[2] += (f64::from(fine[slot]) - stored).abs();
        }
        assert!(errors[1] < errors[0] / 10.0, "{errors:?} by {}", cpu.name());
        assert!(errors[2] < errors[0] / 50.0, "{errors:?} by {}", cpu.name());
    }
}

#[test]
fn a_stored_vector_is_a_query_like_any_other() {
    let random = &mut Random::new(4);
    for dims in [64, 384] {
        let vectors = Vectors::random(random, 7, dims);
        let slots: Vec<u32> = (0..7).collect();
        for cpu in kernels() {
            let mut stored = Query::empty(cpu);
            stored.set_to(vectors.planes(), lines_of(dims), 5);
            let fresh = Query::new(cpu, &vectors.floats[5]);
            let (mut ours, mut expected) = (vec![0.0; 7], vec![0.0; 7]);
            stored.exact(vectors.planes(), &slots, &mut ours);
            fresh.exact(vectors.planes(), &slots, &mut expected);
            assert_eq!(ours, expected, "{}", cpu.name());
        }
    }
}
