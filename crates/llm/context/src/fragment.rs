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

/// The tokens that `message` adds after `before`; `None` if the template has no fragments.
pub fn message_tokens<M: LanguageModel>(
    model: &M,
    before: &[Message],
    message: &Message,
) -> Result<Option<Vec<TokenId>>, TemplateError> {
    let start = render(model, before, false)?;
    let whole = render(model, &with(before, message.clone()), false)?;
    Ok(whole
        .strip_prefix(&start)
        .map(|fragment| model.encode_after(&start, fragment, SpecialTokens::Parse)))
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

/// The tokens that close a reply after `before`; `None` if the template has no fragments.
pub fn closing_tokens<M: LanguageModel>(
    model: &M,
    before: &[Message],
) -> Result<Option<Vec<TokenId>>, TemplateError> {
    let opened = render(model, before, true)?;
    let whole = render(model, &with(before, Message::new(Role::Assistant, PROBE)), false)?;
    Ok(whole
        .strip_prefix(&opened)
        .and_then(|rest| rest.strip_prefix(PROBE))
        .map(|fragment| model.encode_after(PROBE, fragment, SpecialTokens::Parse)))
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
