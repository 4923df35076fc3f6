//! A tokenizer from the metadata of a GGUF file.

use super::{Tokenizer, TokenizerError, TokenizerSpec};
use crate::gguf::{Gguf, GgufError, Value};
use alloc::{string::ToString, vec::Vec};

impl Tokenizer {
    /// Builds the tokenizer of a model file. Nothing of the file is borrowed afterwards.
    ///
    /// # Errors
    /// A key that is missing or of the wrong type, and all that [`Tokenizer::new`] refuses.
    pub fn from_gguf(gguf: &Gguf<'_>) -> Result<Self, TokenizerError> {
        let model_key = "tokenizer.ggml.model";
        let tokens_key = "tokenizer.ggml.tokens";
        let missing = |key: &str| GgufError::MissingKey(key.to_string());
        let tokens = gguf.strings(tokens_key)?.ok_or_else(|| missing(tokens_key))?;
        let tokens: Vec<&[u8]> = tokens.iter().collect();
        let merges: Vec<&[u8]> = match gguf.strings("tokenizer.ggml.merges")? {
            Some(merges) => merges.iter().collect(),
            None => Vec::new(),
        };
        // A type that is no 32-bit number is as unknown as any other that is not listed.
        let token_types: Vec<i32> = match gguf.scalars("tokenizer.ggml.token_type")? {
            Some(types) => types
                .iter_i64()
                .map(|number| number.and_then(|number| i32::try_from(number).ok()).unwrap_or(0))
                .collect(),
            None => Vec::new(),
        };
        // What is neither float nor integer becomes a score that is refused.
        let scores: Vec<f32> = match gguf.scalars("tokenizer.ggml.scores")? {
            Some(scores) => scores
                .iter()
                .map(|score| match score {
                    Value::Float(score) => score as f32,
                    Value::Signed(score) => score as f32,
                    _ => f32::NAN,
                })
                .collect(),
            None => Vec::new(),
        };
        let id = |name: &str| gguf.u32(&["tokenizer.ggml.", name].concat());
        let flag = |name: &str| gguf.bool(&["tokenizer.ggml.", name].concat());
        // BERT's files name the token that begins a text after its use.
        let bos = match id("bos_token_id")? {
            Some(bos) => Some(bos),
            None => id("cls_token_id")?,
        };
        let name = gguf.string("general.name")?.unwrap_or_default().to_lowercase();
        Self::new(&TokenizerSpec {
            model: gguf.string(model_key)?.ok_or_else(|| missing(model_key))?,
            pre: gguf.string("tokenizer.ggml.pre")?.unwrap_or_default(),
            tokens: &tokens,
            token_types: &token_types,
            scores: &scores,
            merges: &merges,
            bos,
            eos: id("eos_token_id")?,
            eot: id("eot_token_id")?,
            eom: id("eom_token_id")?,
            unknown: id("unknown_token_id")?,
            separator: id("seperator_token_id")?,
            padding: id("padding_token_id")?,
            fim_pad: id("fim_pad_token_id")?,
            fim_repository: id("fim_rep_token_id")?,
            fim_separator: id("fim_sep_token_id")?,
            add_bos: flag("add_bos_token")?,
            add_eos: flag("add_eos_token")?,
            add_space_prefix: flag("add_space_prefix")?,
            lowercase: flag("normalizer.lowercase")?,
            strip_accents: flag("normalizer.strip_accents")?,
            // Nothing in the metadata says so; llama.cpp goes by the name as well.
            strip_after_special: name.contains("phi-3") || name.contains("phi3"),
        })
    }
}
