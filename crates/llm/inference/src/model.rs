//! What an agent needs of a language model. The engine implements it; so do scripted models in
//! tests.

pub use crate::engine::PrefixError;
pub use crate::message::{CallReference, Calls, Message, Role, ToolCall};

use alloc::{string::String, vec::Vec};
use core::{fmt, future::Future};
use system_platform::Pacer;

/// A token of the model's vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub u32);

/// Whether the spelling of a special token in a text is that token or just text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialTokens {
    /// `<|im_end|>` becomes one token: for rendered chat templates.
    Parse,
    /// `<|im_end|>` is ten characters: for text from outside.
    Literal,
}

/// What a model says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelInfo {
    /// Its name as files of models are named, `smollm2-135M` or `Llama-3.2-1B-Instruct`: base name,
    /// size and a short fine-tune; of a file without these, what it calls itself, or its
    /// architecture.
    pub name: String,
    /// GGUF architecture (`llama`).
    pub architecture: String,
    /// The type most of its weights have (`Q4_1`).
    pub quantization: String,
    /// Number of weights.
    pub parameters: u64,
    /// Bytes of the file.
    pub size_bytes: u64,
    /// Transformer layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub embedding_length: usize,
    /// Tokens in the vocabulary.
    pub vocabulary: usize,
    /// Context length the model was trained for, in tokens.
    pub trained_context: usize,
    /// Identifies the weights: the same file gives the same number on every machine.
    pub fingerprint: u64,
}

/// A chat template that cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// What is wrong, in words.
    pub message: String,
    /// Line of the template, from 1; 0 where no line is to blame.
    pub line: usize,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chat template, line {}: {}", self.line, self.message)
    }
}

/// Tokens that cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardError {
    /// More tokens than the context holds.
    ContextFull {
        /// Tokens that would have been in the context.
        needed: usize,
        /// Tokens the context holds.
        limit: usize,
    },
    /// More pages of keys and values than other sequences have left.
    ArenaFull {
        /// Pages that are needed more than there are.
        needed_pages: usize,
        /// Pages that are free.
        free_pages: usize,
    },
    /// A token outside the vocabulary.
    UnknownToken(TokenId),
    /// Logits that are not numbers: damaged weights.
    NotANumber,
}

impl fmt::Display for ForwardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContextFull { needed, limit } => {
                write!(f, "{needed} tokens do not fit the context window of {limit}")
            }
            Self::ArenaFull { needed_pages, free_pages } => write!(
                f,
                "{needed_pages} pages of keys and values are needed, {free_pages} free: other \
                 sequences hold the rest"
            ),
            Self::UnknownToken(token) => write!(f, "token {} is not in the vocabulary", token.0),
            Self::NotANumber => write!(f, "the model computed logits that are not numbers"),
        }
    }
}

/// A language model with one sequence of computed tokens (its KV cache).
pub trait LanguageModel {
    /// What the model says of itself.
    fn info(&self) -> &ModelInfo;

    /// Tokens its context holds as it was loaded (at most [`ModelInfo::trained_context`]).
    fn context_limit(&self) -> usize;

    /// Text to tokens. Adds no token of its own (no automatic BOS).
    fn encode(&self, text: &str, special: SpecialTokens) -> Vec<TokenId>;

    /// The tokens that `text` has where it stands after `before` in one text. Differs from
    /// [`Self::encode`] where a vocabulary begins a text otherwise than it goes on.
    fn encode_after(&self, before: &str, text: &str, special: SpecialTokens) -> Vec<TokenId> {
        let _ = before;
        self.encode(text, special)
    }

    /// The bytes a token stands for; empty for control tokens. May cut a UTF-8 character in two.
    fn token_bytes(&self, token: TokenId) -> &[u8];

    /// Whether the model says with this token that its turn is over.
    fn ends_turn(&self, token: TokenId) -> bool;

    /// A conversation in the form the model was trained on, with the token that begins a sequence
    /// where the model has one, to be encoded with
    /// [`SpecialTokens::Parse`]. Special tokens spelled out inside a message's content come out of
    /// `encode` as plain text, so that nobody's words can end a turn.
    ///
    /// # Errors
    /// A template that cannot be rendered for these messages.
    fn render(
        &self,
        messages: &[Message],
        add_generation_prompt: bool,
    ) -> Result<String, TemplateError>;

    /// The text of the chat template that the model was made with, if there is one: what it says of
    /// tools tells how the model calls them.
    fn chat_template(&self) -> Option<&str> {
        None
    }

    /// Whether the chat template has a place for the results of tools, which takes their content as it
    /// is; where it has none they are told as the user's words.
    fn takes_results(&self) -> bool {
        true
    }

    /// Has the model's chat template describe tools in all that [`Self::render`] makes from now on:
    /// `tools` is a list of JSON objects as templates take them, `None` for no tools. Returns whether
    /// the template describes any; where it does not, nothing changes, and somebody else has to.
    fn describe_tools(&mut self, tools: Option<&serde_json::Value>) -> bool {
        let _ = tools;
        false
    }

    /// The tokens in the KV cache, oldest first.
    fn computed(&self) -> &[TokenId];

    /// Forgets all but the first `len` computed tokens; does nothing if there are no more.
    fn truncate(&mut self, len: usize);

    /// Computes `tokens` after those in the cache; afterwards [`Self::logits`] are those of the
    /// last one. Dropping the future halfway leaves the cache with the tokens that were finished.
    ///
    /// # Errors
    /// Nothing has changed when `ContextFull`, `ArenaFull` or `UnknownToken` is returned.
    fn extend(
        &mut self,
        tokens: &[TokenId],
        pacer: &impl Pacer,
    ) -> impl Future<Output = Result<(), ForwardError>>;

    /// As [`Self::extend`], but computes the logits of every token and shows each set to `visit`
    /// with the index of its token in `tokens`. A model that computes several tokens at once for
    /// less than one at a time does so here.
    ///
    /// # Errors
    /// As [`Self::extend`]; the tokens before the one that failed may be computed.
    fn extend_each(
        &mut self,
        tokens: &[TokenId],
        pacer: &impl Pacer,
        mut visit: impl FnMut(usize, &[f32]),
    ) -> impl Future<Output = Result<(), ForwardError>> {
        async move {
            for (index, token) in tokens.iter().enumerate() {
                self.extend(core::slice::from_ref(token), pacer).await?;
                visit(index, self.logits());
            }
            Ok(())
        }
    }

    /// What was computed of the first `len` tokens in the cache, as at most `most_bytes` bytes, which
    /// [`Self::restore_prefix`] takes in place of computing it again.
    ///
    /// # Errors
    /// The model has no such state, fewer tokens are computed, or the bytes are too many or find no
    /// memory.
    fn save_prefix(&self, len: usize, most_bytes: usize) -> Result<Vec<u8>, PrefixError> {
        let _ = (len, most_bytes);
        Err(PrefixError::Unsupported)
    }

    /// Fills the cache, which has to be empty, with what `tokens` and those saved in `bytes` begin
    /// with in common; returns how many tokens that are. There are no logits before the next
    /// [`Self::extend`].
    ///
    /// # Errors
    /// The model has no such state, or the bytes do not fit it, this machine or any of the tokens; the
    /// cache is still empty then.
    fn restore_prefix(&mut self, tokens: &[TokenId], bytes: &[u8]) -> Result<usize, PrefixError> {
        let _ = (tokens, bytes);
        Err(PrefixError::Unsupported)
    }

    /// The scores of every token of the vocabulary to come next, `(vocabulary)`, not normalised;
    /// empty before the first [`Self::extend`].
    fn logits(&self) -> &[f32];
}
