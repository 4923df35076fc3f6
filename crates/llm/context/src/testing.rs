//! A scripted model: bytes for tokens, ChatML for a template, replies written by the test.
//!
//! It counts what it computes, so that tests can prove that nothing is computed twice.

use alloc::{collections::VecDeque, string::String, vec::Vec};
use core::{cell::Cell, mem};
use llm_inference::{
    model::{
        ForwardError, LanguageModel, Message, ModelInfo, Role, SpecialTokens, TemplateError,
        TokenId,
    },
    template::{ChatTemplate, Context},
};
use system_platform::Pacer;

/// The token that opens a message.
pub const START: TokenId = TokenId(256);
/// The token that closes a message and ends a reply.
pub const END: TokenId = TokenId(257);
/// The token that [`ScriptedModel::with_marker`] names.
pub const MARKER: TokenId = TokenId(258);
const VOCABULARY: usize = 259;
/// Breaks up special tokens that are spelled out in a message's content.
const BREAK: char = '\u{E000}';

/// How the scripted model renders conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// Every message has a text of its own.
    ChatMl,
    /// The number of messages stands at the start, so that every message changes all.
    Counting,
    /// Takes users and assistants by turns, as Gemma's does: a system message is an error, and so
    /// are two messages of one side. A tool's result counts as the user's.
    Alternating,
    /// As engines make of [`Self::Alternating`] what takes all: what the system and the user say up
    /// to a reply is one message.
    Folding,
    /// Leaves out a system message that is not the first.
    Forgetful,
    /// Cannot be rendered.
    Broken,
}

/// What the model says when it is asked for a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    /// These bytes, then the end of the turn.
    Say(Vec<u8>),
    /// These bytes again and again.
    Endless(Vec<u8>),
    /// The word that follows these bytes where they were computed last, else that it is not known:
    /// an answer that depends on what the prompt says.
    After(Vec<u8>),
    /// An error at the end of the prompt.
    Fail,
}

/// What [`Script::After`] says where the bytes are nowhere.
pub const UNKNOWN: &str = "I do not know.";

impl From<&str> for Script {
    fn from(text: &str) -> Self {
        Self::Say(text.as_bytes().to_vec())
    }
}

/// A language model that says what a test tells it to.
#[derive(Clone, Debug)]
pub struct ScriptedModel {
    info: ModelInfo,
    context_limit: usize,
    template: Template,
    chat_template: Option<ChatTemplate>,
    replies: VecDeque<Script>,
    current: Script,
    /// What [`Script::After`] has found for the current reply.
    found: Vec<u8>,
    /// Whether nobody has looked at the current reply yet.
    is_unasked: Cell<bool>,
    /// Length of the cache when the current reply began.
    reply_start: usize,
    computed: Vec<TokenId>,
    logits: Vec<f32>,
    computed_total: usize,
    bytes: Vec<u8>,
    template_text: Option<String>,
    marker: Option<String>,
    /// A reply begins behind these texts too.
    openings: Vec<String>,
    takes_results: bool,
}

impl ScriptedModel {
    /// A model with a context of `context_limit` tokens that gives `replies` one after the other;
    /// after the last it says nothing.
    pub fn new(context_limit: usize, replies: impl IntoIterator<Item = Script>) -> Self {
        let info = ModelInfo {
            name: "Scripted".into(),
            architecture: "script".into(),
            quantization: "none".into(),
            // Large enough to choose its tools by itself.
            parameters: 7_000_000_000,
            vocabulary: VOCABULARY,
            trained_context: context_limit,
            ..ModelInfo::default()
        };
        Self {
            info,
            context_limit,
            template: Template::ChatMl,
            chat_template: None,
            replies: replies.into_iter().collect(),
            current: Script::Say(Vec::new()),
            found: Vec::new(),
            is_unasked: Cell::new(false),
            reply_start: 0,
            computed: Vec::new(),
            logits: Vec::new(),
            computed_total: 0,
            bytes: (0..=255).collect(),
            template_text: None,
            marker: None,
            openings: Vec::new(),
            takes_results: true,
        }
    }

    /// The same model with so many weights: those with few do not choose their tools.
    pub const fn with_parameters(mut self, parameters: u64) -> Self {
        self.info.parameters = parameters;
        self
    }

    /// The same model, as if it were of this family.
    pub fn with_architecture(mut self, architecture: &str) -> Self {
        self.info.architecture = architecture.into();
        self
    }

    /// The same model, which says that this is the text of its chat template.
    pub fn with_template_text(mut self, text: &str) -> Self {
        self.template_text = Some(text.into());
        self
    }

