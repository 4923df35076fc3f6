//! The engine: a GGUF file as a [`LanguageModel`].

mod batch;
mod error;
mod examine;
pub(crate) mod forward;
mod prefix;
mod sequences;
#[cfg(test)]
mod tests;

pub use batch::{BatchError, Extension};
pub use error::{LoadError, MemoryRefusal};
pub use examine::{Examined, examine};
pub use prefix::PrefixError;
pub use sequences::{SequenceError, SequenceId};

use crate::{
    config::Config,
    gguf::Gguf,
    kv::KvArena,
    message::map_json_texts,
    model::{
        ForwardError, LanguageModel, Message, ModelInfo, SpecialTokens, TemplateError, TokenId,
    },
    plan::{BATCH_TOKENS, MIN_CONTEXT, MemoryPlan, OUTPUT_ROWS},
    template::{ChatTemplate, Context, Warning},
    tokenizer::Tokenizer,
    weights::Weights,
};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::any::Any;
use forward::{Network, Scratch};
use llm_tensor::{CpuFeatures, TensorType};
use sequences::Sequences;
use system_platform::{ComputePool, Pacer};

/// Multiply-adds between two checkpoints that suit a machine under emulation (some milliseconds
/// at a thousand million a second) and cost nothing on silicon.
pub const DEFAULT_QUANTUM: usize = 6_000_000;

/// How to load a model.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Tokens of context; `None` for what the model was trained for, or as many of them as there
    /// is memory for.
    pub context: Option<usize>,
    /// The largest context that is taken when none is asked for.
    pub most_context: usize,
    /// Tokens for which there is room beside one whole context, for other sequences.
    pub extra_tokens: usize,
    /// Bytes that may be taken; `None` where nobody knows (a refused allocation is then the only
    /// limit).
    pub available_bytes: Option<u64>,
    /// What the CPUs of the pool can do.
    pub cpu: CpuFeatures,
    /// Multiply-adds between two checkpoints, about.
    pub quantum: usize,
    /// Whether to copy the weights into panels, if there is memory for that.
    pub panels: bool,
}

impl Options {
    /// The whole context, no room beside it, no limit on memory, [`DEFAULT_QUANTUM`], panels where the CPU prefers
    /// them.
    pub const fn new(cpu: CpuFeatures) -> Self {
        Self {
            context: None,
            most_context: usize::MAX,
            extra_tokens: 0,
            available_bytes: None,
            cpu,
            quantum: DEFAULT_QUANTUM,
            panels: cpu.prefers_panels(),
        }
    }
}

/// A loaded model with its sequences: a main one, which is what [`LanguageModel`] speaks of, and
/// others beside it. They share the memory for keys and values, and what a fork has in common with
/// its parent is there once.
pub struct Engine<'m> {
    info: ModelInfo,
    network: Network<'m>,
    tokenizer: Tokenizer,
    template: ChatTemplate,
    template_warning: Option<Warning>,
    /// The template's source, whether it can be used or not.
    template_source: Option<&'m str>,
    /// Tools for the template to describe, with special tokens in their texts shielded.
    tools: Option<serde_json::Value>,
    plan: MemoryPlan,
    arena: KvArena,
    sequences: Sequences,
    scratch: Scratch,
    /// Who holds the memory of the file. The last field, so that it goes when nothing reads the file
    /// any more.
    keeper: Option<Box<dyn Any>>,
}

