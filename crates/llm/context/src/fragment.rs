//! What one more message adds to a rendered conversation.
//!
//! Most chat templates are prefix-stable: rendering one message more only appends text. Then every
//! message has a fragment of its own, tokens can be kept message by message, and a reply keeps the
//! tokens it was generated as. Templates that rewrite what came before (those that drop the
//! reasoning of earlier replies, for instance) have no fragments; for them the window renders the
//! whole.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use llm_inference::model::{LanguageModel, Message, Role, SpecialTokens, TemplateError, TokenId};

/// Stands for a reply while the text around it is looked up.
const PROBE: &str = "reply";
/// Stands for a text from beside the conversation while its place is looked for; nobody says it.
const PLACE_PROBE: &str = "place-of-a-text-beside-the-conversation";

/// A conversation to which a message may be added.
pub struct Before<'m, M> {
    model: &'m M,
    messages: Vec<Message>,
    rendered: String,
}

impl<'m, M: LanguageModel> Before<'m, M> {
    /// A conversation of these messages.
    pub fn new(model: &'m M, messages: Vec<Message>) -> Result<Self, TemplateError> {
        let rendered = render(model, &messages, false)?;
        Ok(Self { model, messages, rendered })
    }

    /// The tokens that these messages add; `None` if the template has no fragments.
    pub fn tokens_of(&self, messages: &[Message]) -> Result<Option<Vec<TokenId>>, TemplateError> {
        let whole = render(self.model, &[&self.messages, messages].concat(), false)?;
        Ok(whole.strip_prefix(&self.rendered).map(|fragment| {
            self.model.encode_after(&self.rendered, fragment, SpecialTokens::Parse)
        }))
    }
}

/// Whether a system message may stand between `before` and the user's message `next`: the template
/// renders it, does not leave it out, and gives both messages fragments if `next` alone has one.
///
/// Templates of users and assistants only refuse it, or make one text of the two messages.
pub fn takes_system_message<M: LanguageModel>(
    model: &M,
    before: &[Message],
    next: &Message,
) -> bool {
    let told = with(before, Message::new(Role::System, PLACE_PROBE));
    let renderings = (
        render(model, before, false),
        render(model, &with(before, next.clone()), false),
        render(model, &told, false),
        render(model, &with(&told, next.clone()), false),
    );
    let (Ok(start), Ok(plain), Ok(told), Ok(whole)) = renderings else {
        return false;
    };
    let keeps_fragments = told.starts_with(&start) && whole.starts_with(&told);
    whole.contains(PLACE_PROBE) && (keeps_fragments || !plain.starts_with(&start))
}

/// The tokens that ask for a reply after `before`; `None` if the template has no fragments.
pub fn opening_tokens<M: LanguageModel>(
    model: &M,
    before: &[Message],
) -> Result<Option<Vec<TokenId>>, TemplateError> {
    let start = render(model, before, false)?;
    let whole = render(model, before, true)?;
    Ok(whole
        .strip_prefix(&start)
        .map(|fragment| model.encode_after(&start, fragment, SpecialTokens::Parse)))
}

/// What stands around a reply.
pub struct AroundReply {
    /// The tokens that ask for it.
    pub opening: Vec<TokenId>,
    /// The tokens that close it.
    pub closing: Vec<TokenId>,
}

/// The tokens around a reply after `before`; `None` if the template has no fragments.
pub fn around_reply<M: LanguageModel>(
    model: &M,
    before: &[Message],
) -> Result<Option<AroundReply>, TemplateError> {
    let opened = render(model, before, true)?;
    let whole = render(model, &with(before, Message::new(Role::Assistant, PROBE)), false)?;
    let closing = whole
        .strip_prefix(&opened)
        .and_then(|rest| rest.strip_prefix(PROBE))
        .map(|fragment| model.encode_after(PROBE, fragment, SpecialTokens::Parse));
    let opening = opening_tokens(model, before)?;
    Ok(opening.zip(closing).map(|(opening, closing)| AroundReply { opening, closing }))
}

/// How many tokens the conversation has when the next reply is empty.
pub fn tokens_with_empty_reply<M: LanguageModel>(
    model: &M,
    before: &[Message],
) -> Result<usize, TemplateError> {
    let messages = with(before, Message::new(Role::Assistant, PROBE));
    let probe_tokens = model.encode(PROBE, SpecialTokens::Literal).len();
    Ok(whole_tokens(model, &messages, false)?.len().saturating_sub(probe_tokens))
}

/// The tokens of a whole conversation.
pub fn whole_tokens<M: LanguageModel>(
    model: &M,
    messages: &[Message],
    add_generation_prompt: bool,
) -> Result<Vec<TokenId>, TemplateError> {
    let text = render(model, messages, add_generation_prompt)?;
    Ok(model.encode(&text, SpecialTokens::Parse))
}

fn render<M: LanguageModel>(
    model: &M,
    messages: &[Message],
    add_generation_prompt: bool,
) -> Result<String, TemplateError> {
    // A template that indexes its first message cannot render none at all.
    if messages.is_empty() {
        return Ok(String::new());
    }
    model.render(messages, add_generation_prompt)
}

fn with(before: &[Message], message: Message) -> Vec<Message> {
    let mut messages = before.to_owned();
    messages.push(message);
    messages
}
