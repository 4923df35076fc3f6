//! The forward pass of a `llama` network over a batch of tokens.

use crate::{
    config::Config,
    kv_cache::KvCache,
    model::TokenId,
    plan::{ATTENTION_TASKS_PER_WORKER, BATCH_TOKENS, MemoryPlan},
    rope::Rope,
    weights::{Layer, Linear, Weights},
};
use alloc::{collections::TryReserveError, vec::Vec};
use llm_tensor::{
    Activations, CpuFeatures,
    attention::attend,
    half::round_to_half,
    matmul::{matmul, needs_quantized},
    split::for_each_chunk_pair,
    vector::{add, rms_norm, rotate, swiglu},
};
use system_platform::{ComputePool, Pacer};

/// What does not change while the model runs.
pub(super) struct Network<'m> {
    pub(super) config: Config,
    pub(super) weights: Weights<'m>,
    pub(super) rope: Rope,
    pub(super) cpu: CpuFeatures,
    pub(super) pool: &'m dyn ComputePool,
    /// Multiply-adds between two checkpoints, about.
    pub(super) quantum: usize,
}

/// Buffers for up to [`BATCH_TOKENS`] tokens.
pub(super) struct Scratch {
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
    /// `(tasks, group, positions)`
    scores: Vec<f32>,
    /// `(tokens, rope_dimensions / 2)`: (cosine, sine).
    angles: Vec<(f32, f32)>,
    /// Inputs of the matrix at work.
    inputs: Activations,
    /// `(1, embedding_length)`: inputs of the output matrix.
    last: Activations,
}

fn zeroed(len: usize) -> Result<Vec<f32>, TryReserveError> {
    let mut values = Vec::new();
    values.try_reserve_exact(len)?;
    values.resize(len, 0.0);
    Ok(values)
}

impl Scratch {
    pub(super) fn new(
        config: &Config,
        context: usize,
        workers: usize,
    ) -> Result<Self, TryReserveError> {
        let mut angles = Vec::new();
        angles.try_reserve_exact(BATCH_TOKENS * config.rope_dimensions / 2)?;
        Ok(Self {
            residual: zeroed(BATCH_TOKENS * config.embedding_length)?,
            update: zeroed(BATCH_TOKENS * config.embedding_length)?,
            queries: zeroed(BATCH_TOKENS * config.query_length())?,
            keys: zeroed(BATCH_TOKENS * config.kv_length())?,
            values: zeroed(BATCH_TOKENS * config.kv_length())?,
            gate: zeroed(BATCH_TOKENS * config.feed_forward_length)?,
            up: zeroed(BATCH_TOKENS * config.feed_forward_length)?,
            scores: zeroed(MemoryPlan::score_count(config, context, workers))?,
            angles,
            inputs: Activations::new(BATCH_TOKENS, MemoryPlan::widest(config))?,
            last: Activations::new(1, config.embedding_length)?,
        })
    }
}