impl<'m> Engine<'m> {
    /// Loads the model in `file`, whose weights are used where they lie; where the CPU prefers
    /// them in panels and there is memory for that, a copy is used.
    ///
    /// # Errors
    /// What is wrong with the file and where, or how much memory is missing. Nothing stays
    /// allocated.
    pub fn load(
        file: &'m [u8],
        options: Options,
        pool: &'m dyn ComputePool,
    ) -> Result<Self, LoadError> {
        let gguf = Gguf::parse(file)?;
        let config = Config::from_gguf(&gguf)?;
        if config.family().is_encoder {
            return Err(LoadError::Encoder(config.architecture));
        }
        let mut weights = Weights::from_gguf(&gguf, &config)?;
        let mut plan = plan(&gguf, &config, &options)?;
        let tokenizer = Tokenizer::from_gguf(&gguf)?;
        let template_source = gguf.string("tokenizer.chat_template")?;
        let (template, template_warning) = ChatTemplate::from_source(template_source);
        let no_memory = |_| LoadError::AllocationFailed(plan);
        let arena = KvArena::new(config.layers, config.kv_heads, config.head_dim, plan.pages)
            .map_err(no_memory)?;
        let scratch = Scratch::new(&config, BATCH_TOKENS, OUTPUT_ROWS).map_err(no_memory)?;
        let mut sequences = Sequences::new(config.vocabulary).map_err(no_memory)?;
        sequences.main_mut().tokens.try_reserve_exact(plan.context).map_err(no_memory)?;
        let panels_bytes = weights.panels_bytes(options.cpu);
        let has_room =
            options.available_bytes.is_none_or(|bytes| plan.total() + panels_bytes <= bytes);
        if options.panels && has_room && weights.make_panels(options.cpu, pool).is_ok() {
            plan.weights = panels_bytes;
        }
        let info = describe(&gguf, &config)?;
        let network = Network::new(config, weights, options.cpu, pool, options.quantum);
        Ok(Self {
            info,
            network,
            tokenizer,
            template,
            template_warning,
            template_source,
            tools: None,
            plan,
            arena,
            sequences,
            scratch,
            keeper: None,
        })
    }

    /// The same model, which keeps `keeper` until all its other parts are gone: the owner of the
    /// memory that it was loaded from.
    #[must_use]
    pub fn kept_by(mut self, keeper: Box<dyn Any>) -> Self {
        self.keeper = Some(keeper);
        self
    }

    /// What was allocated.
    pub const fn memory_plan(&self) -> &MemoryPlan {
        &self.plan
    }

    /// The shape of the network.
    pub const fn config(&self) -> &Config {
        &self.network.config
    }

    /// The tokenizer.
    pub const fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Why conversations are not rendered with the model's own template, if they are not.
    pub const fn template_warning(&self) -> Option<&Warning> {
        self.template_warning.as_ref()
    }

    /// The sequence that [`LanguageModel`] speaks of.
    pub const fn main_sequence(&self) -> SequenceId {
        Sequences::MAIN
    }

    /// Makes an empty sequence. It takes pages only as it is extended.
    ///
    /// # Errors
    /// There is no memory for its logits.
    pub fn create_sequence(&mut self) -> Result<SequenceId, SequenceError> {
        self.sequences.create()
    }

    /// Makes a sequence that goes on where `of` stands, with its tokens and logits. What both have
    /// computed is shared; a page that one of them writes to is copied then.
    ///
    /// # Errors
    /// There is no such sequence, or no memory for the logits.
    pub fn fork_sequence(&mut self, of: SequenceId) -> Result<SequenceId, SequenceError> {
        self.sequences.fork(of, &mut self.arena)
    }

    /// Removes a sequence; pages that no other shares become free.
    ///
    /// # Errors
    /// There is no such sequence, or it is the main one.
    pub fn free_sequence(&mut self, id: SequenceId) -> Result<(), SequenceError> {
        self.sequences.free(id, &mut self.arena)
    }

    /// As [`LanguageModel::truncate`].
    ///
    /// # Errors
    /// There is no such sequence.
    pub fn truncate_sequence(&mut self, id: SequenceId, len: usize) -> Result<(), SequenceError> {
        self.sequences.get_mut(id)?.truncate(len, &mut self.arena);
        Ok(())
    }

    /// The tokens of a sequence that are computed, oldest first.
    ///
    /// # Errors
    /// There is no such sequence.
    pub fn sequence_tokens(&self, id: SequenceId) -> Result<&[TokenId], SequenceError> {
        Ok(&self.sequences.get(id)?.tokens)
    }

    /// As [`LanguageModel::logits`].
    ///
    /// # Errors
    /// There is no such sequence.
    pub fn sequence_logits(&self, id: SequenceId) -> Result<&[f32], SequenceError> {
        let sequence = self.sequences.get(id)?;
        Ok(if sequence.has_logits { &sequence.logits } else { &[] })
    }

