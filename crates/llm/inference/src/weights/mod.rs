//! The tensors of a model, found by name and checked for shape. What an architecture does not have
//! is `None`, and the forward pass goes on without it.

mod finder;

use crate::{
    config::{Activation, Config, NormKind, NormPlacement, Positions},
    gguf::{Gguf, GgufError},
};
use alloc::{collections::TryReserveError, format, vec, vec::Vec};
use finder::Finder;
use llm_tensor::{CpuFeatures, Matrix, Panels};
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

/// What a vector is multiplied by, element by element, after it has been normalised, and what is
/// added then.
#[derive(Clone, Debug)]
pub struct Norm {
    /// `(width)`
    pub weight: Vec<f32>,
    /// `(width)`; empty where nothing is added.
    pub bias: Vec<f32>,
}

/// The norms of one block, attention or feed-forward.
#[derive(Clone, Debug, Default)]
pub struct BlockNorms {
    /// Of what goes into the block.
    pub input: Option<Norm>,
    /// Of what comes out of it, before it is added to the residual stream.
    pub output: Option<Norm>,
    /// Of the residual stream after that.
    pub sum: Option<Norm>,
}

/// The weights of one layer.
#[derive(Clone, Debug)]
pub struct Layer<'a> {
    /// `(embedding_length)` each.
    pub attention_norms: BlockNorms,
    /// `(query_length, embedding_length)`
    pub query: Linear<'a>,
    /// `(kv_length, embedding_length)`
    pub key: Linear<'a>,
    /// `(kv_length, embedding_length)`
    pub value: Linear<'a>,
    /// `(head_dim)`: of each head of the queries.
    pub query_norm: Option<Norm>,
    /// `(head_dim)`: of each head of the keys.
    pub key_norm: Option<Norm>,
    /// `(embedding_length, query_length)`
    pub attention_output: Linear<'a>,
    /// `(embedding_length)` each.
    pub feed_forward_norms: BlockNorms,
    /// `(feed_forward_length, embedding_length)`
    pub gate: Option<Linear<'a>>,
    /// `(feed_forward_length, embedding_length)`
    pub up: Linear<'a>,
    /// `(embedding_length, feed_forward_length)`
    pub down: Linear<'a>,
}

impl<'a> Layer<'a> {
    fn linears(&self) -> impl Iterator<Item = &Linear<'a>> {
        let Self { query, key, value, attention_output, gate, up, down, .. } = self;
        [query, key, value, attention_output, up, down].into_iter().chain(gate)
    }

    fn linears_mut(&mut self) -> impl Iterator<Item = &mut Linear<'a>> {
        let Self { query, key, value, attention_output, gate, up, down, .. } = self;
        [query, key, value, attention_output, up, down].into_iter().chain(gate)
    }
}

/// What turns tokens into the residual stream.
#[derive(Clone, Debug)]
pub struct Embedding<'a> {
    /// `(vocabulary, embedding_length)`
    pub tokens: Matrix<'a>,
    /// `(trained_context, embedding_length)`: added by position, where positions are learned.
    pub positions: Option<Matrix<'a>>,
    /// `(embedding_length)`: added to every token ("sentence A" of BERT).
    pub segment: Option<Vec<f32>>,
    /// `(embedding_length)`: of the sum.
    pub norm: Option<Norm>,
}

/// What turns the residual stream into logits.
#[derive(Clone, Debug)]
pub struct Output<'a> {
    /// `(embedding_length)`
    pub norm: Norm,
    /// `(vocabulary, embedding_length)`; the embedding itself where they are tied.
    pub linear: Linear<'a>,
}

/// All weights. Matrices are borrowed from the file, vectors are copied as floats.
#[derive(Clone, Debug)]
pub struct Weights<'a> {
    /// From tokens to the residual stream.
    pub embedding: Embedding<'a>,
    /// One for each layer, in order.
    pub layers: Vec<Layer<'a>>,
    /// From the residual stream to logits; an encoder has none.
    pub output: Option<Output<'a>>,
    /// `(rope_dimensions / 2)`: what each rotation frequency is divided by (Llama 3.1 and later).
    pub rope_factors: Vec<f32>,
}

