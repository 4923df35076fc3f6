//! What every conversation begins with: who the agent is, and how a tool is called.
//!
//! The system prompt is short because its tokens are computed before the first answer, at a few
//! tokens a second on an emulated machine. The form of a call is taught by example turns, which
//! small models follow better than any description.

use alloc::vec::Vec;
use llm_inference::model::{Message, Role};

/// Who the agent is.
pub const SYSTEM_PROMPT: &str = "You are a helpful AI assistant. Call calc to calculate.";

/// A dialogue in which the tool is called where it should be, and not where it should not.
const EXAMPLES: [(Role, &str); 8] = [
    (Role::User, "30 plus 12"),
    (
        Role::Assistant,
        "<tool_call>{\"name\": \"calc\", \"arguments\": {\"expr\": \"30+12\"}}</tool_call>",
    ),
    (Role::User, "sqrt(49)+1"),
    (
        Role::Assistant,
        "<tool_call>{\"name\": \"calc\", \"arguments\": {\"expr\": \"sqrt(49)+1\"}}</tool_call>",
    ),
    (Role::User, "What is a cat?"),
    (Role::Assistant, "A cat is a small animal that people keep at home."),
    (Role::User, "What is 18/(2+4)?"),
    (
        Role::Assistant,
        "<tool_call>{\"name\": \"calc\", \"arguments\": {\"expr\": \"18/(2+4)\"}}</tool_call>",
    ),
];

/// The messages pinned at the start of the window.
pub fn pinned(system_prompt: &str) -> Vec<Message> {
    core::iter::once((Role::System, system_prompt))
        .chain(EXAMPLES)
        .map(|(role, content)| Message::new(role, content))
        .collect()
}
