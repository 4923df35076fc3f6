//! The forward pass over a batch of tokens: one for all architectures, which the configuration and
//! the weights describe.

use crate::{
    config::{Activation, Config, NormKind, Positions, RopePairing},
    kv::{KvArena, PageTable},
    model::TokenId,
    plan::MemoryPlan,
    rope::Rope,
    weights::{BlockNorms, Layer, Linear, Norm, Output, Weights},
};
use alloc::{collections::TryReserveError, vec::Vec};
use llm_tensor::{
    Activations, CpuFeatures,
    attention::{self, Attention, MAX_HEAD_DIM, ScoreScale},
    gelu::{geglu, gelu},
    half::to_half_precision,
    matmul::{Product, matmul, matmul_group, needs_quantized},
    split::{PairWork, for_each_chunk_pair},
    vector::{add, layer_norm, rms_norm, rotate, rotate_halves, scale, swiglu},
};
use system_platform::{ComputePool, Pacer, compute::SerialPool};

/// What does not change while the model runs.
pub(crate) struct Network<'m> {
    pub(crate) config: Config,
    pub(crate) weights: Weights<'m>,
    /// As many as the configuration has rotations.
    pub(crate) ropes: Vec<Rope>,
    pub(crate) cpu: CpuFeatures,
    pub(crate) pool: &'m dyn ComputePool,
    /// Multiply-adds between two checkpoints, about.
    pub(crate) quantum: usize,
}

/// A token of a batch: where it stands, and in which sequence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchRow {
    /// The token, which is in the vocabulary.
    pub(crate) token: TokenId,
    /// Its position in its sequence.
    pub(crate) position: usize,
    /// The index of the sequence's table in [`Batch::tables`].
    pub(crate) sequence: usize,
}

/// Tokens that are computed in one pass over the weights, no more than [`Scratch`] has room for.
/// Those of a sequence are in order.
pub(crate) struct Batch<'b> {
    /// The tokens.
    pub(crate) rows: &'b [BatchRow],
    /// For each sequence the pages of its keys and values, which cover the tokens and may be
    /// written where they do.
    pub(crate) tables: &'b [&'b PageTable],
    /// The pages.
    pub(crate) arena: &'b mut KvArena,
}

/// Buffers for the tokens of a batch.
pub(crate) struct Scratch {
    /// `(tokens, embedding_length)`: the residual stream.
    residual: Vec<f32>,
    /// `(tokens, embedding_length)`: what a block adds to it.
    update: Vec<f32>,
    /// `(tokens, query_length)`
    queries: Vec<f32>,
    /// `(tokens, kv_length)`
    keys: Vec<f32>,
    /// `(tokens, kv_length)`
    values: Vec<f32>,
    /// `(tokens, feed_forward_length)`
    gate: Vec<f32>,
    /// `(tokens, feed_forward_length)`
    up: Vec<f32>,
    /// `(rotations, tokens, rope_dimensions / 2)`: (cosine, sine).
    angles: Vec<(f32, f32)>,
    /// Of the attention of a few tokens to many.
    parts: attention::Scratch,
    /// Inputs of the matrix at work.
    inputs: Activations,
    /// `(outputs, embedding_length)`: inputs of the output matrix.
    last: Activations,
    /// `(outputs, vocabulary)`
    logits: Vec<f32>,
}

fn zeroed(len: usize) -> Result<Vec<f32>, TryReserveError> {
    let mut values = Vec::new();
    values.try_reserve_exact(len)?;
    values.resize(len, 0.0);
    Ok(values)
}

/// A second buffer for work that has only one.
fn nothing(tokens: usize) -> Vec<()> {
    // Takes no memory.
    alloc::vec![(); tokens]
}

