//! What a vocabulary is made of, before any table is built.

use super::TokenizerError;
use alloc::string::String;

/// What a vocabulary is made of, under the names of GGUF's metadata without `tokenizer.ggml.`.
/// Strings are bytes as they stand in the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenizerSpec<'a> {
    /// `model`: the algorithm. `gpt2` is byte-level BPE, `llama` SentencePiece, `bert` WordPiece.
    pub model: &'a str,
    /// `pre`: how words are cut for byte-level BPE; empty if the file does not say.
    pub pre: &'a str,
    /// `tokens`, `(vocabulary)`.
    pub tokens: &'a [&'a [u8]],
    /// `token_type`, `(vocabulary)`; empty if all are normal.
    pub token_types: &'a [i32],
    /// `scores`, `(vocabulary)`: which tokens SentencePiece prefers; empty if it has no preference.
    pub scores: &'a [f32],
    /// `merges`: two tokens with a space between them, the most important first.
    pub merges: &'a [&'a [u8]],
    /// `bos_token_id`.
    pub bos: Option<u32>,
    /// `eos_token_id`.
    pub eos: Option<u32>,
    /// `eot_token_id`.
    pub eot: Option<u32>,
    /// `eom_token_id`.
    pub eom: Option<u32>,
    /// `unknown_token_id`.
    pub unknown: Option<u32>,
    /// `seperator_token_id`, as GGUF spells it.
    pub separator: Option<u32>,
    /// `padding_token_id`.
    pub padding: Option<u32>,
    /// `fim_pad_token_id`, which ends a filled-in text.
    pub fim_pad: Option<u32>,
    /// `fim_rep_token_id`, with which the next repository would begin.
    pub fim_repository: Option<u32>,
    /// `fim_sep_token_id`, with which the next file would begin.
    pub fim_separator: Option<u32>,
    /// `add_bos_token`.
    pub add_bos: Option<bool>,
    /// `add_eos_token`.
    pub add_eos: Option<bool>,
    /// `add_space_prefix`.
    pub add_space_prefix: Option<bool>,
    /// `normalizer.lowercase`.
    pub lowercase: Option<bool>,
    /// `normalizer.strip_accents`.
    pub strip_accents: Option<bool>,
    /// Whether white space after a special token is left out (Phi-3).
    pub strip_after_special: bool,
}

impl TokenizerSpec<'_> {
    /// Checks what can be checked without building anything.
    pub(super) fn check(&self) -> Result<(), TokenizerError> {
        if self.tokens.is_empty() {
            return Err(TokenizerError::EmptyVocabulary);
        }
        let vocabulary = self.tokens.len();
        let len_bytes: usize = self.tokens.iter().map(|token| token.len()).sum();
        if u32::try_from(vocabulary.max(self.merges.len()).max(len_bytes)).is_err() {
            return Err(TokenizerError::TooLarge { tokens: vocabulary, len_bytes });
        }
        if !self.token_types.is_empty() && self.token_types.len() != vocabulary {
            let types = self.token_types.len();
            return Err(TokenizerError::TypeCount { tokens: vocabulary, types });
        }
        let ids = [
            ("bos", self.bos),
            ("eos", self.eos),
            ("eot", self.eot),
            ("eom", self.eom),
            ("unknown", self.unknown),
            ("separator", self.separator),
            ("padding", self.padding),
            ("fim_pad", self.fim_pad),
            ("fim_rep", self.fim_repository),
            ("fim_sep", self.fim_separator),
        ];
        for (name, id) in ids {
            if let Some(id) = id.filter(|&id| id as usize >= vocabulary) {
                return Err(TokenizerError::IdOutOfRange { name, id, tokens: vocabulary });
            }
        }
        Ok(())
    }

    /// `id`, or else what this algorithm's files mean by saying nothing, if there is such a token.
    pub(super) fn or_usual(&self, id: Option<u32>, usual: u32) -> Option<u32> {
        id.or_else(|| Some(usual).filter(|&usual| (usual as usize) < self.tokens.len()))
    }
}

/// Something about a vocabulary that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenizerWarning {
    /// The file does not say how words are cut (`tokenizer.ggml.pre`), as files from before 2024
    /// do not; they are cut as llama.cpp does then, which may not be how the model was trained.
    NoPreTokenizer,
}

impl core::fmt::Display for TokenizerWarning {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoPreTokenizer => write!(
                f,
                "the file names no pre-tokenizer; words may be cut as the model does not know them"
            ),
        }
    }
}

/// `model` as an error.
pub(super) fn unknown_model(model: &str) -> TokenizerError {
    TokenizerError::UnknownModel(String::from(model))
}
