//! Vectors like those of texts, questions of the same kind, and the answers.
//!
//! A vector is a sum of directions: one that all have in common, that of its topic, that of its
//! subject within the topic, and its own, each of a weight; some subjects have many vectors, most
//! few. Directions are combinations of 48 fixed ones, as embeddings of texts fill no more than some
//! dozen dimensions, and each vector has some noise in all 384 besides.

use crate::error::CliError;
use std::{fs, io, path::Path, thread};

/// Elements of a vector, as of MiniLM.
const DIMS: usize = 384;
/// Dimensions that directions fill.
const FACTORS: usize = 48;
const TOPICS: usize = 64;
const SUBJECTS: usize = 1024;
/// What is asked for: the ten nearest.
pub const NEAREST: usize = 10;

/// Weights of what a vector is made of.
const COMMON: f32 = 0.35;
const TOPIC: f32 = 0.45;
const SUBJECT: f32 = 0.65;
const OWN: f32 = 0.75;
const NOISE: f32 = 0.25;

/// Files of a folder.
const VECTORS: &str = "vectors.f32";
const QUERIES: &str = "queries.f32";
const TRUTH: &str = "truth.u32";

/// What an index is measured on.
pub struct Data {
    pub dims: usize,
    /// `(vectors, dims)`, each of length 1.
    vectors: Vec<f32>,
    /// `(queries, dims)`
    queries: Vec<f32>,
    /// `(queries, NEAREST)`: the places of the nearest vectors.
    truth: Vec<u32>,
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In 0.0..1.0.
    fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Two normally distributed numbers (Box and Muller 1958).
    fn normals(&mut self) -> [f32; 2] {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sin, cos) = (std::f32::consts::TAU * self.unit()).sin_cos();
        [radius * cos, radius * sin]
    }

    /// A random direction in `N` dimensions.
    fn direction<const N: usize>(&mut self) -> [f32; N] {
        let mut direction = [0.0; N];
        for pair in direction.chunks_mut(2) {
            pair.copy_from_slice(&self.normals()[..pair.len()]);
        }
        normalize(&mut direction);
        direction
    }
}

fn normalize(vector: &mut [f32]) {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= length);
}

/// What vectors are drawn from.
struct Mixture {
    /// `(factors, dims)`
    factors: Vec<[f32; DIMS]>,
    /// Topic and subject of each subject, as they are in every vector.
    subjects: Vec<[f32; FACTORS]>,
}

impl Mixture {
    fn new(random: &mut Random) -> Self {
        let factors = (0..FACTORS).map(|_| random.direction()).collect();
        let common: [f32; FACTORS] = random.direction();
        let topics: Vec<[f32; FACTORS]> = (0..TOPICS).map(|_| random.direction()).collect();
        let subject = |index: usize| {
            let (topic, own): (_, [f32; FACTORS]) = (topics[index % TOPICS], random.direction());
            std::array::from_fn(|at| COMMON * common[at] + TOPIC * topic[at] + SUBJECT * own[at])
        };
        Self { factors, subjects: (0..SUBJECTS).map(subject).collect() }
    }

    /// Draws a vector, into `out` of `(dims)`.
    fn draw(&self, random: &mut Random, out: &mut [f32]) {
        let share = random.unit();
        let subject = (share * share * SUBJECTS as f32) as usize;
        let own: [f32; FACTORS] = random.direction();
        let noise: [f32; DIMS] = random.direction();
        out.iter_mut().zip(noise).for_each(|(out, noise)| *out = NOISE * noise);
        for ((factor, subject), own) in self.factors.iter().zip(self.subjects[subject]).zip(own) {
            let weight = subject + OWN * own;
            out.iter_mut().zip(factor).for_each(|(out, x)| *out += weight * x);
        }
        normalize(out);
    }
}

impl Data {
    /// Draws vectors and questions, and finds the answers.
    pub fn make(count: usize, queries: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        let mixture = Mixture::new(&mut random);
        let mut draw = |count: usize| {
            let mut vectors = vec![0.0; count * DIMS];
            for vector in vectors.chunks_exact_mut(DIMS) {
                mixture.draw(&mut random, vector);
            }
            vectors
        };
        let (vectors, queries) = (draw(count), draw(queries));
        let truth = nearest(&vectors, &queries);
        Self { dims: DIMS, vectors, queries, truth }
    }

