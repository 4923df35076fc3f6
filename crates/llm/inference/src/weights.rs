//! The tensors of a `llama` model, found by name and checked for shape.

use crate::{
    config::Config,
    gguf::{Gguf, GgufError},
};
use alloc::{
    collections::TryReserveError,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use llm_tensor::{Matrix, Panels, TensorType};
use system_platform::ComputePool;

/// A matrix, and what is added to its outputs.
#[derive(Clone, Debug)]
pub struct Linear<'a> {
    /// `(outputs, inputs)`
    pub matrix: Matrix<'a>,
    /// The matrix once more in panels, where the CPU prefers them and there is memory.
    pub panels: Option<Panels>,
    /// `(outputs)`
    pub bias: Option<Vec<f32>>,
}

impl<'a> From<Matrix<'a>> for Linear<'a> {
    fn from(matrix: Matrix<'a>) -> Self {
        Self { matrix, panels: None, bias: None }
    }
}

/// The weights of one layer.
#[derive(Clone, Debug)]
pub struct Layer<'a> {
    /// `(embedding_length)`
    pub attention_norm: Vec<f32>,
    /// `(query_length, embedding_length)`
    pub query: Linear<'a>,
    /// `(kv_length, embedding_length)`
    pub key: Linear<'a>,
    /// `(kv_length, embedding_length)`
    pub value: Linear<'a>,
    /// `(embedding_length, query_length)`
    pub attention_output: Linear<'a>,
    /// `(embedding_length)`
    pub feed_forward_norm: Vec<f32>,
    /// `(feed_forward_length, embedding_length)`
    pub gate: Linear<'a>,
    /// `(feed_forward_length, embedding_length)`
    pub up: Linear<'a>,
    /// `(embedding_length, feed_forward_length)`
    pub down: Linear<'a>,
}

impl<'a> Layer<'a> {
    fn linears(&self) -> [&Linear<'a>; 7] {
        let Self { query, key, value, attention_output, gate, up, down, .. } = self;
        [query, key, value, attention_output, gate, up, down]
    }

    fn linears_mut(&mut self) -> [&mut Linear<'a>; 7] {
        let Self { query, key, value, attention_output, gate, up, down, .. } = self;
        [query, key, value, attention_output, gate, up, down]
    }
}

/// All weights. Matrices are borrowed from the file, vectors are copied as floats.
#[derive(Clone, Debug)]
pub struct Weights<'a> {
    /// `(vocabulary, embedding_length)`
    pub token_embedding: Matrix<'a>,
    /// One for each layer, in order.
    pub layers: Vec<Layer<'a>>,
    /// `(embedding_length)`
    pub output_norm: Vec<f32>,
    /// `(vocabulary, embedding_length)`; the embedding itself where they are tied.
    pub output: Linear<'a>,
    /// `(rope_dimensions / 2)`: what each rotation frequency is divided by.
    pub rope_factors: Vec<f32>,
}

impl<'a> Weights<'a> {
    /// Finds the tensors.
    ///
    /// # Errors
    /// One that is missing or has another shape than the metadata says.
    pub fn from_gguf(gguf: &Gguf<'a>, config: &Config) -> Result<Self, GgufError> {
        let finder = Finder { gguf };
        let width = config.embedding_length;
        let token_embedding = finder.matrix("token_embd.weight", config.vocabulary, width)?;
        let output = if gguf.tensor("output.weight").is_some() {
            finder.matrix("output.weight", config.vocabulary, width)?
        } else {
            token_embedding
        };
        let frequencies = config.rope_dimensions / 2;
        let rope_factors = if gguf.tensor("rope_freqs.weight").is_some() {
            finder.vector("rope_freqs.weight", frequencies)?
        } else {
            vec![1.0; frequencies]
        };
        Ok(Self {
            token_embedding,
            layers: (0..config.layers)
                .map(|index| finder.layer(index, config))
                .collect::<Result<_, _>>()?,
            output_norm: finder.vector("output_norm.weight", width)?,
            output: output.into(),
            rope_factors,
        })
    }