impl<'a> Weights<'a> {
    /// Finds the tensors.
    ///
    /// # Errors
    /// One that is missing, that has another shape than the metadata says, or that the
    /// architecture has no use for: it would belong to a model that computes something else.
    pub fn from_gguf(gguf: &Gguf<'a>, config: &Config) -> Result<Self, GgufError> {
        let mut finder = Finder::new(gguf);
        let width = config.embedding_length;
        let family = config.family();
        let tokens = finder.matrix("token_embd.weight", config.vocabulary, width)?;
        let has_learned = family.positions == Positions::Learned;
        let embedding = Embedding {
            tokens,
            positions: if has_learned {
                Some(finder.matrix("position_embd.weight", config.trained_context, width)?)
            } else {
                None
            },
            segment: if family.is_encoder {
                finder.first_row("token_types.weight", width)?
            } else {
                None
            },
            norm: if family.norm_placement == NormPlacement::AfterSum {
                Some(norm(&mut finder, config, "token_embd_norm", width)?)
            } else {
                None
            },
        };
        let layers = (0..config.layers)
            .map(|index| layer(&mut finder, index, config))
            .collect::<Result<_, _>>()?;
        let output = if family.is_encoder {
            None
        } else {
            let norm = norm(&mut finder, config, "output_norm", width)?;
            Some(Output { norm, linear: finder.tied("output", tokens)? })
        };
        let frequencies = config.rope_dimensions / 2;
        let rope_factors = match finder.optional_vector("rope_freqs.weight", frequencies)? {
            Some(factors) => factors,
            None => vec![1.0; frequencies],
        };
        finder.refuse_others(config.architecture)?;
        Ok(Self { embedding, layers, output, rope_factors })
    }

    /// Every matrix that tokens are multiplied by.
    fn matrices(&self) -> impl Iterator<Item = &Matrix<'a>> {
        let layers = self.layers.iter().flat_map(Layer::linears);
        let output = self.output.iter().map(|output| &output.linear);
        layers.chain(output).map(|linear| &linear.matrix)
    }

    /// Bytes that all matrices take in panels.
    pub fn panels_bytes(&self, cpu: CpuFeatures) -> u64 {
        self.matrices().map(|matrix| Panels::len_bytes(cpu, matrix)).sum()
    }

    /// Copies all matrices into panels, on all CPUs.
    ///
    /// # Errors
    /// There is not enough memory; some matrices may have panels then, which is no harm.
    pub fn make_panels(
        &mut self,
        cpu: CpuFeatures,
        pool: &dyn ComputePool,
    ) -> Result<(), TryReserveError> {
        let layers = self.layers.iter_mut().flat_map(Layer::linears_mut);
        let output = self.output.iter_mut().map(|output| &mut output.linear);
        for linear in layers.chain(output) {
            linear.panels = Panels::new(cpu, &linear.matrix, pool)?;
        }
        Ok(())
    }
}

fn layer<'a>(
    finder: &mut Finder<'_, 'a>,
    index: usize,
    config: &Config,
) -> Result<Layer<'a>, GgufError> {
    let name = |part: &str| format!("blk.{index}.{part}");
    let family = config.family();
    let width = config.embedding_length;
    let (queries, keys) = (config.query_length(), config.kv_length());
    let hidden = config.feed_forward_length;
    let head_norm = |finder: &mut Finder<'_, 'a>, part: &str| {
        family
            .has_head_norms
            .then(|| norm(finder, config, &name(part), config.head_dim))
            .transpose()
    };
    Ok(Layer {
        attention_norms: block_norms(
            finder,
            config,
            [&name("attn_norm"), &name("post_attention_norm"), &name("attn_output_norm")],
        )?,
        query: finder.linear(&name("attn_q"), queries, width)?,
        key: finder.linear(&name("attn_k"), keys, width)?,
        value: finder.linear(&name("attn_v"), keys, width)?,
        query_norm: head_norm(finder, "attn_q_norm")?,
        key_norm: head_norm(finder, "attn_k_norm")?,
        attention_output: finder.linear(&name("attn_output"), width, queries)?,
        feed_forward_norms: block_norms(
            finder,
            config,
            [&name("ffn_norm"), &name("post_ffw_norm"), &name("layer_output_norm")],
        )?,
        gate: match family.activation {
            Activation::SwiGlu | Activation::GeGlu => {
                Some(finder.linear(&name("ffn_gate"), hidden, width)?)
            }
            Activation::Gelu => None,
        },
        up: finder.linear(&name("ffn_up"), hidden, width)?,
        down: finder.linear(&name("ffn_down"), width, hidden)?,
    })
}

/// The norms that a block has; `names` are those of the three in order.
fn block_norms(
    finder: &mut Finder<'_, '_>,
    config: &Config,
    names: [&str; 3],
) -> Result<BlockNorms, GgufError> {
    let [input, output, sum] = names;
    let mut find = |name: &str| norm(finder, config, name, config.embedding_length).map(Some);
    Ok(match config.family().norm_placement {
        NormPlacement::Before => BlockNorms { input: find(input)?, ..BlockNorms::default() },
        NormPlacement::BeforeAndAfter => {
            BlockNorms { input: find(input)?, output: find(output)?, sum: None }
        }
        NormPlacement::AfterSum => BlockNorms { sum: find(sum)?, ..BlockNorms::default() },
    })
}

fn norm(
    finder: &mut Finder<'_, '_>,
    config: &Config,
    name: &str,
    width: usize,
) -> Result<Norm, GgufError> {
    Ok(Norm {
        weight: finder.vector(&format!("{name}.weight"), width)?,
        bias: match config.family().norm {
            NormKind::RootMeanSquare => Vec::new(),
            NormKind::LayerNorm => finder.vector(&format!("{name}.bias"), width)?,
        },
    })
}