    pub fn vectors(&self) -> impl Iterator<Item = &[f32]> {
        self.vectors.chunks_exact(self.dims)
    }

    pub fn queries(&self) -> impl Iterator<Item = &[f32]> {
        self.queries.chunks_exact(self.dims)
    }

    pub fn truth(&self) -> impl Iterator<Item = &[u32]> {
        self.truth.chunks_exact(NEAREST)
    }

    /// Writes the three files.
    pub fn write(&self, folder: &Path) -> Result<(), CliError> {
        let bytes = |floats: &[f32]| floats.iter().flat_map(|x| x.to_le_bytes()).collect();
        let truth = self.truth.iter().flat_map(|x| x.to_le_bytes()).collect();
        let files: [(&str, Vec<u8>); 3] =
            [(VECTORS, bytes(&self.vectors)), (QUERIES, bytes(&self.queries)), (TRUTH, truth)];
        let error = |path: &Path| {
            let path = path.to_path_buf();
            move |error| CliError::File { path, error }
        };
        fs::create_dir_all(folder).map_err(error(folder))?;
        for (name, bytes) in files {
            let path = folder.join(name);
            fs::write(&path, bytes).map_err(error(&path))?;
        }
        Ok(())
    }

    /// Reads what [`Self::write`] has written.
    pub fn read(folder: &Path) -> Result<Self, CliError> {
        let words = |name: &str| -> Result<Vec<[u8; 4]>, CliError> {
            Ok(crate::host::read(&folder.join(name))?.as_chunks().0.to_vec())
        };
        let floats = |name: &str| -> Result<Vec<f32>, CliError> {
            Ok(words(name)?.into_iter().map(f32::from_le_bytes).collect())
        };
        let truth: Vec<u32> = words(TRUTH)?.into_iter().map(u32::from_le_bytes).collect();
        let data = Self { dims: DIMS, vectors: floats(VECTORS)?, queries: floats(QUERIES)?, truth };
        if data.queries().count() == data.truth().count() {
            return Ok(data);
        }
        let error = io::Error::new(io::ErrorKind::InvalidData, "not as many answers as questions");
        Err(CliError::File { path: folder.join(TRUTH), error })
    }
}

/// The places of the nearest vectors of each query, by every product in singles.
fn nearest(vectors: &[f32], queries: &[f32]) -> Vec<u32> {
    let threads = thread::available_parallelism().map_or(1, |count| count.get());
    let count = queries.len() / DIMS;
    let share = count.div_ceil(threads).max(1) * DIMS;
    thread::scope(|scope| {
        let parts: Vec<_> = queries
            .chunks(share)
            .map(|queries| scope.spawn(move || nearest_of_some(vectors, queries)))
            .collect();
        parts.into_iter().flat_map(|part| part.join().expect("no thread panics")).collect()
    })
}

fn nearest_of_some(vectors: &[f32], queries: &[f32]) -> Vec<u32> {
    /// Vectors that stay in the cache while all queries are compared with them.
    const BLOCK: usize = 256;
    let mut best: Vec<Vec<(f32, u32)>> = vec![Vec::new(); queries.len() / DIMS];
    for (block, vectors) in vectors.chunks(BLOCK * DIMS).enumerate() {
        for (query, best) in queries.chunks_exact(DIMS).zip(&mut best) {
            for (at, vector) in vectors.chunks_exact(DIMS).enumerate() {
                let score = dot(query, vector);
                if best.len() < NEAREST || best[NEAREST - 1].0 < score {
                    let place = best.partition_point(|&(other, _)| other >= score);
                    best.insert(place, (score, (block * BLOCK + at) as u32));
                    best.truncate(NEAREST);
                }
            }
        }
    }
    best.into_iter().flatten().map(|(_, place)| place).collect()
}

fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0; 16];
    for (left, right) in left.as_chunks::<16>().0.iter().zip(right.as_chunks::<16>().0) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
    sums.iter().sum()
}
