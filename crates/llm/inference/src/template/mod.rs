//! Chat templates: a conversation in the form that a model was trained on.
//!
//! Models carry a Jinja template for this. [`Template`] runs the subset that the templates of the
//! common model families use; [`ChatTemplate`] is what the engine holds: the model's own template,
//! or ChatML with a [`Warning`] to show where there is none that can be used, for conversations of
//! every form ([`adapt`]).
//!
//! From source to text: [`lexer`], [`parser`], [`render`] with [`operators`], [`filters`],
//! [`checks`], [`methods`], [`json`] and [`functions`].

mod adapt;
mod ast;
mod checks;
mod filters;
mod functions;
mod json;
mod lexer;
mod methods;
mod operators;
mod parser;
mod render;
mod text;
mod value;

pub use crate::model::TemplateError;

use crate::model::Message;
use adapt::{Takes, simplified};
use alloc::{string::String, vec, vec::Vec};
use ast::{Macro, Node};
use core::fmt;
use render::Renderer;
use system_platform::DateTime;
use value::Value;

/// A template that has been parsed.
#[derive(Clone, Debug)]
pub struct Template {
    nodes: Vec<Node>,
    macros: Vec<Macro>,
}

/// What a template is rendered for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The conversation, oldest message first.
    pub messages: &'a [Message],
    /// Whether the text shall end where the model's own turn begins.
    pub add_generation_prompt: bool,
    /// How the token that begins a sequence is written.
    pub bos_token: &'a str,
    /// How the token that ends a sequence is written.
    pub eos_token: &'a str,
    /// Descriptions of tools, as JSON schemas in a list.
    pub tools: Option<&'a serde_json::Value>,
    /// The time, for templates that tell the model. Without it they take a date of their own.
    pub now: Option<DateTime>,
}

impl Template {
    /// Parses the source of a template.
    ///
    /// # Errors
    /// What is no Jinja or outside the subset, with its line.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let tokens = lexer::tokenize(source)?;
        let (nodes, macros) = parser::parse(&tokens)?;
        Ok(Self { nodes, macros })
    }

    /// Renders a conversation.
    ///
    /// # Errors
    /// What the template raises (many refuse conversations of an unusual order), operations that
    /// have no value, and templates that take too many steps or make too much text.
    pub fn render(&self, context: &Context<'_>) -> Result<String, TemplateError> {
        let messages = context.messages.iter().map(message_value);
        let messages = messages.collect::<Option<Vec<_>>>().and_then(Value::list);
        let tools = match context.tools {
            None => Some(Value::None),
            Some(tools) => Value::from_json(tools),
        };
        let too_large = || lexer::error("the conversation is too large", 0);
        let variables = vec![
            ("messages", messages.ok_or_else(too_large)?),
            ("tools", tools.ok_or_else(too_large)?),
            ("add_generation_prompt", Value::Bool(context.add_generation_prompt)),
            ("bos_token", Value::str(context.bos_token)),
            ("eos_token", Value::str(context.eos_token)),
        ];
        Renderer::new(&self.macros, variables, context.now).run(&self.nodes)
    }
}

/// A message as templates have it, or `None` if its calls are nested too deeply or too large.
fn message_value(message: &Message) -> Option<Value> {
    let content = message.calls.as_ref().map_or(&message.content, |made| &made.text);
    let mut fields = vec![
        ("role".into(), Value::str(message.role.as_str())),
        ("content".into(), Value::str(content)),
    ];
    if let Some(made) = &message.calls {
        let calls = made.calls.iter().map(|call| Value::from_json(&call.to_json()));
        fields.push(("tool_calls".into(), Value::list(calls.collect::<Option<_>>()?)?));
    }
    if let Some(call) = &message.answers {
        fields.push(("tool_call_id".into(), Value::str(&call.id)));
        fields.push(("name".into(), Value::str(&call.name)));
    }
    Value::map(fields)
}

/// The form of conversation used where a model brings none that can be used.
const CHATML: &str = "{% for message in messages %}\
    {{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}\
    {% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// The ChatML template.
pub fn chatml() -> Template {
    Template::parse(CHATML).expect("a constant that the tests parse")
}

/// The template conversations with a model are rendered with.
#[derive(Clone, Debug)]
pub struct ChatTemplate {
    template: Template,
    takes: Takes,
}

/// Why ChatML is used, which the model may not have been trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The model brings no template.
    Missing,
    /// The model's template cannot be used.
    Unsupported(TemplateError),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "the model brings no chat template")?,
            Self::Unsupported(error) => write!(f, "{error}")?,
        }
        write!(f, "; using ChatML, which it may not understand")
    }
}

impl ChatTemplate {
    /// The model's own template, or else ChatML and the reason to show.
    pub fn from_source(source: Option<&str>) -> (Self, Option<Warning>) {
        let usable = source.map(|source| {
            let template = Template::parse(source)?;
            Takes::of(&template).map(|takes| Self { template, takes })
        });
        let warning = match usable {
            Some(Ok(usable)) => return (usable, None),
            Some(Err(error)) => Warning::Unsupported(error),
            None => Warning::Missing,
        };
        let template = chatml();
        let takes = Takes::of(&template).expect("ChatML renders every message");
        (Self { template, takes }, Some(warning))
    }

    /// Whether it describes the tools of a [`Context`] to the model.
    pub const fn takes_tools(&self) -> bool {
        self.takes.tools
    }

    /// Whether it has a place for the results of tools.
    pub const fn takes_results(&self) -> bool {
        self.takes.results()
    }

    /// Renders a conversation. What the template does not take (a system message, the result of a
    /// tool) is said by the user, and so is all that it refuses in this order of messages; calls that
    /// it does not write stand in the reply as the model wrote them. Tools that it does not describe
    /// are left out.
    ///
    /// # Errors
    /// As [`Template::render`], for conversations that the template takes in no form.
    pub fn render(&self, context: &Context<'_>) -> Result<String, TemplateError> {
        let tools = context.tools.filter(|_| self.takes.tools);
        let render =
            |messages: &[Message]| self.template.render(&Context { messages, tools, ..*context });
        render(&self.takes.adapted(context.messages))
            .or_else(|error| render(&simplified(context.messages)).map_err(|_| error))
    }
}

#[cfg(test)]
mod tests;