    /// The memory for keys and values of all sequences.
    pub const fn kv_arena(&self) -> &KvArena {
        &self.arena
    }

    async fn extend_main(
        &mut self,
        extension: Extension<'_>,
        pacer: &impl Pacer,
        visit: impl FnMut(usize, usize, &[f32]),
    ) -> Result<(), ForwardError> {
        let result = self.extend_batch(&[extension], Self::MAX_PASS_TOKENS, pacer, visit).await;
        result.map_err(|error| match error {
            BatchError::ContextFull { needed, limit, .. } => {
                ForwardError::ContextFull { needed, limit }
            }
            BatchError::ArenaFull { needed_pages, free_pages, .. } => {
                ForwardError::ArenaFull { needed_pages, free_pages }
            }
            BatchError::UnknownToken { token, .. } => ForwardError::UnknownToken(token),
            BatchError::NotANumber { .. } => ForwardError::NotANumber,
            BatchError::UnknownSequence(_) | BatchError::RepeatedSequence(_) => {
                unreachable!("the main sequence is there and named once")
            }
        })
    }
}

/// The plan to load by, if memory allows one.
fn plan(gguf: &Gguf<'_>, config: &Config, options: &Options) -> Result<MemoryPlan, LoadError> {
    let merges = merges(gguf)?;
    let wanted = options.context.unwrap_or(config.trained_context.min(options.most_context));
    if wanted == 0 || wanted > config.trained_context {
        return Err(LoadError::ContextOutOfRange { wanted, trained: config.trained_context });
    }
    let extra = options.extra_tokens;
    let plan = MemoryPlan::new(config, merges, wanted, extra);
    let Some(available) = options.available_bytes else { return Ok(plan) };
    if plan.total() <= available {
        return Ok(plan);
    }
    let largest = MemoryPlan::largest(config, merges, wanted, extra, available);
    match (options.context, largest) {
        (None, Some(largest)) => Ok(largest),
        _ => Err(LoadError::TooLittleMemory(Box::new(MemoryRefusal {
            needed: plan,
            available,
            largest,
            smallest: MemoryPlan::new(config, merges, MIN_CONTEXT.min(wanted), extra),
        }))),
    }
}

/// How many merges the tokenizer has.
fn merges(gguf: &Gguf<'_>) -> Result<usize, LoadError> {
    Ok(gguf.strings("tokenizer.ggml.merges")?.map_or(0, |merges| merges.len()))
}

/// The longest fine-tune that is part of a name; longer ones are notes of the training run.
const MAX_FINETUNE_LEN: usize = 12;

/// `basename-size` with the fine-tune where it is one short word, as such files are named; else
/// the name in the file, else its architecture.
fn display_name(gguf: &Gguf<'_>, config: &Config) -> Result<String, LoadError> {
    let present = |key| Ok::<_, LoadError>(gguf.string(key)?.filter(|text| !text.is_empty()));
    let (Some(base), Some(size)) = (present("general.basename")?, present("general.size_label")?)
    else {
        return Ok(present("general.name")?.unwrap_or(config.architecture.name()).to_string());
    };
    let is_word = |text: &&str| {
        text.chars().count() <= MAX_FINETUNE_LEN && text.chars().all(char::is_alphanumeric)
    };
    Ok(match present("general.finetune")?.filter(is_word) {
        Some(finetune) => format!("{base}-{size}-{finetune}"),
        None => format!("{base}-{size}"),
    })
}

/// What the file says of itself.
pub(crate) fn describe(gguf: &Gguf<'_>, config: &Config) -> Result<ModelInfo, LoadError> {
    let parameters = |kind: Option<TensorType>| {
        gguf.tensors()
            .iter()
            .filter(|tensor| kind.is_none_or(|kind| tensor.kind == kind))
            .map(|tensor| tensor.element_count() as u64)
            .sum::<u64>()
    };
    let main_type = TensorType::ALL.into_iter().max_by_key(|&kind| parameters(Some(kind)));
    Ok(ModelInfo {
        name: display_name(gguf, config)?,
        architecture: config.architecture.to_string(),
        quantization: main_type.map_or_else(String::new, |kind| kind.to_string()),
        parameters: parameters(None),
        size_bytes: gguf.file().len() as u64,
        layers: config.layers,
        embedding_length: config.embedding_length,
        vocabulary: config.vocabulary,
        trained_context: config.trained_context,
        fingerprint: gguf.fingerprint(),
    })
}

