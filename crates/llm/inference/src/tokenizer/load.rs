//! A tokenizer from the metadata of a GGUF file.

use super::{Tokenizer, TokenizerError, TokenizerSpec};
use crate::gguf::{Gguf, GgufError};
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
        Self::new(&TokenizerSpec {
            model: gguf.string(model_key)?.ok_or_else(|| missing(model_key))?,
            pre: gguf.string("tokenizer.ggml.pre")?.unwrap_or("default"),
            tokens: &tokens,
            token_types: &token_types,
            merges: &merges,
            bos: gguf.u32("tokenizer.ggml.bos_token_id")?,
            eos: gguf.u32("tokenizer.ggml.eos_token_id")?,
            eot: gguf.u32("tokenizer.ggml.eot_token_id")?,
            eom: gguf.u32("tokenizer.ggml.eom_token_id")?,
            unknown: gguf.u32("tokenizer.ggml.unknown_token_id")?,
            padding: gguf.u32("tokenizer.ggml.padding_token_id")?,
            add_bos: gguf.bool("tokenizer.ggml.add_bos_token")?,
        })
    }
}