impl Network<'_> {
    /// Runs all layers over `tokens`, at most [`BATCH_TOKENS`], that stand at positions
    /// `first..`. Their keys and values are in the cache afterwards, and the residual stream in
    /// `scratch`. Tokens must be in the vocabulary.
    pub(super) async fn run_layers(
        &self,
        tokens: &[TokenId],
        first: usize,
        cache: &mut KvCache,
        scratch: &mut Scratch,
        pacer: &impl Pacer,
    ) {
        let width = self.config.embedding_length;
        scratch.angles.clear();
        for (index, token) in tokens.iter().enumerate() {
            let row = &mut scratch.residual[index * width..][..width];
            self.weights.token_embedding.dequantize_row(token.0 as usize, row);
            self.rope.angles(first + index, &mut scratch.angles);
        }
        for (index, layer) in self.weights.layers.iter().enumerate() {
            self.attention(index, layer, tokens.len(), first, cache, scratch, pacer).await;
            self.feed_forward(layer, tokens.len(), scratch, pacer).await;
        }
    }

    /// The logits, `(vocabulary)`, of the token at `index` of the batch that was run last.
    pub(super) async fn run_output(
        &self,
        index: usize,
        scratch: &mut Scratch,
        logits: &mut [f32],
        pacer: &impl Pacer,
    ) {
        let width = self.config.embedding_length;
        let Scratch { residual, last, .. } = scratch;
        rms_norm(
            self.cpu,
            &residual[index * width..][..width],
            &self.weights.output_norm,
            self.config.norm_epsilon,
            last.reshape(1, width),
        );
        self.multiply(&self.weights.output, last, logits, pacer).await;
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one layer at work, no more")]
    async fn attention(
        &self,
        index: usize,
        layer: &Layer<'_>,
        tokens: usize,
        first: usize,
        cache: &mut KvCache,
        scratch: &mut Scratch,
        pacer: &impl Pacer,
    ) {
        let (query_length, kv_length) = (self.config.query_length(), self.config.kv_length());
        let Scratch { residual, update, queries, keys, values, scores, angles, inputs, .. } =
            scratch;
        self.normalise(residual, &layer.attention_norm, tokens, inputs);
        let queries = &mut queries[..tokens * query_length];
        let keys = &mut keys[..tokens * kv_length];
        let values = &mut values[..tokens * kv_length];
        self.multiply(&layer.query, inputs, queries, pacer).await;
        self.multiply(&layer.key, inputs, keys, pacer).await;
        self.multiply(&layer.value, inputs, values, pacer).await;
        self.rotate_heads(queries, query_length, angles);
        for query in queries.iter_mut() {
            *query = round_to_half(*query);
        }
        self.rotate_heads(keys, kv_length, angles);
        cache.store(index, first, keys, values);
        let mixed = inputs.reshape(tokens, query_length);
        self.mix_heads(index, first, tokens, queries, cache, scores, mixed, pacer).await;
        let update = &mut update[..tokens * self.config.embedding_length];
        self.multiply(&layer.attention_output, inputs, update, pacer).await;
        add(self.cpu, &mut residual[..update.len()], update);
    }

    async fn feed_forward(
        &self,
        layer: &Layer<'_>,
        tokens: usize,
        scratch: &mut Scratch,
        pacer: &impl Pacer,
    ) {
        let hidden = self.config.feed_forward_length;
        let Scratch { residual, update, gate, up, inputs, .. } = scratch;
        self.normalise(residual, &layer.feed_forward_norm, tokens, inputs);
        let gate = &mut gate[..tokens * hidden];
        let up = &mut up[..tokens * hidden];
        self.multiply(&layer.gate, inputs, gate, pacer).await;
        self.multiply(&layer.up, inputs, up, pacer).await;
        swiglu(self.cpu, gate, up, inputs.reshape(tokens, hidden));
        let update = &mut update[..tokens * self.config.embedding_length];
        self.multiply(&layer.down, inputs, update, pacer).await;
        add(self.cpu, &mut residual[..update.len()], update);
    }

    /// The residual stream of each token, normalised, becomes the input of the next matrix.
    fn normalise(&self, residual: &[f32], weight: &[f32], tokens: usize, inputs: &mut Activations) {
        let width = self.config.embedding_length;
        let outputs = inputs.reshape(tokens, width).chunks_exact_mut(width);
        for (row, out) in residual.chunks_exact(width).zip(outputs) {
            rms_norm(self.cpu, row, weight, self.config.norm_epsilon, out);
        }
    }

    /// Rotates every head of `rows`, `(tokens, width)`.
    fn rotate_heads(&self, rows: &mut [f32], width: usize, angles: &[(f32, f32)]) {
        let pairs = self.config.rope_dimensions / 2;
        for (row, angles) in rows.chunks_exact_mut(width).zip(angles.chunks_exact(pairs)) {
            for head in row.chunks_exact_mut(self.config.head_dim) {
                rotate(self.cpu, head, angles);
            }
        }
    }

    /// Attention proper. A task is one token and one key/value head, with the query heads that
    /// share it, so that cached halves are widened once for all of them.
    #[expect(clippy::too_many_arguments, reason = "the state of one layer at work, no more")]
    async fn mix_heads(
        &self,
        layer: usize,
        first: usize,
        tokens: usize,
        queries: &[f32],
        cache: &KvCache,
        scores: &mut [f32],
        mixed: &mut [f32],
        pacer: &impl Pacer,
    ) {
        let kv_heads = self.config.kv_heads;
        let task_len = self.config.group() * self.config.head_dim;
        let factor = 1.0 / libm::sqrtf(self.config.head_dim as f32);
        let positions = first + tokens;
        // Floats cost about four times what the integers of the matrices do.
        let task_cost = 4 * 2 * task_len * positions;
        let workers = self.pool.workers();
        let most = workers * ATTENTION_TASKS_PER_WORKER;
        let step = (self.quantum / task_cost).clamp(workers.min(most), most);
        for (batch, mixed) in mixed.chunks_mut(step * task_len).enumerate() {
            let tasks = mixed.len() / task_len;
            let scores = &mut scores[..tasks * self.config.group() * positions];
            for_each_chunk_pair(self.pool, tasks, mixed, scores, &|index, mixed, scores| {
                let task = batch * step + index;
                let (token, head) = (task / kv_heads, task % kv_heads);
                let queries = &queries[task * task_len..][..task_len];
                let cached = cache.head(layer, head, first + token + 1);
                attend(self.cpu, queries, cached, factor, scores, mixed);
            });
            pacer.checkpoint().await;
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
        if let Some(bias) = &linear.bias {
            for row in output.chunks_exact_mut(matrix.rows()) {
                add(self.cpu, row, bias);
            }
        }
    }
}
