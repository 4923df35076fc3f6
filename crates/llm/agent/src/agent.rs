//! The agent itself: what it holds, and how a line of input finds its way.

use crate::{
    AgentEvent, ErrorSource, Host, Observer, Settings, Stats,
    calls::CallGrammar,
    command,
    models::ModelFile,
    outside_state::OutsideState,
    prompt::{MOST_DESCRIBED, SYSTEM_PROMPT, first_described},
    route::PreparedRouter,
    session::SessionKeeper,
    turn_index::TurnIndex,
};
use alloc::{
    collections::{BTreeMap, VecDeque},
    string::String,
    sync::Arc,
    vec::Vec,
};
use core::sync::atomic::AtomicBool;
use llm_context::{Budget, Turn, Usage, Window, WindowError, outside::without_marks};
use llm_inference::{
    grammar::GrammarError,
    model::{LanguageModel, Message, Role, TokenId},
    speculate::{SpeculationStats, Speculator},
};
use llm_memory::Memory;
use llm_tools::{Audit, Blocks, Grants, Registry, Schedule};
use system_platform::Pacer;

/// The most lines of input that are remembered.
pub(crate) const MAX_HISTORY: usize = 500;
/// The budget of the window where there is no model to ask.
const NO_MODEL_LIMIT: usize = 2048;

/// How an agent starts.
pub struct Config {
    /// Parameters as `/set` shows them.
    pub settings: Settings,
    /// Who the agent is told that it is.
    pub system_prompt: String,
    /// The tools.
    pub tools: Registry,
    /// What it may do.
    pub grants: Grants,
    /// Its name in the audit log.
    pub task: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            system_prompt: SYSTEM_PROMPT.into(),
            tools: Registry::built_in(),
            grants: Grants::attended(),
            task: "console".into(),
        }
    }
}

/// The one user process: a conversation, the model that takes part in it, and its tools.
///
/// Without a model (`None`) commands and tools work, and text gets a clear message.
pub struct Agent<'h, M> {
    pub(crate) model: Option<M>,
    pub(crate) host: &'h dyn Host,
    pub(crate) tools: Registry,
    pub(crate) task: String,
    pub(crate) grants: Grants,
    pub(crate) audit: Audit,
    pub(crate) memory: Memory,
    pub(crate) blocks: Blocks,
    pub(crate) schedule: Schedule,
    /// Whether a person is there to be asked.
    pub(crate) is_attended: bool,
    /// Whether a call of the turn under way has brought text that somebody else wrote.
    pub(crate) is_tainted: bool,
    /// The tool that the person asks for in the turn under way, judged by the person's words alone.
    pub(crate) asked_tool: Option<String>,
    /// What of the memories, the schedule and the blocks holds text that somebody else wrote.
    pub(crate) outside_state: OutsideState,
    pub(crate) settings: Settings,
    pub(crate) system_prompt: String,
    pub(crate) window: Window,
    /// Names of the tools that the model is told of, if it calls them by itself.
    pub(crate) described: Vec<String>,
    /// The most that it can be told of in its window.
    pub(crate) most_described: usize,
    /// The turns by their meaning.
    pub(crate) turn_index: TurnIndex,
    /// Name of the conversation at hand.
    pub(crate) branch: String,
    /// The other conversations, by name.
    pub(crate) branches: BTreeMap<String, Window>,
    /// Conversations that `/save` keeps, by name.
    pub(crate) saved: BTreeMap<String, Vec<Arc<Turn>>>,
    /// How often replies were tried again, which gives each try chances of its own.
    pub(crate) regenerations: u64,
    pub(crate) router: Option<PreparedRouter>,
    pub(crate) history: VecDeque<String>,
    /// How many lines of input were forgotten before the first that is remembered.
    pub(crate) forgotten_lines: u64,
    /// What of all this is in a store, if the session was resumed from one.
    pub(crate) session: Option<SessionKeeper>,
    pub(crate) stats: Stats,
    pub(crate) speculator: Speculator,
    /// Made when it is first needed, as that takes a moment; an error was told then.
    pub(crate) call_grammar: Option<Result<CallGrammar, GrammarError>>,
    /// The model that the person wants in place of this one.
    pub(crate) model_request: Option<ModelFile>,
    /// The pinned tokens whose state the store has, or was found not to take.
    pub(crate) kept_start: Vec<TokenId>,
}