impl Scratch {
    /// Room for batches of that many tokens, and the logits of that many of them.
    pub(crate) fn new(
        config: &Config,
        tokens: usize,
        outputs: usize,
    ) -> Result<Self, TryReserveError> {
        let mut angles = Vec::new();
        angles.try_reserve_exact(tokens * config.angles())?;
        angles.resize(tokens * config.angles(), (0.0, 0.0));
        Ok(Self {
            residual: zeroed(tokens * config.embedding_length)?,
            update: zeroed(tokens * config.embedding_length)?,
            queries: zeroed(tokens * config.query_length())?,
            keys: zeroed(tokens * config.kv_length())?,
            values: zeroed(tokens * config.kv_length())?,
            gate: zeroed(tokens * config.feed_forward_length)?,
            up: zeroed(tokens * config.feed_forward_length)?,
            angles,
            parts: attention::Scratch::new(config.group(), config.head_dim)?,
            inputs: Activations::new(tokens, MemoryPlan::widest(config))?,
            last: Activations::new(outputs, config.embedding_length)?,
            logits: zeroed(outputs * config.vocabulary)?,
        })
    }

    /// `(tokens, embedding_length)`: the residual stream of the batch that was run last.
    pub(crate) fn stream(&self, tokens: usize, config: &Config) -> &[f32] {
        &self.residual[..tokens * config.embedding_length]
    }
}

impl<'m> Network<'m> {
    /// The network of a file, ready to run.
    pub(crate) fn new(
        config: Config,
        weights: Weights<'m>,
        cpu: CpuFeatures,
        pool: &'m dyn ComputePool,
        quantum: usize,
    ) -> Self {
        let rope = |rotation| Rope::new(rotation, &weights.rope_factors);
        let ropes = config.rotations.iter().map(rope).collect();
        Self { config, weights, ropes, cpu, pool, quantum: quantum.max(1) }
    }
}