    /// The same model with a control token of this spelling. Where a reply in a script has the
    /// spelling, the model says the token.
    pub fn with_marker(mut self, spelling: &str) -> Self {
        self.marker = Some(spelling.into());
        self
    }

    /// The same model, as if its template had no place for the results of tools.
    pub fn without_results(mut self) -> Self {
        self.takes_results = false;
        self
    }

    /// The same model, which is asked for a reply behind this text too: what others write in its place.
    pub fn with_opening(mut self, text: &str) -> Self {
        self.openings.push(text.into());
        self
    }

    /// The same model with another template.
    pub fn with_template(mut self, template: Template) -> Self {
        self.template = template;
        self
    }

    /// The same model with the template of a real one, which goes before [`Self::with_template`].
    pub fn with_chat_template(mut self, template: ChatTemplate) -> Self {
        self.chat_template = Some(template);
        self
    }

    /// Tokens computed since the start, those computed again included.
    pub const fn computed_total(&self) -> usize {
        self.computed_total
    }

    /// The cache as text; special tokens as ChatML spells them.
    pub fn computed_text(&self) -> String {
        let mut bytes = Vec::new();
        for token in &self.computed {
            match *token {
                START => bytes.extend_from_slice(b"<|im_start|>"),
                END => bytes.extend_from_slice(b"<|im_end|>"),
                MARKER => bytes.extend_from_slice(self.marker.as_deref().unwrap_or("").as_bytes()),
                TokenId(byte) => bytes.push(byte as u8),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The token that comes after the cache.
    fn next(&self) -> TokenId {
        let said = self.computed.len().saturating_sub(self.reply_start);
        let token = match &self.current {
            Script::Say(bytes) => self.said(bytes).nth(said),
            Script::Endless(bytes) => self.said(bytes).cycle().nth(said),
            Script::After(_) => self.said(&self.found).nth(said),
            Script::Fail => None,
        };
        token.unwrap_or(END)
    }

    /// The word behind the last `phrase` in the cache.
    fn word_after(&self, phrase: &[u8]) -> Vec<u8> {
        // Special tokens are no bytes, so no phrase goes across them.
        let is_at = |at: &usize| {
            let found = self.computed[*at..].iter().take(phrase.len());
            found.map(|token| token.0).eq(phrase.iter().map(|byte| u32::from(*byte)))
        };
        let Some(at) = (0..self.computed.len()).rev().find(is_at) else {
            return UNKNOWN.into();
        };
        let behind = self.computed[at + phrase.len()..].iter().map_while(|token| {
            let byte = u8::try_from(token.0).ok()?;
            byte.is_ascii_alphanumeric().then_some(byte)
        });
        behind.collect()
    }

    /// The tokens of a reply.
    fn said<'s>(&'s self, mut bytes: &'s [u8]) -> impl Iterator<Item = TokenId> + Clone + 's {
        let marker = self.marker.as_deref().map(str::as_bytes);
        core::iter::from_fn(move || {
            if let Some(after) = marker.and_then(|marker| bytes.strip_prefix(marker)) {
                bytes = after;
                return Some(MARKER);
            }
            let (&byte, after) = bytes.split_first()?;
            bytes = after;
            Some(TokenId(u32::from(byte)))
        })
    }

    fn begins_reply(&self) -> bool {
        let usual = "<|im_start|>assistant\n";
        let mut openings = self.openings.iter().map(String::as_str).chain([usual]);
        openings.any(|text| self.computed.ends_with(&self.encode(text, SpecialTokens::Parse)))
    }
}

/// Whether users and assistants take turns.
fn check_alternation(messages: &[Message]) -> Result<(), TemplateError> {
    let refuse = |message: &str| Err(TemplateError { message: message.into(), line: 1 });
    for (index, message) in messages.iter().enumerate() {
        if message.role == Role::System {
            return refuse("system role not supported");
        }
        if (message.role == Role::Assistant) != (index % 2 == 1) {
            return refuse("roles must alternate");
        }
    }
    Ok(())
}

/// Messages of users and assistants that take turns.
fn folded(messages: Vec<Message>) -> Vec<Message> {
    let mut folded: Vec<Message> = Vec::new();
    for message in messages {
        let is_reply = message.role == Role::Assistant;
        match folded.last_mut() {
            Some(last) if !is_reply && last.role == Role::User => {
                last.content.push_str("\n\n");
                last.content.push_str(&message.content);
            }
            _ if is_reply => folded.push(message),
            _ => folded.push(Message::new(Role::User, message.content)),
        }
    }
    folded
}

impl LanguageModel for ScriptedModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn context_limit(&self) -> usize {
        self.context_limit
    }

    fn encode(&self, text: &str, special: SpecialTokens) -> Vec<TokenId> {
        let mut tokens = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if special == SpecialTokens::Parse {
                let marker = self.marker.as_deref().map(|marker| (marker, MARKER));
                let found = [("<|im_start|>", START), ("<|im_end|>", END)]
                    .into_iter()
                    .chain(marker)
                    .find_map(|(text, token)| Some((rest.strip_prefix(text)?, token)));
                if let Some((after, token)) = found {
                    tokens.push(token);
                    rest = after;
                    continue;
                }
            }
            let (character, after) = rest.split_at(first.len_utf8());
            if first != BREAK {
                tokens.extend(character.bytes().map(|byte| TokenId(u32::from(byte))));
            }
            rest = after;
        }
        tokens
    }

    fn token_bytes(&self, token: TokenId) -> &[u8] {
        let index = token.0 as usize;
        self.bytes.get(index..=index).unwrap_or_default()
    }

    fn ends_turn(&self, token: TokenId) -> bool {
        token == END
    }

    fn render(
        &self,
        messages: &[Message],
        add_generation_prompt: bool,
    ) -> Result<String, TemplateError> {
        let mut text = String::new();
        let mut messages = messages.to_vec();
        let shield = |text: &str| {
            let controls = ["<|"].into_iter().chain(self.marker.as_deref());
            controls.fold(String::from(text), |text, control| {
                let (first, rest) = control.split_at(1);
                text.replace(control, &alloc::format!("{first}{BREAK}{rest}"))
            })
        };
        messages.iter_mut().for_each(|message| *message = message.map_texts(&shield));
        if let Some(template) = &self.chat_template {
            return template.render(&Context {
                messages: &messages,
                add_generation_prompt,
                bos_token: "<s>",
                eos_token: "</s>",
                ..Context::default()
            });
        }
        match self.template {
            Template::ChatMl => {}
            Template::Alternating => check_alternation(&messages)?,
            Template::Folding => messages = folded(messages),
            Template::Forgetful => {
                let mut is_first = true;
                messages.retain(|message| mem::take(&mut is_first) || message.role != Role::System);
            }
            Template::Counting => text.push_str(&alloc::format!("{} messages\n", messages.len())),
            Template::Broken => {
                return Err(TemplateError { message: "broken on purpose".into(), line: 1 });
            }
        }
        for message in &messages {
            let Message { role, content, .. } = message;
            let role = role.as_str();
            text.push_str(&alloc::format!("<|im_start|>{role}\n{content}<|im_end|>\n"));
        }
        if add_generation_prompt {
            text.push_str("<|im_start|>assistant\n");
        }
        Ok(text)
    }

    fn takes_results(&self) -> bool {
        self.takes_results && self.chat_template.as_ref().is_none_or(ChatTemplate::takes_results)
    }

    fn chat_template(&self) -> Option<&str> {
        self.template_text.as_deref()
    }

    fn computed(&self) -> &[TokenId] {
        &self.computed
    }

    fn truncate(&mut self, len: usize) {
        self.computed.truncate(len);
    }

    async fn extend(&mut self, tokens: &[TokenId], pacer: &impl Pacer) -> Result<(), ForwardError> {
        let needed = self.computed.len() + tokens.len();
        if needed > self.context_limit {
            return Err(ForwardError::ContextFull { needed, limit: self.context_limit });
        }
        if let Some(unknown) = tokens.iter().find(|token| token.0 as usize >= VOCABULARY) {
            return Err(ForwardError::UnknownToken(*unknown));
        }
        // A part of a prompt may end where an earlier reply begins: then nobody asks for another.
        if self.is_unasked.take() {
            let current = mem::replace(&mut self.current, Script::Say(Vec::new()));
            self.replies.push_front(current);
        }
        for token in tokens {
            pacer.checkpoint().await;
            self.computed.push(*token);
            self.computed_total += 1;
        }
        // Only a prompt that ends here asks for a reply: openings further up belong to replies that
        // have been given.
        if self.begins_reply() {
            self.current = self.replies.pop_front().unwrap_or(Script::Say(Vec::new()));
            self.reply_start = self.computed.len();
            self.is_unasked.set(self.current != Script::Fail);
            if self.current == Script::Fail {
                return Err(ForwardError::NotANumber);
            }
            if let Script::After(phrase) = &self.current {
                self.found = self.word_after(phrase);
            }
        }
        let next = self.next();
        self.logits.clear();
        self.logits.resize(VOCABULARY, 0.0);
        self.logits[next.0 as usize] = 20.0;
        Ok(())
    }

    fn logits(&self) -> &[f32] {
        self.is_unasked.set(false);
        &self.logits
    }
}