impl<'h, M: LanguageModel> Agent<'h, M> {
    /// An agent with an empty conversation.
    ///
    /// # Errors
    /// A system prompt that leaves no room in the model's window, or a template that cannot be
    /// rendered.
    pub fn new(model: Option<M>, host: &'h dyn Host, config: Config) -> Result<Self, WindowError> {
        let limit = model.as_ref().map_or(NO_MODEL_LIMIT, LanguageModel::context_limit);
        let mut agent = Self {
            window: Window::new(Budget::new(limit, config.settings.reserve)),
            model,
            host,
            tools: config.tools,
            task: config.task,
            grants: config.grants,
            audit: Audit::default(),
            memory: Memory::default(),
            blocks: Blocks::default(),
            schedule: Schedule::default(),
            is_attended: true,
            is_tainted: false,
            asked_tool: None,
            outside_state: OutsideState::default(),
            settings: config.settings,
            system_prompt: config.system_prompt,
            described: Vec::new(),
            most_described: MOST_DESCRIBED,
            turn_index: TurnIndex::default(),
            branch: "main".into(),
            branches: BTreeMap::new(),
            saved: BTreeMap::new(),
            regenerations: 0,
            router: None,
            history: VecDeque::new(),
            forgotten_lines: 0,
            session: None,
            stats: Stats::default(),
            speculator: Speculator::new(),
            call_grammar: None,
            model_request: None,
            kept_start: Vec::new(),
        };
        agent.described = first_described(&agent.tools, &host.facilities());
        agent.begin()?;
        Ok(agent)
    }

    /// Takes a line of input: a slash command, or text for the model. Returns when it has been
    /// dealt with wholly; everything that happens is told to `observer`. Setting `cancel` stops a
    /// reply within one step of the pacer and keeps what was said; the caller clears the flag.
    pub async fn process_input<O: Observer + ?Sized>(
        &mut self,
        line: &str,
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) {
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        observer.on_event(&AgentEvent::Input { text: line });
        self.remember(line);
        match line.strip_prefix('/') {
            Some(command) => command::run(self, command, pacer, observer, cancel).await,
            None => self.converse(line, pacer, observer, cancel).await,
        }
    }

    /// Computes, while nothing else is to be done, what the next prompt will begin with, so that
    /// the first word of the answer comes sooner. Stops where it is when `cancel` is set, and goes
    /// on from there the next time. Returns whether all is computed.
    pub async fn warm_up<O: Observer + ?Sized>(
        &mut self,
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) -> bool {
        self.compute_window(pacer, observer, cancel).await
    }

    /// The model, if there is one.
    pub const fn model(&self) -> Option<&M> {
        self.model.as_ref()
    }

    /// The model, when the conversation is over.
    pub fn into_model(self) -> Option<M> {
        self.model
    }

    /// The context window in numbers.
    pub fn usage(&self) -> Usage {
        self.window.usage()
    }

    /// Counts and times since the start.
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// What came of drafting what the text already says.
    pub const fn speculation(&self) -> SpeculationStats {
        self.speculator.stats()
    }

    /// The parameters.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The tools.
    pub const fn tools(&self) -> &Registry {
        &self.tools
    }

    /// The last messages of the conversation, at most `most`, oldest first, as the person was shown them:
    /// what was asked and what was answered.
    pub fn conversation(&self, most: usize) -> Vec<(Role, String)> {
        let messages = self.window.turns().flat_map(|turn| turn.messages);
        let is_said = |message: &&Message| {
            matches!(message.role, Role::User | Role::Assistant)
                && !message.content.trim().is_empty()
        };
        let said: Vec<&Message> = messages.filter(is_said).collect();
        let from = said.len().saturating_sub(most);
        said[from..].iter().map(|it| (it.role, without_marks(it.content.trim()))).collect()
    }

    /// Whether all that the next prompt begins with is computed.
    pub fn is_warm(&self) -> bool {
        self.model.as_ref().is_none_or(|model| model.computed() == self.window.tokens())
    }

    /// The lines entered so far, oldest first.
    pub fn history(&self) -> impl ExactSizeIterator<Item = &str> {
        self.history.iter().map(String::as_str)
    }

    pub(crate) fn report_context<O: Observer + ?Sized>(&self, observer: &O) {
        observer.on_event(&AgentEvent::Context(self.window.usage()));
    }

    fn remember(&mut self, line: &str) {
        if self.history.len() == MAX_HISTORY {
            self.history.pop_front();
            self.forgotten_lines += 1;
        }
        self.history.push_back(line.into());
    }
}

/// Tells `observer` of an error.
pub(crate) fn report_error<O: Observer + ?Sized>(observer: &O, source: ErrorSource, message: &str) {
    observer.on_event(&AgentEvent::Error { source, message });
}