impl LanguageModel for Engine<'_> {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn context_limit(&self) -> usize {
        self.plan.context
    }

    fn encode(&self, text: &str, special: SpecialTokens) -> Vec<TokenId> {
        self.tokenizer.encode(text, special)
    }

    fn encode_after(&self, before: &str, text: &str, special: SpecialTokens) -> Vec<TokenId> {
        self.tokenizer.encode_after(before, text, special)
    }

    fn token_bytes(&self, token: TokenId) -> &[u8] {
        self.tokenizer.token_bytes(token)
    }

    fn ends_turn(&self, token: TokenId) -> bool {
        self.tokenizer.ends_turn(token)
    }

    fn render(
        &self,
        messages: &[Message],
        add_generation_prompt: bool,
    ) -> Result<String, TemplateError> {
        let shield = |text: &str| self.tokenizer.shield(text).into_owned();
        let messages: Vec<Message> =
            messages.iter().map(|message| message.map_texts(&shield)).collect();
        let spelling = |token: Option<TokenId>| {
            token.map(|token| self.tokenizer.spelling(token)).unwrap_or_default()
        };
        let bos_token = spelling(self.tokenizer.bos());
        let mut rendered = self.template.render(&Context {
            messages: &messages,
            add_generation_prompt,
            bos_token: &bos_token,
            eos_token: &spelling(self.tokenizer.eos()),
            tools: self.tools.as_ref(),
            now: None,
        })?;
        // Some templates leave it to whoever encodes the text.
        if self.tokenizer.adds_bos() && !rendered.starts_with(&*bos_token) {
            rendered.insert_str(0, &bos_token);
        }
        Ok(rendered)
    }

    fn chat_template(&self) -> Option<&str> {
        self.template_source
    }

    fn takes_results(&self) -> bool {
        self.template.takes_results()
    }

    fn describe_tools(&mut self, tools: Option<&serde_json::Value>) -> bool {
        let takes_tools = self.template.takes_tools();
        if takes_tools {
            let shield = |text: &str| self.tokenizer.shield(text).into_owned();
            self.tools = tools.map(|tools| map_json_texts(tools, &shield));
        }
        takes_tools
    }

    fn computed(&self) -> &[TokenId] {
        &self.sequences.main().tokens
    }

    fn truncate(&mut self, len: usize) {
        self.sequences.main_mut().truncate(len, &mut self.arena);
    }

    async fn extend(&mut self, tokens: &[TokenId], pacer: &impl Pacer) -> Result<(), ForwardError> {
        self.extend_main(Extension::new(Sequences::MAIN, tokens), pacer, |_, _, _| ()).await
    }

    async fn extend_each(
        &mut self,
        tokens: &[TokenId],
        pacer: &impl Pacer,
        mut visit: impl FnMut(usize, &[f32]),
    ) -> Result<(), ForwardError> {
        let extension = Extension { sequence: Sequences::MAIN, tokens, wants_each: true };
        self.extend_main(extension, pacer, |_, token, logits| visit(token, logits)).await
    }

    fn save_prefix(&self, len: usize, most_bytes: usize) -> Result<Vec<u8>, PrefixError> {
        self.save_sequence_prefix(Sequences::MAIN, len, most_bytes)
    }

    fn restore_prefix(&mut self, tokens: &[TokenId], bytes: &[u8]) -> Result<usize, PrefixError> {
        self.restore_sequence_prefix(Sequences::MAIN, tokens, bytes)
    }

    fn logits(&self) -> &[f32] {
        let main = self.sequences.main();
        if main.has_logits { &main.logits } else { &[] }
    }
}
