//! What every conversation begins with: who the agent is, the blocks that are always in view, and,
//! for models that call tools by themselves, which tools there are and how they are called.
//!
//! It is short because its tokens are computed before the first answer, at a few tokens a second on
//! an emulated machine. It ends with a turn of its own: templates that join the instructions with
//! what follows them then leave the conversation alone.

use crate::{
    Agent, ErrorSource, Observer,
    agent::report_error,
    calls::{CallFormat, ToolCall},
    descriptions::{functions, in_words},
    paging::Question,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use llm_context::{Window, WindowError};
use llm_inference::model::{LanguageModel, Message, Role};
use llm_tools::{Facility, Registry, Tool, colloquial::plain};
use serde_json::json;

/// Who the agent is.
pub const SYSTEM_PROMPT: &str = "You are a helpful AI assistant.";

/// The turn at the end of the pinned part.
const GREETING: [(Role, &str); 2] =
    [(Role::User, "Hello!"), (Role::Assistant, "Hello! How can I help you today?")];

/// The most tools that a model is told of at once.
pub(crate) const MOST_DESCRIBED: usize = 8;
/// So many of the likeliest tools must be among them.
const NEEDED: usize = 3;

/// What stands at the start of the window, and what it is made of.
pub(crate) struct Prompt<'a> {
    pub system_prompt: &'a str,
    /// The lines of the blocks.
    pub blocks: &'a str,
    /// The tools that the model is told of; none for one that is routed.
    pub described: Vec<&'a dyn Tool>,
}

impl Prompt<'_> {
    /// The messages to be pinned. The model's template is told of the tools where it takes them.
    pub fn messages<M: LanguageModel>(&self, model: &mut M) -> Vec<Message> {
        let mut text = format!("{}{}", self.system_prompt, self.blocks);
        if self.described.is_empty() {
            model.describe_tools(None);
        } else if !model.describe_tools(Some(&functions(self.described.iter().copied()))) {
            text.push_str(&self.tools_in_words(CallFormat::of(model)));
        }
        core::iter::once((Role::System, text.as_str()))
            .chain(GREETING)
            .map(|(role, content)| Message::new(role, content))
            .collect()
    }

    fn tools_in_words(&self, format: CallFormat) -> String {
        let call = |tool: &&dyn Tool| {
            let example = tool.examples().first()?;
            let arguments = serde_json::from_str(example.arguments).unwrap_or(json!({}));
            let call = ToolCall { id: "call00001".into(), name: tool.name().into(), arguments };
            Some(format!("\"{}\" is answered by\n{}", example.request, format.write(&[call])))
        };
        let example = self.described.iter().find_map(call).unwrap_or_default();
        let tools = in_words(self.described.iter().copied());
        format!("\n\nYou can call tools. For instance, {example}\nThe tools:\n{tools}")
    }
}

impl<M: LanguageModel> Agent<'_, M> {
    /// Begins the conversation anew, behind the pinned part as it should be now.
    pub(crate) fn begin(&mut self) -> Result<(), WindowError> {
        self.window = self.pinned(self.window.clone())?;
        self.turn_index.clear();
        Ok(())
    }

    /// `window` without turns and with the pinned part as it should be now; as it is where there is
    /// no model. In a small window the model is told of fewer tools.
    pub(crate) fn pinned(&mut self, mut window: Window) -> Result<Window, WindowError> {
        loop {
            let messages = self.pinned_messages();
            let Some(model) = &self.model else { return Ok(window) };
            match window.pin(model, &messages) {
                Err(WindowError::MessageTooLarge { .. }) if !self.described.is_empty() => {
                    self.most_described = self.described.len() / 2;
                    self.described.truncate(self.most_described);
                }
                pinned => return pinned.map(|()| window),
            }
        }
    }

    /// Renders the start of the window anew, where something in it has changed; the turns stay.
    pub(crate) fn repin<O: Observer + ?Sized>(&mut self, observer: &O) -> Result<(), WindowError> {
        let messages = self.pinned_messages();
        let Some(model) = &self.model else {
            return Ok(());
        };
        let paging = self.window.repin(model, &messages)?;
        self.report_paging(&paging, observer);
        self.report_context(observer);
        Ok(())
    }

    /// Takes note that parts of the system have come: the model is told of their tools.
    pub fn note_facilities<O: Observer + ?Sized>(&mut self, observer: &O) {
        let known = self.most_described;
        let mut described = first_described(&self.tools, &self.host.facilities());
        described.truncate(known);
        let before = core::mem::replace(&mut self.described, described);
        if let Err(error) = self.repin(observer) {
            self.described = before;
            report_error(observer, ErrorSource::Context, &error.to_string());
        }
    }

    /// The messages at the start of the window, as they should be now.
    pub(crate) fn pinned_messages(&mut self) -> Vec<Message> {
        let described = if self.is_routed() { &[][..] } else { &self.described };
        let prompt = Prompt {
            system_prompt: &self.system_prompt,
            blocks: &self.outside_state.shown(&self.blocks),
            described: tools_named(&self.tools, described),
        };
        self.model.as_mut().map(|model| prompt.messages(model)).unwrap_or_default()
    }

    /// Sees to it that the tools a question may need are among those that the model is told of.
    pub(crate) async fn describe_for<O: Observer + ?Sized>(
        &mut self,
        question: &Question<'_>,
        observer: &O,
    ) {
        let facilities = self.host.facilities();
        let names: Vec<String> =
            self.tools.available(&facilities).map(|tool| tool.name().to_string()).collect();
        let wanted = match &question.vector {
            Some(vector) if names.len() > self.most_described => {
                self.prepare_router(observer).await;
                let Some(prepared) = &self.router else { return };
                let route = prepared.router.route(&plain(question.text), vector);
                let tools = route.ranking.iter().filter_map(|(tool, _)| tool.clone());
                let likely: Vec<String> =
                    tools.filter(|tool| names.contains(tool)).take(self.most_described).collect();
                // Every change has the whole conversation computed anew.
                if likely.iter().take(NEEDED).all(|tool| self.described.contains(tool)) {
                    return;
                }
                names.into_iter().filter(|name| likely.contains(name)).collect()
            }
            _ => names.into_iter().take(self.most_described).collect::<Vec<_>>(),
        };
        if wanted == self.described {
            return;
        }
        let before = core::mem::replace(&mut self.described, wanted);
        if self.repin(observer).is_err() {
            // They do not fit beside the conversation: the model goes on with those it knows.
            self.described = before;
        }
    }
}

/// The tools of these names, in the registry's order.
pub(crate) fn tools_named<'a>(tools: &'a Registry, names: &[String]) -> Vec<&'a dyn Tool> {
    tools.iter().filter(|tool| names.iter().any(|name| name == tool.name())).collect()
}

/// The tools that a model is told of at first.
pub(crate) fn first_described(tools: &Registry, facilities: &[Facility]) -> Vec<String> {
    tools.available(facilities).map(|tool| tool.name().to_string()).take(MOST_DESCRIBED).collect()
}
