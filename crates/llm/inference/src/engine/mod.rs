//! The engine: a GGUF file as a [`LanguageModel`].

mod error;
mod forward;
#[cfg(test)]
mod tests;

pub use error::{LoadError, MemoryRefusal};

use crate::{
    config::{ARCHITECTURE, Config},
    gguf::Gguf,
    kv_cache::KvCache,
    model::{
        ForwardError, LanguageModel, Message, ModelInfo, SpecialTokens, TemplateError, TokenId,
    },
    plan::{BATCH_TOKENS, MIN_CONTEXT, MemoryPlan},
    rope::Rope,
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
use forward::{Network, Scratch};
use llm_tensor::{CpuFeatures, TensorType, vector::is_finite};
use system_platform::{ComputePool, Pacer};

/// Multiply-adds between two checkpoints that suit a machine under emulation (a few milliseconds
/// at 500 million a second) and cost nothing on silicon.
pub const DEFAULT_QUANTUM: usize = 1_500_000;

/// How to load a model.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Tokens of context; `None` for what the model was trained for, or as many of them as there
    /// is memory for.
    pub context: Option<usize>,
    /// The largest context that is taken when none is asked for.
    pub most_context: usize,
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
    /// The whole context, no limit on memory, [`DEFAULT_QUANTUM`], panels where the CPU prefers
    /// them.
    pub const fn new(cpu: CpuFeatures) -> Self {
        Self {
            context: None,
            most_context: usize::MAX,
            available_bytes: None,
            cpu,
            quantum: DEFAULT_QUANTUM,
            panels: cpu.prefers_panels(),
        }
    }
}

/// A loaded model with its sequence.
pub struct Engine<'m> {
    info: ModelInfo,
    network: Network<'m>,
    tokenizer: Tokenizer,
    template: ChatTemplate,
    template_warning: Option<Warning>,
    plan: MemoryPlan,
    cache: KvCache,
    scratch: Scratch,
    computed: Vec<TokenId>,
    /// `(vocabulary)`
    logits: Vec<f32>,
    /// Whether `logits` belong to the last computed token.
    has_logits: bool,
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
        let mut weights = Weights::from_gguf(&gguf, &config)?;
        let workers = pool.workers();
        let mut plan = plan(&gguf, &config, &options, workers)?;
        let tokenizer = Tokenizer::from_gguf(&gguf)?;
        let (template, template_warning) =
            ChatTemplate::from_source(gguf.string("tokenizer.chat_template")?);
        let no_memory = |_| LoadError::AllocationFailed(plan);
        let cache = KvCache::new(config.layers, config.kv_heads, config.head_dim, plan.context)
            .map_err(no_memory)?;
        let scratch = Scratch::new(&config, plan.context, workers).map_err(no_memory)?;
        let mut computed = Vec::new();
        computed.try_reserve_exact(plan.context).map_err(no_memory)?;
        let mut logits = Vec::new();
        logits.try_reserve_exact(config.vocabulary).map_err(no_memory)?;
        logits.resize(config.vocabulary, 0.0);
        let panels_bytes = weights.panels_bytes();
        let has_room =
            options.available_bytes.is_none_or(|bytes| plan.total() + panels_bytes <= bytes);
        if options.panels && has_room && weights.make_panels(pool).is_ok() {
            plan.weights = panels_bytes;
        }
        let info = describe(&gguf, &config)?;
        let rope = Rope::new(&config, &weights.rope_factors);
        let quantum = options.quantum.max(1);
        let network = Network { config, weights, rope, cpu: options.cpu, pool, quantum };
        Ok(Self {
            info,
            network,
            tokenizer,
            template,
            template_warning,
            plan,
            cache,
            scratch,
            computed,
            logits,
            has_logits: false,
        })
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

    /// As [`LanguageModel::extend`], but computes the logits of every token and shows each set to
    /// `visit` with the index of its token in `tokens`.
    ///
    /// # Errors
    /// As [`LanguageModel::extend`].
    pub async fn extend_each(
        &mut self,
        tokens: &[TokenId],
        pacer: &impl Pacer,
        mut visit: impl FnMut(usize, &[f32]),
    ) -> Result<(), ForwardError> {
        self.compute(tokens, true, pacer, &mut visit).await
    }

    async fn compute(
        &mut self,
        tokens: &[TokenId],
        wants_each: bool,
        pacer: &impl Pacer,
        visit: &mut impl FnMut(usize, &[f32]),
    ) -> Result<(), ForwardError> {
        let limit = self.cache.capacity();
        let needed = self.computed.len() + tokens.len();
        if needed > limit {
            return Err(ForwardError::ContextFull { needed, limit });
        }
        let is_known = |token: &&TokenId| (token.0 as usize) < self.info.vocabulary;
        if let Some(&token) = tokens.iter().find(|token| !is_known(token)) {
            return Err(ForwardError::UnknownToken(token));
        }
        if tokens.is_empty() {
            return Ok(());
        }
        self.has_logits = false;
        for (batch, chunk) in tokens.chunks(BATCH_TOKENS).enumerate() {
            let first = self.computed.len();
            self.network.run_layers(chunk, first, &mut self.cache, &mut self.scratch, pacer).await;
            let start = batch * BATCH_TOKENS;
            for index in 0..chunk.len() {
                if !wants_each && start + index + 1 < tokens.len() {
                    continue;
                }
                self.network.run_output(index, &mut self.scratch, &mut self.logits, pacer).await;
                if !is_finite(self.network.cpu, &self.logits) {
                    return Err(ForwardError::NotANumber);
                }
                visit(start + index, &self.logits);
            }
            // Only now: whoever drops this future halfway finds finished tokens only.
            self.computed.extend_from_slice(chunk);
        }
        self.has_logits = true;
        Ok(())
    }
}