impl Network<'_> {
    /// Runs all layers over a batch. Its keys and values are in the arena afterwards, and the
    /// residual stream in `scratch`.
    pub(crate) async fn run_layers(
        &self,
        mut batch: Batch<'_>,
        scratch: &mut Scratch,
        pacer: &impl Pacer,
    ) {
        self.embed(batch.rows, scratch);
        self.turn(batch.rows, &mut scratch.angles);
        for (index, layer) in self.weights.layers.iter().enumerate() {
            self.attention(index, layer, &mut batch, scratch, pacer).await;
            self.feed_forward(layer, batch.rows.len(), scratch, pacer).await;
        }
    }

    /// Tokens become the residual stream.
    fn embed(&self, tokens: &[BatchRow], scratch: &mut Scratch) {
        let width = self.config.embedding_length;
        let embedding = &self.weights.embedding;
        let Scratch { residual, update, .. } = scratch;
        let rows = residual.chunks_exact_mut(width).zip(update.chunks_exact_mut(width));
        for (token, (row, other)) in tokens.iter().zip(rows) {
            embedding.tokens.dequantize_row(token.token.0 as usize, row);
            if self.config.embedding_scale != 1.0 {
                scale(self.cpu, row, self.config.embedding_scale);
            }
            if let Some(positions) = &embedding.positions {
                positions.dequantize_row(token.position, other);
                add(self.cpu, row, other);
            }
            if let Some(segment) = &embedding.segment {
                add(self.cpu, row, segment);
            }
        }
        if let Some(norm) = &embedding.norm {
            self.normalise_stream(tokens.len(), norm, scratch);
        }
    }

    /// The angles of all rotations, for the positions of `rows`.
    fn turn(&self, rows: &[BatchRow], angles: &mut [(f32, f32)]) {
        let pairs = self.config.rope_dimensions / 2;
        for (index, rope) in self.ropes.iter().enumerate() {
            let angles = &mut angles[index * rows.len() * pairs..][..rows.len() * pairs];
            self.for_each_token(rows.len(), angles, &mut nothing(rows.len()), &|row, angles, _| {
                rope.angles(rows[row].position, angles);
            });
        }
    }

    /// The logits, `(indices, vocabulary)`, of the tokens at `indices` of the batch that was
    /// run last; no more than [`Scratch`] has room for.
    pub(crate) async fn run_output<'s>(
        &self,
        indices: &[usize],
        scratch: &'s mut Scratch,
        pacer: &impl Pacer,
    ) -> &'s [f32] {
        let width = self.config.embedding_length;
        let Output { norm, linear } =
            self.weights.output.as_ref().expect("language models have one, others are refused");
        let Scratch { residual, last, logits, .. } = scratch;
        self.fill(last, indices.len(), width, &[linear], &|output, out| {
            self.normalise(&residual[indices[output] * width..][..width], norm, out);
        });
        let logits = &mut logits[..indices.len() * self.config.vocabulary];
        self.multiply(linear, last, logits, pacer).await;
        logits
    }

    async fn attention(
        &self,
        index: usize,
        layer: &Layer<'_>,
        batch: &mut Batch<'_>,
        scratch: &mut Scratch,
        pacer: &impl Pacer,
    ) {
        let tokens = batch.rows.len();
        let (query_length, kv_length) = (self.config.query_length(), self.config.kv_length());
        let linears = [&layer.query, &layer.key, &layer.value];
        self.read_stream(tokens, layer.attention_norms.input.as_ref(), &linears, scratch);
        let Scratch { update, queries, keys, values, angles, parts, inputs, .. } = scratch;
        let queries = &mut queries[..tokens * query_length];
        let keys = &mut keys[..tokens * kv_length];
        let values = &mut values[..tokens * kv_length];
        let outputs = [&mut *queries, &mut *keys, &mut *values];
        self.multiply_all(linears, inputs, outputs, pacer).await;
        let pairs = tokens * self.config.rope_dimensions / 2;
        let angles = &angles[self.config.rotation(index) * pairs..][..pairs];
        self.for_each_token(tokens, queries, keys, &|token, queries, keys| {
            let pairs = self.config.rope_dimensions / 2;
            let angles = &angles[token * pairs..][..pairs];
            self.prepare_heads(queries, layer.query_norm.as_ref(), angles);
            for query in queries.iter_mut() {
                *query = to_half_precision(*query);
            }
            self.prepare_heads(keys, layer.key_norm.as_ref(), angles);
        });
        let pairs = keys.chunks_exact(kv_length).zip(values.chunks_exact(kv_length));
        for (row, (keys, values)) in batch.rows.iter().zip(pairs) {
            let table = batch.tables[row.sequence];
            batch.arena.store(index, table, row.position, keys, values);
        }
        let mixed = inputs.reshape(tokens, query_length);
        self.mix_heads(index, batch, queries, parts, mixed, pacer).await;
        self.fill(inputs, tokens, query_length, &[&layer.attention_output], &|_, _| ());
        let update = &mut update[..tokens * self.config.embedding_length];
        self.multiply(&layer.attention_output, inputs, update, pacer).await;
        self.add_to_stream(tokens, &layer.attention_norms, scratch);
    }

    async fn feed_forward(
        &self,
        layer: &Layer<'_>,
        tokens: usize,
        scratch: &mut Scratch,
        pacer: &impl Pacer,
    ) {
        let hidden = self.config.feed_forward_length;
        let linears = [&layer.up, layer.gate.as_ref().unwrap_or(&layer.up)];
        self.read_stream(tokens, layer.feed_forward_norms.input.as_ref(), &linears, scratch);
        let Scratch { update, gate, up, inputs, .. } = scratch;
        let gate = &mut gate[..tokens * hidden];
        let up = &mut up[..tokens * hidden];
        if let Some(linear) = &layer.gate {
            let outputs = [&mut *gate, &mut *up];
            self.multiply_all([linear, &layer.up], inputs, outputs, pacer).await;
        } else {
            self.multiply(&layer.up, inputs, up, pacer).await;
        }
        let (gate, up) = (&*gate, &*up);
        self.fill(inputs, tokens, hidden, &[&layer.down], &|token, out| {
            let gate = &gate[token * hidden..][..hidden];
            let up = &up[token * hidden..][..hidden];
            match self.config.family().activation {
                Activation::SwiGlu => swiglu(self.cpu, gate, up, out),
                Activation::GeGlu => geglu(self.cpu, gate, up, out),
                Activation::Gelu => gelu(self.cpu, up, out),
            }
        });
        let update = &mut update[..tokens * self.config.embedding_length];
        self.multiply(&layer.down, inputs, update, pacer).await;
        self.add_to_stream(tokens, &layer.feed_forward_norms, scratch);
    }

    /// The residual stream, normalised if the block wants it so, becomes the input of `linears`.
    fn read_stream(
        &self,
        tokens: usize,
        norm: Option<&Norm>,
        linears: &[&Linear<'_>],
        scratch: &mut Scratch,
    ) {
        let width = self.config.embedding_length;
        let Scratch { residual, inputs, .. } = scratch;
        self.fill(inputs, tokens, width, linears, &|token, out| {
            let row = &residual[token * width..][..width];
            match norm {
                Some(norm) => self.normalise(row, norm, out),
                None => out.copy_from_slice(row),
            }
        });
    }

    /// What a block computed is added to the residual stream.
    fn add_to_stream(&self, tokens: usize, norms: &BlockNorms, scratch: &mut Scratch) {
        let width = self.config.embedding_length;
        let len = tokens * width;
        let Scratch { residual, update, inputs, .. } = scratch;
        if let Some(norm) = &norms.output {
            let update = &update[..len];
            self.fill(inputs, tokens, width, &[], &|token, out| {
                self.normalise(&update[token * width..][..width], norm, out);
            });
            add(self.cpu, &mut residual[..len], inputs.values());
        } else {
            add(self.cpu, &mut residual[..len], &update[..len]);
        }
        if let Some(norm) = &norms.sum {
            self.normalise_stream(tokens, norm, scratch);
        }
    }

    /// Normalises the residual stream itself.
    fn normalise_stream(&self, tokens: usize, norm: &Norm, scratch: &mut Scratch) {
        let len = tokens * self.config.embedding_length;
        let Scratch { residual, update, .. } = scratch;
        let (rows, out) = (&mut residual[..len], &mut update[..len]);
        self.for_each_token(tokens, rows, out, &|_, row, out| self.normalise(row, norm, out));
        core::mem::swap(residual, update);
    }

    /// Normalises a vector of the width of `norm`.
    fn normalise(&self, row: &[f32], norm: &Norm, out: &mut [f32]) {
        let epsilon = self.config.norm_epsilon;
        match self.config.family().norm {
            NormKind::RootMeanSquare => rms_norm(self.cpu, row, &norm.weight, epsilon, out),
            NormKind::LayerNorm => {
                layer_norm(self.cpu, row, &norm.weight, &norm.bias, epsilon, out);
            }
        }
    }

    /// Every head of a token's `row` is normalised and rotated, as far as the model does that.
    fn prepare_heads(&self, row: &mut [f32], norm: Option<&Norm>, angles: &[(f32, f32)]) {
        let head_dim = self.config.head_dim;
        let mut copy = [0.0; MAX_HEAD_DIM];
        for head in row.chunks_exact_mut(head_dim) {
            if let Some(norm) = norm {
                copy[..head_dim].copy_from_slice(head);
                self.normalise(&copy[..head_dim], norm, head);
            }
            match self.config.family().positions {
                Positions::Rotary(RopePairing::Interleaved) => rotate(self.cpu, head, angles),
                Positions::Rotary(RopePairing::Halves) => rotate_halves(self.cpu, head, angles),
                Positions::Learned => (),
            }
        }
    }

    /// Fills `inputs`, `(tokens, cols)`, row by row on all CPUs, in the form that `linears` take.
    fn fill(
        &self,
        inputs: &mut Activations,
        tokens: usize,
        cols: usize,
        linears: &[&Linear<'_>],
        work: &(dyn Fn(usize, &mut [f32]) + Sync),
    ) {
        let is_wanted = linears.iter().any(|linear| needs_quantized(linear.matrix.kind()));
        inputs.fill((self.cpu, self.pool), (tokens, cols), is_wanted, work);
    }

    /// Work on the rows of each token in two buffers; on all CPUs, where there are several tokens.
    fn for_each_token<A: Send, B: Send>(
        &self,
        tokens: usize,
        first: &mut [A],
        second: &mut [B],
        work: &PairWork<'_, A, B>,
    ) {
        let pool = if tokens > 1 { self.pool } else { &SerialPool };
        for_each_chunk_pair(pool, tokens, first, second, work);
    }

    /// Attention proper.
    async fn mix_heads(
        &self,
        layer: usize,
        batch: &Batch<'_>,
        queries: &[f32],
        parts: &mut attention::Scratch,
        mixed: &mut [f32],
        pacer: &impl Pacer,
    ) {
        let Batch { rows, tables, ref arena } = *batch;
        let attention = Attention {
            cpu: self.cpu,
            queries,
            heads: self.config.heads,
            kv_heads: self.config.kv_heads,
            head_dim: self.config.head_dim,
            scale: ScoreScale { factor: self.config.attention_factor, softcap: None },
            cached: &|row, head| arena.head(layer, tables[rows[row].sequence], head),
            positions: &|row| {
                let end = self.attended_end(rows[row], rows);
                end.saturating_sub(self.config.window(layer).unwrap_or(end))..end
            },
        };
        for round in attention.rounds(self.pool.workers(), self.quantum) {
            attention.run(self.pool, &round, parts, mixed);
            pacer.checkpoint().await;
        }
    }

    /// The position before which a row attends: its own and those before, or all of its sequence.
    fn attended_end(&self, row: BatchRow, rows: &[BatchRow]) -> usize {
        let is_seen = |other: &&BatchRow| !self.config.is_causal && other.sequence == row.sequence;
        let last = rows.iter().filter(is_seen).map(|other| other.position).max();
        last.unwrap_or(row.position) + 1
    }

    /// As [`Self::multiply`] for several matrices, which the CPUs work on together where that does
    /// not put off a checkpoint.
    async fn multiply_all<const COUNT: usize>(
        &self,
        linears: [&Linear<'_>; COUNT],
        inputs: &mut Activations,
        mut outputs: [&mut [f32]; COUNT],
        pacer: &impl Pacer,
    ) {
        let rows: usize = linears.iter().map(|linear| linear.matrix.rows()).sum();
        if rows * inputs.cols() * inputs.tokens() > self.quantum {
            for (linear, output) in linears.into_iter().zip(outputs) {
                self.multiply(linear, inputs, output, pacer).await;
            }
            return;
        }
        if linears.iter().any(|linear| needs_quantized(linear.matrix.kind())) {
            inputs.quantize(self.cpu);
        }
        let mut places = outputs.iter_mut();
        let products = linears.map(|linear| Product {
            matrix: &linear.matrix,
            panels: linear.panels.as_ref(),
            rows: 0..linear.matrix.rows(),
            output: places.next().expect("an output for each matrix"),
        });
        matmul_group(self.cpu, self.pool, inputs, products);
        pacer.checkpoint().await;
        for (linear, output) in linears.into_iter().zip(outputs) {
            self.add_bias(linear, output);
        }
    }

    /// `output = matrix * inputs + bias`, with checkpoints on the way.
    async fn multiply(
        &self,
        linear: &Linear<'_>,
        inputs: &mut Activations,
        output: &mut [f32],
        pacer: &impl Pacer,
    ) {
        let matrix = &linear.matrix;
        if needs_quantized(matrix.kind()) {
            inputs.quantize(self.cpu);
        }
        let row_cost = matrix.cols() * inputs.tokens();
        let step = (self.quantum / row_cost).max(1).next_multiple_of(16 * self.pool.workers());
        for start in (0..matrix.rows()).step_by(step) {
            let rows = start..matrix.rows().min(start + step);
            let panels = linear.panels.as_ref();
            matmul(self.cpu, self.pool, matrix, panels, inputs, rows, output);
            pacer.checkpoint().await;
        }
        self.add_bias(linear, output);
    }

    /// Adds the bias of a matrix, if it has one, to its outputs for each token.
    fn add_bias(&self, linear: &Linear<'_>, output: &mut [f32]) {
        if let Some(bias) = &linear.bias {
            for row in output.chunks_exact_mut(linear.matrix.rows()) {
                add(self.cpu, row, bias);
            }
        }
    }
}