    /// Every matrix that tokens are multiplied by.
    fn matrices(&self) -> impl Iterator<Item = &Matrix<'a>> {
        let layers = self.layers.iter().flat_map(Layer::linears);
        layers.chain([&self.output]).map(|linear| &linear.matrix)
    }

    /// Bytes that all matrices take in panels.
    pub fn panels_bytes(&self) -> u64 {
        self.matrices().map(Panels::len_bytes).sum()
    }

    /// Copies all matrices into panels, on all CPUs.
    ///
    /// # Errors
    /// There is not enough memory; some matrices may have panels then, which is no harm.
    pub fn make_panels(&mut self, pool: &dyn ComputePool) -> Result<(), TryReserveError> {
        let layers = self.layers.iter_mut().flat_map(Layer::linears_mut);
        for linear in layers.chain([&mut self.output]) {
            linear.panels = Panels::new(&linear.matrix, pool)?;
        }
        Ok(())
    }
}

struct Finder<'g, 'a> {
    gguf: &'g Gguf<'a>,
}

impl<'a> Finder<'_, 'a> {
    fn layer(&self, index: usize, config: &Config) -> Result<Layer<'a>, GgufError> {
        let name = |part: &str| format!("blk.{index}.{part}");
        let width = config.embedding_length;
        let (queries, keys) = (config.query_length(), config.kv_length());
        let hidden = config.feed_forward_length;
        Ok(Layer {
            attention_norm: self.vector(&name("attn_norm.weight"), width)?,
            query: self.linear(&name("attn_q"), queries, width)?,
            key: self.linear(&name("attn_k"), keys, width)?,
            value: self.linear(&name("attn_v"), keys, width)?,
            attention_output: self.linear(&name("attn_output"), width, queries)?,
            feed_forward_norm: self.vector(&name("ffn_norm.weight"), width)?,
            gate: self.linear(&name("ffn_gate"), hidden, width)?,
            up: self.linear(&name("ffn_up"), hidden, width)?,
            down: self.linear(&name("ffn_down"), width, hidden)?,
        })
    }

    fn linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<Linear<'a>, GgufError> {
        let bias = format!("{name}.bias");
        Ok(Linear {
            matrix: self.matrix(&format!("{name}.weight"), outputs, inputs)?,
            panels: None,
            bias: match self.gguf.tensor(&bias) {
                Some(_) => Some(self.vector(&bias, outputs)?),
                None => None,
            },
        })
    }

    fn matrix(&self, name: &str, rows: usize, cols: usize) -> Result<Matrix<'a>, GgufError> {
        let tensor = self.gguf.require_tensor(name)?;
        let problem =
            |problem: String| GgufError::BadDimensions { tensor: name.to_string(), problem };
        if tensor.dimensions != [cols, rows] {
            return Err(problem(format!(
                "dimensions {:?}, but the metadata ask for [{cols}, {rows}]",
                tensor.dimensions
            )));
        }
        Matrix::new(tensor.kind, rows, cols, tensor.data)
            .map_err(|error| problem(error.to_string()))
    }

    fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>, GgufError> {
        let tensor = self.gguf.require_tensor(name)?;
        let problem =
            |problem: String| GgufError::BadDimensions { tensor: name.to_string(), problem };
        if tensor.dimensions != [len] || !matches!(tensor.kind, TensorType::F32 | TensorType::F16) {
            return Err(problem(format!(
                "{} of {:?}, but F32 or F16 of [{len}] is needed",
                tensor.kind, tensor.dimensions
            )));
        }
        let row = Matrix::new(tensor.kind, 1, len, tensor.data)
            .map_err(|error| problem(error.to_string()))?;
        let mut values = vec![0.0; len];
        row.dequantize_row(0, &mut values);
        Ok(values)
    }
}