/// The plan to load by, if memory allows one.
fn plan(
    gguf: &Gguf<'_>,
    config: &Config,
    options: &Options,
    workers: usize,
) -> Result<MemoryPlan, LoadError> {
    let merges = gguf.strings("tokenizer.ggml.merges")?.map_or(0, |merges| merges.len());
    let wanted = options.context.unwrap_or(config.trained_context.min(options.most_context));
    if wanted == 0 || wanted > config.trained_context {
        return Err(LoadError::ContextOutOfRange { wanted, trained: config.trained_context });
    }
    let plan = MemoryPlan::new(config, merges, wanted, workers);
    let Some(available) = options.available_bytes else { return Ok(plan) };
    if plan.total() <= available {
        return Ok(plan);
    }
    let largest = MemoryPlan::largest(config, merges, wanted, workers, available);
    match (options.context, largest) {
        (None, Some(largest)) => Ok(largest),
        _ => Err(LoadError::TooLittleMemory(Box::new(MemoryRefusal {
            needed: plan,
            available,
            largest,
            smallest: MemoryPlan::new(config, merges, MIN_CONTEXT.min(wanted), workers),
        }))),
    }
}

/// The longest fine-tune that is part of a name; longer ones are notes of the training run.
const MAX_FINETUNE_LEN: usize = 12;

/// `basename-size` with the fine-tune where it is one short word, as such files are named; else
/// the name in the file, else its architecture.
fn display_name(gguf: &Gguf<'_>) -> Result<String, LoadError> {
    let present = |key| Ok::<_, LoadError>(gguf.string(key)?.filter(|text| !text.is_empty()));
    let (Some(base), Some(size)) = (present("general.basename")?, present("general.size_label")?)
    else {
        return Ok(present("general.name")?.unwrap_or(ARCHITECTURE).to_string());
    };
    let is_word = |text: &&str| {
        text.chars().count() <= MAX_FINETUNE_LEN && text.chars().all(char::is_alphanumeric)
    };
    Ok(match present("general.finetune")?.filter(is_word) {
        Some(finetune) => format!("{base}-{size}-{finetune}"),
        None => format!("{base}-{size}"),
    })
}

fn describe(gguf: &Gguf<'_>, config: &Config) -> Result<ModelInfo, LoadError> {
    let parameters = |kind: Option<TensorType>| {
        gguf.tensors()
            .iter()
            .filter(|tensor| kind.is_none_or(|kind| tensor.kind == kind))
            .map(|tensor| tensor.element_count() as u64)
            .sum::<u64>()
    };
    let main_type = TensorType::ALL.into_iter().max_by_key(|&kind| parameters(Some(kind)));
    Ok(ModelInfo {
        name: display_name(gguf)?,
        architecture: ARCHITECTURE.to_string(),
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
        self.cache.capacity()
    }

    fn encode(&self, text: &str, special: SpecialTokens) -> Vec<TokenId> {
        self.tokenizer.encode(text, special)
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
        let messages: Vec<Message> = messages
            .iter()
            .map(|message| Message::new(message.role, self.tokenizer.shield(&message.content)))
            .collect();
        let spelling = |token: Option<TokenId>| {
            token.map(|token| self.tokenizer.spelling(token)).unwrap_or_default()
        };
        self.template.render(&Context {
            messages: &messages,
            add_generation_prompt,
            bos_token: &spelling(self.tokenizer.bos()),
            eos_token: &spelling(self.tokenizer.eos()),
            tools: None,
            now: None,
        })
    }

    fn computed(&self) -> &[TokenId] {
        &self.computed
    }

    fn truncate(&mut self, len: usize) {
        if len < self.computed.len() {
            self.computed.truncate(len);
            self.has_logits = false;
        }
    }

    async fn extend(&mut self, tokens: &[TokenId], pacer: &impl Pacer) -> Result<(), ForwardError> {
        self.compute(tokens, false, pacer, &mut |_, _| ()).await
    }

    fn logits(&self) -> &[f32] {
        if self.has_logits { &self.logits } else { &[] }
    }
}
