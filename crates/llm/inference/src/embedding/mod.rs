//! Texts as vectors whose angles tell how near they are in meaning (Reimers and Gurevych 2019):
//! what memory is searched with.
//!
//! An [`Embedder`] runs an encoder through the same forward pass as language models, all tokens of
//! a text at once, and pools their vectors into one of length 1.

mod error;

pub use error::EmbedError;

use crate::{
    config::{Config, Pooling},
    engine::{
        LoadError, describe,
        forward::{Batch, BatchRow, Network, Scratch},
    },
    gguf::Gguf,
    kv::{KvArena, PageTable, pages_for},
    model::{ModelInfo, SpecialTokens, TokenId},
    tokenizer::Tokenizer,
    weights::Weights,
};
use alloc::{collections::TryReserveError, vec, vec::Vec};
use llm_tensor::{CpuFeatures, vector::is_finite};
use system_platform::{ComputePool, Pacer};

/// A loaded encoder. Its buffers grow with the longest text it has seen.
pub struct Embedder<'m> {
    info: ModelInfo,
    network: Network<'m>,
    tokenizer: Tokenizer,
    buffers: Option<Buffers>,
}

/// Room for a text of some length.
struct Buffers {
    /// Tokens there is room for.
    tokens: usize,
    scratch: Scratch,
    arena: KvArena,
    /// Covers all tokens.
    table: PageTable,
}

impl Buffers {
    fn new(config: &Config, tokens: usize) -> Result<Self, TryReserveError> {
        let pages = pages_for(tokens);
        let mut arena = KvArena::new(config.layers, config.kv_heads, config.head_dim, pages)?;
        let mut table = PageTable::default();
        arena.make_writable(&mut table, &(0..tokens));
        Ok(Self { tokens, scratch: Scratch::new(config, tokens, 0)?, arena, table })
    }
}

impl<'m> Embedder<'m> {
    /// Loads the encoder in `file`, whose weights are used where they lie. `quantum` is about how
    /// many multiply-adds there are between two checkpoints.
    ///
    /// # Errors
    /// What is wrong with the file and where; that it is no encoder.
    pub fn load(
        file: &'m [u8],
        cpu: CpuFeatures,
        quantum: usize,
        pool: &'m dyn ComputePool,
    ) -> Result<Self, LoadError> {
        let gguf = Gguf::parse(file)?;
        let config = Config::from_gguf(&gguf)?;
        if !config.family().is_encoder {
            return Err(LoadError::Decoder(config.architecture));
        }
        let weights = Weights::from_gguf(&gguf, &config)?;
        Ok(Self {
            info: describe(&gguf, &config)?,
            tokenizer: Tokenizer::from_gguf(&gguf)?,
            network: Network::new(config, weights, cpu, pool, quantum),
            buffers: None,
        })
    }

    /// What the model says of itself.
    pub const fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// The shape of the network. Vectors have its `embedding_length`, texts at most its
    /// `trained_context` tokens.
    pub const fn config(&self) -> &Config {
        &self.network.config
    }

    /// The tokens of a text, with those that the model wants around it.
    pub fn encode(&self, text: &str) -> Vec<TokenId> {
        self.tokenizer.encode_sequence(text, SpecialTokens::Literal)
    }

    /// The vector of a text, `(embedding_length)`, of length 1: the dot product of two is the
    /// cosine of their angle.
    ///
    /// # Errors
    /// The text is too long, or see [`Self::embed_tokens`].
    pub async fn embed(&mut self, text: &str, pacer: &impl Pacer) -> Result<Vec<f32>, EmbedError> {
        self.embed_tokens(&self.encode(text), pacer).await
    }

    /// As [`Self::embed`]; of a text that is too long, the vector of its beginning.
    ///
    /// # Errors
    /// See [`Self::embed_tokens`].
    pub async fn embed_beginning(
        &mut self,
        text: &str,
        pacer: &impl Pacer,
    ) -> Result<Vec<f32>, EmbedError> {
        let mut tokens = self.encode(text);
        let limit = self.config().trained_context;
        if tokens.len() > limit
            && let Some(end) = tokens.pop()
        {
            // The last token is the one that ends every text.
            tokens.truncate(limit - 1);
            tokens.push(end);
        }
        self.embed_tokens(&tokens, pacer).await
    }

    /// The vectors of many texts, in order. Each is what [`Self::embed`] gives for it alone.
    ///
    /// # Errors
    /// As [`Self::embed`], for the first text that fails.
    pub async fn embed_all(
        &mut self,
        texts: &[&str],
        pacer: &impl Pacer,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for text in texts {
            vectors.push(self.embed(text, pacer).await?);
        }
        Ok(vectors)
    }

    /// The vector of a text whose tokens are known, as [`Self::encode`] gives them.
    ///
    /// # Errors
    /// No tokens or too many, one that is not in the vocabulary, too little memory, damaged
    /// weights.
    pub async fn embed_tokens(
        &mut self,
        tokens: &[TokenId],
        pacer: &impl Pacer,
    ) -> Result<Vec<f32>, EmbedError> {
        let Self { network, buffers, .. } = self;
        let config = &network.config;
        let limit = config.trained_context;
        if tokens.is_empty() {
            return Err(EmbedError::NoTokens);
        }
        if tokens.len() > limit {
            return Err(EmbedError::TooLong { tokens: tokens.len(), limit });
        }
        let is_unknown = |token: &&TokenId| token.0 as usize >= config.vocabulary;
        if let Some(&token) = tokens.iter().find(is_unknown) {
            return Err(EmbedError::UnknownToken(token));
        }
        let has_room = buffers.as_ref().is_some_and(|buffers| buffers.tokens >= tokens.len());
        if !has_room {
            // Before the larger ones are made, not after.
            *buffers = None;
            let wanted = tokens.len().next_power_of_two().min(limit);
            let made = Buffers::new(config, wanted);
            *buffers = Some(made.map_err(|_| EmbedError::AllocationFailed { tokens: wanted })?);
        }
        let Buffers { scratch, arena, table, .. } = buffers.as_mut().expect("made above");
        let row = |(position, &token)| BatchRow { token, position, sequence: 0 };
        let rows: Vec<BatchRow> = tokens.iter().enumerate().map(row).collect();
        let batch = Batch { rows: &rows, tables: &[table], arena };
        network.run_layers(batch, scratch, pacer).await;
        let mut vector = pool(scratch.stream(tokens.len(), config), config);
        if normalise(&mut vector) && is_finite(network.cpu, &vector) {
            Ok(vector)
        } else {
            Err(EmbedError::NotANumber)
        }
    }
}

/// The one vector of a text, `(width)`, from those of its tokens, `(tokens, width)`.
fn pool(stream: &[f32], config: &Config) -> Vec<f32> {
    let width = config.embedding_length;
    match config.pooling {
        Pooling::First => stream[..width].to_vec(),
        Pooling::Last => stream[stream.len() - width..].to_vec(),
        Pooling::Mean => {
            // The sum: its length is about to become 1 anyway.
            let mut sum = vec![0.0; width];
            for row in stream.chunks_exact(width) {
                for (sum, x) in sum.iter_mut().zip(row) {
                    *sum += x;
                }
            }
            sum
        }
    }
}

/// Gives the vector the length 1; a vector of zeros has no direction to keep.
fn normalise(vector: &mut [f32]) -> bool {
    let square: f64 = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    let scale = 1.0 / libm::sqrt(square);
    for x in vector.iter_mut() {
        *x = (f64::from(*x) * scale) as f32;
    }
    square > 0.0
}
